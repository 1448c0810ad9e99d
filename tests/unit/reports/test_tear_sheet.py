"""The tear sheet and the page of several strategies in Chinese: nothing left in English, the same
numbers, every text shown, no label cut or on top of another."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from html import unescape
from itertools import combinations
from string import Formatter
from typing import Any

import numpy as np
import pytest

from advisor import InputError
from advisor.contracts.wording import Language, texts
from advisor.data import Market
from advisor.evaluate import FixedMix, Terms, backtest, backtest_many, equal_weight
from advisor.evaluate.backtesting.result import BacktestResult
from advisor.evaluate.backtesting.result_set import BacktestResults
from advisor.reports import to_pdf
from strategies import random_market

REASON = "ZeroDivisionError: zq has no <price>"
NAMES = [f"zq{i} & <co>" for i in range(3)]
FEW = random_market(700, NAMES)
WIDE_NAMES = [f"zq{i} 沪深三百指数增强股票型基金" for i in range(16)]
MANY = random_market(700, WIDE_NAMES)
OWN = (REASON, "zq strategy", "zq second & last", *reversed(NAMES), *reversed(WIDE_NAMES))
"""What users name, and why their strategies failed; no name comes after its own beginning."""
SYMBOLS = r"CVaR|CAGR|DSR|R²"


def flaky(past: Market, held: np.ndarray) -> np.ndarray:
    if len(past) % 3:
        raise ZeroDivisionError("zq has no <price>")
    return np.full(3, 1 / 3)


def short(past: Market, held: np.ndarray) -> np.ndarray:
    return np.array([1.3, -0.4, 0.0])


@cache
def sample(kind: str) -> BacktestResult | BacktestResults:
    name, cash = NAMES[0], Terms(cash_rate=0.03)
    two = {"zq strategy": flaky, "zq second & last": FixedMix({NAMES[1]: -0.2})}
    if kind == "failures and a benchmark":
        return backtest(flaky, FEW, warmup=400, every=2, benchmark=name)
    if kind == "short":
        return backtest(short, FEW, warmup=252, terms=cash)
    if kind == "brief":
        return backtest(equal_weight, FEW, warmup=640, every=5, benchmark=name)
    if kind == "many assets":
        return backtest(equal_weight, MANY, warmup=600)
    if kind == "no session":
        return backtest(equal_weight, FEW, warmup=700, every=1)
    if kind == "cash":
        return backtest(FixedMix({}), FEW, warmup=500)
    return backtest_many(two, FEW, warmup=252, every=2, benchmark=name, terms=cash)


KINDS = ("failures and a benchmark", "short", "brief", "many assets", "no session", "cash", "two")


@cache
def page_of(kind: str, language: Language) -> str:
    return sample(kind).to_html(language=language)


def texts_of(page: str) -> list[str]:
    """Every text that is seen or read aloud: nodes, those of charts too, and labels."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', body)
    nodes = re.sub(r"</?(?:b|wbr)\s*/?>", "", body)
    return [unescape(t).strip() for t in (*labels, *re.findall(r">([^<]+)<", nodes)) if t.strip()]


def left_over(page: str) -> list[str]:
    """Texts with a Latin letter that belongs to no name of a user and to no symbol."""
    left: list[str] = []
    for text in texts_of(page):
        rest = text
        for name in OWN:
            rest = rest.replace(name, "")
        if re.search(r"[A-Za-z]", re.sub(SYMBOLS, "", rest)):
            left.append(text)
    return left


@pytest.mark.parametrize("kind", KINDS)
def test_no_english_is_left_on_the_chinese_page(kind: str) -> None:
    page = page_of(kind, "zh")
    assert page.startswith('<!doctype html>\n<html lang="zh">')
    assert not left_over(page)
    english = page_of(kind, "en")
    assert '<html lang="en">' in english
    assert english == sample(kind).to_html()
    assert len(left_over(english)) >= 3


def test_what_is_english_is_found_on_the_english_page() -> None:
    left = left_over(page_of("failures and a benchmark", "en"))
    assert {"Beta", "Start", "Growth of 1", "benchmark", "Mar", "worst", "portfolio"} <= {*left}
    assert not any(REASON in text or text in NAMES for text in left)


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_have_the_same_numbers_in_the_same_places(kind: str) -> None:
    cells = [
        re.findall(r"<td[^>]*>([-–\d.,%]*)</td>", page_of(kind, language))
        for language in ("en", "zh")
    ]
    assert cells[0] == cells[1]
    lines = [re.findall(r'points="[^"]*"', page_of(kind, language)) for language in ("en", "zh")]
    assert len(lines[0]) == len(lines[1])


