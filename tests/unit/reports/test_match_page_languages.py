"""The page of a match report in Chinese says everything in Chinese, whatever the report holds."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import (
    EASE,
    Advisor,
    Catalogue,
    ClientTable,
    InputError,
    Interactions,
    Popularity,
    Product,
    Ranking,
    Regime,
    RiskProfiles,
    evaluate_match,
    sample,
)
from advisor.contracts.wording import Sentence, texts
from advisor.data.ids import IdMap
from advisor.evaluate import MatchReport, evaluate_money, evaluate_probability, temporal_split
from advisor.reports.pages import to_pdf

ALL = sample.interactions(400)
SHELF = sample.catalogue()
SPLIT = temporal_split(ALL, ALL.days.max() - np.timedelta64(150, "D"))
CLIENTS = SPLIT.train.clients.ids
ROWS = ClientTable.from_clients(
    sample.client().model_copy(update={"id": name, "segment": "affluent" if i % 3 else None})
    for i, name in enumerate(CLIENTS)
)
PROFILES = RiskProfiles.from_levels(
    np.arange(len(CLIENTS)) % 6,
    as_of="2026-01-05",
    client_ids=CLIENTS,
    valid_until=np.full(len(CLIENTS), "2027-01-01", dtype="datetime64[D]"),
)
LISTS = EASE().fit(SPLIT.train).rank(CLIENTS, 5)
POPULAR = Popularity().fit(SPLIT.train).rank(CLIENTS, 5)
RULES: dict[str, Any] = {"profiles": PROFILES, "clients": ROWS, "catalogue": SHELF}
LABELS = {"branch": ["north" if i % 2 else "south" for i in range(len(CLIENTS))]}
FEW: dict[str, Any] = {"ks": (1, 5), "resamples": 20}


def judged(
    ranking: Ranking = LISTS, held_out: Interactions = SPLIT.test, **how: Any
) -> MatchReport:
    return evaluate_match(ranking, held_out, **(FEW | how))


def ruled(ranking: Ranking = LISTS, **how: Any) -> MatchReport:
    return judged(ranking, **(RULES | how))


def probability(scale: float, wanted: float, **more: Any) -> Any:
    stated = np.where(LISTS.codes >= 0, scale / (2.0 + np.arange(5.0)), np.nan)
    return evaluate_probability(LISTS, SPLIT.test, stated, wanted=wanted, bins=4, **more)


def money(ranking: Ranking, **how: Any) -> Any:
    return evaluate_money(
        ranking, sample.market(), SPLIT.cut, rows=20, catalogue=SHELF, resamples=20, **how
    )


def renamed(names: Any) -> IdMap:
    return IdMap(tuple(f"X-{name}" for name in names))


@cache
def served() -> MatchReport:
    """By an advisor that saw a part of the window; with top-ups among the picks."""
    cut = SPLIT.cut + np.timedelta64(60, "D")
    own = Advisor.fit(sample.market(), ALL.until(cut), catalogue=SHELF)
    batch = own.advise_table(sample.clients(200), as_of="2026-01-05", picks=5)
    return own.evaluate(batch, ALL.after(SPLIT.cut), ks=(5,))


def doubtful() -> dict[str, MatchReport]:
    """Reports with every kind of warning."""
    foreign = Ranking.from_frame(LISTS.to_frame())
    lower = foreign.to_frame()
    lower["product_id"] = lower["product_id"].str.lower()
    few = foreign.to_frame()
    few["client_id"] = few["client_id"].where(
        few["client_id"] <= CLIENTS[9], "x" + few["client_id"]
    )
    seen = EASE().fit(ALL).rank(CLIENTS, 5)
    two = [Product(id=name, name=name, asset="bonds", risk_level=1) for name in LISTS.products[:2]]
    history = SPLIT.train
    return {
        "seen": judged(seen, baseline=seen),
        "blind": judged(Ranking(seen.client_ids, seen.products, seen.codes, seen.scores)),
        "overlap": judged(foreign, ALL, history=history),
        "products": judged(Ranking.from_frame(lower)),
        "clients": judged(Ranking.from_frame(few)),
        "wide": judged(foreign, ks=(5, 20)),
        "history": judged(history=replace(history, products=renamed(history.products.ids))),
        "strangers": judged(history=replace(history, clients=renamed(history.clients.ids))),
        "baseline": judged(baseline=replace(LISTS, products=renamed(LISTS.products).ids)),
        "catalogue": judged(catalogue=Catalogue.from_products(two)),
        "served": served(),
    }


@cache
def pages() -> dict[str, Callable[..., str]]:
    """Pages of every kind, each still to be given its language."""
    by = ["level", "segment", "tenure"]
    full = ruled(baseline=POPULAR, history=SPLIT.train, by=by, regime=Regime.nfra())
    again = {"csrc": Regime.csrc(), "mifid": Regime.mifid()}
    beside = ruled(POPULAR, by=by, history=SPLIT.train)
    mask = np.random.default_rng(1).random((len(CLIENTS), len(LISTS.products))) < 0.7
    few = Catalogue.from_products(SHELF.products[:20])
    wishes = ({"excluded": frozenset(LISTS.products)}, {"sustainability": "taxonomy>=20"})
    fresh = sample.client(assessed_on="2026-01-01")
    choosy = ClientTable.from_clients(
        fresh.model_copy(update={"id": name, **wishes[i % 2]}) for i, name in enumerate(CLIENTS)
    )
    bad = pd.DataFrame({"id": CLIENTS, "wealth": -1.0, "horizon_years": 5.0})
    broken = ClientTable.from_frame(bad)
    everyone = {"unconditional": np.full(LISTS.codes.shape, 0.1)}
    whole = {"list_probability": np.linspace(0.1, 0.9, len(CLIENTS))}
    lists = {"served": money(LISTS), "popularity": money(POPULAR)}
    found: dict[str, Callable[..., str]] = {
        "bare": judged().to_html,
        "titled": lambda **how: judged(by=LABELS).to_html("Fund <advisor>", **how),
        "full": full.to_html,
        "skipped": ruled(skip_without_purchases=True, check_most=50, regime=Regime.nfra()).to_html,
        "masked": judged(eligible=mask, by=LABELS).to_html,
        "broken": ruled(regime=Regime.csrc(), clients=broken).to_html,
        "choosy": ruled(regime=Regime.nfra(), clients=choosy).to_html,
        "absent": ruled(regime=Regime.csrc(), catalogue=few).to_html,
        "money": lambda **how: full.to_html(money=money(LISTS, baseline=POPULAR), **how),
        "priced": lambda **how: full.to_html(money=money(LISTS), **how),
        "beside": lambda **how: full.to_html(beside={"popularity": beside}, money=lists, **how),
        "apart": lambda **how: judged(by=LABELS).to_html(
            beside={"popularity": judged(POPULAR)}, **how
        ),
        "sure": lambda **how: full.to_html(
            probability=probability(0.9, 0.05, **whole, **everyone), **how
        ),
        "unsure": lambda **how: full.to_html(probability=probability(0.9, 0.99, **whole), **how),
    }
    for name, regime in again.items():
        found[name] = ruled(regime=regime).to_html
    return found | {f"doubt: {name}": report.to_html for name, report in doubtful().items()}


SECTIONS = (
    "match_report",
    "match_probability",
    "match_names",
    "match_definitions",
    "probability_definitions",
    "money_definitions",
    "match_doubts",
)
GIVEN = {"Fund <advisor>", "branch", "north", "south", "popularity", "affluent"}
"""What callers named; ids of products, clients and rules beside."""
SYMBOLS = re.compile(
    r"nDCG|MAP|MRR|Brier|log2|min(?=\()|\bP(?=\()|\b[pkn]\b|\bC[1-5]\b"
    r"|\b(X-)?[PpCc]\d{3,}\b|\b(nfra|csrc|mifid)\.[\w.]+"
    r"|MiFID II",
    re.ASCII,
)


class Texts(HTMLParser):
    """Every text that a reader sees or hears, style sheets left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.language, self.hidden = "", False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.hidden = tag == "style"
        if tag == "html":
            self.language = own.get("lang") or ""
        self.parts += [own[name] or "" for name in ("aria-label", "title", "alt") if name in own]

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden and data.strip():
            self.parts.append(data.strip())


