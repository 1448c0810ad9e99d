"""Files written whole or not at all, whenever the program is killed, and a folder held by one
program alone.

A file is written beside its place (`.<name>....writing`), brought to disk, and only then named.
"""

from __future__ import annotations

import glob
import os
import platform
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

from advisor.errors import InputError

WRITING = ".writing"
LARGEST_TEXT = 256_000_000
"""Bytes of a file of text that is read: manifests and records of runs."""
_MACHINE = platform.node().replace(".", "-") or "here"


def read_text(path: Path, most: int = LARGEST_TEXT) -> str:
    """The text of a file in UTF-8, of which no more than `most` bytes are ever read.

    Raises:
        ValueError: It is larger, or not UTF-8.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most:,} bytes, which is the most that is read")
    return content.decode("utf-8")


@contextmanager
def whole_file(path: Path) -> Generator[BufferedRandom]:
    """A file to be filled, which then takes the name `path`; if anything fails nothing has changed.

    Raises:
        OSError: It cannot be written.
    """
    with drafted(path) as file:
        yield file
    put_in_place(path)


@contextmanager
def drafted(path: Path) -> Generator[BufferedRandom]:
    """A file to be filled beside its place, then on disk, until `put_in_place`."""
    draft = draft_of(path)
    try:
        with draft.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except Exception:
        draft.unlink(missing_ok=True)
        raise


def put_in_place(path: Path) -> None:
    """Give the draft of a file its name, to last through a power cut."""
    draft = draft_of(path)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def draft_of(path: Path) -> Path:
    """Where a file is written before it is whole: another place for every thread, process and
    machine.
    """
    return path.with_name(f".{path.name}.{_MACHINE}.{os.getpid()}.{threading.get_ident()}{WRITING}")


def clear_drafts(folder: Path, *, name: str = "", everything: bool = False) -> None:
    """Remove what killed processes of this machine were writing (of the file `name`, or of any);
    with `everything`, what anybody was.
    """
    for draft in folder.glob(f".{glob.escape(name) or '*'}.*{WRITING}"):
        if draft.is_file() and (everything or _abandoned(draft)):
            draft.unlink(missing_ok=True)


def _abandoned(draft: Path) -> bool:
    """Whether the process that wrote a draft ran on this machine and has ended."""
    writer = draft.name.removesuffix(WRITING).rsplit(".", 3)[1:]
    if os.name != "posix" or len(writer) < 3 or writer[0] != _MACHINE or not writer[1].isdigit():
        return False
    try:
        os.kill(int(writer[1]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False


@contextmanager
def held(folder: Path, other: str) -> Generator[bool]:
    """A folder held by this program until the block or the program ends.

    Args:
        folder: That exists.
        other: What another program does there, for the message.

    Returns:
        Whether it is held; false where the system or the file system has no locks.

    Raises:
        InputError: Another program holds it.
    """
    try:
        handle = locked(folder)
    except BlockingIOError as error:
        raise InputError(
            f"{other} {folder}; two would undo each other's work. Wait for it to end, or choose"
            " another folder.",
            field="folder",
            value=str(folder),
        ) from error
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def sync(folder: Path) -> None:
    """Make names last through a power cut, where the system can."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def locked(folder: Path) -> int | None:
    """Handle that holds a folder until it is closed; None where the system has no locks.

    Raises:
        BlockingIOError: Another program holds it.
        FileNotFoundError: It is not there.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return handle