def shown(text: str, pages: str) -> bool:
    """Whether a text stands on the pages, its values being anything."""
    pattern = "".join(
        re.escape(words) + ("" if name is None else ".*?")
        for words, name, _, _ in Formatter().parse(text)
    )
    return re.search(pattern, pages) is not None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_text_is_shown_somewhere(language: Language) -> None:
    pages = "\n".join(t for kind in KINDS for t in texts_of(page_of(kind, language)))
    own = dict(texts(language)["tear_sheet"])
    for month in own.pop("months").split():
        assert month in pages
    assert [key for key, text in own.items() if not shown(text, pages)] == []


def test_chinese_sentences_have_wide_punctuation() -> None:
    for key, text in texts("zh")["tear_sheet"].items():
        plain = re.sub(r"\{[^}]*\}", "0", text)
        assert not re.search(r"[,;:()!?]", plain), key
        assert not re.search(r"[\u4e00-\u9fff]\.", plain), key
        assert not re.search(r"[\u4e00-\u9fff] (?!1?\d月)|\s$", plain), key


def boxes(svg: ET.Element) -> list[tuple[float, float, float, str]]:
    """Left, right and baseline of each text: a wide letter is as wide as its size, others half as
    wide."""
    found: list[tuple[float, float, float, str]] = []
    for e in svg.iter("{http://www.w3.org/2000/svg}text"):
        text, size = e.text or "", float(e.get("font-size", "12"))
        wide = sum(size if ord(c) > 0x2E80 else size / 2 for c in text)
        x = float(e.attrib["x"])
        left = x - {"middle": wide / 2, "end": wide}.get(e.get("text-anchor", ""), 0.0)
        found.append((left, left + wide, float(e.attrib["y"]), text))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_charts_are_whole_and_apart(kind: str) -> None:
    for text in re.findall(r"<svg.*?</svg>", page_of(kind, "zh"), flags=re.DOTALL):
        svg = ET.fromstring(text)
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        placed = boxes(svg)
        for left, right, y, label in placed:
            assert left >= -1.0, label
            assert right <= width + 1.0, label
            assert 10.0 <= y <= height, label
        for a, b in combinations(placed, 2):
            assert abs(a[2] - b[2]) >= 11.0 or a[1] <= b[0] or b[1] <= a[0], (a, b)


def test_a_name_that_a_user_gave_stays() -> None:
    one = backtest_many({"portfolio": equal_weight}, FEW, warmup=600)["portfolio"]
    assert "<h1>回测：portfolio</h1>" in one.to_html(language="zh")
    assert "<h1>回测：投资组合</h1>" in page_of("cash", "zh")
    assert "<h1>Fund &amp; co</h1>" in one.to_html("Fund & co", language="zh")
    assert str(one.returns.name) == "portfolio"


@pytest.mark.parametrize("kind", ["cash", "two"])
def test_another_language_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match=r"language is 'fr' .*it must be 'en' or 'zh'"):
        sample(kind).to_html(language="fr")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["failures and a benchmark", "two"])
def test_a_chinese_page_becomes_a_pdf(kind: str) -> None:
    assert to_pdf(page_of(kind, "zh")).startswith(b"%PDF-")
    with pytest.raises(InputError, match="page is 5"):
        to_pdf(5)  # type: ignore[arg-type]


def test_figures_and_cards_stay_english() -> None:
    one, several = sample("failures and a benchmark"), sample("two")
    for card in (one._repr_html_(), several._repr_html_()):
        assert "Growth of 1" in card
        assert not re.search(r"[\u4e00-\u9fff]", card)


def test_a_strategy_that_is_named_as_the_benchmark_keeps_its_own_line() -> None:
    """Two streams of one name would stand for each other: the English word is refused, and that of
    another language gives way to it."""
    market = FEW

    def equal(past: Market, _: Any) -> Any:
        return np.full(len(past.assets), 1.0 / len(past.assets))

    def first(past: Market, _: Any) -> Any:
        return np.eye(len(past.assets))[0]

    how: dict[str, Any] = {"every": "MS", "warmup": 60, "benchmark": first}
    with pytest.raises(InputError, match="named 'benchmark'"):
        backtest_many({"benchmark": equal}, market, **how)
    assert backtest_many({"benchmark": equal}, market, every="MS", warmup=60)[
        "benchmark"
    ].sessions.any()
    named, other = (
        backtest_many({name: equal}, market, **how)[name].to_html(language="zh")
        for name in ("基准", "别名")
    )
    assert named.count("<polyline") == other.count("<polyline")
    assert ">benchmark</" in named
    assert ">benchmark</" not in other