def foreign_in(text: str) -> list[str]:
    """Letters that are left of a Chinese text without what callers gave, symbols and ids."""
    for name in GIVEN:
        text = text.replace(name, "")
    return re.findall(r"[A-Za-z]+", SYMBOLS.sub("", text))


@cache
def shown(name: str, language: str = "zh") -> Texts:
    return Texts(pages()[name](language=language))


def test_a_chinese_page_has_no_english_text() -> None:
    for name, page_in in pages().items():
        page = shown(name)
        assert page.language == "zh"
        assert {part: left for part in page.parts if (left := foreign_in(part))} == {}, name
        assert not [part for part in page.parts if re.search(r"[\u4e00-\u9fff][,;:?!]", part)]
        assert page_in() == page_in(language="en")
        assert shown(name, "en").language == "en"


def test_both_pages_show_the_same_numbers_and_the_english_one_no_chinese_text() -> None:
    def figures(page: Texts) -> set[str]:
        return {figure for part in page.parts for figure in re.findall(r"\d+\.\d{4}", part)}

    for name in pages():
        english, chinese = shown(name, "en"), shown(name)
        assert not [part for part in english.parts if re.search(r"[^\x00-\x7f–]", part)], name
        assert figures(english) == figures(chinese) != set(), name


def test_the_check_finds_an_english_word() -> None:
    assert foreign_in("命中率 Hit rate") == ["Hit", "rate"]
    assert foreign_in("nDCG@5（原始） C3 nfra.12.level log2(P001)") == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_text_is_on_some_page(section: str, language: str) -> None:
    said = "\n".join(part for name in pages() for part in shown(name, language).parts)
    unsaid = [
        key
        for key, text in texts(language)[section].items()
        if not re.search(".*".join(re.escape(t) for t, *_ in Formatter().parse(text)), said)
    ]
    assert unsaid == []


