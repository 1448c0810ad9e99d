"""A stored batch can be made again to the byte, every change of it is found and named, and each row
proves itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, InputError, Popularity, sample, save
from advisor.data.clients.repeated import SeenIds
from advisor.runs import advise_stream, replay, verify_rows
from advisor.runs.duplicates import repeated_clients
from advisor.runs.job import INPUTS, AdvisorRef, Job
from advisor.runs.proof import IGNORED, MADE_UP, TWICE, UNKNOWN

DAY = "2026-11-20"
COUNT, ROWS = 60, 20


def clients(count: int = COUNT) -> pa.Table:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "id": [f"c{i:03d}" for i in range(count)],
            "wealth": np.round(np.exp(rng.normal(10.0, 1.0, count)), 2),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, count), 1),
            "age": 40,
            "level": rng.integers(0, 6, count),
            "assessed_on": "2026-06-01",
            "bias:loss_aversion": np.round(rng.uniform(1.0, 4.0, count), 2),
        }
    )
    frame["holding:P007"] = np.where(rng.random(count) < 0.3, 0.4 * frame["wealth"], 0.0)
    frame["holding:P0xx"] = np.where(np.arange(count) == 11, 1.0, 0.0)
    frame.loc[4, "wealth"] = -1.0
    frame.loc[[25, 59], "id"] = "c003"
    return pa.Table.from_pandas(frame, preserve_index=False)


class Stored:
    def __init__(self, folder: Path) -> None:
        self.advisor = Advisor.fit(
            sample.market(), sample.interactions(100), catalogue=sample.catalogue()
        )
        self.state = save(self.advisor, folder / "house")
        self.file = folder / "clients.parquet"
        pq.write_table(clients(), self.file)
        self.summary = advise_stream(
            self.state, self.file, folder / "run", as_of=DAY, rows_per_part=ROWS
        )
        self.rows = pa.concat_tables([pq.read_table(p) for p in self.summary.parts])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    return Stored(tmp_path_factory.mktemp("stored"))


def copy_of(stored: Stored, folder: Path) -> Path:
    folder.mkdir()
    for path in stored.summary.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_an_id_is_advised_once_in_a_run_whatever_the_parts(stored: Stored, tmp_path: Path) -> None:
    rows = stored.rows.to_pylist()
    assert [(i, r["status"]) for i, r in enumerate(rows) if r["client_id"] == "c003"] == [
        (3, rows[3]["status"]),
        (25, "invalid_input"),
        (59, "invalid_input"),
    ]
    assert rows[3]["status"] != "invalid_input"
    assert "earlier row" in rows[25]["problem"]
    assert rows[25]["pick_1"] is None
    assert stored.summary.statuses["invalid_input"] == 4
    for name, size, workers in (("one", COUNT, 1), ("many", 7, 1), ("pool", 13, 2)):
        other = advise_stream(
            stored.state,
            stored.file,
            tmp_path / name,
            as_of=DAY,
            rows_per_part=size,
            workers=workers,
        )
        assert pa.concat_tables([pq.read_table(p) for p in other.parts]).equals(stored.rows), name


def test_met_ids_are_those_a_dictionary_would_find() -> None:
    rng, met, seen = np.random.default_rng(1), SeenIds(), set()
    for _ in range(30):
        names = [
            None if n == 0 else f"c{n}" for n in rng.integers(0, 700, rng.integers(0, 60)).tolist()
        ]
        wanted = []
        for row, name in enumerate(names):
            wanted += [row] if name is not None and name in seen else []
            seen |= {name}
        assert list(met.problems([name or "" for name in names])) == wanted
    assert sum(len(run) for run in met._runs) == len(seen - {None})
    assert len(met._runs) < 8


def test_ids_are_held_in_a_few_bytes_each() -> None:
    met = SeenIds()
    for start in range(0, 20_000, 5_000):
        met.problems([f"a-rather-long-client-number-{i:012d}" for i in range(start, start + 5_000)])
    assert sum(run.nbytes for run in met._runs) == 16 * 20_000


def test_files_of_engines_are_searched_for_repeated_clients(stored: Stored, tmp_path: Path) -> None:
    assert repeated_clients(stored.summary.parts) == {"c003": 3}
    pq.write_table(stored.rows.slice(0, 20), tmp_path / "a.parquet")
    assert repeated_clients([tmp_path / "a.parquet"]) == {}
    assert repeated_clients([tmp_path / "a.parquet"] * 2)["c000"] == 2
    with pytest.raises(InputError, match="cannot be read"):
        repeated_clients([stored.file])


def test_a_replay_gives_every_byte_again(stored: Stored) -> None:
    for source in (
        stored.file,
        clients(),
        pa.RecordBatchReader.from_batches(clients().schema, clients().to_batches(max_chunksize=7)),
    ):
        found = replay(stored.summary.folder, stored.state, source)
        assert (found.clients, found.parts, found.same, found.differing) == (COUNT, 3, True, 0)


def test_a_changed_client_is_named(stored: Stored) -> None:
    row = next(i for i in range(ROWS, 2 * ROWS) if stored.rows["pick_1_money"][i].as_py())
    wealth = clients()["wealth"].to_pylist()
    wealth[row] *= 2.0
    found = replay(
        stored.summary.folder, stored.advisor, clients().set_column(1, "wealth", pa.array(wealth))
    )
    assert not found.same
    (odd,) = found.differences
    assert (odd.part, odd.row, odd.client_id) == ("part-000001.parquet", row - ROWS, f"c{row:03d}")
    assert INPUTS in odd.columns
    assert "pick_1_money" in odd.columns


def rewritten(path: Path, column: str, row: int, value: object) -> None:
    table = pq.read_table(path)
    cells = table[column].to_pylist()
    cells[row] = value
    position = table.schema.get_field_index(column)
    pq.write_table(
        table.set_column(
            position,
            table.schema.field(position),
            pa.array(cells, type=table.schema.field(position).type),
        ),
        path,
    )


def test_a_changed_record_is_named(stored: Stored, tmp_path: Path) -> None:
    folder = copy_of(stored, tmp_path / "run")
    weight = pq.read_table(folder / "part-000002.parquet")["kkt_residual"][5].as_py()
    rewritten(folder / "part-000002.parquet", "kkt_residual", 5, np.nextafter(weight, 1.0))
    rewritten(folder / "part-000000.parquet", "pick_1", 2, "P001")
    found = replay(folder, stored.state, stored.file)
    assert [(d.part, d.row, d.columns) for d in found.differences] == [
        ("part-000000.parquet", 2, ("pick_1",)),
        ("part-000002.parquet", 5, ("kkt_residual",)),
    ]
    table = pq.read_table(stored.summary.parts[1])
    pq.write_table(table, folder / "part-000001.parquet", compression="none")
    (folder / "part-000002.parquet").write_bytes(b"PAR1")
    (folder / "part-000007.parquet").write_bytes(b"PAR1")
    told = [
        (d.part, d.row, d.columns[0])
        for d in replay(folder, stored.state, stored.file).differences[1:]
    ]
    assert [(part, row) for part, row, _ in told] == [
        (f"part-00000{i}.parquet", -1) for i in (1, 2, 7)
    ]
    assert [what.split()[0] for _, _, what in told] == ["metadata", "it", "the"]


def test_missing_and_added_rows_are_named(stored: Stored) -> None:
    found = replay(stored.summary.folder, stored.state, clients().slice(0, 50))
    assert [(d.row, d.client_id, d.columns) for d in found.differences] == [
        (i, f"c0{40 + i}" if i < 19 else "c003", ("missing",)) for i in range(10, 20)
    ]
    longer = pa.concat_tables([clients(), clients(61).slice(60)])
    assert [d.part for d in replay(stored.summary.folder, stored.state, longer).differences] == [
        "part-000003.parquet"
    ]


def test_a_replay_of_something_else_is_refused(stored: Stored, tmp_path: Path) -> None:
    other = Advisor.fit(
        sample.market(),
        sample.interactions(100),
        catalogue=sample.catalogue(),
        recommender=Popularity(),
    )
    with pytest.raises(InputError, match="was made by advisor"):
        replay(stored.summary.folder, other, stored.file)
    with pytest.raises(InputError, match="holds no run"):
        replay(tmp_path, stored.state, stored.file)
    (tmp_path / "_run.json").write_text(json.dumps({"format": 2, "advisor": 1}))
    with pytest.raises(InputError, match="holds no run"):
        replay(tmp_path, stored.state, stored.file)


def test_a_run_over_nobody_is_replayed(stored: Stored, tmp_path: Path) -> None:
    advise_stream(stored.state, clients().slice(0, 0), tmp_path / "run", as_of=DAY)
    assert replay(tmp_path / "run", stored.state, clients().slice(0, 0)).same


def test_every_stored_row_proves_itself(stored: Stored) -> None:
    proofs = list(verify_rows(stored.rows, stored.state, clients()))
    assert [p.client_id for p in proofs] == stored.rows["client_id"].to_pylist()
    assert [p.verification.problems for p in proofs if not p.verification.ok] == []
    assert sum(p.verification.kkt_residual is not None for p in proofs) > 30
    shuffled = stored.rows.take(pa.array(np.random.default_rng(0).permutation(COUNT)))
    assert all(
        p.verification.ok for p in verify_rows(shuffled.slice(0, 10), stored.advisor, clients())
    )
    engine = Job.of(AdvisorRef.of(stored.advisor, as_of=DAY), clients().schema).on_table(
        clients().slice(20, 10)
    )
    assert all(p.verification.ok for p in verify_rows(engine, stored.advisor, clients()))


def forged(stored: Stored, row: int, **cells: object) -> tuple[str, ...]:
    told = stored.rows.slice(row, 1).to_pylist()[0] | cells
    (proof,) = verify_rows(
        pa.Table.from_pylist([told], schema=stored.rows.schema), stored.advisor, clients()
    )
    assert not proof.verification.ok
    return proof.verification.problems


def test_forged_rows_do_not(stored: Stored) -> None:
    rows = stored.rows.to_pylist()
    row = next(i for i, r in enumerate(rows) if r["status"] == "ok" and r["level"] == 1)
    risky = next(p.id for p in stored.advisor.state.catalogue.products if p.risk_level == 5)
    assert "may not be recommended" in " ".join(forged(stored, row, pick_1=risky))
    held = {n: v for n, v in rows[row].items() if n.startswith("weight:") and v}
    first = next(iter(held))
    assert "KKT" in " ".join(
        forged(
            stored,
            row,
            **{
                first: held[first] - 0.01,
                "weight:emerging_equity": (rows[row]["weight:emerging_equity"] or 0.0) + 0.01,
            },
        )
    )
    assert "level recomputes" in " ".join(forged(stored, row, level=5))
    assert forged(stored, row, client_id="c050") == (UNKNOWN,)
    assert forged(stored, row, inputs=rows[row + 1]["inputs"]) == (UNKNOWN,)
    assert forged(stored, row, status="invalid_input") == (MADE_UP,)
    assert forged(stored, 4, status="ok") == (IGNORED,)
    assert forged(stored, 25, status="ok") == (IGNORED,)


def other_number(value: float | None) -> float:
    return np.nextafter(value or 0.0, 1e9).item()


TAMPERED = {
    "status": "above_band",
    "reasons": "level",
    "problem": "nothing",
    "limited_by": "capacity",
    "flags": "none",
    "level": 2,
    "pick_1_reasons": "suitable",
    "pick_2": None,
    "sales": [],
    **dict.fromkeys(
        (
            "target_volatility",
            "risk_aversion",
            "effective_risk_aversion",
            "expected_return",
            "expected_volatility",
            "kkt_residual",
            "weight:cash",
            "unplaced:cash",
            "pick_1_score",
            "pick_1_money",
        ),
        other_number,
    ),
}


@pytest.mark.parametrize("column", TAMPERED)
def test_every_column_of_a_row_is_proved(stored: Stored, column: str) -> None:
    row = next(
        i for i, r in enumerate(stored.rows.to_pylist()) if r["status"] == "ok" and r["sales"]
    )
    value = TAMPERED[column]
    problems = forged(
        stored,
        row,
        **{column: value(stored.rows[column][row].as_py()) if callable(value) else value},
    )
    assert problems[0].startswith(f"{column} recomputes to "), problems


def test_a_sale_of_another_size_does_not_add_up(stored: Stored) -> None:
    row, told = next(
        (i, r) for i, r in enumerate(stored.rows.to_pylist()) if r["status"] == "ok" and r["sales"]
    )
    found = forged(
        stored, row, sales=[sale | {"money": 2.0 * sale["money"] + 1e6} for sale in told["sales"]]
    )
    assert any("are sold" in problem for problem in found)


def test_rows_of_another_house_do_not_pass(stored: Stored) -> None:
    other = Advisor.fit(
        sample.market(), sample.interactions(100), catalogue=sample.catalogue(), fit_weight=99.0
    )
    proofs = [p.verification for p in verify_rows(stored.rows, other, clients())]
    assert not any(p.ok or p.fingerprint_matches for p in proofs)
    assert all("advisor.fingerprint" in p.problems[0] for p in proofs if p.problems != (UNKNOWN,))
    later = stored.rows.replace_schema_metadata(
        {**stored.rows.schema.metadata, b"advisor.as_of": b"2026-11-21"}
    )
    assert not any(p.verification.ok for p in verify_rows(later, stored.advisor, clients()))


def test_rows_without_metadata_are_proved_by_what_they_say(stored: Stored) -> None:
    bare = stored.rows.replace_schema_metadata(None)
    few = bare.drop_columns(
        [
            n
            for n in bare.schema.names
            if n.endswith(("_score", "reasons")) or n in ("problem", "flags", "limited_by")
        ]
    )
    for rows in (bare, few, few.select(few.schema.names[::-1])):
        assert all(p.verification.ok for p in verify_rows(rows, stored.advisor, clients()))
    other = Advisor.fit(
        sample.market(), sample.interactions(100), catalogue=sample.catalogue(), fit_weight=0.0
    )
    assert not all(p.verification.ok for p in verify_rows(bare, other, clients()))


def test_a_row_that_is_there_twice_is_named(stored: Stored) -> None:
    row = next(i for i, r in enumerate(stored.rows.to_pylist()) if r["status"] == "ok")
    one = stored.rows.slice(row, 1)
    first, second = verify_rows(pa.concat_tables([one, one]), stored.advisor, clients())
    assert first.verification.ok
    assert second.verification.problems == (TWICE,)


def test_a_client_who_cannot_be_put_in_a_contract_to_the_bit_is_proved(stored: Stored) -> None:
    table = clients()
    table = table.set_column(table.schema.get_field_index("age"), "age", pa.array([41.5] * COUNT))
    rows = Job.of(AdvisorRef.of(stored.advisor, as_of=DAY), table.schema).on_table(
        table.slice(0, 20)
    )
    assert [
        p.verification.problems
        for p in verify_rows(rows, stored.advisor, table)
        if not p.verification.ok
    ] == []


@pytest.mark.parametrize(
    "change",
    [
        "no weights",
        "a stranger",
        "one column twice",
        "fewer picks",
        "a damaged number",
        "another type",
    ],
)
def test_rows_that_cannot_be_made_again_are_refused(stored: Stored, change: str) -> None:
    rows = stored.rows
    told = {
        "no weights": lambda: rows.drop_columns(["weight:cash"]),
        "a stranger": lambda: rows.append_column("branch", rows["status"]),
        "one column twice": lambda: rows.append_column("status", rows["status"]),
        "fewer picks": lambda: rows.drop_columns(
            [n for n in rows.schema.names if n.startswith("pick_5")]
        ),
        "a damaged number": lambda: rows.replace_schema_metadata(
            {**rows.schema.metadata, b"advisor.picks": b"many"}
        ),
        "another type": lambda: rows.set_column(
            rows.schema.get_field_index("risk_aversion"), "risk_aversion", rows["status"]
        ),
    }[change]()
    with pytest.raises(InputError, match=r"The stored rows (have|lack)"):
        verify_rows(told, stored.advisor, clients())


@pytest.mark.parametrize("wrong", [None, "rows.parquet", 5, pd.DataFrame()])
def test_a_proof_or_replay_of_nothing_is_refused(stored: Stored, wrong: object) -> None:
    for arguments in ((wrong, stored.advisor, clients()), (stored.rows, stored.advisor, wrong)):
        with pytest.raises(InputError, match="read_table"):
            verify_rows(*arguments)
    if not isinstance(wrong, str):
        with pytest.raises(InputError, match="advisor is"):
            verify_rows(stored.rows, wrong, clients())
        with pytest.raises(InputError, match="folder is"):
            replay(wrong, stored.advisor, clients())
        with pytest.raises(InputError, match="advisor is"):
            replay(stored.summary.folder, wrong, clients())
    if not isinstance(wrong, pd.DataFrame):
        with pytest.raises(InputError):
            replay(stored.summary.folder, stored.advisor, wrong)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rows_per_part", "20"),
        ("rows_per_part", None),
        ("rows_per_part", 0),
        ("picks", 2.5),
        ("picks", True),
        ("as_of", 5),
        ("advisor", []),
    ],
)
def test_a_damaged_record_of_a_run_is_refused(
    stored: Stored, tmp_path: Path, field: str, value: object
) -> None:
    folder = copy_of(stored, tmp_path / "run")
    record = json.loads((folder / "_run.json").read_text()) | {field: value}
    (folder / "_run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=rf"holds no run .*{field}"):
        replay(folder, stored.advisor, stored.file)


def test_rows_of_two_days_or_of_something_else_are_refused(stored: Stored) -> None:
    other = Job.of(AdvisorRef.of(stored.advisor, as_of="2026-11-21"), clients().schema).on_table(
        clients().slice(0, 1)
    )
    for rows in (
        pa.concat_tables([stored.rows, other.replace_schema_metadata(stored.rows.schema.metadata)]),
        clients(),
    ):
        with pytest.raises(InputError, match="stored rows lack"):
            list(verify_rows(rows, stored.advisor, clients()))
