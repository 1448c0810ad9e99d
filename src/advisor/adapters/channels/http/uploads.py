"""Files of clients, streamed to disk while they come, and checked before they are a job."""

from __future__ import annotations

import os
import secrets
import shutil
from asyncio import to_thread
from hashlib import sha256
from pathlib import Path

from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.extras import needs
from advisor.errors import InputError

_BUFFER = 1 << 20


async def receive(call: Call) -> Path:
    """The body, streamed to a file that is to be moved or deleted; its digest is the call's."""
    folder = call.settings.folder / "uploads"
    await to_thread(folder.mkdir, parents=True, exist_ok=True)
    path, digest, buffer = folder / secrets.token_hex(16), sha256(), bytearray()
    with path.open("wb") as file:
        try:
            async for chunk in call.request.stream():
                digest.update(chunk)
                buffer += chunk
                if len(buffer) >= _BUFFER:
                    await to_thread(file.write, bytes(buffer))
                    buffer.clear()
        except BaseException:
            path.unlink()
            raise
        file.write(buffer)
        file.flush()
        os.fsync(file.fileno())
    call.digest = digest.hexdigest()
    return path


def folder_of(settings: Settings, tenant: str, name: str) -> Path:
    """Folder of the file and the parts of a job."""
    return settings.folder / tenant / name


def accept(upload: Path, target: Path) -> None:
    """Move an upload to the folder of its job, where its first clients can be read."""
    target.parent.mkdir(parents=True)
    upload.replace(target)
    batches = needs("http", "advisor.data.clients.sources").arrow_batches
    try:
        next(iter(batches(target, 1_000)), None)
    except InputError as error:
        shutil.rmtree(target.parent)
        raise InputError(str(error).replace(str(target), "the file"), field=error.field) from None
