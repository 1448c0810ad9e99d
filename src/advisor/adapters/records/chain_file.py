"""The lines of a ledger in a file: one JSON record a line, as `Ledger.export` writes them.

Before an append the file's length is written beside it (`<name>.pending`) and removed after; a
program that is killed in between leaves it, and the next one cuts the file back to that length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from advisor.adapters.records.file_lines import line_text, read_line, read_lines, usable
from advisor.adapters.records.heads import Head
from advisor.adapters.records.report import Line
from advisor.errors import InputError

_TAIL = 1 << 16


class ChainFile:
    """Lines in a file, which is made at the first append; writers on one machine wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending = path.with_name(f"{path.name}.pending") if path.name else path

    def extend(self, made: Callable[[Head], list[Line]]) -> Head:
        """Append what `made` gives for the head that stands; all of it or nothing."""
        with self._alone() as file:
            head = self._head(file)
            lines = made(head)
            if not lines:
                return head
            self._pending.write_text(str(os.fstat(file).st_size), encoding="ascii")
            text = "".join(f"{line_text(*line)}\n" for line in lines)
            left = memoryview(text.encode("utf-8", "surrogatepass"))
            os.lseek(file, 0, os.SEEK_END)
            while left:
                left = left[os.write(file, left) :]
            os.fsync(file)
            self._pending.unlink()
            return Head(lines[-1][0], lines[-1][2])

    def lines(self) -> Iterator[Line]:
        """Every line, in order; what is none has the number -1."""
        with self._alone():
            pass
        yield from read_lines(self._path)

    @contextmanager
    def _alone(self) -> Generator[int]:
        """The open file, locked, without what a killed program wrote of an append."""
        with usable(self._path, "used"):
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _lock(file)
                if self._pending.exists():
                    os.ftruncate(file, int(self._pending.read_text(encoding="ascii") or 0))
                    self._pending.unlink()
                yield file
            finally:
                os.close(file)

    def _head(self, file: int) -> Head:
        """The last line's number and digest; more of the end is read until it holds one whole."""
        size, reach = os.fstat(file).st_size, _TAIL
        while size:
            os.lseek(file, max(size - reach, 0), os.SEEK_SET)
            _, newline, last = os.read(file, reach).rstrip(b"\n").rpartition(b"\n")
            if not newline and reach < size:
                reach *= 4
                continue
            line = read_line(last.decode("utf-8", "surrogateescape") + "\n")
            if isinstance(line, tuple):
                return Head(line[0], line[2])
            why = f"The last line of {self._path} is no record, so nothing can follow it."
            remedy = "Restore the file from a copy; verify names what was changed."
            raise InputError(f"{why} {remedy}", field="path", value=str(self._path))
        return Head()


def _lock(file: int) -> None:
    """Wait for the file; where a system has no such locks, one writer at a time is the host's."""
    with suppress(ImportError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
