"""The page in a real browser: keyboard, phone, screen reader rules, no request elsewhere.
ADVISOR_STACK=1 runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from page_site import FACTS, ROOT, fitted, served, site_of, tenant_of

LANGUAGES = ("en", "zh")
WIDTHS = (1280, 360)
EVERY = "document.querySelectorAll"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, started once."""
    from playwright.sync_api import sync_playwright

    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
        " --disable-background-networking --disable-component-update --disable-sync"
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags.split())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tenant = tenant_of(fitted(), tmp_path_factory.mktemp("site"))
    with served(site_of(tenant)) as host:
        yield host + ROOT
    tenant.close()


def opened(
    chromium: Any, language: str, width: int, **more: Any
) -> tuple[Any, list[str], list[str]]:
    """A page of a fresh visitor, the hosts it asks, and what its console says."""
    context = chromium.new_context(
        viewport={"width": width, "height": 780}, locale=f"{language}-CN", **more
    )
    page = context.new_page()
    hosts: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: hosts.append(urlsplit(request.url).netloc))
    page.on("console", lambda line: said.append(line.text))
    return page, hosts, said


def choose(page: Any) -> None:
    """An answer to every question that is shown."""
    for question in page.query_selector_all("fieldset"):
        options = question.query_selector_all("input")
        options[(2 * len(options)) // 3].check()


def begin(page: Any, address: str) -> None:
    page.goto(address)
    for name, value in FACTS.items():
        page.fill(f"#{name}", value)
    page.click("button.main")


def to_the_result(page: Any, address: str, look: Any = lambda _: None) -> None:
    """From the first page to the last; `look` sees each."""
    begin(page, address)
    for _ in range(6):
        choose(page)
        look("step")
        page.click("button.main")
    look("review")
    page.click("button.main")
    page.wait_for_url("**/result")
    look("result")


def smallest_text(page: Any) -> float:
    """Pixels of the smallest text in a chart that is shown, as it is drawn."""
    return page.evaluate(
        f"""Math.min(...[...{EVERY}("svg text")]
        .filter(t => t.getBoundingClientRect().width > 0)
        .map(t => {{ const s = t.ownerSVGElement;
          return parseFloat(getComputedStyle(t).fontSize) * s.getBoundingClientRect().width / s.viewBox.baseVal.width; }}))"""
    )


def outside(page: Any) -> list[str]:
    """Texts of charts that reach beyond their picture."""
    return page.evaluate(
        f"""[...{EVERY}("svg text")].filter(t => {{ const b = t.getBoundingClientRect(),
          s = t.ownerSVGElement.getBoundingClientRect();
          return b.width > 0 && (b.left < s.left - 1 || b.right > s.right + 1 || b.bottom > s.bottom + 1); }})
        .map(t => t.textContent)"""
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_journey_fits_and_breaks_no_rule_of_accessibility(
    chromium: Any, address: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, hosts, said = opened(chromium, language, width)
    axe = Axe()

    def look(what: str) -> None:
        if (language == "en") == (width == 360):  # each language and each width once
            broken = axe.run(page)
            assert broken.violations_count == 0, f"{what}: {broken.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, what
        assert page.get_attribute("html", "lang") == language

    page.goto(address)
    look("about")
    page.click("button.main")
    look("wrong facts")
    begin(page, address)
    page.click("button.main")  # the first step asks nothing that is required
    page.click("button.main")
    look("missing answers")
    page.click("button[value=save]")
    look("saved")
    to_the_result(page, address + "?anew=1", look)
    assert smallest_text(page) >= 11.0
    assert outside(page) == []
    for folded in page.query_selector_all("summary"):
        folded.click()
    look("unfolded")
    page.goto(f"{address}/continue/nothing")
    look("gone")
    assert set(hosts) == {urlsplit(address).netloc}
    assert not [line for line in said if "422" not in line and "404" not in line]


def test_the_dark_scheme_is_readable(chromium: Any, address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, _, _ = opened(chromium, "en", 1280, color_scheme="dark", reduced_motion="reduce")
    to_the_result(page, address)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", background))) < 150
    broken = Axe().run(page)
    assert broken.violations_count == 0, broken.generate_report()


def test_without_scripts_and_with_back_and_reload(chromium: Any, address: str) -> None:
    page, _, _ = opened(chromium, "en", 360, java_script_enabled=False)
    begin(page, address)
    choose(page)
    page.click("button.main")
    choose(page)
    page.reload()
    choose(page)
    page.click("button[value=back]")
    assert page.url.endswith("/step/1")
    assert page.locator("input:checked").count() == 2
    page.go_back()
    page.goto(f"{address}/step/2")
    assert page.locator("input:checked").count() == 4
    to_the_result(page, address + "?anew=1")
    page.reload()
    assert page.url.endswith("/result")
    with page.expect_download() as html:
        page.click("a[href$='report.html']")
    assert Path(html.value.path()).stat().st_size <= 150_000


def test_by_keyboard_alone(chromium: Any, address: str) -> None:
    page, _, _ = opened(chromium, "en", 1280)
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.focus("#wealth")
    for n, value in enumerate(FACTS.values()):
        if n:
            page.keyboard.press("Tab")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/step/1")
    for step in range(1, 7):
        page.wait_for_url(f"**/step/{step}")
        questions = page.locator("fieldset").count()
        page.focus("fieldset input >> nth=0")
        for n in range(questions):
            if n:
                page.keyboard.press("Tab")
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
        assert page.locator("input:checked").count() == questions
        page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    page.focus("button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/result")
    page.focus("summary")
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1


def test_the_first_wrong_answer_has_the_focus(chromium: Any, address: str) -> None:
    page, _, _ = opened(chromium, "en", 360)
    begin(page, address)
    page.click("button.main")
    page.wait_for_url("**/step/2")
    first = page.get_attribute("fieldset >> nth=0", "id")
    page.click("button.main")
    page.wait_for_selector("fieldset.wrong")
    assert page.evaluate("document.activeElement.closest('fieldset').id") == first
    assert page.title().startswith("Error: ")
    described = page.get_attribute("fieldset.wrong", "aria-describedby")
    assert page.inner_text(f"#{described}")


def test_two_windows_and_a_switch_of_language_at_any_step(chromium: Any, address: str) -> None:
    page, _, _ = opened(chromium, "en", 1280)
    begin(page, address)
    other = page.context.new_page()
    other.goto(f"{address}/step/1")
    choose(page)
    page.click("button[lang=zh]")
    assert page.get_attribute("html", "lang") == "zh"
    assert page.locator("input:checked").count() == 2
    other.check("fieldset input >> nth=0")
    other.click("button.main")
    assert "别处" in other.inner_text("h1")
    other.click("a.button >> nth=0")
    assert other.locator("input:checked").count() == 2


def test_it_is_quick(chromium: Any, address: str) -> None:
    paints: list[float] = []
    for _ in range(3):
        page, _, _ = opened(chromium, "en", 360)
        page.goto(address)
        page.screenshot()  # forces a paint
        paints.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
        page.context.close()
    assert min(paints) <= 1000.0
    page, _, _ = opened(chromium, "en", 360)
    to_the_result(page, address)
    page.reload()
    assert page.evaluate("performance.getEntriesByType('navigation')[0].duration") <= 2000.0


def test_print_shows_what_is_folded_and_no_buttons(chromium: Any, address: str) -> None:
    page, _, _ = opened(chromium, "en", 1280)
    to_the_result(page, address)
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.is_visible("p.buttons")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert sum(map(int, re.findall(r"\d+", ink))) < 250, "dark ink on white paper"
