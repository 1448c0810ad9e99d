"""A library that is missing is named with the extra that brings it, and nothing else of it is
seen."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from advisor import InputError
from advisor.adapters.extras import needs

MISSING = [
    ("sqlalchemy", "from advisor.adapters.crm import Store", "crm"),
    ("alembic", "from advisor.adapters.crm import Store; Store.open('sqlite://').migrate()", "crm"),
    ("pyarrow", "from advisor.adapters.crm import Store", "crm"),
    (
        "pg8000",
        "from advisor.adapters.crm import Store; Store.open('postgresql+pg8000://u@127.0.0.1/x')",
        "postgresql",
    ),
    ("cryptography", "from advisor.adapters.records import new_key; new_key()", "audit"),
    ("sqlalchemy", "from advisor.adapters.records import Ledger; Ledger(5)", "crm"),
    ("pyarrow", "import advisor.adapters.dask", "dask"),
    ("pyarrow", "import advisor.adapters.spark", "spark"),
]


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )


def test_every_missing_library_is_named_with_its_extra() -> None:
    tries = "".join(
        f"for name in [m for m in sys.modules if m.split('.')[0] in ('advisor', {module!r})]: del"
        f" sys.modules[name]\nsys.modules[{module!r}] = None\ntry:\n    exec({code!r})\nexcept"
        " ValueError as error:\n    print(type(error).__name__, error)\nelse:\n   "
        f" print('nothing')\ndel sys.modules[{module!r}]\n"
        for module, code, _ in MISSING
    )
    done = run(f"import sys\n{tries}")
    lines = done.stdout.splitlines()
    assert len(lines) == len(MISSING), done.stderr
    for line, (module, code, extra) in zip(lines, MISSING, strict=True):
        assert line.startswith("InputError"), (code, line)
        assert module in line, (code, line)
        assert f"advisor[{extra}]" in line, (code, line)


def test_a_file_ledger_needs_no_extra() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['sqlalchemy', 'pyarrow', 'cryptography',"
        " 'alembic']))\nfrom datetime import datetime, UTC\nfrom advisor.adapters.records import"
        " Ledger, Record\nimport tempfile, pathlib\nledger ="
        " Ledger(pathlib.Path(tempfile.mkdtemp()) / 'a.jsonl')\nledger.append(Record(kind='k',"
        " decision='d'), at=datetime.now(UTC)); print(ledger.verify().ok)"
    )
    assert run(code).stdout.strip() == "True"


def test_importing_the_packages_loads_no_library() -> None:
    code = (
        "import sys, advisor, advisor.adapters.crm, advisor.adapters.records\nprint([m for m in"
        " ('sqlalchemy', 'alembic', 'pg8000', 'cryptography', 'pyarrow', 'pandera', 'statsmodels')"
        " if m in sys.modules])"
    )
    assert run(code).stdout.strip() == "[]"


def test_what_is_there_is_given() -> None:
    assert needs("crm", "json").dumps(1) == "1"
    with pytest.raises(InputError, match=r"advisor\[audit\]"):
        needs("audit", "no.such.module")
