"""The command line as its users meet it: every example, every exit code, what it costs to ask for
help."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

import stack
from advisor import Advice, Client, load, schemas
from advisor.adapters.channels.cli import entry
from advisor.adapters.channels.cli.entry import main, table

COMMANDS: dict[str, Any] = {command["name"]: command for command in table()["commands"]}
GO_ON = ("serve", "mcp")
DAY = ["--as-of", "2025-07-01"]
AT = ["--advisor", "demo/advisor"]
SHORT = 0.2
"""Seconds of CPU for help and versions."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder in which every example was executed in the order of the table, and what each
    printed."""
    home, printed = tmp_path_factory.mktemp("command-line"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for name, command in COMMANDS.items():
            if name not in GO_ON:
                said = io.StringIO()
                patch.setattr(sys, "stdout", said)
                assert main(shlex.split(command["example"])[1:]) == 0, name
                printed[name] = said.getvalue()
    return home, printed


@pytest.fixture
def home(made: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made[0])
    return made[0]


def test_every_example_is_of_its_command_and_runs(made: tuple[Path, dict[str, str]]) -> None:
    for name, command in COMMANDS.items():
        assert command["example"].startswith(f"advisor {name}")
    said = made[1]
    assert "anna: ok, C4" in said["demo"]
    assert "C4 9" in said["profile"]
    assert said["verify"] == "proved\n"
    assert "200 clients" in said["evaluate"]
    assert "equal weights" in said["backtest"]
    assert re.search(r"clients: 200 rows, 200 new or changed, 0 set aside", said["store load"])
    assert json.loads(said["store view"])["client"]["id"] == "c00007"
    assert json.loads(said["store forget"])["rows"]["clients"] == 1
    assert said["ledger verify"].startswith("0 records: whole")
    assert json.loads(said["schema"]) == schemas()["Client"]
    assert "您" in said["questionnaire"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    assert ended.value.code == 0
    assert f"example:\n  {COMMANDS[name]['example']}\n" in capsys.readouterr().out


def test_advice_is_byte_for_byte_that_of_the_library(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path("demo/client.json").read_text()
    expected = (
        load("demo/advisor")
        .advise(Client.model_validate_json(text), as_of="2025-07-01", picks=3)
        .model_dump_json(indent=1)
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["advise", "-", *AT, *DAY, "--picks", "3", "--json"]) == 0
    shown = capsys.readouterr()
    assert shown.out == expected + "\n"
    assert shown.err.startswith("advisor: loading the engine")


def test_json_everywhere(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("twice").mkdir(exist_ok=True)
    for line in (
        "profile demo/client.json",
        "evaluate demo/clients.csv demo/purchases.csv",
        "advise demo/clients.csv --to twice",
    ):
        assert main([*shlex.split(line), *AT, *DAY, "--json"]) == 0
        json.loads(capsys.readouterr().out)
    assert main(["verify", "demo/clients.csv", "twice", *AT, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same"] is True
    assert (
        main(
            [
                "backtest",
                "demo/prices.csv",
                "--levels",
                "2",
                "--warmup",
                "2000",
                "--every",
                "YS",
                "--json",
            ]
        )
        == 0
    )
    assert set(json.loads(capsys.readouterr().out)) == {"C2", "equal weights"}


@pytest.mark.parametrize(
    "line",
    ["advise", "advise x.json", "nothing", "advise x --picks many", "store", "", "demo --tp x"],
)
def test_wrong_use_is_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(shlex.split(line))
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert "usage: advisor" in capsys.readouterr().err


WRONG = {
    "nobody.json": None,
    "torn.json": b'{"id": "x"',
    "bytes.json": b"\xff\xfe\x00",
    "deep.json": b"[" * 100_000,
    "huge.json": b'{"id": "x", "wealth": 1e999, "horizon_years": 3}',
    "odd.json": b'{"id": "x", "wealth": 1000, "horizon_years": 3, "walth": 1}',
    "half.json": b'{"id": "\\ud800", "wealth": 1000, "horizon_years": 3}',
    "torn.parquet": b"PAR1....",
    "columns.csv": b"name,money\nx,1\n",
    "nobody.csv": None,
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize(
    "line",
    [
        "profile {}",
        "advise {} --to away",
        "verify {} advice.json",
        "evaluate {} demo/purchases.csv",
    ],
)
def test_wrong_input_is_3_with_a_sentence(
    line: str, name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if WRONG[name] is not None:
        Path(name).write_bytes(WRONG[name])
    day = [] if line.startswith("verify") else DAY
    assert main([*shlex.split(line.format(name)), *AT, *day]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.splitlines()[-1].startswith("advisor: ")


@pytest.mark.parametrize(
    "line",
    [
        "advise demo/client.json --advisor nowhere",
        "advise demo/client.json --advisor demo/advisor --as-of soon",
        "advise demo/client.json --advisor demo/advisor --to nowhere/advice.json",
        "advise demo/clients.csv --advisor demo/advisor",
        "advise demo/client.json --advisor demo/advisor --as-of 2025-07-01 --language xx",
        "advise demo/client.json --advisor demo/advisor --as-of 2025-07-01 --labels branch",
        "advise demo/clients.csv --advisor demo/advisor --to absent --partition-by branch",
        "advise demo/clients.csv --advisor demo/advisor --to odd --delimiter ;;",
        "evaluate demo/clients.csv demo/purchases.csv --advisor demo/advisor --as-of 2025-07-01 --encoding klingon",
        "backtest demo/purchases.csv",
        "backtest demo/prices.csv --warmup 999999",
        "store migrate nothing://x",
        "store view sqlite:///empty.db x",
        "store forget sqlite:///demo/bank.db nobody",
        "store load sqlite:///demo/bank.db --clients demo/prices.csv",
        "ledger verify nobody.jsonl --public-key 00",
        "ledger verify sqlite:///demo/bank.db --public-key 00",
        "ledger export nobody.jsonl out.jsonl",
        "store load sqlite:///demo/bank.db",
        "demo --to advice.json",
        "serve --demo --port 99999",
        "serve --demo --port -1",
        "serve --demo --host 192.0.2.1",
        "ledger verify sqlite:///demo/bank.db --head demo/client.json",
        "ledger export sqlite:///demo/bank.db out.jsonl --key demo/client.json",
        "mcp",
        "serve --settings demo/client.json",
        "serve --settings nobody.json",
        "schema Nothing",
        "questionnaire nothing",
        "questionnaire default --language xx",
        "questionnaire nobody.json",
    ],
)
def test_other_wrong_input_is_3(line: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(line)) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_suitable_and_not_proved_are_1(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["advise", "demo/client.json", *AT, "--as-of", "2029-07-01"]) == 1
    )  # the answers have expired
    advice = Advice.model_validate_json(Path("advice.json").read_text())
    Path("changed.json").write_text(advice.model_copy(update={"level": 5}).model_dump_json())
    assert main(["verify", "demo/client.json", "changed.json", *AT]) == 1
    assert "not proved: " in capsys.readouterr().out
    Path("rows.csv").write_text("id,wealth,horizon_years\na,1000,5\nb,much,5\n")
    assert main(["store", "load", "sqlite:///demo/bank.db", "--clients", "rows.csv"]) == 1


class _Signalling(io.StringIO):
    """A stderr that sends this process a signal when the third part is told of."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        if "60 clients" in text:
            os.kill(os.getpid(), self.number)
        return super().write(text)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 4)])
