"""How the library of compiled loops is made. Standard library alone: the build hook runs this file
before anything is installed.

The compiler is `ADVISOR_CC` (a command with its flags), or the pinned `ziglang` of PyPI, or the
system's `cc`. Whichever it is, the bits are the same: no fused operations, no reordering, and no
instruction beyond the baseline that `TARGETS` names.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
ZIGLANG = "ziglang==0.17.1"
"""The compiler of every wheel."""
FLAGS = (
    "-std=c17",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fPIC",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-shared",
)


class Target(NamedTuple):
    """What a library is made for: the compiler's target and processor, the file's ending, and the
    wheel's platform tag.
    """

    triple: str
    processor: str
    suffix: str
    tag: str


TARGETS = {
    "linux-x86_64": Target("x86_64-linux-gnu.2.17", "x86_64_v2", ".so", "manylinux_2_17_x86_64"),
    "linux-aarch64": Target("aarch64-linux-gnu.2.17", "generic", ".so", "manylinux_2_17_aarch64"),
    "musl-x86_64": Target("x86_64-linux-musl", "x86_64_v2", ".so", "musllinux_1_1_x86_64"),
    "macos-arm64": Target("aarch64-macos.11.0", "apple_m1", ".dylib", "macosx_11_0_arm64"),
    "windows-x86_64": Target("x86_64-windows-gnu", "x86_64_v2", ".dll", "win_amd64"),
}


class NoCompilerError(RuntimeError):
    """Nothing here can compile."""


def sources() -> list[Path]:
    """The C files, sorted by name; none in an installed wheel."""
    return sorted(FOLDER.glob("*.c"))


def digest() -> str:
    """What the sources and the flags come to: a part of the library's name, so that a library of
    other sources is never loaded.
    """
    content = hashlib.sha256(" ".join(FLAGS).encode())
    for file in [*sources(), *sorted(FOLDER.glob("*.h"))]:
        content.update(file.name.encode() + b"\0" + file.read_bytes())
    return content.hexdigest()[:16]


def own_target() -> Target | None:
    """The one of `TARGETS` that this machine is, or that `ADVISOR_TARGET` names."""
    named = os.environ.get("ADVISOR_TARGET")
    if named:
        return TARGETS[named]
    machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(
        platform.machine().lower(), platform.machine()
    )
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
    if system == "linux" and platform.libc_ver()[0] != "glibc":
        system = "musl"
    return TARGETS.get(f"{system}-{machine}")


def suffix() -> str:
    """Ending of a library's name for the target."""
    target = own_target()
    return (
        target.suffix if target else {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    )


def library_name() -> str:
    """Name of the library that these sources make."""
    return f"kernels-{digest()}{suffix()}"


def wide_name(library: Path) -> str:
    """Name of the same loops for processors with AVX2: wider, and with the same bits, for nothing
    is fused and no sum reordered.
    """
    return f"{library.stem}-avx2{library.suffix}"


def _widened(command: list[str]) -> list[str]:
    """The command that compiles for AVX2; empty where it is not of x86-64, or the user's own."""
    if os.environ.get("ADVISOR_CC"):
        return []
    widen = {
        "-mcpu=x86_64_v2": ["-mcpu=x86_64_v2+avx2"],
        "-march=x86-64-v2": ["-march=x86-64-v2", "-mavx2"],
    }
    return (
        [part for word in command for part in widen.get(word, [word])]
        if set(widen) & set(command)
        else []
    )


def compiler() -> list[str]:
    """The command that compiles, with what it needs to know about the processor.

    Raises:
        NoCompilerError: There is none.
    """
    named = os.environ.get("ADVISOR_CC")
    if named:
        return shlex.split(named)
    target = own_target()
    if importlib.util.find_spec("ziglang") is not None:
        aimed = ["-target", target.triple, f"-mcpu={target.processor}"] if target else []
        return [sys.executable, "-m", "ziglang", "cc", *aimed, "-Werror", "-s"]
    system_compiler = (
        None
        if os.environ.get("ADVISOR_TARGET")
        else next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    )
    if system_compiler is None:
        raise NoCompilerError(
            "The compiled loops of advisor are not built, and there is no compiler here. Install"
            f" one without root by `pip install {ZIGLANG}`, or name a C17 compiler in ADVISOR_CC,"
            " and run `python -m advisor.native`; or install a wheel of advisor for this platform."
        )
    return [
        system_compiler,
        *(["-march=x86-64-v2"] if platform.machine().lower() in {"x86_64", "amd64"} else []),
    ]


def build(folder: Path = FOLDER, *, force: bool = False) -> Path:
    """The library in `folder`, made there unless it is there already; whole or not at all, whoever
    else builds at the same time.

    Raises:
        NoCompilerError: Nothing here can compile.
        RuntimeError: The compiler failed.
    """
    library = folder / library_name()
    if library.exists() and not force:
        return library
    commands = {wide_name(library): _widened(compiler()), library.name: compiler()}
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as work:
        caches = {
            name: os.environ.get(name, str(Path(work) / "cache"))
            for name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")
        }
        made = {name: Path(work) / name for name, command in commands.items() if command}
        for name, target in made.items():
            logging.getLogger(__name__).info("Compiling the loops: %s.", name)
            command = [*commands[name], *FLAGS, *map(str, sources()), "-o", str(target)]
            done = subprocess.run(  # noqa: S603 - as the user names it
                command, capture_output=True, text=True, check=False, env=os.environ | caches
            )
            if done.returncode:
                raise RuntimeError(
                    "The compiled loops of advisor did not compile with"
                    f" `{shlex.join(commands[name])}`:\n{done.stderr.strip()}"
                )
        for name, target in made.items():  # the plain one last: where it is, both are
            target.replace(folder / name)
    for old in folder.glob("kernels-*"):
        if old.name not in made:
            with suppress(
                OSError
                # a process that still uses it may hold it, where the system does not let go of open
                # files
            ):
                old.unlink()
    return library


def main() -> int:
    """Build, and say where the library is."""
    try:
        sys.stdout.write(f"{build()}\n")
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
