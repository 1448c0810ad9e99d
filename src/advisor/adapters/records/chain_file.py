"""The lines of a ledger in a file: one JSON record a line, as `Ledger.export` writes them.

Before an append the file's length is written beside it (`<name>.pending`) and removed after; a
program that is killed in between leaves it, and the next one cuts the file back to that length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from advisor.adapters.records.file_lines import line_text, read_line, read_lines
from advisor.adapters.records.heads import Head
from advisor.adapters.records.report import Line
from advisor.errors import InputError

_TAIL = 1 << 16


class ChainFile:
    """Lines in a file; writers on one machine wait for each other.

    Args:
        path: The file; made at the first append.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def extend(self, made: Callable[[Head], list[Line]]) -> Head:
        """Append what `made` gives for the head that stands; all of it or nothing."""
        with self._alone() as file:
            head = self._head(file)
            lines = made(head)
            if not lines:
                return head
            pending = self._pending
            pending.write_text(str(os.fstat(file).st_size), encoding="ascii")
            text = "".join(f"{line_text(*line)}\n" for line in lines)
            left = memoryview(text.encode("utf-8", "surrogatepass"))
            os.lseek(file, 0, os.SEEK_END)
            while left:
                left = left[os.write(file, left) :]
            os.fsync(file)
            pending.unlink()
            return Head(lines[-1][0], lines[-1][2])

    def lines(self) -> Iterator[Line]:
        """Every line, in order; what is none has the number -1."""
        with self._alone():
            pass
        yield from read_lines(self._path)

    @property
    def _pending(self) -> Path:
        return self._path.with_name(f"{self._path.name}.pending")

    @contextmanager
    def _alone(self) -> Generator[int]:
        """The open file, locked, without what a killed program wrote of an append."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except (OSError, ValueError) as error:
            raise _unusable(self._path, error) from None
        try:
            _lock(file)
            if self._pending.exists():
                os.ftruncate(file, int(self._pending.read_text(encoding="ascii") or 0))
                self._pending.unlink()
            yield file
        except OSError as error:
            raise _unusable(self._path, error) from None
        finally:
            os.close(file)

    def _head(self, file: int) -> Head:
        size = os.fstat(file).st_size
        reach = _TAIL
        while size:
            os.lseek(file, max(size - reach, 0), os.SEEK_SET)
            tail = os.read(file, reach).rstrip(b"\n").rpartition(b"\n")
            if tail[1] or reach >= size:
                return self._read_head(tail[2])
            reach *= 4
        return Head()

    def _read_head(self, line: bytes) -> Head:
        found = read_line(line.decode("utf-8", "surrogateescape") + "\n")
        if isinstance(found, tuple):
            return Head(found[0], found[2])
        raise InputError(
            f"The last line of {self._path} is no record, so nothing can follow it. "
            "Restore the file from a copy; verify names what was changed.",
            field="path",
            value=str(self._path),
        )


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write lines to a file beside its place, and only then give it its name.

    Raises:
        InputError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.writing")
    try:
        with draft.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            draft.unlink()
        raise _unusable(path, error) from None
    return path


def _lock(file: int) -> None:
    """Wait for the file; where a system has no such locks, one writer at a time is the host's."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def _unusable(path: Path, error: OSError | ValueError) -> InputError:
    return InputError(
        f"The ledger {str(path)!r} cannot be used"
        f" ({getattr(error, 'strerror', None) or 'it is no path'}). Free space, or choose another"
        " place; what was written before stays.",
        field="path",
        value=str(path),
    )
