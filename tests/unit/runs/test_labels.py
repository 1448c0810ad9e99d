"""Columns of the host's own come out again beside the advice, from every source, and change
nothing of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, Catalogue, ClientTable, InputError, load, sample, save
from advisor.contracts.advice import Advice
from advisor.data import clients_from_arrow
from advisor.data.labels import OF_CLIENTS
from advisor.runs import advise_stream, replay, verify_rows
from advisor.runs.job import AdvisorRef, Job
from advisor.runs.local import run_file
from strategies import sample_advisor

DAY = "2026-11-20"
BRANCHES = ["north", "south", None, "7", "north"]


def clients() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "wealth": [1e4, 2e4, 3e4, -1.0, 5e4],
            "horizon_years": 5,
            "age": 40,
            "level": [1, 2, 3, 4, 5],
            "assessed_on": "2026-06-01",
            "branch": ["north", "south", None, 7.0, "north"],
        }
    )


def texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(cell) else cell for cell in column]


@pytest.fixture(scope="module")
def plain() -> Advisor:
    return sample_advisor(100)


@pytest.fixture(scope="module")
def advisor(plain: Advisor) -> Advisor:
    products = plain.catalogue.to_frame().drop(columns="labels")
    products["isin"] = [f"XS{i:010d}" if i % 3 else None for i in range(len(products))]
    catalogue = Catalogue.from_frame(products, labels="isin", id_column="id")
    return Advisor.fit(sample.market(), sample.interactions(100), catalogue=catalogue)


def sources(folder: Path) -> dict[str, object]:
    text = clients().astype(object).where(clients().notna(), None)
    text["branch"] = BRANCHES
    text.to_csv(folder / "c.csv", index=False)
    text.to_parquet(folder / "c.parquet")
    return {
        "frame": clients(),
        "arrow": pa.table(text),
        "polars": pl.from_pandas(text),
        "csv": folder / "c.csv",
        "parquet": folder / "c.parquet",
        "prefixed": clients().rename(columns={"branch": "label:branch"}),
        "table": ClientTable.from_frame(clients(), labels=["branch"]),
    }


def test_labels_come_out_again_from_every_source(advisor: Advisor, tmp_path: Path) -> None:
    for name, source in sources(tmp_path).items():
        (batch,) = advisor.advise_many(source, as_of=DAY, labels=["branch"])
        assert texts(batch.to_frame()["branch"]) == BRANCHES, name
        assert batch.to_arrow()["branch"].to_pylist() == BRANCHES, name
        summary = advise_stream(
            advisor, source, tmp_path / name, as_of=DAY, labels="branch", rows_per_part=2
        )
        rows = pa.concat_tables([pq.read_table(path) for path in summary.parts])
        assert rows["branch"].to_pylist() == BRANCHES, name
        assert replay(tmp_path / name, advisor, source).same, name


def test_a_picks_labels_are_those_of_its_product(advisor: Advisor) -> None:
    (batch,) = advisor.advise_many(clients(), as_of=DAY, labels="branch")
    isin = dict(zip(advisor.catalogue.ids.ids, advisor.catalogue.labels["isin"], strict=True))
    frame, table = batch.to_frame(), batch.to_arrow()
    assert frame["pick_1"].notna().any()
    for slot in range(1, 6):
        expected = [isin.get(product) for product in frame[f"pick_{slot}"]]
        assert texts(frame[f"pick_{slot}_isin"]) == expected
        assert table[f"pick_{slot}_isin"].to_pylist() == expected


def test_labels_enter_no_fingerprint_and_no_digest(
    plain: Advisor, advisor: Advisor, tmp_path: Path
) -> None:
    assert plain.fingerprint == advisor.fingerprint
    bare, labelled = clients().drop(columns="branch"), clients()
    (one,) = plain.advise_many(bare, as_of=DAY)
    (other,) = advisor.advise_many(labelled, as_of=DAY, labels="branch")
    assert [a.model_dump_json() for a in one] == [a.model_dump_json() for a in other]
    again = load(save(advisor, tmp_path / "saved"))
    assert again.catalogue.labels == advisor.catalogue.labels


def test_rows_are_proved_with_and_without_their_labels(
    plain: Advisor, advisor: Advisor, tmp_path: Path
) -> None:
    source = pa.table(clients().drop(index=3).assign(branch=["n", None, "7", "s"]))
    summary = advise_stream(advisor, source, tmp_path / "run", as_of=DAY, labels="branch")
    rows = pq.read_table(summary.parts[0])
    for judge in (plain, advisor):
        for people in (source.drop_columns("branch"), source.rename_columns({"branch": "label:b"})):
            assert all(proof.verification.ok for proof in verify_rows(rows, judge, people))


def test_clients_with_their_labels_prove_rows(advisor: Advisor, tmp_path: Path) -> None:
    people = clients().assign(branch=BRANCHES)
    advise_stream(advisor, people, tmp_path / "a", as_of=DAY, partition_by="branch")
    for path in sorted((tmp_path / "a").rglob("*.parquet")):
        proofs = list(verify_rows(pq.read_table(path), advisor, pa.table(people)))
        assert proofs
        assert all(proof.verification.ok for proof in proofs)


def test_a_job_and_files_know_their_labels(advisor: Advisor, tmp_path: Path) -> None:
    table = clients_table = pa.table(clients().drop(index=3).assign(branch=["n", None, "7", "s"]))
    job = Job.of(
        AdvisorRef.of(advisor, as_of=DAY), table.rename_columns({"branch": "label:branch"}).schema
    )
    assert job.labels == ("branch",)
    pq.write_table(clients_table, tmp_path / "has.parquet")
    pq.write_table(clients_table.drop_columns("branch"), tmp_path / "lacks.parquet")
    for name, expected in (("has", ["n", None, "7", "s"]), ("lacks", [None] * 4)):
        part = run_file(job, tmp_path / f"{name}.parquet", tmp_path / "advice")
        assert pq.read_table(part.path)["branch"].to_pylist() == expected


def test_another_label_is_another_run(advisor: Advisor, tmp_path: Path) -> None:
    clients().astype(str).rename(columns={"branch": "label:branch"}).to_csv(
        tmp_path / "c.csv", index=False
    )
    clients().astype(str).to_csv(tmp_path / "d.csv", index=False)
    advise_stream(advisor, tmp_path / "d.csv", tmp_path / "run", as_of=DAY, labels="branch")
    with pytest.raises(InputError):
        advise_stream(advisor, tmp_path / "d.csv", tmp_path / "run", as_of=DAY)


@pytest.mark.parametrize("name", sorted(OF_CLIENTS))
def test_no_label_takes_the_name_of_a_field(name: str) -> None:
    frame = clients()
    frame[name] = frame.get(name, 1)
    with pytest.raises(InputError, match="another name"):
        ClientTable.from_frame(frame, labels=[name])


def test_every_column_of_advice_is_a_name_that_no_label_has(advisor: Advisor) -> None:
    (batch,) = advisor.advise_many(clients(), as_of=DAY, labels="branch")
    names = {*batch.to_frame().columns, *batch.to_arrow().schema.names, *Advice.model_fields}
    free = {n for n in names if ":" not in n and not n.startswith("pick_")} - OF_CLIENTS
    assert free == {"branch"}


def test_a_typo_is_refused_and_told_how_to_pass(advisor: Advisor) -> None:
    frame = clients().rename(columns={"level": "levle"})
    with pytest.raises(InputError, match=r"\['levle'\] that are not read.*labels=\['levle'\]"):
        ClientTable.from_frame(frame, labels=["branch"])
    with pytest.raises(InputError, match=r"labels name .*'brnch'"):
        ClientTable.from_frame(frame, labels=["brnch"])
    with pytest.raises(InputError, match=r"labels=.*'shelf'"):
        Catalogue.from_frame(
            pd.DataFrame({"id": [1], "name": "a", "asset": "x", "risk_level": 1, "shelf": 2})
        )
    twice = clients().assign(**{"label:branch": "x"})
    with pytest.raises(InputError, match="more than once"):
        ClientTable.from_frame(twice, labels=["branch"])


def test_no_cell_of_a_label_is_wrong() -> None:
    odd = [["a", "b"], {"x": 1}, "\ud800", b"\xff", True]
    table = ClientTable.from_frame(clients().assign(branch=odd), labels="branch")
    assert set(table.problems) == {3}
    assert [table.labels["branch"].word(i) for i in range(5)] == [
        '["a", "b"]', '{"x": 1.0}', "\\ud800", "\\xff", "True",
    ]  # fmt: skip
    assert clients_from_arrow(pa.table({"id": ["a"], "wealth": [1], "horizon_years": [1],
        "x": [None]}), labels="x").labels["x"].word(0) is None  # fmt: skip
