"""An advice said again: as an advisor of that language would have said it, and otherwise the same.

The oracle is a second advisor that differs by its language alone: nothing is translated there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from advisor import (
    Advice,
    Advisor,
    Client,
    InputError,
    Reason,
    Regime,
    RiskBands,
    sample,
    sentences,
)
from advisor.contracts.wording import texts
from advisor.engine.output.reasons import reason_in

DAY = "2026-11-20"
BAD_LEVEL: dict[str, Any] = {"level": 4, "assessed_on": "2026-06-01", "knowledge": 80.0, "age": 40}
CASES: tuple[dict[str, Any], ...] = (
    BAD_LEVEL,
    BAD_LEVEL | {"level": 1},
    BAD_LEVEL | {"age": 70},
    BAD_LEVEL | {"age": 16},
    BAD_LEVEL | {"legal_capacity": False},
    BAD_LEVEL | {"level": 0},
    BAD_LEVEL | {"assessed_on": None},
    BAD_LEVEL | {"wealth": 0.0},
    BAD_LEVEL | {"wealth": 300.0},
    BAD_LEVEL | {"biases": {"loss_aversion": 3.0}},
    BAD_LEVEL | {"holdings": {"gold": 60_000.0}, "locked": frozenset({"gold"})},
    BAD_LEVEL | {"level": 2, "holdings": {"gold": 9e4, "P013": 5e3}, "locked": frozenset({"gold"})},
    BAD_LEVEL | {"level": 1, "holdings": {"P013": 5e4}},
    {"level": None},
    {"answers": {"horizon": "no such option"}},
)


def advisors(**more: Any) -> dict[str, Advisor]:
    return {
        language: Advisor.fit(
            sample.market(),
            sample.interactions(),
            catalogue=sample.catalogue(),
            language=language,
            **more,
        )
        for language in ("en", "zh")
    }


def clients() -> Iterator[Client]:
    for i, more in enumerate(CASES):
        yield Client(**({"id": f"c{i}", "wealth": 1e5, "horizon_years": 10.0} | more))
    yield sample.client()
    table = sample.clients(25)
    yield from (table.client(i) for i in range(len(table)))


def without_texts(advice: Advice) -> dict[str, Any]:
    """All but the sentences and what names the advisor."""
    fields = advice.model_dump(exclude={"fingerprint"})
    for reasons in (fields["reasons"], *(pick["reasons"] for pick in fields["picks"])):
        for reason in reasons:
            del reason["text"]
    return fields


@pytest.fixture(scope="module", params=["csrc", "mifid", "strict"])
def both(request: pytest.FixtureRequest) -> dict[str, Advisor]:
    if request.param == "strict":
        bands = RiskBands.default().model_copy(update={"stress_loss": (0.001,) * 5})
        return advisors(bands=bands)
    return advisors(regime=getattr(Regime, request.param)())


def test_said_again_as_an_advisor_of_that_language_says_it(both: dict[str, Advisor]) -> None:
    codes: set[str] = set()
    for client in clients():
        try:
            english, chinese = (both[x].advise(client, as_of=DAY) for x in ("en", "zh"))
        except InputError:
            continue
        assert without_texts(english) == without_texts(chinese)
        for advice, language, other in ((english, "zh", chinese), (chinese, "en", english)):
            again = sentences(advice, language)
            assert again.reasons == other.reasons
            assert again.picks == other.picks
            assert again.fingerprint == advice.fingerprint
            stored = Advice.model_validate_json(advice.model_dump_json())
            assert sentences(stored, language).reasons == tuple(
                Reason(code=r.code, text=r.text, data=s.data)
                for r, s in zip(other.reasons, stored.reasons, strict=True)
            )
        codes |= {r.code for a in (english, *english.picks) for r in a.reasons}
    assert len(codes) >= 6, codes


def test_verification_holds_in_either_language(both: dict[str, Advisor]) -> None:
    advice = both["en"].advise(sample.client(), as_of=DAY)
    again = sentences(advice, "zh")
    assert (
        both["en"].verify(again, sample.client()).ok
        is both["en"].verify(advice, sample.client()).ok
    )
    swapped = again.model_copy(update={"reasons": again.reasons[::-1]})
    assert not both["en"].verify(swapped, sample.client()).ok or len(again.reasons) < 2


def test_every_limit_of_a_level_has_words_in_both_languages() -> None:
    """What `limited_by` can say is read off the profiles of many clients, not off the texts."""
    from advisor import ClientTable, profile_risk
    from advisor.contracts.questionnaire import Questionnaire

    made = [
        client for client in clients() if "horizon" not in client.answers or len(client.answers) > 1
    ]
    tables = (sample.clients(300), ClientTable.from_clients(made))
    asked = Questionnaire.default()
    words = {w for t in tables for w in profile_risk(t, asked, as_of=DAY).limited_by.tolist() if w}
    assert len(words) >= 4
    for language in ("en", "zh"):
        for word in words:
            said = reason_in(
                Reason(code="level", text="", data={"level": 3, "limit": word}), language
            ).text
            assert (said.isascii()) == (language == "en"), said


def test_names_stand_where_ids_were() -> None:
    told = Reason(
        code="closes_gap", text="", data={"money": 5.0, "asset": "eq", "spread": "eq 60%, bd 40%"}
    )
    assert "股票 60%, bd 40%" in reason_in(told, "zh", {"eq": "股票"}).text
    told = Reason(code="kept", text="", data={"name": "eq", "money": 5.0})
    assert reason_in(told, "en", {"eq": "Shares"}).text.startswith("Shares (5.00)")


def test_an_older_record_and_an_unknown_code_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"'duty' holds the data .*rule_text"):
        reason_in(Reason(code="duty", text="x", data={"rule": "r"}), "zh")
    with pytest.raises(InputError, match="no reason 'moon'"):
        reason_in(Reason(code="moon", text="x"), "zh")
    advice = Advice(client_id="c", as_of="2026-11-20", status="no_money", level=3)
    with pytest.raises(InputError, match="language"):
        sentences(advice, "fr")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="advice"):
        sentences("advice", "en")  # type: ignore[arg-type]


def test_texts_say_they_and_use_no_old_words() -> None:
    for part in texts("en").values():
        for text in part.values():
            assert not {"he", "his", "him", "taste", "shelf", "house"} & set(text.lower().split())
