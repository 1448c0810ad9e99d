"""Save and load a fitted `Advisor`: a folder of plain arrays and one JSON manifest. No pickle
anywhere.

::

    manifest.json        what it is, versions, every part as JSON, and for each file its SHA-256
    arrays/<name>.npy    one array a file, so that loading maps it into memory and worker processes
    share its pages

A folder is written beside its place and swapped in whole (`advisor.files`): killed at any moment,
the old or the new one is there, and `load` finds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from advisor.arrays import check_type
from advisor.engine.advisor import Advisor
from advisor.engine.parts import NEWER, check_fields
from advisor.engine.state_parts import state_of
from advisor.errors import AdvisorError, InputError
from advisor.files import aside_of, is_file, is_left, read_text, replacing, sync
from advisor.signatures import check_key, check_signature, signature_of

FORMAT = "advisor"
FORMAT_VERSION = 3
_MANIFEST, _ARRAYS = "manifest.json", "arrays"
_FIELDS: dict[str, tuple[type, ...]] = {
    "format": (str,),
    "format_version": (int,),
    "library": (str,),
    "fingerprint": (str,),
    "parts": (dict,),
    "files": (dict,),
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""What an array may be called: a file of the folder, never a way out of it."""


def save(advisor: Advisor, folder: str | Path, *, key: bytes | None = None) -> Path:
    """Write a fitted advisor to a folder, whole or not at all.

    Args:
        advisor: What to save.
        folder: Where; must not exist yet, or be empty, or hold an advisor saved earlier and nothing
            else: that is replaced once the new one is on disk.
        key: Secret of at least 16 bytes; signs the manifest (HMAC-SHA256), and with it every file
            that it names, so that `load` with the same key knows who wrote it. Digests alone show
            damage, not origin.

    Returns:
        The folder. Saving the same advisor twice gives the same bytes.

    Raises:
        InputError: The folder holds something else, is the one this program works in, is being
            written by another program, or cannot be written.
    """
    check_type(advisor, Advisor, "advisor", "Give what Advisor.fit returned.")
    check_key(key)
    target = _place(folder)
    parts, arrays = advisor.state.parts()
    try:
        with replacing(target, _MANIFEST, _strangers) as draft:
            _write(draft, {"fingerprint": advisor.fingerprint, "parts": parts}, arrays, key)
    except OSError as error:
        aside = aside_of(target)
        kept = (
            f" What stood there is in {aside}, and load finds it."
            if os.path.lexists(aside) and not os.path.lexists(target)
            else ""
        )
        raise InputError(
            f"{target} cannot be written ({error}); free space or choose another place.{kept}",
            field="folder",
            value=str(target),
        ) from error
    return Path(folder)


def load(folder: str | Path, *, key: bytes | None = None) -> Advisor:
    """Read a saved advisor; arrays are mapped read-only, not copied. One that is saved anew in the
    meantime is read instead.

    Raises:
        InputError: There is none, it is of another version, a byte has changed since it was saved,
            its values do not fit together, or it is not signed with `key`.
    """
    check_key(key)
    target = _place(folder)
    source, stamp = _standing(target)
    try:
        return _loaded(source, key)
    except InputError:
        if _standing(target) == (source, stamp):
            raise
    return _loaded(_standing(target)[0], key)


def _standing(target: Path) -> tuple[Path, tuple[int, int] | None]:
    """Where the saved advisor stands, in its place or aside where a program was killed while
    replacing it; and what changes when another takes its place.
    """
    for source in (target, *(() if os.path.lexists(target) else (aside_of(target),))):
        try:
            found = (source / _MANIFEST).stat()
        except (OSError, ValueError):
            continue
        return source, (found.st_ino, found.st_mtime_ns)
    return target, None


def _loaded(source: Path, key: bytes | None) -> Advisor:
    try:
        manifest = _read_manifest(source, key)
        files: Mapping[str, Any] = manifest["files"]
        arrays = {name: _read_array(source, name, record) for name, record in files.items()}
    except OSError as error:
        raise InputError(
            f"{source} cannot be read ({error}); restore it from a copy.",
            field="folder",
            value=str(source),
        ) from error
    told = (
        f"It was saved by version {manifest['library']} of the library, this is"
        f" {version('advisor')}"
    )
    try:
        advisor = Advisor(state_of(manifest["parts"], arrays))
        found = advisor.fingerprint
    except (
        AdvisorError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OverflowError,
    ) as error:
        raise InputError(
            f"{source} cannot be used: {error} ({told}: load it with that version, or fit and save"
            " again.)",
            field=error.field if isinstance(error, InputError) else "folder",
            value=str(source),
        ) from error
    if found != manifest["fingerprint"]:
        raise InputError(
            f"{source} was saved with fingerprint {manifest['fingerprint'][:12]} but reads back as"
            f" {found[:12]}: this version of the library computes something else from the same"
            f" parts. {told}: load it with that version, or fit and save again.",
            field="folder",
            value=str(source),
        )
    return advisor


def _place(folder: object) -> Path:
    check_type(folder, (str, Path), "folder", "Give the path of a folder.")
    try:
        return Path(str(folder)).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f"folder is {str(folder)[:60]!r}, which is no path ({error}). Correct it.",
            field="folder",
            value=folder,
        ) from error


