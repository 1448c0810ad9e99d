"""No public function says a client's value: not in an error, not in a problem, not in what an
object shows."""

from __future__ import annotations

import contextlib
import io
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from advisor import (
    Advice,
    Advisor,
    AdvisorError,
    Client,
    ClientTable,
    Goal,
    Interactions,
    Questionnaire,
    Ranking,
    RiskProfiles,
    Trades,
    advise_stream,
    evaluate_match,
    lifecycle,
    measure_biases,
    optimal_portfolios,
    privacy,
    profile_risk,
)
from advisor.contracts import Contract
from advisor.data import clients_from_arrow
from advisor.risk_profile import AssessmentHistory, joint_profiles
from strategies import sample_advisor

ID, MONEY, WORD, OTHER = "SECRET-17", 123456.78, "quite_secret", "OWNED-SECRET"
SECRETS = ("SECRET", "123456", "123,456", "1.23456", "quite_secret", "7654321", "7,654,321")
HUGE = 7654321.25
DAY = "2026-11-20"
FULL: dict[str, Any] = {"id": ID, "wealth": MONEY, "horizon_years": 5.0}

Door = Callable[[], object]


@pytest.fixture(autouse=True)
def as_delivered() -> Iterator[None]:
    """Masked, as it is where nobody says otherwise."""
    with privacy.mask():
        yield


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return sample_advisor(50)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it carries."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.append(one)
            todo += [one.__cause__, one.__context__]
    yield from seen


def told_by(error: BaseException) -> Iterator[str]:
    """All that an error says."""
    yield "".join(traceback.format_exception_only(error))
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        yield repr(
            (
                str(one),
                repr(one),
                one.args,
                getattr(one, "field", None),
                getattr(one, "value", None),
            )
        )
    for one in chain(error):
        yield f"{one!s} {one!r}"


def leaks(texts: Iterator[str]) -> list[str]:
    return [text for text in texts if any(secret in text for secret in SECRETS)]


def refused(door: Door) -> list[str]:
    """What leaks from a call that is refused."""
    with pytest.raises(AdvisorError) as caught:
        door()
    return leaks(told_by(caught.value))


CELLS: dict[str, list[Any]] = {
    "wealth": [f"{MONEY} secret", -MONEY, [MONEY], WORD, {"a": MONEY}, True, float("nan")],
    "horizon_years": [f"{MONEY} years", -MONEY, WORD],
    "age": [HUGE, WORD, 123456.5],
    "level": [HUGE, WORD],
    "assessed_on": [WORD, HUGE],
    "lowest_category": [WORD, HUGE],
    "knowledge": [HUGE, WORD, -MONEY],
    "income": [-MONEY, WORD],
    "liabilities": [-MONEY, WORD],
    "monthly_spending": [-MONEY, WORD],
    "reserve_months": [-MONEY, WORD],
    "planned_purchases": [-MONEY, WORD],
    "professional": [WORD, HUGE],
    "currency": [WORD, ID],
    "goals": [
        WORD,
        [{"name": ID, "amount": -MONEY, "years": 1.0}],
        [WORD],
        [{"name": ID, "x": WORD}],
    ],
    "excluded": [{ID: 1}, [[ID]], [OTHER]],
    "locked": [{ID: 1}, [[ID]], [OTHER]],
    "sustainability": [WORD, ID],
    "answer:q": [[WORD], WORD],
    "holding:cash": [HUGE, -MONEY, WORD],
    "bias:loss_aversion": [-MONEY, WORD, HUGE],
}
"""Column -> cells that are wrong."""
FAULTS = [(name, cell) for name, cells in CELLS.items() for cell in cells]


def as_contract(name: str, cell: Any) -> dict[str, Any]:
    kind, _, key = name.partition(":")
    fields = {"answer": "answers", "holding": "holdings", "bias": "biases"}
    return FULL | ({fields[kind]: {key: cell}} if key else {name: cell})


