"""`store` and `ledger`: what is kept, looked at, erased and checked."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from advisor import Catalogue
from advisor.adapters.channels.cli.printing import say
from advisor.adapters.channels.cli.reading import bytes_of, clients_of, say_json, table_of, text_of
from advisor.adapters.crm import Store
from advisor.adapters.records import Ledger, SignedHead, verify_file
from advisor.errors import InputError


def migrate(args: Namespace) -> int:
    """Bring a store to this version, and print which."""
    with Store.open(args.url, tenant=args.tenant) as store:
        say(f"the store is at version {store.migrate()}")
    return 0


def load(args: Namespace) -> int:
    """Write tables into a store; 1 where rows were set aside."""
    if args.clients is args.products is args.purchases is None:
        raise InputError(
            "There is nothing to load. Name --clients, --products or --purchases.", field="clients"
        )
    aside = 0
    with Store.open(args.url, tenant=args.tenant) as store:
        tables: dict[str, Any] = {
            "products": lambda path: store.put_products(
                Catalogue.from_frame(table_of(path, args), decimal=args.decimal)
            ),
            "clients": lambda path: store.put_clients(clients_of(path, args), at=datetime.now(UTC)),
            "purchases": lambda path: store.put_purchases(table_of(path, args)),
        }
        for name, put in tables.items():
            path = getattr(args, name)
            if path is None:
                continue
            written: Any = put(path)
            aside += len(written.problems)
            say(
                f"{name}: {written.rows:,} rows, {written.changed:,} new or changed,"
                f" {len(written.problems):,} set aside",
                *(f"  {problem.record_id}: {problem}" for problem in written.problems[:20]),
            )
    return 1 if aside else 0


def view(args: Namespace) -> int:
    """Print all that is known of a client."""
    with Store.open(args.url, tenant=args.tenant) as store:
        seen = store.view(args.client, as_of=args.as_of)
    say_json({field.name: getattr(seen, field.name) for field in fields(seen)})
    return 0


def forget(args: Namespace) -> int:
    """Erase a client, and print what is gone."""
    with Store.open(args.url, tenant=args.tenant) as store:
        gone = store.forget(args.client, at=datetime.now(UTC))
    rows = {table: count for table, count in gone.rows.items() if count}
    say_json({"rows": rows, "pseudonym": gone.pseudonym})
    return 0


def verify_ledger(args: Namespace) -> int:
    """Print whether a ledger is whole; 1 where it is not."""
    head = None if args.head is None else SignedHead.model_validate_json(text_of(args.head))
    if head is None and "://" not in args.place:
        report = verify_file(args.place, args.public_key)  # its last line may be a signed head
    elif head is None and args.public_key is not None:
        raise InputError(
            "A store holds no signature, so the key would check nothing. Name the signed head with"
            " --head.",
            field="head",
        )
    else:
        with _ledger(args) as ledger:
            report = ledger.verify(head, public_key=args.public_key)
    state = "whole" if report.ok else f"{report.count:,} problems"
    say(
        f"{report.records:,} records: {state}; head {report.head.seq} {report.head.digest}",
        *(f"  {problem.seq}: {problem.text}" for problem in report.problems),
    )
    return 0 if report.ok else 1


@contextmanager
def _ledger(args: Namespace) -> Generator[Ledger]:
    if "://" in args.place:
        with Store.open(args.place, tenant=args.tenant) as store:
            yield Ledger(store)
    else:
        bytes_of(args.place)  # it must be there: a ledger would make it
        yield Ledger(args.place)


def export_ledger(args: Namespace) -> int:
    """Write a ledger to a file."""
    key = None if args.key is None else bytes_of(args.key)
    with _ledger(args) as ledger:
        say(str(ledger.export(args.file, key=key)))
    return 0