def _strangers(folder: Path) -> list[str]:
    """What stands in a folder besides a manifest and the arrays that it names. What a killed
    program left under a name of ours may lack either.
    """
    left = is_left(folder)
    named = set[str]() if left else _files_named(folder / _MANIFEST)
    if named is None:
        return sorted(path.name for path in folder.iterdir())
    strange: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name == _ARRAYS and path.is_dir() and not path.is_symlink():
            inside = (
                (p, p.suffix == ".npy" if left else p.name in named) for p in sorted(path.iterdir())
            )
            strange += [f"{_ARRAYS}/{p.name}" for p, ours in inside if not ours or not is_file(p)]
        elif path.name != _MANIFEST or not is_file(path):
            strange.append(path.name)
    return strange


def _files_named(manifest: Path) -> set[str] | None:
    """File names of the arrays that a manifest of this library names; None where it is none."""
    try:
        told = json.loads(json.loads(read_text(manifest))["manifest"])
        return {f"{name}.npy" for name in told["files"]} if told["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _write(
    draft: Path, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray], key: bytes | None
) -> None:
    """Fill the draft and bring it to disk."""
    (draft / _ARRAYS).mkdir()
    files = {
        name: {"sha256": _write_array(draft / _ARRAYS / f"{name}.npy", array)}
        for name, array in sorted(arrays.items())
    }
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "library": version("advisor"),
        **told,
        "files": files,
    }
    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False)
    with (draft / _MANIFEST).open("w", encoding="utf-8") as file:
        outer = {"manifest_sha256": _sha256(text.encode()), "manifest": text}
        if key is not None:
            outer["signature"] = signature_of(text, key)
        file.write(json.dumps(outer))
        file.flush()
        os.fsync(file.fileno())
    sync(draft / _ARRAYS)
    sync(draft)


def _write_array(path: Path, array: np.ndarray) -> str:
    """SHA-256 of the file."""
    with path.open("w+b") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_array(folder: Path, name: str, record: object) -> np.ndarray:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"The manifest names the array {name[:60]!r}, which is no plain file name; nothing"
            " outside the folder is read. Restore it from a copy.",
            field="files",
            value=name,
        )
    check_fields(record, {"sha256": (str,)}, f"files.{name}")
    path, wanted = (folder / _ARRAYS / f"{name}.npy", dict[str, str](record)["sha256"])  # pyright: ignore[reportCallIssue, reportArgumentType]
    _refuse_links(path.parent, path)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != wanted:
            raise InputError(
                f"{path} has changed since it was saved (SHA-256 {found[:12]} instead of"
                f" {wanted[:12]}); advice from it could not be trusted. Restore it from a copy, or"
                " save again.",
                field=name,
                value=found,
            )
        mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path} cannot be read ({error}); restore it from a copy, or save again.",
            field=name,
            value=str(path),
        ) from error
    return np.asarray(mapped)


def _refuse_links(*paths: Path) -> None:
    for path in paths:
        if path.is_symlink() or (
            path.exists() and not (path.is_dir() if path.name == _ARRAYS else is_file(path))
        ):
            raise InputError(
                f"{path} is a link or no plain file; what is behind it was not saved here and is"
                " not read. Restore the folder from a copy.",
                field="folder",
                value=str(path),
            )


def _read_manifest(folder: Path, key: bytes | None) -> dict[str, Any]:
    path = folder / _MANIFEST
    if not path.exists():
        raise InputError(
            f"{folder} holds no saved advisor ({_MANIFEST} is not there); give the folder that"
            " save() returned.",
            field="folder",
            value=str(folder),
        )
    _refuse_links(path)
    try:
        outer = json.loads(read_text(path))
        text, wanted = str(outer["manifest"]), outer["manifest_sha256"]
        manifest: Any = json.loads(text)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path} is not a manifest of this library ({error}); restore it from a copy.",
            field="folder",
            value=str(path),
        ) from error
    if _sha256(text.encode(errors="replace")) != wanted:
        raise InputError(
            f"{path} has changed since it was saved; advice from it could not be trusted. Restore"
            " it from a copy.",
            field="folder",
            value=str(path),
        )
    check_signature(path, outer.get("signature"), text, key)
    _check_version(path, manifest)
    check_fields(manifest, _FIELDS, "manifest")
    return manifest


def _check_version(path: Path, manifest: object) -> None:
    """A manifest of this format, in the version that is read here; its other fields are looked at
    only then.
    """
    told: dict[str, Any] = manifest if isinstance(manifest, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    kind, number = told.get("format"), told.get("format_version")
    if kind == FORMAT and type(number) is int and number == FORMAT_VERSION:
        return
    known = kind == FORMAT and isinstance(number, int)
    library = repr(told.get("library", "an unknown version"))[:40]
    if isinstance(number, int) and known and number > FORMAT_VERSION:
        remedy = f"So {NEWER}"
    elif known:
        remedy = (
            f"It was saved by an older version of the library ({library}): fit and save again, or"
            " load it with that version."
        )
    else:
        remedy = "Load it with what saved it, or fit and save again."
    raise InputError(
        f"{path} is of format {repr(kind)[:40]} version {repr(number)[:40]}; this version of the"
        f" library reads {FORMAT!r} in version {FORMAT_VERSION}. {remedy}",
        field="format_version",
        value=number,
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
