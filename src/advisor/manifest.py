"""The manifest of a saved advisor as it is read: its digest, its signature (HMAC-SHA256 under a
secret key of the host), its version and its fields.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from advisor.engine.parts import NEWER, check_fields
from advisor.errors import InputError
from advisor.files import read_text
from advisor.folders import is_file

FORMAT = "advisor"
FORMAT_VERSION = 3
MANIFEST, ARRAYS = "manifest.json", "arrays"
_LEARNT = ("recommender", "calibration", "days")
"""Parts that an advisor may learn anew and be the same advisor, as its products may be closed."""
_FIELDS: dict[str, tuple[type, ...]] = {
    "format": (str,),
    "format_version": (int,),
    "library": (str,),
    "fingerprint": (str,),
    "parts": (dict,),
    "files": (dict,),
}


def read_manifest(folder: Path, key: bytes | None) -> dict[str, Any]:
    """The manifest of a saved advisor.

    Raises:
        InputError: There is none, it has changed since it was saved, is not signed with `key`, or
            is of another version.
    """
    path = folder / MANIFEST
    if not path.exists():
        raise InputError(
            f"{folder} holds no saved advisor ({MANIFEST} is not there); give the folder that"
            " save() returned.",
            field="folder",
            value=str(folder),
        )
    refuse_links(path)
    try:
        outer = json.loads(read_text(path))
        text, digest = str(outer["manifest"]), outer["manifest_sha256"]
        manifest: Any = json.loads(text)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path} is not a manifest of this library ({error}); restore it from a copy.",
            field="folder",
            value=str(path),
        ) from error
    if sha256(text) != digest:
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


def fields_of(text: str) -> dict[str, Any]:
    """Fields of a manifest as it stands in its file."""
    return json.loads(json.loads(text)["manifest"])


def refuse_other(target: Path, text: str) -> None:
    """Raise `InputError` where the advisor that stands in a folder is none from which `updated` or
    `calibrate` could have made the one whose manifest this is.
    """
    if not (target / MANIFEST).is_file():
        return
    standing, name = "", "one that cannot be read"
    with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fields = fields_of(read_text(target / MANIFEST))
        standing, name = _lineage(fields), str(fields["fingerprint"])[:12]
    if standing != _lineage(json.loads(text)):
        raise InputError(
            f"{target} holds another advisor ({name}), which is no earlier state of this one and"
            " would be lost. Choose another folder, or replace it with overwrite=True.",
            field="folder",
            value=str(target),
        )


def _lineage(manifest: dict[str, Any]) -> str:
    """All of a manifest that `updated` and `calibrate` leave as it is, as text."""
    parts = {name: part for name, part in manifest["parts"].items() if name not in _LEARNT}
    parts["catalogue"] = [
        {name: value for name, value in product.items() if name != "closed"}
        for product in parts["catalogue"]
    ]
    files = {
        name: file["sha256"]
        for name, file in manifest["files"].items()
        if name.partition(".")[0] not in _LEARNT
    }
    return json.dumps([parts, files], sort_keys=True)


def stamp_of(folder: Path) -> tuple[int, ...] | None:
    """What changes when another advisor is saved in a folder; None where none stands there."""
    try:
        manifest = (folder / MANIFEST).stat()
    except (OSError, ValueError):
        return None
    return manifest.st_ino, manifest.st_mtime_ns, manifest.st_ctime_ns, manifest.st_size


def _check_version(path: Path, manifest: object) -> None:
    """A manifest of this format, in the version that is read here; its other fields are looked at
    only then.
    """
    fields: dict[str, Any] = manifest if isinstance(manifest, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    kind, number = fields.get("format"), fields.get("format_version")
    if kind == FORMAT and type(number) is int and number == FORMAT_VERSION:
        return
    known = kind == FORMAT and isinstance(number, int)
    library = repr(fields.get("library", "an unknown version"))[:40]
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


def sha256(text: str) -> str:
    """Of a manifest, hexadecimal."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def refuse_links(*paths: Path) -> None:
    """Raise `InputError` where a path of a saved folder leads out of it, or is no plain file."""
    for path in paths:
        if path.is_symlink() or (
            path.exists() and not (path.is_dir() if path.name == ARRAYS else is_file(path))
        ):
            raise InputError(
                f"{path} is a link or no plain file; what is behind it was not saved here and is"
                " not read. Restore the folder from a copy.",
                field="folder",
                value=str(path),
            )


def check_key(key: object) -> None:
    """Raise `InputError` unless the key can sign, or is None."""
    if key is None or (isinstance(key, bytes) and len(key) >= 16):
        return
    raise InputError(  # the key itself is no part of any message
        f"key is a {type(key).__name__} that cannot sign: it must be bytes, at least 16 of them. "
        "Make one with secrets.token_bytes(32), and keep it where only your programs read it.",
        field="key",
    )


def signature_of(text: str, key: bytes) -> str:
    """HMAC-SHA256 of the manifest, which names the digest of every file."""
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


def check_signature(path: Path, signature: object, text: str, key: bytes | None) -> None:
    """Raise `InputError` unless the manifest is signed exactly where a key is given, and with that
    key.
    """
    if key is None and signature is None:
        return
    if key is None:
        fault, remedy = (
            "is signed, and no key was given to check it with",
            "Pass load(folder, key=...)",
        )
    elif signature is None:
        fault, remedy = (
            "is not signed, so nobody knows who wrote it",
            "Save it again with save(advisor, folder, key=...)",
        )
    elif not isinstance(signature, str) or not hmac.compare_digest(
        signature.encode(errors="replace"), signature_of(text, key).encode()
    ):
        fault, remedy = (
            "is signed with another key, or was changed",
            "Restore it from a copy, or use the key it was saved with",
        )
    else:
        return
    raise InputError(f"{path} {fault}; advice from it could not be trusted. {remedy}.", field="key")
