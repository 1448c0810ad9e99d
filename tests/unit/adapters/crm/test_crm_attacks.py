"""Values that no column holds, answers that no system gives, clients who come back: refused, or
read as what they are, and never another library's exception."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from advisor import Advisor, ClientTable, InputError, sample
from advisor.adapters.crm import (
    ClientFacts,
    FieldMap,
    MemoryGateway,
    OpenWealthGateway,
    Reply,
    RestGateway,
    Store,
    StoreGateway,
    Switch,
    consents,
    keep_actions,
    keep_rules,
    keep_tags,
    kept_tags,
    open_actions,
    pull_clients,
    sent_actions,
    tag,
)
from advisor.adapters.records import Ledger, Pseudonyms, Record

AT = datetime(2026, 11, 1, tzinfo=UTC)
ODD: list[Any] = [
    5, 1.5, b"x", {}, object(), float("nan"), "\0", "\ud800", 2**70, AT, AT.replace(tzinfo=None), [[1]],
    {"a": 1}, datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))),
]  # fmt: skip
"""Each of them stands in no column of text, of whole numbers, or of moments (but one or two)."""


@pytest.fixture
def store(database: dict[str, str]) -> Any:
    with Store.open(**database) as opened:
        opened.migrate()
        opened.put_rows("jobs", [{"id": "j", "kind": "k", "state": "s", "created": AT}])
        yield opened


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_what_no_column_holds_is_refused_alike_on_both_databases(store: Store, odd: Any) -> None:
    good = {"id": str, "done": int, "created": datetime}
    for column, kind in good.items():
        fits = isinstance(odd, kind) and not (
            (kind is str and odd in ("\0", "\ud800"))
            or (kind is int and odd == 2**70)
            or (kind is datetime and odd != AT)
        )
        uses: list[Callable[[], Any]] = [
            lambda: store.rows("jobs", **{column: odd}),  # noqa: B023 - called here
            lambda: store.rows("jobs", **{column: [odd]}),  # noqa: B023
            lambda: store.rows("jobs", **{column: (odd, odd)}),  # noqa: B023
            lambda: store.delete("jobs", kind="none", **{column: odd}),  # noqa: B023
            lambda: store.change("jobs", {"id": "none"}, **{column: odd}),  # noqa: B023
        ]
        for use in uses:
            if fits:
                use()
            elif not isinstance(odd, list):
                with pytest.raises(InputError):
                    use()
        row = {"id": "new", "kind": "k", "state": "s", "created": AT, column: odd}
        if not fits:
            assert store.put_rows("jobs", [row]).problems
            with pytest.raises(InputError):
                store.claim("jobs", row)
    assert len(store.rows("jobs")) <= 2


@pytest.mark.parametrize("moment", [m for m in ODD if isinstance(m, datetime) and m != AT])
def test_a_moment_beyond_the_calendar_or_of_no_place_is_refused(
    store: Store, moment: datetime
) -> None:
    for use in (
        lambda: store.events(since=moment),
        lambda: store.events(until=moment),
        lambda: pull_clients(StoreGateway(store), since=moment),
        lambda: pull_clients(RestGateway(lambda *_: Reply(200, {}), "hubspot"), since=moment),
        lambda: Ledger(store).append(Record(kind="k", decision="d"), at=moment),
    ):
        with pytest.raises(InputError, match="time zone"):
            use()


def test_the_last_moment_of_the_calendar_is_one(store: Store) -> None:
    last = datetime.max.replace(tzinfo=UTC)
    event = {"id": "e", "source": "w", "type": "advisor.product.viewed.v1", "time": last}
    event |= {"subject": "c", "data": {"product_id": "F"}}
    assert store.put_events([event], at=last).changed == 1
    assert store.put_feedback([], at=last).rows == 0


def test_a_client_who_was_forgotten_comes_back_as_somebody_new(store: Store) -> None:
    clients = sample.clients(2)
    name = clients.ids[1]
    store.put_clients(clients, at=AT)
    before = Pseudonyms(store).of(name)
    Ledger(store).append(Record(kind="k", subject=before, decision="d"), at=AT)
    store.forget(name, at=AT)
    assert store.put_clients(clients, at=AT).changed == 1
    assert store.clients().ids == clients.ids
    assert Pseudonyms(store).of(name) != before
    assert Ledger(store).verify().ok


def circle(length: int) -> Callable[..., Reply]:
    """A system whose pages lead in a circle of so many."""
    calls = iter(range(10_000))

    def send(*_: Any) -> Reply:
        page = str(next(calls) % length)
        links = {"@odata.nextLink": f"https://x/{page}", "nextRecordsUrl": f"/{page}"}
        paging = {"paging": {"next": {"after": page}}, "value": [], "records": [], "results": []}
        return Reply(200, {**links, **paging}, {"nextCursor": page})

    return send


@pytest.mark.parametrize("length", [2, 3, 5_000])
@pytest.mark.parametrize("name", ["salesforce", "hubspot", "dynamics"])
def test_pages_in_a_circle_come_to_an_end(name: str, length: int) -> None:
    pulled = pull_clients(RestGateway(circle(length), name))
    assert not pulled.complete
    assert "circle" in str(pulled.problems[-1])


@pytest.mark.parametrize("length", [2, 3, 5_000])
def test_cursors_in_a_circle_come_to_an_end(length: int) -> None:
    send = circle(length)
    gateway = OpenWealthGateway(lambda *call: Reply(200, [], send(*call).headers))
    assert "circle" in str(pull_clients(gateway).problems[-1])


@pytest.mark.parametrize("status", ["200", None, 200.5])
def test_a_status_that_is_no_number_is_told(status: Any) -> None:
    with pytest.raises(InputError, match="Reply"):
        pull_clients(RestGateway(lambda *_: Reply(status, {}), "hubspot"))


def test_an_option_that_no_driver_knows_is_told() -> None:
    store = Store.open("postgresql+pg8000://x@127.0.0.1:1/x?nonsense=1")
    with pytest.raises(InputError, match="option"):
        store.migrate()


@pytest.mark.parametrize("changed", ["yesterday", 5, None, [], "2026-13-01", "2025-01-01", "9999"])
def test_a_moment_of_change_that_is_none_never_hides_a_record(changed: Any) -> None:
    fields = FieldMap.bundled("plain").model_copy(update={"changed": "at"})
    record = {"id": "c", "wealth": 1.0, "horizon_years": 1.0, "at": changed}
    pulled = pull_clients(MemoryGateway(fields, {"c": record}), since=AT)
    assert pulled.complete
    assert len(pulled.clients) == (0 if changed == "2025-01-01" else 1)


def test_texts_with_nul_are_refused_alike_by_every_way_in(store: Store) -> None:
    client = sample.client()
    advice = Advisor.fit(
        sample.market(), sample.interactions(), catalogue=sample.catalogue()
    ).advise(client, as_of="2026-10-20")
    uses: list[Callable[[], Any]] = [
        lambda: store.view("a\0"),
        lambda: store.clients(ids=("a\0",)),
        lambda: store.events(client_id="a\0"),
        lambda: store.trades(client_id="a\0"),
        lambda: store.interactions(client_id="a\0"),
        lambda: store.put_advice(advice, run="a\0"),
        lambda: store.put_advice([advice], run="a", documents=["\0"]),
        lambda: store.put_advice([advice], run="a", documents=["{}", "{}"]),
        lambda: store.put_assessment(
            client.model_copy(update={"id": "a\0"}), at=AT, level=1, questionnaire="q"
        ),
        lambda: Switch(store).stop("a\0", "ann"),
        lambda: Switch(store).stop("half a character \ud800", "ann"),
    ]
    for use in uses:
        with pytest.raises(InputError) as refused:
            use()
        assert "failed (" not in str(refused.value)
    assert Switch(store).stopped() is None
    assert store.put_advice(advice, run="a").changed == 1


@pytest.mark.parametrize("money", [1e17, 1e25, 1e300])
def test_advice_on_more_money_than_is_kept_is_set_aside(store: Store, money: float) -> None:
    advisor = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    usual = sample.client()
    rich = usual.model_copy(update={"id": "rich", "wealth": money, "holdings": {}})
    both = [usual, rich]
    one_by_one = [advisor.advise(client, as_of="2026-10-20") for client in both]
    batch = advisor.advise_table(ClientTable.from_clients(both), as_of="2026-10-20")
    for run, advice in (("served", one_by_one), ("night", batch)):
        written = store.put_advice(advice, run=run)
        assert (written.rows, written.changed) == (2, 1)
        assert [problem.record_id for problem in written.problems] == ["rich"]


def test_an_interrupted_driver_is_not_used_again(store: Store) -> None:
    """What is raised between a question and its answer leaves the answer on the line."""

    def interrupted() -> None:
        with store.reading() as connection:
            cursor: Any = connection.connection.cursor()
            if not store.database.is_sqlite:
                cursor._c._sock.write(b"Q\x00\x00\x00\x0eSELECT 42\x00")  # asked, never read
                cursor._c._sock.flush()
            raise LookupError("while the answer is on its way")

    for _ in range(3):
        with pytest.raises(LookupError):
            interrupted()
        assert [row["id"] for row in store.rows("jobs")] == ["j"]


def test_what_is_no_store_is_told() -> None:
    tags = tag(ClientFacts.of(sample.clients(2), as_of="2026-01-31"))
    for use in (
        lambda: Switch(5),  # pyright: ignore[reportArgumentType]
        lambda: StoreGateway(5),  # pyright: ignore[reportArgumentType]
        lambda: keep_tags(5, []),  # pyright: ignore[reportArgumentType]
        lambda: kept_tags(5),  # pyright: ignore[reportArgumentType]
        lambda: keep_rules(5, tags, at=AT),  # pyright: ignore[reportArgumentType]
        lambda: keep_actions(5, [], at=AT),  # pyright: ignore[reportArgumentType]
        lambda: open_actions(5),  # pyright: ignore[reportArgumentType]
        lambda: sent_actions(5),  # pyright: ignore[reportArgumentType]
        lambda: consents(5),  # pyright: ignore[reportArgumentType]
        lambda: Ledger(object()),
    ):
        with pytest.raises(InputError, match="tore"):
            use()
    with pytest.raises(InputError, match="ManualTag"):
        keep_tags(Store.open("sqlite://"), [1])  # pyright: ignore[reportArgumentType]