@pytest.mark.parametrize(("name", "cell"), FAULTS)
def test_no_way_to_read_a_client_tells_values(
    name: str, cell: Any, advisor: Advisor, tmp_path: Path
) -> None:
    found: list[str] = []

    def tried(door: Door) -> object:
        try:
            return door()
        except AdvisorError as error:
            found.extend(leaks(told_by(error)))
            return None

    client = tried(lambda: Client(**as_contract(name, cell)))
    tried(lambda: Client.model_validate(as_contract(name, cell)))
    tried(lambda: Client.restored(as_contract(name, cell)))
    if client is not None:
        found += leaks(iter([repr(client), str(client)]))
        advice = tried(lambda: advisor.advise(client, as_of=DAY))
        found += leaks(iter([repr(advice)]))
    frame = pd.DataFrame(
        {"id": [ID, "b"], "wealth": [MONEY, 1.0], "horizon_years": [5.0, 5.0]}
    ).astype(object)
    frame[name] = pd.Series([cell, None], dtype=object)
    text = frame.astype(str)
    text.to_csv(tmp_path / "c.csv", index=False)
    tables = [
        tried(lambda: ClientTable.from_frame(frame)),
        tried(lambda: ClientTable.from_frame(text)),
        tried(lambda: clients_from_arrow(pa.Table.from_pandas(text, preserve_index=False))),
    ]
    for table in tables:
        if isinstance(table, ClientTable):
            found += leaks(iter([repr(table), *table.problems.values()]))
            found += leaks(
                iter(
                    [
                        repr(value)
                        for value in vars(table).values()
                        if not isinstance(value, tuple | np.ndarray | dict)
                    ]
                )
            )
            tried(lambda t=table: t.client(0))
            profiles = profile_risk(table, Questionnaire.default(), as_of=DAY)
            found += leaks(iter([repr(profiles[0]), repr(profiles), *profiles.problems.values()]))
    for source in (frame, tmp_path / "c.csv"):
        for batch in tried(lambda s=source: list(advisor.advise_many(s, as_of=DAY))) or ():
            told = (
                batch.to_arrow().select(["problem"]).to_pylist()
                if "problem" in batch.to_arrow().schema.names
                else []
            )
            found += leaks(iter([repr(batch), *map(repr, told)]))
            found += leaks(
                r.text
                for row in range(len(batch))
                if batch[row].status == "invalid_input"
                for r in batch[row].reasons
            )
    assert not found


def test_contracts_show_nothing_inside_other_things() -> None:
    client = Client(
        **FULL,
        holdings={"cash": MONEY},
        answers={"q": WORD},
        goals=(Goal(name=ID, amount=MONEY, years=1.0),),
    )
    assert not leaks(
        iter([repr(client), repr([client]), repr({"a": client}), f"{client}", repr(client.goals)])
    )
    for name in ("model_dump", "model_dump_json"):
        assert ID in str(getattr(client, name)())  # what is asked for by name is given


def test_all_contracts_with_an_amount_or_a_client_are_personal() -> None:
    kinds = [
        kind
        for kind in Contract.__subclasses__()
        if {"client_id", "wealth", "money", "amount"} & set(kind.model_fields)
    ]
    assert kinds
    assert all(kind.personal_data for kind in kinds)


def frame_of(**changes: Any) -> pd.DataFrame:
    good: dict[str, Any] = {
        "client_id": [ID, "b"], "asset": ["cash", "cash"], "day": ["2026-01-02", "2026-01-03"],
        "side": ["buy", "sell"],
        "units": [1.0, 1.0], "price": [2.0, 2.0], "product_id": ["p", "q"], "level": [1, 2],
        "confirmed": [True, False],
        "gain": [1.0, 2.0], "loss": [1.0, 2.0], "accepted": [True, False], "required": [0.1, 0.1],
        "done": [0.1, 0.1], "value": [1.0, 2.0],
    }  # fmt: skip
    return pd.DataFrame(
        {name: pd.Series(cells, dtype=object) for name, cells in (good | changes).items()}
    )


