"""The command line where its streams are not a terminal that reads everything: closed, full, broken
or of few letters, and the signals of a terminal."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from advisor import Client, save
from advisor.adapters.channels.cli.demo import fitted
from advisor.adapters.channels.cli.entry import main

CLI = f"{shlex.quote(sys.executable)} -m advisor.adapters.channels.cli"
ADVISE = "advise client.json --advisor advisor --as-of 2025-07-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("streams")
    save(fitted(), home / "advisor")
    client = Client(
        id="安娜", wealth=1e5, horizon_years=8, level=3, knowledge=60, age=41,
        assessed_on="2025-06-30",
    )  # fmt: skip
    (home / "client.json").write_text(client.model_dump_json(exclude_unset=True), encoding="utf-8")
    ids = [f"c{i:05}" for i in range(8_000)]
    rows = {"wealth": 1e5, "horizon_years": 8, "level": 3, "assessed_on": "2025-06-30", "age": 41}
    pd.DataFrame({"id": ids, **rows}).to_csv(home / "many.csv", index=False)
    return home


def bash(home: Path, line: str) -> subprocess.CompletedProcess[str]:
    """What a shell does with a line in which `advisor` is the command."""
    text = f'advisor() {{ {CLI} "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", text], cwd=home, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("advisor --version >&-", 0),
        ("advisor schema >&-", 0),
        (f"advisor {ADVISE} >&-", 0),
        ("advisor --version >/dev/full", 3),
        ("advisor schema Client >/dev/full", 3),
        (f"advisor {ADVISE} --json >/dev/full", 3),
        (f"advisor {ADVISE} 2>&-", 0),
        (f"advisor {ADVISE} 2>/dev/full", 0),
        ("advisor schema Nothing 2>/dev/full", 3),
        ("advisor profile - --advisor advisor <&-", 3),
    ],
)
def test_a_stream_that_is_closed_or_full(made: Path, line: str, code: int) -> None:
    done = bash(made, line)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if code == 3 and "2>" not in line:
        assert done.stderr.rstrip().endswith(".")


def test_messages_that_nobody_reads_change_nothing(made: Path) -> None:
    """A run whose progress goes to a pipe that was closed does its work."""
    run = "advisor advise many.csv --advisor advisor --as-of 2025-07-01 --to unread"
    done = bash(made, f"{run} 2>&1 | true; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0
    assert len(pd.read_parquet(made / "unread")) == 8_000


def test_a_reader_that_has_enough_gets_the_code_of_the_answer(made: Path) -> None:
    """`advise` of a client whose assessment is over is 1, whoever reads the sentences."""
    late = ADVISE.replace("2025", "2035")
    done = bash(made, f"advisor {late} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_json_is_json_on_a_terminal_of_few_letters(made: Path, encoding: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONIOENCODING", encoding)
        done = bash(made, f"advisor {ADVISE} --json")
        words = bash(made, "advisor questionnaire default --language zh")
        odd = bash(made, "advisor questionnaire $'\\xff'")
    assert json.loads(done.stdout)["client_id"] == "安娜"
    assert (words.returncode, odd.returncode) == (0, 3)
    assert ("风险测评问卷" in words.stdout) == (encoding == "utf-8")


def test_text_as_windows_writes_it(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a byte order mark before it."""
    monkeypatch.chdir(made)
    Path("marked.json").write_text(Path("client.json").read_text("utf-8"), encoding="utf-8-sig")
    line = ADVISE.replace("client", "marked")
    assert main(shlex.split(line)) == 0
    assert bash(made, f"advisor {line.replace('marked.json', '-')} < marked.json").returncode == 0


def test_a_language_of_many_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = f"advise {made}/many.csv --advisor {made}/advisor --language zh --to {made}/spoken"
    assert main(shlex.split(line)) == 3
    assert "--language" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 4)])
def test_a_signal_to_all_processes_of_a_run(made: Path, number: int, code: int) -> None:
    """As a terminal sends an interrupt, and as whoever ends a service ends all of it."""
    folder = f"signal-{number}"
    run = f"advise many.csv --advisor advisor --as-of 2025-07-01 --to {folder} --workers 2 --rows-per-part 200"
    command = [*shlex.split(CLI), *shlex.split(run)]
    with subprocess.Popen(
        command, cwd=made, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        for line in process.stderr or ():
            if "clients" in line:  # the first part is done, so all of them work
                os.killpg(process.pid, number)
                break
        said = process.stderr.read() if process.stderr else ""
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert 1 <= len(list((made / folder).glob("part-*.parquet"))) < 40
    time.sleep(0.1)
    done = bash(made, f"advisor {run}")
    assert (done.returncode, len(pd.read_parquet(made / folder))) == (0, 8_000)
