"""One client and many are refused for the same things, in the same words, and at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import Advisor, Client, ClientTable, InputError, sample

DAY = "2026-11-20"
CLIENT = sample.client()
TABLE = ClientTable.from_clients([CLIENT])
FRAME = pd.DataFrame({"id": ["a"], "wealth": [1.0], "horizon_years": [1.0]})


def refusal(call: Callable[[], object]) -> tuple[str | None, str]:
    with pytest.raises(InputError) as error:
        call()
    return error.value.field, str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"as_of": day}
            for day in (
                "now",
                "2026-13-01",
                "2026-05",
                "",
                5,
                True,
                [],
                np.datetime64("NaT"),
                np.nan,
            )
        ),
        *({"picks": picks} for picks in (-1, 2.0, 2.5, True, None, "3", 10**7, np.nan)),
    ],
    ids=str,
)
def test_arguments(advisor: Advisor, wrong: dict[str, Any]) -> None:
    """`advise_many` refuses when it is called, not when its first batch is asked for."""
    alone = refusal(lambda: advisor.advise(CLIENT, **wrong))
    assert alone[0] in wrong
    assert refusal(lambda: advisor.advise_many(TABLE, **wrong)) == alone
    assert refusal(lambda: advisor.advise_many(FRAME, **wrong)) == alone
    assert refusal(lambda: advisor.advise_many(TABLE.take([]), **wrong)) == alone
    assert refusal(lambda: advisor.advise_table(TABLE, **wrong)) == alone


@pytest.mark.parametrize(
    "clients",
    [None, 5, "nowhere", [CLIENT], CLIENT, {}, FRAME.drop(columns="id")],
    ids=lambda c: type(c).__name__,
)
def test_what_is_no_table_is_refused_at_once(advisor: Advisor, clients: object) -> None:
    refusal(lambda: advisor.advise_many(clients, as_of=DAY))


@pytest.mark.parametrize("chunk", [0, -1, 1.5, True, None, "5"])
def test_chunks_are_refused_at_once_whatever_the_source(advisor: Advisor, chunk: Any) -> None:
    assert refusal(lambda: advisor.advise_many(TABLE, chunk=chunk)) == refusal(
        lambda: advisor.advise_many(FRAME, chunk=chunk)
    )


FAULTS: dict[str, dict[str, Any]] = {
    "a holding": {"holdings": {"moon": 5.0}},
    "an exclusion": {"excluded": frozenset({"moon"})},
    "a bias": {"biases": {"herding": 1.0}},
    "a question": {"answers": {**CLIENT.answers, "mood": "a"}},
    "an option": {"answers": {**CLIENT.answers, "tolerance_fall": "zzz"}},
    "no answers": {"answers": {}},
    "an answer left out": {
        "answers": {q: a for q, a in CLIENT.answers.items() if q != "tolerance_fall"}
    },
    "an assessment after the day": {"assessed_on": "2026-12-01"},
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_client_s_data(fault: str, language: Any) -> None:
    own = Advisor.fit(
        sample.market(), sample.interactions(), catalogue=sample.catalogue(), language=language
    )
    person = CLIENT.model_copy(update=FAULTS[fault])
    _, told = refusal(lambda: own.advise(person, as_of=DAY))
    beside = CLIENT.model_copy(update={"id": "other"})
    for source in (ClientTable.from_clients([beside, person]), frame_of([beside, person])):
        (batch,) = own.advise_many(source, as_of=DAY)
        assert batch.status.tolist() == ["ok", batch[1].status]
        assert batch[1].status in ("invalid_input", "not_assessed")
        assert batch[1].reasons[0].text == told
        assert not own.verify(batch[0], person).ok
        assert own.verify(batch[1], person).ok


def frame_of(clients: list[Client]) -> pd.DataFrame:
    rows = [
        {
            "id": c.id,
            "wealth": c.wealth,
            "horizon_years": c.horizon_years,
            "age": c.age,
            "assessed_on": c.assessed_on,
            "excluded": "|".join(sorted(c.excluded)) or None,
            **{f"answer:{q}": a for q, a in c.answers.items()},
            **{f"holding:{n}": m for n, m in c.holdings.items()},
            **{f"bias:{n}": v for n, v in c.biases.items()},
        }
        for c in clients
    ]
    return pd.DataFrame(rows)
