"""The library of compiled loops: built whole or not at all, found by its sources' digest, and one
clear error where it is missing or broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from advisor.native import build, library, threads


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place without a library."""
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    return tmp_path


def test_no_compiler_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ADVISOR_CC", raising=False)
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(build.NoCompilerError, match="pip install ziglang=="):
        build.build(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_compiler_that_fails_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(
        "ADVISOR_CC", f"{sys.executable} -c 'import sys; sys.exit(\"no such flag\")'"
    )
    with pytest.raises(RuntimeError, match="no such flag"):
        build.build(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_older_library_is_replaced(tmp_path: Path) -> None:
    old = tmp_path / "kernels-0123456789abcdef.so"
    old.write_text("old")
    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(lambda _: build.build(tmp_path), range(2)))
    assert len(made) == 1
    assert {f.name for f in tmp_path.iterdir()} - {build.wide_name(*made)} == {f.name for f in made}


def test_an_installation_without_its_library_says_so(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "sources", list)
    monkeypatch.delenv("ADVISOR_LIBRARY", raising=False)
    with pytest.raises(library.LibraryError, match="0 libraries of compiled loops in place of 1"):
        library.library_path()
    (empty / f"kernels-0{build.suffix()}").write_text("broken")
    library.library.cache_clear()
    try:
        with pytest.raises(library.LibraryError, match="broken, or made for another platform"):
            library.library()
    finally:
        library.library.cache_clear()


def test_the_narrow_library_has_the_bits_of_the_wide_one(tmp_path: Path) -> None:
    """The golden digests hold in each, alone in a folder so that nothing wider is taken."""
    tests = Path(__file__).parents[3] / "property" / "native"
    plain = build.build(tmp_path)
    alone = tmp_path / "alone"
    alone.mkdir()
    for made in list(tmp_path.glob("kernels-*")):
        env = {**os.environ, "ADVISOR_LIBRARY": str(shutil.copy(made, alone))}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "golden"]
        command += map(str, tests.glob("test_native_*.py"))
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stdout[-2000:]
        (alone / made.name).unlink()
    assert plain.exists()


def test_the_module_builds_and_prints_where() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "advisor.native"], capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).name.startswith("kernels-")


@pytest.mark.parametrize("count", [1, 2, 7])
def test_blocks_cover_every_row_once(count: int) -> None:
    seen = np.zeros(1000, dtype=np.int64)

    def call(first: int, last: int) -> None:
        seen[first:last] += 1

    with threads.limited_threads(count):
        for rows, few in ((0, 64), (64, 64), (1000, 64), (257, 0)):
            seen[:] = 0
            threads.blocks(call, rows, few=few, size=16)
            assert seen.sum() == rows
            assert seen[:rows].all()


def test_what_a_block_raises_reaches_the_caller() -> None:
    def call(first: int, _: int) -> None:
        if first >= 512:
            raise MemoryError("full")

    with threads.limited_threads(3), pytest.raises(MemoryError, match="full"):
        threads.blocks(call, 1000)
