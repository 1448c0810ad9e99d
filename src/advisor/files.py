"""Files and folders written whole or not at all, whenever the program is killed; and a folder held
by one program alone.

Both are written beside their place (`.<name>....writing`), brought to disk, and only then named.
Of a folder, what stood there is kept aside (`.<name>.replaced`) until the new one is in place: at
any moment one of the two is there, whole, under its name or aside.
"""

from __future__ import annotations

import glob
import os
import platform
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path

from advisor.errors import InputError

Strangers = Callable[[Path], list[str]]
"""Names what stands in a folder that its owner did not write."""
WRITING, REPLACED = ".writing", ".replaced"
_NAMED = 5
_TRIES = 100
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
        handle = _locked(folder)
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


def aside_of(target: Path) -> Path:
    """Where the folder that is being replaced waits."""
    return target.parent / f".{target.name}{REPLACED}"


def is_left(folder: Path) -> bool:
    """Whether a folder has a name of ours: a killed program left it, perhaps half written or half
    removed.
    """
    return folder.name.startswith(".") and folder.name.endswith((WRITING, REPLACED))


@contextmanager
def replacing(target: Path, mark: str, strangers: Strangers) -> Generator[Path]:
    """A draft folder to be filled, which then takes the place of `target`; if anything fails all
    stays as it was.

    Args:
        target: An absolute path; nothing, an empty folder, or one that holds nothing strange.
        mark: The file that makes a folder a whole one; removed first when one goes.
        strangers: Of a folder that may go.

    Raises:
        InputError: A folder in the way holds something strange, is the one this program works in,
            or is being written by another program.
        OSError: The disk does not want to.
    """
    aside, draft = aside_of(target), target.parent / f".{target.name}{WRITING}"
    if Path.cwd().is_relative_to(target):
        raise InputError(
            f"{target} is the folder this program works in, or above it, and would be replaced as a"
            " whole. Name a folder inside it.",
            field="folder",
            value=str(target),
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(draft, mark, strangers):
        _refuse_strangers(aside, strangers)
        _refuse_strangers(target, strangers)
        if not target.exists() and (aside / mark).is_file():
            aside.rename(target)
        _refuse_strangers(target, strangers)
        _discard(aside, mark)
        yield draft
        _swap(draft, target, aside)
        _discard(aside, mark)


@contextmanager
def _alone(draft: Path, mark: str, strangers: Strangers) -> Generator[None]:
    """The draft, empty and this program's alone. The system frees it when a program ends, so what a
    killed one left is taken over. Gone afterwards.
    """
    if os.path.lexists(draft) and (draft.is_symlink() or not draft.is_dir()):
        _refuse_strangers(draft, strangers)
    handle = _held_draft(draft)
    try:
        _refuse_strangers(draft, strangers)
        _empty(draft, mark)
        try:
            yield
        finally:
            if _same(draft, handle):
                shutil.rmtree(draft, ignore_errors=True)
    finally:
        if handle is not None:
            os.close(handle)


def _held_draft(draft: Path) -> int | None:
    """Handle of the draft, made and held; another program may remove its own between the two."""
    for _ in range(_TRIES):
        draft.mkdir(exist_ok=True)
        try:
            handle = _locked(draft)
        except FileNotFoundError:
            continue
        except BlockingIOError:
            break
        if _same(draft, handle):
            return handle
        if handle is not None:
            os.close(handle)
    raise InputError(
        f"{draft} is being written by another program; two at once would mix. Wait until it is"
        " done, or choose another place.",
        field="folder",
        value=str(draft),
    )


def _refuse_strangers(place: Path, strangers: Strangers) -> None:
    if not os.path.lexists(place):
        return
    strange = strangers(place) if place.is_dir() and not place.is_symlink() else [place.name]
    if strange:
        more = f" and {len(strange) - _NAMED} more" if len(strange) > _NAMED else ""
        raise InputError(
            f"{place} is not overwritten, since what was not saved there by this library would be"
            f" lost: {', '.join(strange[:_NAMED])}{more}. Choose an empty folder, or move that"
            " away.",
            field="folder",
            value=strange,
        )


def _swap(draft: Path, target: Path, aside: Path) -> None:
    replaces = target.exists()
    if replaces:
        target.replace(aside)
    try:
        draft.replace(target)
    except OSError:
        if replaces:
            with suppress(OSError):
                aside.rename(target)
        raise
    sync(target.parent)


def _discard(folder: Path, mark: str) -> None:
    """Remove a folder, if it is there."""
    if folder.exists():
        _empty(folder, mark)
        folder.rmdir()


def _empty(folder: Path, mark: str) -> None:
    """Remove what is in a folder; its mark first, so that half of it is never taken for a whole."""
    (folder / mark).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def sync(folder: Path) -> None:
    """Make names last through a power cut, where the system can."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_file(path: Path) -> bool:
    """Whether it is a file itself, and no link to one."""
    return os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)


def _locked(folder: Path) -> int | None:
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


def _same(draft: Path, handle: int | None) -> bool:
    """Whether the folder that was opened still has its name."""
    if handle is None:
        return draft.exists()
    try:
        return os.path.samestat(os.fstat(handle), draft.stat())
    except FileNotFoundError:
        return False
