"""Whether the compiled loops have the same bits on other processors, under qemu's user emulation.

    python benchmarks/other_processors.py [--keep FOLDER]

Off by default, and run once a release: it needs `qemu-user` (for aarch64, riscv64 and x86-64) and
`ziglang`, which cross-compiles. Every call that the golden tests, a few examples of each property and
an advice of 300 sample clients make here is written down with its bytes; a program without Python,
compiled for the other processor, makes the calls again and compares each array that comes out. It
fails where a loop of the library is never called.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import hypothesis

from advisor.native import build, library, threads

ROOT = Path(__file__).resolve().parents[1]
TESTS = (
    "property/native/test_native_numbers.py",
    "property/native/test_native_serving.py",
    "property/native/test_native_optimize.py",
)
PROCESSORS = {
    "aarch64": ("aarch64-linux-musl", "generic", ["qemu-aarch64"]),
    "riscv64": ("riscv64-linux-musl", "baseline_rv64", ["qemu-riscv64"]),
    "x86-64 Nehalem": ("x86_64-linux-musl", "x86_64_v2", ["qemu-x86_64", "-cpu", "Nehalem"]),
}
EXAMPLES = 12
ALIGNED = 64
MAIN = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char *blob;
static int wrong;
static double number(uint64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
static void same(const char *what, long out, long expected, long size) {
    if (memcmp(blob + out, blob + expected, (size_t)size)) { printf("%s differs\\n", what); wrong++; }
}
"""


class Calls:
    """Calls of compiled loops, as C and as the bytes that go in and come out."""

    def __init__(self) -> None:
        self.blob, self.lines = bytearray(), list[str]()
        self.names = set[str]()

    def put(self, array: Any) -> int:
        """Where the bytes of an array stand."""
        self.blob.extend(bytes(-len(self.blob) % ALIGNED))
        start = len(self.blob)
        self.blob.extend(array.tobytes())
        return start

    def bound(self, function: library.Function, *values: Any) -> Any:
        """`Function.bound`, whose calls are written down."""
        real = BOUND(function, *values)

        def run(*span: int) -> None:
            arguments = [f"INT64_C({number})" for number in span]
            written: list[tuple[str, int, Any]] = []
            sizes: set[str] = set()
            words = function._words  # noqa: SLF001 - how the arguments are declared
            for value, (name, kind, shape, out) in zip(values, words, strict=True):
                if shape is None:
                    bits = struct.unpack("<Q", struct.pack("<d", value))[0] if kind == "f8" else 0
                    arguments.append(
                        f"number(UINT64_C({bits}))" if kind == "f8" else f"INT64_C({int(value)})"
                    )
                    continue
                for size, length in zip(shape, value.shape, strict=True):
                    if isinstance(size, str) and size not in sizes:
                        sizes.add(size)
                        arguments.append(f"INT64_C({length})")
                place = self.put(value)
                arguments.append(f"blob + {place}")
                written += [(name, place, value)] if out else []
            real(*span)
            self.names.add(function.name)
            self.lines.append(f"    {function.name}({', '.join(arguments)});")
            for name, place, value in written:
                where = f'"{function.name}, call {len(self.lines)}: {name}"'
                self.lines.append(f"    same({where}, {place}, {self.put(value)}, {value.nbytes});")

        return run

    def program(self) -> str:
        """C that makes the calls again; some at a time, for the compiler's sake."""
        parts = [self.lines[at : at + 200] for at in range(0, len(self.lines), 200)]
        functions = [
            f"static void part_{n}(void) {{\n" + "\n".join(p) + "\n}" for n, p in enumerate(parts)
        ]
        calls = "\n".join(f"    part_{n}();" for n in range(len(parts)))
        return "\n".join(
            [
                MAIN,
                *(f"int64_t {name}();" for name in sorted(self.names)),
                *functions,
                "int main(int count, char **arguments) {",
                '    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;',
                f"    blob = aligned_alloc({ALIGNED}, {len(self.blob) + ALIGNED - len(self.blob) % ALIGNED});",
                f"    if (!file || fread(blob, 1, {len(self.blob)}, file) != {len(self.blob)}) return 2;",
                calls,
                "    return wrong != 0;",
                "}",
            ]
        )


BOUND = library.Function.bound


def recorded() -> Calls:
    """The calls of the golden tests, of examples of the properties, and of an advice of sample
    clients."""
    hypothesis.settings.register_profile(
        "few",
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate,),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("few")
    sys.path.insert(0, str(ROOT / "tests"))
    calls = Calls()
    library.Function.bound = lambda *arguments: calls.bound(*arguments)  # noqa: PLW0108 - a method
    library.Function.__call__ = lambda function, *values: calls.bound(function, *values)(
        *((0, 0) if function.rows else ())
    )
    try:
        with threads.limited_threads(1):
            for name in TESTS:
                path = ROOT / "tests" / name
                spec = importlib.util.spec_from_file_location(path.stem, path)
                assert spec
                assert spec.loader
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                for called, test in list(vars(module).items()):
                    if called.startswith("test_") and "refused" not in called:
                        test()
            from advisor import Advisor, Mandate, sample, trace_frontier

            advisor = Advisor.fit(
                sample.market(), sample.interactions(), catalogue=sample.catalogue()
            )
            list(advisor.advise_many(sample.clients(300), as_of="2026-11-20"))
            trace_frontier(advisor.model, Mandate(max_volatility=0.1))
    finally:
        library.Function.bound = BOUND
    return calls


def main() -> int:
    """Print a row a processor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="leave the program and its bytes there")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="processors-"))
    calls, failed = recorded(), 0
    (folder / "calls.c").write_text(calls.program(), encoding="utf-8")
    (folder / "calls.bin").write_bytes(calls.blob)
    loops = {loop.name for loop in gc.get_objects() if isinstance(loop, library.Function)}
    if missing := sorted(loops - calls.names):
        print(f"never called: {', '.join(missing)}")
        failed += 1
    arrays = sum(line.startswith("    same(") for line in calls.lines)
    print(
        f"{len(calls.names)} of {len(loops)} functions, {arrays:,} arrays, {len(calls.blob) / 1e6:.0f} MB"
    )
    for name, (target, processor, emulator) in PROCESSORS.items():
        if shutil.which(emulator[0]) is None:
            print(f"{name}: left out, {emulator[0]} is not installed")
            continue
        program = folder / name.replace(" ", "-")
        flags = [
            flag for flag in build.FLAGS if flag not in ("-shared", "-fPIC", "-Wall", "-Wextra")
        ]
        command = [sys.executable, "-m", "ziglang", "cc", "-target", target, f"-mcpu={processor}"]
        command += [*flags, "-static", "-w", str(folder / "calls.c"), *map(str, build.sources())]
        subprocess.run([*command, "-o", str(program)], check=True)
        done = subprocess.run(
            [*emulator, str(program), str(folder / "calls.bin")],
            capture_output=True,
            text=True,
            check=False,
        )
        failed += done.returncode != 0
        print(f"{name}: {'the same bits' if done.returncode == 0 else done.stdout or done.stderr}")
    if given.keep is None:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
