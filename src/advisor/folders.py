"""A folder written whole or not at all, whatever stood in its place and whenever the program is
killed.

It is written beside its place (`.<name>.writing`), brought to disk, and only then given its name;
what stood there is kept aside (`.<name>.replaced`) until the new one is in place. So at any moment
one of the two is there, whole: under its name, or aside.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from advisor.errors import InputError
from advisor.files import WRITING, locked, sync

Strangers = Callable[[Path], list[str]]
"""Names what stands in a folder that its owner did not write."""
REPLACED = ".replaced"
_NAMED = 5
_TRIES = 100


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
            handle = locked(draft)
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


def is_file(path: Path) -> bool:
    """Whether it is a file itself, and no link to one."""
    return os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)


def _same(draft: Path, handle: int | None) -> bool:
    """Whether the folder that was opened still has its name."""
    if handle is None:
        return draft.exists()
    try:
        return os.path.samestat(os.fstat(handle), draft.stat())
    except FileNotFoundError:
        return False
