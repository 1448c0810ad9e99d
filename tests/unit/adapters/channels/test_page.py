"""The web page as a browser without scripts meets it: forms, redirects, refusals, what is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from advisor import Advisor, Client, InputError, sample, save
from advisor.adapters.channels.http import Settings, service
from advisor.adapters.channels.page import page_router
from advisor.adapters.channels.tenant import Tenant
from advisor.contracts import Questionnaire
from advisor.contracts.wording import texts
from page_site import FACTS, ROOT, answered, fitted, form_of, served, site_of, tenant_of

LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return fitted()


@pytest.fixture
def tenant(advisor: Advisor, tmp_path: Path) -> Iterator[Tenant]:
    own = tenant_of(advisor, tmp_path)
    yield own
    own.close()


@pytest.fixture
def browser(tenant: Tenant) -> TestClient:
    return browser_of(tenant)


def browser_of(tenant: Tenant, **more: Any) -> TestClient:
    return TestClient(site_of(tenant), **more)


def opened(tenant: Tenant, browser: TestClient, client_id: str = "c1") -> str:
    """A session that the host opened, taken up by its link; its secret."""
    session = tenant.sessions.open(
        Client(id=client_id, wealth=1e5, horizon_years=12, age=41), channel="desk"
    )
    assert browser.get(f"{ROOT}/continue/{session.id}").status_code == 200
    return session.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_way_to_an_advice_that_is_kept(tenant: Tenant, language: str) -> None:
    browser = browser_of(tenant, headers={"accept-language": f"{language}-XX,fr;q=0.5"})
    review = answered(browser)
    assert str(review.url).endswith("/review")
    for question in Questionnaire.default().questions:
        assert question.text_in(language) in review.text.replace("&#39;", "'")
    result = browser.post(f"{ROOT}/review", data=form_of(review.text))
    assert str(result.url).endswith("/result")
    assert f'<html lang="{language}">' in result.text
    for asset in ("gold", "global_equity"):
        assert sample.labels()[asset][language] in result.text
    assert "CNY 120,000" in result.text
    assert not re.search(r"\bP0\d\d\b|global_equity|nfra\b", re.sub(r"<[^>]+>", "", result.text))
    assert tenant.ledger.verify().records == 1
    for again in ("/result", "/report.html", *(["/report.pdf"] if language == "en" else [])):
        answer = browser.get(ROOT + again)
        assert answer.status_code == 200
        assert len(answer.content) > 5_000
        assert not again.endswith("pdf") or answer.content.startswith(b"%PDF-")
    assert tenant.ledger.verify().records == 1, "a reload shows what was shown"
    report = browser.get(f"{ROOT}/report.html")
    assert len(report.content) <= 150_000
    assert "attachment" in report.headers["content-disposition"]


def test_forms_post_and_pages_get(tenant: Tenant) -> None:
    browser = browser_of(tenant, follow_redirects=False)
    data = form_of(browser.get(ROOT).text) | FACTS
    moved = browser.post(ROOT, data=data)
    assert (moved.status_code, moved.headers["location"]) == (303, f"{ROOT}/step/1")
    page = browser.get(f"{ROOT}/step/1")
    moved = browser.post(f"{ROOT}/step/1", data=form_of(page.text, go="next"))
    assert (moved.status_code, moved.headers["location"]) == (303, f"{ROOT}/step/2")
    moved = browser.post(
        f"{ROOT}/step/2", data=form_of(browser.get(f"{ROOT}/step/2").text, go="back")
    )
    assert (moved.status_code, moved.headers["location"]) == (303, f"{ROOT}/step/1")


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(tenant: Tenant) -> None:
    for scheme in ("http", "https"):
        browser = browser_of(tenant, base_url=f"{scheme}://testserver", follow_redirects=False)
        start = browser.get(ROOT)
        moved = browser.post(ROOT, data=form_of(start.text) | FACTS)
        cookies = [*start.headers.get_list("set-cookie"), *moved.headers.get_list("set-cookie")]
        assert len(cookies) >= 3
        for cookie in cookies:
            assert "HttpOnly" in cookie
            assert "samesite=lax" in cookie.lower()
            assert ("Secure" in cookie) == (scheme == "https")
            assert f"Path={ROOT}" in cookie
        secret = (
            next(c for c in cookies if c.startswith("advisor_session=")).split("=")[1].split(";")[0]
        )
        assert len(secret) >= 43, "256 bits"


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"wealth": "a lot"}, ["wealth"]),
        ({"wealth": "-5"}, ["wealth"]),
        ({"wealth": "1e999"}, ["wealth"]),
        ({"wealth": "nan", "horizon_years": "", "age": "x"}, ["wealth", "horizon_years", "age"]),
        ({"horizon_years": "-1"}, ["horizon_years"]),
        ({"horizon_years": "12,5"}, ["horizon_years"]),
        ({"wealth": "1.200,50", "age": "4 1"}, ["wealth", "age"]),
        ({"wealth": "1,2,3", "horizon_years": "1e1"}, ["wealth", "horizon_years"]),
        ({"wealth": "1" * 21}, ["wealth"]),
        ({"age": "1000"}, ["age"]),
        ({"age": "<script>"}, ["age"]),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_wrong_facts_are_named_and_the_first_gets_the_focus(
    browser: TestClient, facts: dict[str, str], wrong: list[str], language: str
) -> None:
    start = browser.get(f"{ROOT}?language={language}")
    page = browser.post(ROOT, data=form_of(start.text) | FACTS | facts)
    assert page.status_code == 422
    for name in FACTS:
        assert (f'id="error-{name}"' in page.text) == (name in wrong)
    for name in wrong:
        assert texts(language)["page"][f"wrong_{name}"] in page.text  # type: ignore[index]
    assert re.findall(r'<input id="(\w+)"[^>]*autofocus', page.text) == wrong[:1]
    assert "<script>" not in page.text
    assert 'value="41"' in page.text or "age" in facts, "what was right stays"


@pytest.mark.parametrize("written", ["120,000", "120 000", "１２０，０００", "120000.00"])
def test_money_is_read_as_people_write_it(
    tenant: Tenant, browser: TestClient, written: str
) -> None:
    browser.post(ROOT, data=form_of(browser.get(ROOT).text) | FACTS | {"wealth": written})
    session = tenant.sessions.load(browser.cookies["advisor_session"])
    assert session.base.wealth == 120_000.0


def test_a_result_is_recorded_once_however_often_and_wherever_it_is_asked_for(
    tenant: Tenant, browser: TestClient
) -> None:
    """At once, and by another process of the service, which has no report at hand."""
    page = answered(browser)
    browser.post(ROOT + "/review", data=form_of(page.text), follow_redirects=False)
    elsewhere = TestClient(site_of(tenant), cookies=browser.cookies)
    before = tenant.ledger.verify().records
    with ThreadPoolExecutor(6) as pool:
        pages = list(pool.map(lambda b: b.get(ROOT + "/result"), [browser, elsewhere] * 3))
    assert {page.status_code for page in pages} == {200}
    assert len({page.text for page in pages}) == 1
    assert tenant.ledger.verify().records == before + 1
    shown = [event for event in tenant.store.events() if event.type.startswith("advisor.advice.sh")]
    assert len(shown) == 1


def test_missing_and_unknown_answers_are_asked_again_and_the_others_kept(
    tenant: Tenant, browser: TestClient
) -> None:
    secret = opened(tenant, browser)
    browser.post(f"{ROOT}/step/1", data=form_of(browser.get(f"{ROOT}/step/1").text, go="next"))
    page = browser.get(f"{ROOT}/step/2")
    data = form_of(page.text, go="next")
    first, second, *others = [name for name in data if name.startswith("answer:")]
    del data[first]
    data[second] = "zz"
    page = browser.post(f"{ROOT}/step/2", data=data)
    assert page.status_code == 422
    own = texts("en")["page"]
    assert own["choose"] in page.text
    assert own["unknown_option"] in page.text
    assert page.text.count("autofocus") == 1
    assert f'aria-describedby="error-{first.removeprefix("answer:")}"' in page.text
    answers = tenant.sessions.load(secret).sheet.answers
    assert {f"answer:{name}" for name in answers} >= set(others)
    assert first.removeprefix("answer:") not in answers


def test_going_back_saving_and_the_other_language_lose_nothing(
    tenant: Tenant, browser: TestClient
) -> None:
    secret = opened(tenant, browser)
    browser.post(f"{ROOT}/step/1", data=form_of(browser.get(f"{ROOT}/step/1").text, go="next"))
    data = form_of(browser.get(f"{ROOT}/step/2").text)
    half = {k: v for i, (k, v) in enumerate(data.items()) if i < 4}
    page = browser.post(f"{ROOT}/step/2", data=half | {"language": "zh"})
    assert page.status_code == 200
    assert '<html lang="zh">' in page.text
    assert page.text.count(" checked") == 2
    page = browser.post(f"{ROOT}/step/2", data=form_of(page.text, go="back"))
    assert str(page.url).endswith("/step/1")
    page = browser.get(f"{ROOT}/step/2")
    assert page.text.count(" checked") == 4
    page = browser.post(f"{ROOT}/step/2", data=form_of(page.text, go="save"))
    assert str(page.url).endswith("/saved")
    link = re.search(r'href="(http[^"]+/continue/[^"]+)"', page.text)
    assert link is not None
    assert link[1].endswith(secret)
    other = browser_of(tenant)
    assert str(other.get(link[1]).url).endswith("/step/3"), "at the first open question"
    assert other.get(f"{ROOT}/step/2").text.count(" checked") == 4


def test_a_field_that_no_form_has_is_named_and_nothing_is_kept(browser: TestClient) -> None:
    start = browser.get(ROOT)
    odd = browser.post(ROOT, data=form_of(start.text) | FACTS | {"colour": "red"})
    assert odd.status_code == 422
    assert "&#39;colour&#39;" in odd.text
    step = browser.post(ROOT, data=form_of(start.text) | FACTS, follow_redirects=True)
    form = form_of(step.text)
    odd = browser.post(f"{ROOT}/step/1", data=form | {"answer:hair": "long"})
    assert odd.status_code == 422
    assert "&#39;hair&#39;" in odd.text
    again = browser.get(f"{ROOT}/step/1")
    assert "checked" not in again.text
    assert browser.post(f"{ROOT}/step/1", data=form, follow_redirects=False).status_code == 303


def test_a_forged_form_is_refused_and_changes_nothing(tenant: Tenant, browser: TestClient) -> None:
    secret = opened(tenant, browser)
    data = form_of(browser.get(f"{ROOT}/step/1").text, go="next")
    other = browser_of(tenant)
    opened(tenant, other, "c2")
    foreign = form_of(other.get(f"{ROOT}/step/1").text)["token"]
    for token in ("", "0" * 64, foreign, "é", "x" * 100):
        assert browser.post(f"{ROOT}/step/1", data=data | {"token": token}).status_code == 403
        assert browser.post(ROOT, data=data | FACTS | {"token": token}).status_code == 403
    assert not tenant.sessions.load(secret).sheet.answers
    stranger = browser_of(tenant)
    assert stranger.post(f"{ROOT}/step/1", data=data).status_code == 404
    assert stranger.post(ROOT, data=FACTS | {"token": data["token"]}).status_code == 403


def test_two_windows_the_slower_one_is_told(tenant: Tenant, browser: TestClient) -> None:
    secret = opened(tenant, browser)
    old = form_of(browser.get(f"{ROOT}/step/1").text, 0.0, go="next")
    browser.post(f"{ROOT}/step/1", data=form_of(browser.get(f"{ROOT}/step/1").text, 0.9, go="next"))
    page = browser.post(f"{ROOT}/step/1", data=old)
    assert page.status_code == 409
    assert texts("en")["page"]["stale"] in page.text
    kept = tenant.sessions.load(secret).sheet.answers
    assert kept
    assert all(old[f"answer:{name}"] != option for name, option in kept.items())
    for odd in ("", "-1", "x", "９", "99999999999"):
        changed = form_of(browser.get(f"{ROOT}/step/1").text, 0.0, go="next") | {"version": odd}
        assert browser.post(f"{ROOT}/step/1", data=changed).status_code == 409


def test_an_expired_or_wrong_link_says_so(tenant: Tenant, browser: TestClient) -> None:
    secret = opened(tenant, browser)
    later = datetime.now(UTC) + timedelta(days=31)
    tenant.sessions._now = lambda: later
    for place in (
        f"continue/{secret}",
        "continue/nothing",
        "continue/é",
        "step/1",
        "review",
        "result",
        "saved",
    ):
        page = browser.get(f"{ROOT}/{place}")
        assert page.status_code == 404, place
        assert texts("en")["page"]["gone"] in page.text


def test_steps_that_are_not_there_lead_to_the_open_ones(
    tenant: Tenant, browser: TestClient
) -> None:
    opened(tenant, browser)
    for place in ("step/0", "step/99", "step/x", "step/１", "review", "result"):
        assert str(browser.get(f"{ROOT}/{place}").url).endswith("/step/1"), place


def test_contradictions_are_asked_again(tenant: Tenant, browser: TestClient) -> None:
    opened(tenant, browser)
    answered(browser)
    rule = Questionnaire.default().contradictions[0]
    session = tenant.sessions.load(browser.cookies["advisor_session"])
    sheet = session.sheet
    for side in (rule.first, rule.second):
        for question, options in side.items():
            sheet = sheet.answer(question, options[0])
    tenant.sessions.save(session.id, sheet, session.version, "page")
    page = browser.get(f"{ROOT}/review")
    assert rule.text in page.text
    for question in (*rule.first, *rule.second):
        assert re.search(rf'href="{ROOT}/step/\d#q-{question}"', page.text)


def test_a_level_that_rises_must_be_confirmed_and_a_third_time_is_too_often(tenant: Tenant) -> None:
    for turn, (place, confirm) in enumerate(((0.3, False), (0.99, True), (0.5, False))):
        browser = browser_of(tenant)
        opened(tenant, browser)
        review = answered(browser, place)
        page = browser.post(f"{ROOT}/review", data=form_of(review.text))
        if turn == 2:
            assert page.status_code == 429
            assert texts("en")["page"]["often"] in page.text
            continue
        assert (page.status_code == 422) == confirm
        if confirm:
            assert 'name="confirmed"' in page.text
            page = browser.post(f"{ROOT}/review", data=form_of(page.text, confirmed="yes"))
        assert str(page.url).endswith("/result")


def test_data_that_cannot_be_used_and_odd_cookies_get_a_page(
    tenant: Tenant, browser: TestClient
) -> None:
    strange = Client(
        id="c9", wealth=1e5, horizon_years=12, age=41, holdings={"no such product": 5.0}
    )
    session = tenant.sessions.open(strange, channel="desk")
    browser.get(f"{ROOT}/continue/{session.id}")
    review = answered(browser)
    page = browser.post(f"{ROOT}/review", data=form_of(review.text))
    assert page.status_code == 422
    assert texts("en")["page"]["cannot"] in page.text
    for cookie in ("x", "a" * 5000, "%00", "../..", '"'):
        odd = browser_of(tenant, cookies={"advisor_session": cookie})
        assert odd.get(f"{ROOT}/result").status_code == 404
        assert odd.get(ROOT).status_code == 200


def test_where_advice_is_stopped_the_answers_stay(tenant: Tenant, browser: TestClient) -> None:
    opened(tenant, browser)
    review = answered(browser)
    tenant.switch.stop("a test", "officer")
    page = browser.post(f"{ROOT}/review", data=form_of(review.text))
    assert page.status_code == 503
    assert texts("en")["page"]["stopped"] in page.text
    tenant.switch.go("the test is over", "officer")
    assert browser.get(f"{ROOT}/result").status_code == 200


def test_a_client_for_whom_there_is_no_portfolio_is_told_why(
    tenant: Tenant, browser: TestClient
) -> None:
    page = browser.post(ROOT, data=form_of(browser.get(ROOT).text) | FACTS | {"wealth": "0"})
    assert str(page.url).endswith("/step/1")
    review = answered(browser)
    result = browser.post(f"{ROOT}/review", data=form_of(review.text))
    assert texts("en")["client_page"]["next_no_money"] in result.text


def test_pages_load_nothing_from_elsewhere_and_run_nothing(
    tenant: Tenant, browser: TestClient
) -> None:
    opened(tenant, browser)
    pages = [browser.get(f"{ROOT}/step/{n}") for n in range(1, 7)]
    review = answered(browser)
    pages += [browser.get(ROOT), browser.get(f"{ROOT}/saved"), review]
    pages.append(browser.post(f"{ROOT}/review", data=form_of(review.text)))
    for page in pages:
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert not re.search(
            r'(?:src|href)="(?!/page/demo|#|data:,|http://testserver/page/demo/continue)', page.text
        )
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
    sheet = browser.get(f"{ROOT}/style.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert not re.search(r"url\(|@import", sheet.text)


def test_odd_forms_are_refused_and_the_next_request_works(
    tenant: Tenant, browser: TestClient
) -> None:
    opened(tenant, browser)
    address = f"{ROOT}/step/1"
    many = {f"f{i}": "x" for i in range(300)}
    bodies: list[dict[str, Any]] = [
        {"data": many},
        {
            "content": b"\xff\xfe\x00",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        {"content": b"{}", "headers": {"content-type": "application/json"}},
        {"files": {"token": ("a", b"x")}},
        {"content": b"--", "headers": {"content-type": "multipart/form-data"}},
    ]
    for body in bodies:
        assert 400 <= browser.post(address, **body).status_code < 500, body
    assert browser.get(address).status_code == 200


def test_the_service_mounts_the_page_of_each_tenant(advisor: Advisor, tmp_path: Path) -> None:
    save(advisor, tmp_path / "advisor")
    places = {"demo": {"advisor": tmp_path / "advisor", "store": f"sqlite:///{tmp_path}/s.db"}}
    settings = Settings(tenants=places, folder=tmp_path / "jobs", labels=sample.labels())
    with TestClient(service(settings)) as browser:
        review = answered(browser)
        result = browser.post(f"{ROOT}/review", data=form_of(review.text))
        assert str(result.url).endswith("/result")
        assert "Domestic equity" in result.text
        assert browser.get("/page/other").status_code == 404
        assert browser.post(f"{ROOT}/step/1", content=b"--").status_code in (303, 400, 403)
        assert browser.get("/openapi.json").status_code == 200
        assert "/page" not in browser.get("/openapi.json").text


def test_a_missing_label_is_named_once(tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    async def find(_: str) -> Tenant:
        return tenant

    app = FastAPI()
    app.include_router(
        page_router(find, labels={a: n for a, n in sample.labels().items() if a != "gold"})
    )
    browser = TestClient(app)
    with caplog.at_level("WARNING"):
        browser.get(ROOT)
        browser.get(ROOT)
    (line,) = [r.getMessage() for r in caplog.records if "label" in r.getMessage()]
    assert "gold" in line
    assert "cash" not in line


def test_a_missing_label_is_named_when_the_service_starts(
    advisor: Advisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(advisor, tmp_path / "advisor")
    stores = {"demo": {"advisor": tmp_path / "advisor", "store": f"sqlite:///{tmp_path}/s.db"}}
    labels = {asset: names for asset, names in sample.labels().items() if asset != "gold"}
    with caplog.at_level("WARNING"):
        app = service(Settings(tenants=stores, folder=tmp_path / "jobs", labels=labels))
        app.state.tenants.start()
    (line,) = [r.getMessage() for r in caplog.records if "label" in r.getMessage()]
    assert "gold" in line


@pytest.mark.parametrize("accepted", ["en;q=0.2, zh;q=0.8", "zh", "fr, zh-CN;q=0.4, en;q=0.3"])
def test_the_browsers_favourite_language_is_spoken(tenant: Tenant, accepted: str) -> None:
    page = browser_of(tenant, headers={"accept-language": accepted}).get(ROOT)
    assert '<html lang="zh">' in page.text


def test_what_the_library_says_of_data_is_marked_as_english(tenant: Tenant) -> None:
    browser = browser_of(tenant, headers={"accept-language": "zh"})
    strange = Client(id="c9", wealth=1e5, horizon_years=12, age=41, holdings={"nothing": 5.0})
    session = tenant.sessions.open(strange, channel="desk")
    browser.get(f"{ROOT}/continue/{session.id}")
    review = answered(browser)
    page = browser.post(f"{ROOT}/review", data=form_of(review.text))
    assert page.status_code == 422
    assert texts("zh")["page"]["cannot_text"] in page.text
    note = re.search(r'<p class="note" lang="en">([^<]+)</p>', page.text)
    assert note is not None
    assert "nothing" in note[1]


def test_a_store_that_is_gone_gets_a_page_in_the_clients_language(tenant: Tenant) -> None:
    async def find(_: str) -> Tenant:
        raise InputError("The store cannot be reached.", field="url")

    app = FastAPI()
    app.include_router(page_router(find, labels=sample.labels()))
    page = TestClient(app).get(ROOT, headers={"accept-language": "zh"})
    assert page.status_code == 503
    assert texts("zh")["page"]["unavailable_text"] in page.text
    assert "store" not in page.text


@pytest.mark.parametrize(
    "name", ["%00", "a%0d%0aSet-Cookie:%20x=y", "a;%20Domain=evil.example", "%22%3E%3Cscript%3E"]
)
def test_no_name_in_an_address_becomes_a_header_or_markup(name: str) -> None:
    async def find(_: str) -> None:
        return None

    app = FastAPI()
    app.include_router(page_router(find))
    with served(app) as address:
        answer = httpx.get(f"{address}/page/{name}", trust_env=False)
        assert answer.status_code == 404
        assert "<script" not in answer.text
        assert answer.headers.get_list("set-cookie")[0].count(";") == 4
        assert "Domain" not in answer.headers["set-cookie"].replace("%3B%20Domain", "")
        assert len(answer.headers.get_list("set-cookie")) == 1


def test_labels_must_be_texts_by_language() -> None:
    async def find(_: str) -> None:
        return None

    with pytest.raises(InputError, match="label of 'gold'"):
        page_router(find, labels={"gold": "Gold"})  # type: ignore[dict-item]


def test_every_text_is_in_both_languages() -> None:
    for part in ("page", "client_page", "dimensions", "levels", "crises"):
        english, chinese = texts("en")[part], texts("zh")[part]
        assert list(english) == list(chinese)
        for key, text in english.items():
            assert set(re.findall(r"{(\w+)", text)) == set(re.findall(r"{(\w+)", chinese[key])), key
