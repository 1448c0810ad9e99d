"""What a first call costs on a fresh install, in seconds of CPU, each in a process of its own.

    python benchmarks/cold_start.py [interpreter ...]

Further interpreters (of an environment with another version) are measured beside the first.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = {
    "import advisor": "import advisor",
    "README's ten lines": (
        "from advisor import Advisor, sample\nadvisor = Advisor.fit(sample.market(),"
        " sample.interactions(), catalogue=sample.catalogue())\nadvice ="
        " advisor.advise(sample.client(), as_of='2026-11-20')\nprint(advice.status,"
        " advice.reasons[0].text)"
    ),
    "first trace_frontier": (
        "from advisor import estimate_returns, sample,"
        " trace_frontier\ntrace_frontier(estimate_returns(sample.market()))"
    ),
    "first measure_biases": (
        "import pandas as pd\nfrom advisor import Trades, measure_biases\nt ="
        " pd.DataFrame({'client_id': 'a', 'asset': ['A', 'A'], 'day': pd.to_datetime(['2026-01-02',"
        " '2026-01-05'])})\nt = t.assign(side=['buy', 'sell'], units=[1.0, 1.0], price=[1.0,"
        " 2.0])\nmeasure_biases(Trades.from_frame(t), pd.DataFrame({'asset': ['A'], 'day':"
        " t.day[:1], 'price': [1.0]}))"
    ),
}


def cpu_seconds(interpreter: str, code: str, cache: str) -> float:
    """User and system time of a process that runs `code`, with no machine code cached by
    anybody."""
    env = {**os.environ, "NUMBA_CACHE_DIR": cache}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [interpreter, "-W", "ignore", "-c", code], check=True, env=env, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(interpreters: list[str]) -> str:
    """A row a case, a column an interpreter; the best of three after one that fills the file cache,
    and the first alone where nothing may be cached."""
    lines = ["| CPU s | " + " | ".join(interpreters) + " |", "|---" * (len(interpreters) + 1) + "|"]
    for name, code in CASES.items():
        cells = []
        for interpreter in interpreters:
            tries = []
            for _ in range(3):
                with tempfile.TemporaryDirectory() as cache:
                    tries.append(cpu_seconds(interpreter, code, cache))
                if tries[-1] > 20.0:
                    break
            cells.append(f"{min(tries):.1f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([str(Path(p)) for p in sys.argv[1:]] or [sys.executable]))
