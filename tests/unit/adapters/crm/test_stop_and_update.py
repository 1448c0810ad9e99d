"""Advice that is stopped says so everywhere; a run ends between parts; new purchases are taken
in."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from advisor import (
    ALS,
    Advisor,
    AdvisorError,
    ClientTable,
    InputError,
    StoppedError,
    advise_stream,
    sample,
)
from advisor.adapters.crm import Store, Switch, guarded

DAY = "2026-11-20"


def test_a_stopped_error_pickles() -> None:
    error = StoppedError("no", since=datetime(2026, 1, 1, tzinfo=UTC), reason="drill")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, AdvisorError)
    assert (str(again), again.since, again.reason) == ("no", error.since, "drill")


def test_a_batch_that_is_stopped_says_so_in_every_row(advisor: Advisor) -> None:
    clients = sample.clients(20)
    batch = advisor.advise_table(clients, as_of=DAY, stopped="a drill")
    assert set(batch.status) == {"stopped"}
    assert np.isnan(batch.weights).all()
    assert (batch.pick_codes == -1).all()
    advice = batch[3]
    assert (advice.status, advice.weights, advice.picks, advice.orders) == ("stopped", {}, (), ())
    assert advice.reasons[0].code == "stopped"
    assert "a drill" in advice.reasons[0].text
    frame = batch.to_frame()
    assert set(frame["status"]) == {"stopped"}
    assert set(batch.to_arrow()["status"].to_pylist()) == {"stopped"}


def test_a_switch_stops_every_process_within_a_second(
    advisor: Advisor, database: dict[str, str]
) -> None:
    store, client = Store.open(**database), sample.client()
    store.migrate()
    here, there = Switch(store), Switch(Store.open(**database))
    desk = guarded(advisor, there)
    assert desk.advise(client, as_of=DAY) == advisor.advise(client, as_of=DAY)
    assert desk.report(client, as_of=DAY) == advisor.report(client, as_of=DAY)
    store.put_advice(desk.advise(client, as_of=DAY), run="before")
    here.stop("prices are wrong", "anna")
    time.sleep(0.5)
    with pytest.raises(StoppedError, match="prices are wrong") as caught:
        desk.advise(client, as_of=DAY)
    assert caught.value.reason == "prices are wrong"
    with pytest.raises(StoppedError, match="prices are wrong"):
        desk.report(client, as_of=DAY)
    assert abs((datetime.now(UTC) - caught.value.since).total_seconds()) < 60
    table = ClientTable.from_clients([client])
    assert [set(b.status) for b in desk.advise_many(table, as_of=DAY)] == [{"stopped"}]
    store.put_clients([client], at=datetime(2026, 11, 1, tzinfo=UTC))
    assert store.view(client.id).advice.status == "ok", "stored advice stays readable"
    assert desk.fingerprint == advisor.fingerprint
    here.go("prices are mended", "anna")
    time.sleep(0.5)
    assert desk.advise(client, as_of=DAY).status == "ok"
    for reason, operator in (("", "anna"), ("x", " "), (None, "anna")):
        with pytest.raises(InputError, match="in words"):
            here.stop(reason, operator)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_ends_between_parts_and_goes_on(
    advisor: Advisor, tmp_path: Path, workers: int
) -> None:
    clients, seen = sample.clients(60), list[int]()
    settings = {"as_of": DAY, "rows_per_part": 2, "workers": workers}
    with pytest.raises(StoppedError, match="goes on") as caught:
        advise_stream(
            advisor,
            clients,
            tmp_path / "run",
            progress=seen.append,
            stop=lambda: len(seen) >= 2,
            **settings,
        )
    assert caught.value.reason
    done = len(list((tmp_path / "run").glob("part-*")))
    assert 2 <= done < 30
    assert seen == [2] * done
    assert not (tmp_path / "run" / "_summary.json").exists()
    summary = advise_stream(advisor, clients, tmp_path / "run", stop=lambda: False, **settings)
    assert (summary.clients, summary.made) == (60, 30 - done)
    whole = advise_stream(advisor, clients, tmp_path / "whole", **settings)
    assert [p.read_bytes() for p in summary.parts] == [p.read_bytes() for p in whole.parts]


def test_new_purchases_are_taken_in(advisor: Advisor) -> None:
    everything = sample.interactions()
    before, new = everything.until("2025-06-30"), everything.after("2025-06-30")
    old = Advisor.fit(sample.market(), before, catalogue=sample.catalogue())
    updated = old.updated(new)
    assert updated.fingerprint != old.fingerprint
    clients = sample.clients(50)
    ours, whole = updated.advise_table(clients, as_of=DAY), advisor.advise_table(clients, as_of=DAY)
    assert np.array_equal(ours.pick_codes, whole.pick_codes)
    np.testing.assert_allclose(ours.pick_scores, whole.pick_scores, rtol=1e-6, atol=1e-9)
    assert updated.verify(ours[0], clients.client(0)).ok
    fixed = Advisor.fit(
        sample.market(),
        before,
        catalogue=sample.catalogue(),
        recommender=ALS(factors=4, iterations=2),
    )
    with pytest.raises(InputError, match="Fit the advisor again"):
        fixed.updated(new)
    with pytest.raises(InputError):
        old.updated(None)
