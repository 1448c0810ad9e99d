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
from advisor.engine.parts import check_fields
from advisor.engine.state import state_of
from advisor.errors import AdvisorError, InputError
from advisor.files import read_text, sync
from advisor.folders import aside_of, is_file, is_left, replacing
from advisor.manifest import (
    ARRAYS,
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    check_key,
    fields_of,
    read_manifest,
    refuse_links,
    refuse_other,
    sha256,
    signature_of,
    stamp_of,
)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""What an array may be called: a file of the folder, never a way out of it."""


def save(
    advisor: Advisor, folder: str | Path, *, key: bytes | None = None, overwrite: bool = False
) -> Path:
    """Write a fitted advisor to a folder, whole or not at all.

    Args:
        advisor: What to save.
        folder: Where; must not exist yet, or be empty, or hold an earlier state of this advisor
            (`updated` or `calibrate` have made this one of it) and nothing else: that is replaced
            once the new one is on disk.
        key: Secret of at least 16 bytes; signs the manifest (HMAC-SHA256), and with it every file
            that it names, so that `load` with the same key knows who wrote it. Digests alone show
            damage, not origin.
        overwrite: Whether any other saved advisor that stands there is replaced too.

    Returns:
        The folder. Saving the same advisor twice gives the same bytes.

    Raises:
        InputError: The folder holds another advisor or something else, is the one this program
            works in, is being written by another program, or cannot be written.
    """
    check_type(advisor, Advisor, "advisor", "Give what Advisor.fit returned.")
    check_key(key)
    target = _place(folder)
    parts, arrays = advisor.state.parts()
    try:
        with replacing(target, MANIFEST, _strangers) as draft:
            contents = {"fingerprint": advisor.fingerprint, "parts": parts}
            manifest = _write(draft, contents, arrays, key)
            if not overwrite:
                refuse_other(target, manifest)
    except OSError as error:
        aside = aside_of(target)
        backup = (
            f" What stood there is in {aside}, and load finds it."
            if os.path.lexists(aside) and not os.path.lexists(target)
            else ""
        )
        raise InputError(
            f"{target} cannot be written ({error}); free space or choose another place.{backup}",
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


def _standing(target: Path) -> tuple[Path, tuple[int, ...] | None]:
    """Where the saved advisor stands, in its place or aside where a program was killed while
    replacing it; and what changes when another takes its place.
    """
    for source in (target, *(() if os.path.lexists(target) else (aside_of(target),))):
        stamp = stamp_of(source)
        if stamp is not None:
            return source, stamp
    return target, None


def _loaded(source: Path, key: bytes | None) -> Advisor:
    try:
        manifest = read_manifest(source, key)
        files: Mapping[str, Any] = manifest["files"]
        arrays = {name: _read_array(source, name, record) for name, record in files.items()}
    except OSError as error:
        raise InputError(
            f"{source} cannot be read ({error}); restore it from a copy.",
            field="folder",
            value=str(source),
        ) from error
    versions = (
        f"It was saved by version {manifest['library']} of the library, this is"
        f" {version('advisor')}"
    )
    try:
        advisor = Advisor(state_of(manifest["parts"], arrays))
        fingerprint = advisor.fingerprint
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
            f"{source} cannot be used: {error} ({versions}: load it with that version, or fit and"
            " save again.)",
            field=error.field if isinstance(error, InputError) else "folder",
            value=str(source),
        ) from error
    if fingerprint != manifest["fingerprint"]:
        raise InputError(
            f"{source} was saved with fingerprint {manifest['fingerprint'][:12]} but reads back as"
            f" {fingerprint[:12]}: this version of the library computes something else from the"
            f" same parts. {versions}: load it with that version, or fit and save again.",
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
    named = set[str]() if left else _files_named(folder / MANIFEST)
    if named is None:
        return sorted(path.name for path in folder.iterdir())
    strange: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name == ARRAYS and path.is_dir() and not path.is_symlink():
            inside = (
                (p, p.suffix == ".npy" if left else p.name in named) for p in sorted(path.iterdir())
            )
            strange += [f"{ARRAYS}/{p.name}" for p, ours in inside if not ours or not is_file(p)]
        elif path.name != MANIFEST or not is_file(path):
            strange.append(path.name)
    return strange


def _files_named(manifest: Path) -> set[str] | None:
    """File names of the arrays that a manifest of this library names; None where it is none."""
    try:
        fields = fields_of(read_text(manifest))
        return {f"{name}.npy" for name in fields["files"]} if fields["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _write(
    draft: Path, contents: Mapping[str, Any], arrays: Mapping[str, np.ndarray], key: bytes | None
) -> str:
    """Fill the draft and bring it to disk; the text of the manifest."""
    (draft / ARRAYS).mkdir()
    files = {
        name: {"sha256": _write_array(draft / ARRAYS / f"{name}.npy", array)}
        for name, array in sorted(arrays.items())
    }
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "library": version("advisor"),
        **contents,
        "files": files,
    }
    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False)
    with (draft / MANIFEST).open("w", encoding="utf-8") as file:
        outer = {"manifest_sha256": sha256(text), "manifest": text}
        if key is not None:
            outer["signature"] = signature_of(text, key)
        file.write(json.dumps(outer))
        file.flush()
        os.fsync(file.fileno())
    sync(draft / ARRAYS)
    sync(draft)
    return text


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
    path, recorded = (folder / ARRAYS / f"{name}.npy", dict[str, str](record)["sha256"])  # pyright: ignore[reportCallIssue, reportArgumentType]
    refuse_links(path.parent, path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != recorded:
            raise InputError(
                f"{path} has changed since it was saved (SHA-256 {digest[:12]} instead of"
                f" {recorded[:12]}); advice from it could not be trusted. Restore it from a copy,"
                " or save again.",
                field=name,
                value=digest,
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