def test_every_warning_is_a_sentence_of_both_languages() -> None:
    keys = set[str]()
    for report in doubtful().values():
        assert report.warnings
        for warning in report.warnings:
            assert isinstance(warning, Sentence)
            keys.add(warning.key)
            assert foreign_in(warning.in_language("zh")) == []
            assert warning == warning.in_language("en")
    kinds = {"seen", "overlap", "unlisted", "idle", "apart", "strangers", "blind", "too_wide"}
    assert keys == kinds


def test_reports_that_were_copied_say_the_same() -> None:
    report = doubtful()["history"]
    for again in (copy.deepcopy(report), pickle.loads(pickle.dumps(report))):
        for language in ("en", "zh"):
            assert again.to_html(language=language) == report.to_html(language=language)


@pytest.mark.parametrize("language", ["de", "ZH", "", None, 3])
def test_a_language_without_texts_is_refused(language: Any) -> None:
    with pytest.raises(InputError, match="language") as error:
        judged().to_html(language=language)
    assert error.value.field == "language"
    with pytest.raises(InputError, match="language"):
        probability(0.9, 0.99).sentences(language)


def test_labels_that_the_caller_gave_stay() -> None:
    labels = ["unknown" if i % 2 else "level" for i in range(len(CLIENTS))]
    page = judged(by={"level": labels}).to_html(language="zh")
    assert "<h2>按level</h2>" in page
    assert "<td>unknown</td>" in page
    # a label that is written as the library writes the absence of one
    mixed = ["未知" if i % 2 else None for i in range(len(CLIENTS))]
    report = judged(by={"branch": mixed})
    rows = report.to_html(language="zh", beside={"popularity": judged(POPULAR)})
    assert rows.count("<td>未知</td>") == rows.count("<td>unknown</td>") == 2
    twice = report.to_html(language="zh", beside={"实际展示": judged(POPULAR)})
    assert '<th scope="col">served</th><th scope="col">实际展示</th>' in twice


def test_a_frame_holds_plain_text() -> None:
    frame = judged(by="tenure", history=SPLIT.train).to_frame()
    assert {type(x) for column in ("by", "segment") for x in frame[column].tolist()} == {str}


def test_a_chinese_page_becomes_a_pdf() -> None:
    pytest.importorskip("weasyprint")
    assert to_pdf(pages()["full"](language="zh")).startswith(b"%PDF")
