"""`store` and `ledger`: what is kept, looked at, erased and checked."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from advisor import Catalogue
from advisor.adapters.channels.cli.reading import bytes_of, clients_of, say, say_json, table_of, text_of
from advisor.adapters.crm import Store
from advisor.adapters.records import Ledger, LedgerReport, SignedHead, verify_file


def migrate(given: Namespace) -> int:
    """Bring a store to this version, and print which."""
    with Store.open(given.url, tenant=given.tenant) as store:
        say(f"the store is at version {store.migrate()}")
    return 0


def load(given: Namespace) -> int:
    """Write tables into a store; 1 where rows were set aside."""
    aside = 0
    with Store.open(given.url, tenant=given.tenant) as store:
        work = (
            ("products", given.products, lambda place: store.put_products(Catalogue.from_frame(table_of(place)))),
            ("clients", given.clients, lambda place: store.put_clients(clients_of(place), at=datetime.now(UTC))),
            ("purchases", given.purchases, lambda place: store.put_purchases(table_of(place))),
        )
        for name, place, put in work:
            if place is not None:
                written: Any = put(place)
                aside += len(written.problems)
                say(f"{name}: {written.rows:,} rows, {written.changed:,} new or changed, {len(written.problems):,} set aside")
                for problem in written.problems[:20]:
                    say(f"  {problem.record_id}: {problem}")
    return 1 if aside else 0


def view(given: Namespace) -> int:
    """Print all that is known of a client."""
    with Store.open(given.url, tenant=given.tenant) as store:
        seen = store.view(given.client, as_of=given.as_of)
        say_json({field.name: getattr(seen, field.name) for field in fields(seen)})
    return 0


def forget(given: Namespace) -> int:
    """Erase a client, and print what is gone."""
    with Store.open(given.url, tenant=given.tenant) as store:
        gone = store.forget(given.client, at=datetime.now(UTC))
    say_json({"rows": {table: count for table, count in gone.rows.items() if count}, "pseudonym": gone.pseudonym})
    return 0


def verify_ledger(given: Namespace) -> int:
    """Print whether a ledger is whole; 1 where it is not."""
    head = None if given.head is None else SignedHead.model_validate_json(text_of(given.head))
    if "://" in given.place:
        with Store.open(given.place, tenant=given.tenant) as store:
            report = Ledger(store).verify(head, public_key=given.public_key)
    else:
        report = (
            verify_file(given.place, given.public_key) if head is None else Ledger(given.place).verify(head, public_key=given.public_key)
        )
    _show(report)
    return 0 if report.ok else 1


def _show(report: LedgerReport) -> None:
    say(
        f"{report.records:,} records: {'whole' if report.ok else f'{report.count:,} problems'}; head {report.head.seq} {report.head.digest}"
    )
    for problem in report.problems:
        say(f"  {problem.seq}: {problem.text}")


def export_ledger(given: Namespace) -> int:
    """Write a ledger to a file."""
    key = None if given.key is None else bytes_of(given.key)
    if "://" in given.place:
        with Store.open(given.place, tenant=given.tenant) as store:
            path = Ledger(store).export(given.file, key=key)
    else:
        path = Ledger(given.place).export(given.file, key=key)
    say(str(path))
    return 0
