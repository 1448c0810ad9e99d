"""Every side-by-side table, into benchmarks/RESULTS.md with date, machine and versions.

    python benchmarks/run.py [--quick] [name ...]

Each benchmark module of this folder has `tables(quick) -> list[str]`, which returns Markdown; a
module that fails is written down as failed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SHARED = ("run", "real_markets", "far_trans_lists", "list_promises", "newcomer_lists")
"""Files of this folder that are no benchmark."""
HERE = Path(__file__).resolve().parent
PACKAGES = (
    "numpy", "scipy", "pandas", "cvxpy", "clarabel", "daqp", "implicit", "pyportfolioopt",
    "skfolio", "riskfolio-lib", "cvxportfolio", "cvxcla", "bt", "arch",
    "quantstats",
)  # fmt: skip


def machine() -> str:
    """Cores and memory, without the machine's name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, Python"
        f" {platform.python_version()}"
    )


def versions() -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks to run (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    asked = parser.parse_args()
    sys.path[:0] = [str(HERE), str(HERE.parent / "examples")]
    names = asked.names or sorted(p.stem for p in HERE.glob("*.py") if p.stem not in SHARED)
    parts = [
        "# Results\n",
        (
            f"{datetime.now(UTC):%Y-%m-%d}; {machine()};"
            f" {'quick sizes' if asked.quick else 'full sizes'}.\n"
        ),
        f"{versions()}.\n",
        (
            "Ratios are between columns of the same run; times are medians on a shared, noisy"
            " machine.\n"
        ),
    ]
    failed = []
    for name in names:
        started = time.perf_counter()
        print(f"{name} ...", flush=True)
        try:
            parts += [
                f"## {name}\n",
                *importlib.import_module(name).tables(asked.quick),
                f"\n_{time.perf_counter() - started:.0f} s_\n",
            ]
        except Exception as error:  # noqa: BLE001 - the other tables are still wanted
            failed.append(name)
            parts += [f"## {name}\n", f"failed: {type(error).__name__}: {error}\n"]
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    if not asked.names:
        (HERE / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")
    else:
        print("\n".join(parts))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
