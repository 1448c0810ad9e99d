"""Garbage at the public functions of profiling and suitability: what comes in is used, refused as
an `InputError`, or noted in its row; nothing else escapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.contracts import Questionnaire, RulePack
from advisor.data import Catalogue, ClientTable
from advisor.risk_profile import AssessmentHistory, profile_risk
from advisor.suitability import Regime

RUBBISH = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 200),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(0, 3), max_size=2),
    st.just({}),
)
DOCUMENTS = {
    "questionnaire": (Questionnaire, json.loads(Questionnaire.default().model_dump_json())),
    "rule pack": (RulePack, json.loads(RulePack.bundled("csrc").model_dump_json())),
}
SHELF = Catalogue.from_frame(
    pd.DataFrame({"id": ["a", "b"], "name": "x", "asset": "x", "risk_level": [1, 5]})
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [path] * bool(path) + [p for key, value in inner for p in places(value, (*path, key))]


def broken(document: Any, path: tuple[Any, ...], value: Any, remove: bool) -> Any:
    copy = json.loads(json.dumps(document))
    node = copy
    for key in path[:-1]:
        node = node[key]
    if remove:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copy


def used_or_refused(door: Callable[[], Any]) -> Any:
    """What the public function gives, or None where it refuses in words; any other exception goes
    through and fails the test."""
    try:
        return door()
    except InputError as error:
        named, worded = bool(error.field), len(str(error)) > 20
    assert named
    assert worded
    return None


@pytest.mark.parametrize("kind", DOCUMENTS)
@given(data=st.data())
def test_a_document_with_one_broken_place_is_read_or_refused(
    kind: str, data: st.DataObject
) -> None:
    contract, document = DOCUMENTS[kind]
    path = data.draw(st.sampled_from(places(document)))
    changed = broken(document, path, data.draw(RUBBISH), data.draw(st.booleans()))
    found = used_or_refused(lambda: contract.model_validate_json(json.dumps(changed)))
    assert found is None or len(found.digest) == 64


@given(st.text(max_size=40))
def test_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Questionnaire.model_validate_json(text)


@given(
    st.dictionaries(
        st.sampled_from([q.id for q in Questionnaire.default().questions] + ["who"]),
        st.one_of(st.none(), st.text(max_size=2), st.sampled_from("abcde")),
    )
)
def test_any_answers_give_a_level_or_a_sentence(answers: dict[str, str | None]) -> None:
    frame = pd.DataFrame(
        {
            "id": ["x", "y"],
            "wealth": 1.0,
            "horizon_years": 9.0,
            **{f"answer:{name}": [option, "a"] for name, option in answers.items()},
        }
    )
    p = profile_risk(ClientTable.from_frame(frame), Questionnaire.default(), as_of="2026-06-01")
    for row in range(2):
        assert (p.level[row] == 0) == (row in p.problems)
        assert 0 <= p.level[row] <= 5
    table = ClientTable.from_frame(frame)
    mask = Regime.nfra().eligible(p, table, SHELF)
    assert not mask[p.level == 0].any()


@given(st.lists(st.tuples(RUBBISH, RUBBISH, RUBBISH), max_size=4))
def test_any_history_is_read_or_refused(rows: list[tuple[Any, Any, Any]]) -> None:
    frame = pd.DataFrame(
        {
            name: pd.Series([row[i] for row in rows], dtype=object)
            for i, name in enumerate(("client_id", "day", "level"))
        }
    )
    history = used_or_refused(lambda: AssessmentHistory.from_frame(frame))
    assert history is None or len(history.validate("2026-06-01").columns) == 4


@given(st.lists(RUBBISH, min_size=5, max_size=5))
def test_any_template_row_is_read_or_refused(cells: list[Any]) -> None:
    columns = ("00010", "01010", "02010", "04010", "05080")
    frame = pd.DataFrame(
        {c: pd.Series([v], dtype=object) for c, v in zip(columns, cells, strict=True)}
    )
    frame[["01020", "02020", "02030"]] = "Y"
    assets = {str(cells[0]): "x"}
    shelf = used_or_refused(lambda: Catalogue.from_emt(frame, assets=assets))
    assert shelf is None or np.isin(shelf.risk_level, np.arange(1, 6)).all()
