"""Folders that several processes may write to: one run at a time, and nobody removes what another
is writing.
"""

from __future__ import annotations

import glob
import os
import platform
import threading
from pathlib import Path
from types import TracebackType

from advisor.arrays import check_type
from advisor.errors import InputError

_ENDING = ".writing"
_HERE = platform.node().replace(".", "-") or "here"


def ready(folder: str | Path) -> Path:
    """A folder, made where there is none.

    Raises:
        InputError: It is no path, or a file stands there, or it cannot be made.
    """
    check_type(folder, (str, Path), "folder", "Name the folder for the advice.")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} cannot be used ({error}); choose another place.",
            field="folder",
            value=str(folder),
        ) from error
    return Path(folder)


def draft_of(path: Path) -> Path:
    """Where a file is written before it is whole: no two threads, processes or machines have the
    same place.
    """
    return path.with_name(f".{path.name}.{_HERE}.{os.getpid()}.{threading.get_ident()}{_ENDING}")


def clear_drafts(folder: Path, *, name: str = "", everything: bool = False) -> None:
    """Remove what killed processes of this machine were writing (of the file `name`, or of any);
    with `everything`, what anybody was.
    """
    for draft in folder.glob(f".{glob.escape(name) or '*'}.*{_ENDING}"):
        if draft.is_file() and (everything or _abandoned(draft)):
            draft.unlink(missing_ok=True)


def _abandoned(draft: Path) -> bool:
    told = draft.name.removesuffix(_ENDING).rsplit(".", 3)
    if os.name != "posix" or len(told) < 4 or told[1] != _HERE or not told[2].isdigit():
        return False
    try:
        os.kill(int(told[2]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False


class FolderLock:
    """A folder to oneself, as long as the system can say so; the hold ends with the process,
    however it ends.

    Raises:
        InputError: Another run is writing into the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.handle: int | None = None

    def __enter__(self) -> bool:
        """Whether the folder is held; false where the system or the file system has no locks."""
        try:
            import fcntl
        except ImportError:
            return False
        try:
            self.handle = os.open(self.folder, os.O_RDONLY)
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._let_go()
            raise InputError(
                f"Another run is writing into {self.folder}; two would undo each other's work. Wait"
                " for it to end, or choose another folder.",
                field="folder",
                value=str(self.folder),
            ) from error
        except OSError:
            self._let_go()
            return False
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None