TABLES: dict[str, Callable[[pd.DataFrame], object]] = {
    "trades": Trades.from_frame,
    "marked": lambda f: Trades.from_frame(f, left_out=["confirmed"]),
    "interactions": lambda f: Interactions.from_frame(f, value="value"),
    "history": AssessmentHistory.from_frame,
    "choices": lambda f: measure_biases(good_trades(), prices(), choices=f),
    "proposals": lambda f: measure_biases(good_trades(), prices(), proposals=f),
}
COLUMNS = {
    "trades": ("day", "side", "units", "price"),
    "marked": ("confirmed",),
    "interactions": ("day", "value"),
    "history": ("day", "level", "confirmed"),
    "choices": ("gain", "loss", "accepted"),
    "proposals": ("required", "done"),
}


def good_trades() -> Trades:
    return Trades.from_frame(frame_of())


def prices() -> pd.DataFrame:
    return pd.DataFrame({"asset": ["cash"], "day": ["2026-01-02"], "price": [1.0]})


@pytest.mark.parametrize("cell", [WORD, -MONEY, f"{MONEY}x"])
@pytest.mark.parametrize(
    ("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns]
)
def test_no_table_about_clients_tells_values(table: str, column: str, cell: Any) -> None:
    assert not refused(lambda: TABLES[table](frame_of(**{column: [cell, cell]})))


def doors(advisor: Advisor) -> dict[str, Door]:
    """Calls that are refused, with a client's values in them."""
    client = Client(**FULL, level=3, assessed_on="2026-11-01")
    advice = advisor.advise(client, as_of=DAY)
    other = Client(**(FULL | {"id": "OTHER-SECRET", "level": 3}))
    ranking = Ranking(
        client_ids=(ID, ID),
        products=("a", "b"),
        codes=np.zeros((2, 1), dtype=np.int64),
        scores=np.zeros((2, 1)),
    )
    twice = Ranking(
        client_ids=(ID, "x"),
        products=("a", "b"),
        codes=np.zeros((2, 2), dtype=np.int64),
        scores=np.zeros((2, 2)),
    )
    bought = Interactions.from_frame(frame_of(client_id=["SECRET-18", "SECRET-19"]))
    one = Ranking((ID,), ("a",), np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1)))
    another = replace(one, client_ids=(OTHER,))
    theirs = Interactions.from_frame(frame_of(client_id=[ID, ID]))
    people = {"clients": ClientTable.from_clients([other]), "catalogue": advisor.catalogue}
    profiles = RiskProfiles.from_levels([3], as_of=DAY, client_ids=[OTHER])
    raw = dict(FULL)
    return {
        "match without a baseline": lambda: evaluate_match(one, theirs, baseline=another),
        "match without a profile": lambda: evaluate_match(
            one, theirs, regime=advisor.regime, profiles=profiles, **people
        ),
        "lists of others": lambda: Ranking.from_frame(
            pd.DataFrame({"client_id": [ID], "product_id": ["a"]}), client_ids=[OTHER]
        ),
        "advise a dict": lambda: advisor.advise(raw),  # type: ignore[arg-type]
        "advise an id": lambda: advisor.advise(ID),  # type: ignore[arg-type]
        "advise what is held": lambda: advisor.advise(
            Client(**FULL, holdings={OTHER: MONEY}), as_of=DAY
        ),
        "advise an answer": lambda: advisor.advise(
            Client(**FULL, answers={"horizon": WORD}), as_of=DAY
        ),
        "advise no question": lambda: advisor.advise(
            Client(**FULL, answers={"q": WORD}), as_of=DAY
        ),
        "many of nothing": lambda: list(advisor.advise_many([raw], as_of=DAY)),
        "table of dicts": lambda: ClientTable.from_clients([raw]),  # type: ignore[list-item]
        "omissions": lambda: advisor.omissions(advice, other),
        "verify a dict": lambda: advisor.verify(advice.model_dump(), client),  # type: ignore[arg-type]
        "verify for a dict": lambda: advisor.verify(advice, raw),  # type: ignore[arg-type]
        "advice": lambda: Advice(**(advice.model_dump() | {"status": WORD, "client_id": ID})),
        "advice copied": lambda: advice.model_copy(update={"status": WORD}),
        "client copied": lambda: client.model_copy(update={"wealth": f"{MONEY}x"}),
        "client set": lambda: setattr(client, "wealth", HUGE),
        "client of JSON": lambda: Client.model_validate_json(
            f'{{"id": "{ID}", "wealth": "{MONEY}x"'
        ),
        "profiles by level": lambda: RiskProfiles.from_levels(
            [HUGE, 1], as_of=DAY, client_ids=[ID, "b"]
        ),
        "profiles by words": lambda: RiskProfiles.from_levels([WORD], as_of=DAY),
        "profiles twice": lambda: RiskProfiles.from_levels([1, 1], as_of=DAY, client_ids=[ID, ID]),
        "knowledge": lambda: RiskProfiles.from_levels([1], as_of=DAY, knowledge=[HUGE]),
        "category": lambda: RiskProfiles.from_levels([1], as_of=DAY, lowest_category=[WORD]),
        "profile_risk": lambda: profile_risk(raw, Questionnaire.default(), as_of=DAY),  # type: ignore[arg-type]
        "match twice": lambda: evaluate_match(ranking, bought),
        "match list": lambda: evaluate_match(twice, bought),
        "rank an unknown": lambda: advisor.state.recommender.rank(raw, k=3),  # type: ignore[arg-type]
        "parts": lambda: advisor.state.recommender.rank(ID, k=3),
        "goals": lambda: lifecycle.goal_success([-MONEY], [1.0], [1.0], [0.0], [0.1]),
        "biases": lambda: measure_biases(raw, prices()),  # type: ignore[arg-type]
        "held weights": lambda: optimal_portfolios(advisor.state.model, None, wealth=[-MONEY]),
    }


