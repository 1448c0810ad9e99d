"""The library of compiled loops: found (or built, in a source checkout), loaded on first use, and
every argument checked in one place.
"""

from __future__ import annotations

import ctypes
import logging
import os
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from advisor.native.build import FOLDER, NoCompilerError, build, sources, suffix, wide_name

_KINDS = {
    "f8": np.dtype(np.float64),
    "i8": np.dtype(np.int64),
    "i1": np.dtype(np.int8),
    "b1": np.dtype(np.bool_),
}
_addresses: dict[int, tuple[Any, int]] = {}
"""Of read-only arrays that are still there, by identity: asking numpy again takes a microsecond an
argument, and an advice has dozens."""
_SCALARS: dict[str, Any] = {"f8": ctypes.c_double, "i8": ctypes.c_int64}


class LibraryError(ImportError):
    """The compiled loops cannot be loaded."""


def library_path() -> Path:
    """Where the library is: the file that `ADVISOR_LIBRARY` names, else beside the sources, built
    there if these are newer.

    Raises:
        LibraryError: It is missing and cannot be built.
    """
    named = os.environ.get("ADVISOR_LIBRARY")
    if named:
        return Path(named)
    if sources():
        try:
            return build()
        except (NoCompilerError, RuntimeError, OSError) as error:
            raise LibraryError(str(error)) from error
    there = [
        file for file in FOLDER.glob(f"kernels-*{suffix()}") if not file.stem.endswith("-avx2")
    ]
    if len(there) != 1:
        raise LibraryError(
            f"{FOLDER} holds {len(there)} libraries of compiled loops in place of 1, so the"
            " installation is incomplete. Install advisor again: `python -m pip install"
            " --force-reinstall advisor`."
        )
    return there[0]


@cache
def library() -> ctypes.CDLL:
    """The loaded library.

    Raises:
        LibraryError: It is missing, broken, or made for another platform.
    """
    path = library_path()
    logging.getLogger(__name__).info("Loading the compiled loops from %s.", path.name)
    try:
        plain = ctypes.CDLL(str(path))
        wide = path.with_name(wide_name(path))
        return ctypes.CDLL(str(wide)) if wide.exists() and plain.advisor_has_avx2() else plain
    except OSError as error:
        raise LibraryError(
            f"The compiled loops of advisor in {path} cannot be loaded ({error}): the file is"
            " broken, or made for another platform. Install advisor again, or in a source checkout"
            " delete the file and run `python -m advisor.native`."
        ) from error


class Function:
    """One function of the library, with the types of its arguments.

    Args:
        name: As exported.
        arguments: One word each: `name:f8` and `name:i8` are numbers; `name:f8[c,n]` is an array
            that is read, `name=f8[c,n]` one that is written. Kinds are f8, i8, i1 and b1. A size
            that comes up for the first time is handed over before its array, and must be the same
            wherever it comes up again.
        rows: True where the function treats rows from a first to a last one, which then come before
            everything else.
    """

    def __init__(self, name: str, arguments: str, *, rows: bool = False) -> None:
        self.name, self.rows = name, rows
        self._words = [_word(word) for word in arguments.split()]
        self._types = self._argument_types()
        self._entry: Any = None

    def __call__(self, *values: Any) -> None:
        """Call with these arguments.

        Raises:
            TypeError: An argument has another type, shape or order than declared, or may not be
                written.
            MemoryError: There is no memory left.
        """
        self.bound(*values)(*((0, 0) if self.rows else ()))

    def bound(self, *values: Any) -> Callable[..., None]:
        """The call with these arguments, checked once; of a function by rows, what is left to give
        are the first and the last row.
        """
        call = self._entry or self._load()
        arguments = self._checked(values)

        def run(*span: int) -> None:
            if call(*span, *arguments):
                raise MemoryError(f"{self.name}: there is no memory left.")
            _ = values  # the arrays live as long as the call may write to them

        return run

    def _load(self) -> Any:
        entry = getattr(library(), self.name)
        entry.argtypes, entry.restype = self._types, ctypes.c_int64
        self._entry = entry
        return entry

    def _argument_types(self) -> list[Any]:
        types: list[Any] = [ctypes.c_int64, ctypes.c_int64] if self.rows else []
        seen: set[str] = set()
        for _, kind, shape, _ in self._words:
            for size in shape or ():
                if isinstance(size, str) and size not in seen:
                    seen.add(size)
                    types.append(ctypes.c_int64)
            types.append(_SCALARS[kind] if shape is None else ctypes.c_void_p)
        return types

    def _checked(self, values: tuple[Any, ...]) -> list[Any]:
        """The one place where type, order, shape and writability are checked."""
        if len(values) != len(self._words):
            raise TypeError(f"{self.name} takes {len(self._words)} arguments, not {len(values)}.")
        sizes: dict[str, int] = {}
        out: list[Any] = []
        for value, (name, kind, shape, written) in zip(values, self._words, strict=True):
            if shape is None:
                out.append(value)
                continue
            flags, lengths = value.flags, value.shape
            if (
                value.dtype != _KINDS[kind]
                or len(lengths) != len(shape)
                or not flags.c_contiguous
                or (written and not flags.writeable)
            ):
                raise TypeError(self._complaint(name, kind, shape, written=written, value=value))
            for want, have in zip(shape, lengths, strict=True):
                if isinstance(want, str) and want not in sizes:
                    sizes[want] = have
                    out.append(have)
                elif have != (sizes[want] if isinstance(want, str) else want):
                    raise TypeError(
                        self._complaint(name, kind, shape, written=written, value=value)
                        + f" Sizes so far: {sizes}."
                    )
            out.append(_address(value) if not flags.writeable else _start(value))
        return out

    def _complaint(
        self, name: str, kind: str, shape: tuple[str | int, ...], *, written: bool, value: Any
    ) -> str:
        what = "a writable" if written else "a"
        flags = "C-ordered" if value.flags.c_contiguous else "not C-ordered"
        writable = "writable" if value.flags.writeable else "read-only"
        return (
            f"{self.name} takes {name} as {what} C-ordered array of {_KINDS[kind]} of shape"
            f" ({', '.join(map(str, shape))}), not as {value.dtype} of shape {value.shape},"
            f" {flags}, {writable}."
        )


def _word(word: str) -> tuple[str, str, tuple[str | int, ...] | None, bool]:
    """Name, kind, shape (None: a number) and whether it is written."""
    written = "=" in word
    name, rest = word.split("=" if written else ":")
    kind, _, inside = rest.partition("[")
    shape = (
        tuple(int(part) if part.isdigit() else part for part in inside.removesuffix("]").split(","))
        if inside
        else None
    )
    return name, kind, shape, written


def _start(array: Any) -> int:
    """Where the numbers of a writable array lie; numpy's own way takes seven times as long."""
    if array.size:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    return int(array.ctypes.data)


def _address(array: Any) -> int:
    """Where the numbers of a read-only array lie."""
    key = id(array)
    known = _addresses.get(key)
    if known is not None and known[0]() is array:
        return known[1]
    address = int(array.ctypes.data)
    if array.flags.owndata:
        _addresses[key] = (weakref.ref(array, lambda _: _addresses.pop(key, None)), address)
    return address
