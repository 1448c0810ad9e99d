"""Every side-by-side table, into benchmarks/RESULTS.md with date, machine and versions.

    python benchmarks/run.py [--quick] [--write] [name ...]

Each benchmark module of this folder has `tables(quick) -> list[str]`, which returns Markdown; a
module that fails is written down as failed. With names the tables are printed, or put in the place
of the earlier ones (`--write`); each section says on which day it was made.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import re
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
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
    parser.add_argument("--write", action="store_true", help="replace the sections of these names")
    asked = parser.parse_args()
    sys.path[:0] = [str(HERE), str(HERE.parent / "examples")]
    names = asked.names or sorted(
        p.stem for p in HERE.glob("*.py") if "\ndef tables(" in p.read_text(encoding="utf-8")
    )
    parts, failed = {"": head(asked.quick)}, []
    for name in names:
        started = time.perf_counter()
        print(f"{name} ...", flush=True)
        try:
            tables = importlib.import_module(name).tables(asked.quick)
        except Exception as error:  # noqa: BLE001 - the other tables are still wanted
            failed.append(name)
            tables = [f"failed: {type(error).__name__}: {error}"]
        seconds = time.perf_counter() - started
        made = f"_{seconds:.0f} s, {datetime.now(UTC):%Y-%m-%d}_"
        parts[name] = "\n".join([f"## {name}\n", *tables, f"\n{made}\n"])
        print(f"{name}: {seconds:.0f} s", flush=True)
    if not asked.names or asked.write:
        earlier = sections(RESULTS.read_text(encoding="utf-8")) if asked.names else {}
        together = parts | earlier | {name: parts[name] for name in names}
        text = "\n".join(together[name] for name in sorted(together))
        RESULTS.write_text(text, encoding="utf-8")
    else:
        print("\n".join(parts.values()))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def head(quick: bool) -> str:
    """What stands above the tables: day, machine and versions."""
    sizes = "quick sizes" if quick else "full sizes"
    return "\n".join(
        [
            "# Results\n",
            f"{datetime.now(UTC):%Y-%m-%d}; {machine()}; {sizes}.\n",
            f"{versions()}.\n",
            "Ratios are between columns of one run; times are medians on a shared, noisy machine.\n",
        ]
    )


def sections(text: str) -> dict[str, str]:
    """The sections of an earlier file by name, what stands above them under ""; a run of some keeps
    that."""
    parts = re.split(r"^(?=## \w+\n)", text, flags=re.MULTILINE)
    named = {"": parts[0]} | {p[3 : p.index("\n")]: p for p in parts[1:]}
    return {name: part.rstrip("\n") + "\n" for name, part in named.items()}


if __name__ == "__main__":
    main()