def test_no_refusal_tells_values(advisor: Advisor) -> None:
    found: dict[str, Any] = {}
    for name, door in doors(advisor).items():
        try:
            door()
        except AdvisorError as error:
            found |= {name: told} if (told := leaks(told_by(error))) else {}
        except TypeError:
            continue
        else:
            found[name] = "not refused"
    assert not found


def test_a_check_of_a_record_tells_no_money(advisor: Advisor) -> None:
    client = Client(**FULL, level=3, assessed_on="2026-11-01", holdings={"cash": 7654.3})
    advice = advisor.advise(client, as_of=DAY)
    forged = advice.model_copy(
        update={"cash": HUGE, "client_id": ID + "-forged", "annual_fee_money": MONEY}
    )
    found = advisor.verify(forged, client)
    assert not found.ok
    assert found.problems
    assert not leaks(iter([repr(found), *found.problems]))
    other = advisor.verify(advice, client.model_copy(update={"id": "SECRET-99", "wealth": HUGE}))
    assert not leaks(iter([repr(other), *other.problems]))


def test_a_run_stores_logs_and_prints_no_values(
    advisor: Advisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = pd.DataFrame(
        {
            "id": [ID, "b"],
            "wealth": [f"{MONEY}x", "1"],
            "horizon_years": ["5", f"{HUGE}y"],
            "holding:cash": ["1", WORD],
        }
    )
    frame.to_csv(tmp_path / "clients.csv", index=False)
    said = io.StringIO()
    with (
        caplog.at_level(logging.DEBUG),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        summary = advise_stream(advisor, tmp_path / "clients.csv", tmp_path / "run", as_of=DAY)
    assert not leaks(
        iter([caplog.text, said.getvalue(), repr(summary), *(str(w.message) for w in warned)])
    )
    problems = [
        text
        for file in (tmp_path / "run").rglob("*.parquet")
        for name in ("problem",)
        for text in pyarrow.parquet.read_table(file).to_pydict().get(name, [])
    ]
    assert any(problems)
    assert not leaks(text for text in problems if text)
    for file in (tmp_path / "run").rglob("*.json"):
        assert not leaks(iter([file.read_text()]))


def test_members_are_named_by_nothing() -> None:
    frame = pd.DataFrame({"id": [ID], "wealth": [f"{MONEY}x"], "horizon_years": [5.0]})
    profiles = profile_risk(ClientTable.from_frame(frame), Questionnaire.default(), as_of=DAY)
    joint = joint_profiles(profiles, accounts=["a"])
    assert joint.problems
    assert not leaks(iter(joint.problems.values()))