def test_a_run_that_ends_early_goes_on(
    number: int, code: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ["advise", "demo/clients.csv", *AT, *DAY, "--rows-per-part", "5", "--to"]
    for folder in ("early", "whole"):
        shutil.rmtree(folder, ignore_errors=True)
    assert main([*run, "whole"]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", _Signalling(number))
        assert main([*run, "early"]) == code
    kept = len(list(Path("early").glob("part-*.parquet")))
    assert 3 <= kept < 40
    assert main([*run, "early"]) == 0
    names = sorted(path.name for path in Path("whole").iterdir())
    assert names == sorted(path.name for path in Path("early").iterdir())
    assert all(
        (Path("whole") / name).read_bytes() == (Path("early") / name).read_bytes() for name in names
    )


def seconds(*code: str) -> float:
    """CPU of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *code], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


CLI = ("-m", "advisor.adapters.channels.cli")
CONTRACTS = ("-c", "import advisor.contracts; advisor.contracts.Questionnaire")


def test_help_and_contracts_cost_little() -> None:
    """The best of three, since others work on the machine too."""
    for line in (["--help"], ["advise", "--help"], ["--version"]):
        assert any(seconds(*CLI, *line) <= SHORT for _ in range(3)), line
    for line in (["schema", "Client"], ["questionnaire", "default"]):
        assert any(seconds(*CLI, *line) <= seconds(*CONTRACTS) + SHORT for _ in range(3)), line
    heavy = (
        "[m for m in ('advisor.engine', 'advisor.data', 'pandas', 'scipy', 'jinja2') if m in"
        " sys.modules]"
    )
    code = (
        "import sys; from advisor.adapters.channels.cli import main; main(['schema']);"
        f" sys.exit(str({heavy}) if {heavy} else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_a_reader_that_has_enough() -> None:
    line = (
        f"{shlex.quote(sys.executable)} {' '.join(CLI)} schema Client | head -c 1; echo"
        " ${PIPESTATUS[0]}"
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout == "{0\n"
    assert done.stderr == ""


def test_the_service_runs_as_its_example_says(tmp_path: Path) -> None:
    port = stack.free_port()
    command = shlex.split(COMMANDS["serve"]["example"].replace("8080", str(port)))[1:]
    with (tmp_path / "said").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, *CLI, *command, "--jobs", "1"], cwd=tmp_path, stderr=said
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                if httpx.get(f"{address}/ready", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        output = (tmp_path / "said").read_text()
        key = re.search(r"key (\S+)", output)
        page = re.search(r"page (\S+)", output)
        assert key is not None
        assert page is not None
        assert httpx.get(page[1], follow_redirects=True).status_code == 200
        asked = httpx.get(f"{address}/v1/questionnaires", headers={"X-API-Key": key[1]})
        assert asked.json()["questionnaires"][0]["id"] == "default"
    finally:
        server.terminate()
        assert server.wait(20) == 0


def test_a_base_install_advises_one_client_and_names_the_extra_for_many(tmp_path: Path) -> None:
    """Without pyarrow: the demo, its files and one client; many are refused with the extra that
    they need."""
    code = (
        "import sys\nsys.modules['pyarrow'] = None\nfrom advisor.adapters.channels.cli import"
        " main\nsys.exit(main(sys.argv[1:]))\n"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    made = run("demo", "--to", "bank")
    assert made.returncode == 0, made.stderr
    one = run("advise", "bank/client.json", "--advisor", "bank/advisor", "--as-of", "2025-07-01")
    assert one.returncode == 0, one.stderr
    many = run(
        "advise",
        "bank/clients.csv",
        "--advisor",
        "bank/advisor",
        "--as-of",
        "2025-07-01",
        "--to",
        "advice",
    )
    assert many.returncode == 3
    assert "advisor[arrow]" in many.stderr
    assert "Traceback" not in many.stderr


def test_a_shell_completes_where_argcomplete_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "argcomplete.py").write_text(
        "def autocomplete(parser):\n    raise SystemExit(parser.prog + ' completed')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    with pytest.raises(SystemExit, match="advisor completed"):
        main(["adv"])
    sources = Path(entry.__file__).parent
    for name in ("__init__.py", "entry.py"):
        assert "PYTHON_ARGCOMPLETE_OK" in (sources / name).read_text(encoding="utf-8")[:1024]


GERMAN = "--decimal , --encoding cp1252 --skip-lines 2 --missing n/a --labels Filiale --partition-by Filiale"


def test_files_as_they_come_are_advised_as_plain_ones(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = pd.read_csv("demo/clients.csv", dtype=str)[:20]
    clients.to_csv("plain.csv", index=False)
    comma = clients.assign(
        wealth=[f"{float(money):,.2f}" for money in clients["wealth"]],
        Filiale=["Köln", "Mainz"] * 10,
        income="n/a",
    )
    for name in ("wealth", "horizon_years", "age"):
        comma[name] = comma[name].str.translate(str.maketrans(",.", ".,"))
    text = "Kundenliste\n\n" + comma.to_csv(index=False, sep=";")
    Path("german.csv").write_bytes(text.encode("cp1252"))
    for name, options in (("plain", ""), ("german", GERMAN)):
        line = f"advise {name}.csv --to {name}-out {options}"
        assert main([*shlex.split(line), *AT, *DAY]) == 0, capsys.readouterr().err
    plain, german = pd.read_parquet("plain-out"), pd.read_parquet("german-out")
    assert sorted({path.parent.name for path in Path("german-out").rglob("*.parquet")}) == [
        "Filiale=Köln",
        "Filiale=Mainz",
    ]
    german = german.set_index("client_id").loc[plain["client_id"]].reset_index()
    columns = [name for name in plain.columns if name in german.columns]
    pd.testing.assert_frame_equal(german[columns], plain[columns])
    branches = dict(zip(clients["id"], comma["Filiale"], strict=True))
    assert german["Filiale"].astype(str).tolist() == [
        branches[name] for name in german["client_id"]
    ]
    csv = "--decimal , --encoding cp1252 --skip-lines 2 --missing n/a"
    line = f"verify german.csv german-out {csv}"
    capsys.readouterr()
    code = main([*shlex.split(line), *AT])
    assert (code, capsys.readouterr().out.partition(":")[2].strip()) == (0, "proved")
