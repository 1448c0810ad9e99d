"""What OpenWealth's positions and persons say of a client.

Field names are those of Custody Services 3.2.0 and Customer Management 2.0.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from advisor.adapters.crm.paths import list_at, text_at, value_at
from advisor.cells import number_of
from advisor.errors import AdapterError
from advisor.privacy import personal

Entry = Mapping[str, Any]
CASH, TERM = "cash", "fixedDeposit"
DEBTS = frozenset({"mortgage", "credit", "fixedLoan", "callableLoan"})
"""Types of instruments that the client owes."""
DEPOSITS = frozenset({TERM, "callableDeposit"})
"""Types of instruments that are held under the name of their type where they have no identifier."""
OWNERS = frozenset({"accountOwner", "beneficialOwner", "registeredOwner"})
"""Relations of a person to a customer that make the money theirs."""


def money_of(positions: Sequence[Entry], currency: str | None) -> dict[str, Any]:
    """Wealth, holdings by ISIN, what is locked, cash, debts and the currency of positions.

    A holding without an ISIN is named `type:identifier`, a deposit without any by its type. Locked
    are fixed deposits, and what is blocked, be it in part. Cash below 0 is a debt, and so are
    loans.

    Args:
        positions: `ValuatedPosition`s of one customer.
        currency: The customer's reference currency; that of the values when None.

    Raises:
        AdapterError: A position has no value in the currency, or names no instrument.
    """
    holdings: dict[str, float] = {}
    locked: set[str] = set()
    cash = debts = 0.0
    for position in positions:
        amount, currency = _value(position, currency)
        kind = text_at(position, "financialInstrument.type")
        if kind == CASH or text_at(position, "account.type") == "cashAccount":
            cash += amount
        elif kind in DEBTS:
            debts += abs(amount)
        else:
            name = _instrument(position, kind)
            holdings[name] = holdings.get(name, 0.0) + amount
            if kind == TERM or number_of(value_at(position, "blockedQuantity.value")) > 0.0:
                locked.add(name)
    debts, cash = debts + max(-cash, 0.0), max(cash, 0.0)
    money = {"wealth": cash + sum(holdings.values()), "cash": cash, "liabilities": debts}
    return {**money, "holdings": holdings, "locked": sorted(locked), "currency": currency}


def _value(position: Entry, currency: str | None) -> tuple[float, str]:
    """Money of a position in a currency, the reference value's where none is known."""
    for name in ("valueInReferenceCurrency", "valueInPositionCurrency"):
        value = value_at(position, f"valuation.{name}")
        amount, own = number_of(value_at(value, "amount")), text_at(value, "currency")
        if abs(amount) < inf and own is not None and own == (currency or own):
            return amount, own
    shown = personal(value_at(position, "id"))
    why = f"Position {shown} has no value in {currency or 'any currency'}, so wealth is not known."
    raise AdapterError(f"{why} Have the bank value it in the customer's currency.")


def _instrument(position: Entry, kind: str | None) -> str:
    entries = list_at(position, "financialInstrument.identificationList")
    named = [(text_at(entry, "type"), text_at(entry, "identifier")) for entry in entries]
    known = [(scheme, name) for scheme, name in named if name is not None]
    for scheme, name in sorted(known, key=lambda pair: pair[0] != "isin"):
        return name if scheme == "isin" else f"{scheme}:{name}"
    if kind in DEPOSITS:
        return str(kind)
    why = f"Position {personal(value_at(position, 'id'))} names no instrument,"
    raise AdapterError(f"{why} so nobody knows what is held. Have the bank give its ISIN.")


def person_of(details: Entry, currency: str | None) -> dict[str, Any]:
    """Birthday, gender and yearly income of the owners of a customer relationship.

    Of several owners the oldest one's birthday counts, and a gender that all have; where one is no
    natural person neither is known. An income in another currency than the customer's is not known.

    Args:
        details: `customerDetails`.
        currency: The customer's reference currency.
    """
    owners = [
        value_at(relation, "personDetails")
        for relation in list_at(details, "person2customerRelationList")
        if OWNERS & {text_at(kind, "type") for kind in list_at(relation, "relationList")}
    ]
    people = [person for person in owners if text_at(person, "personType") == "naturalPerson"]
    births = sorted(day for person in people if (day := text_at(person, "dateOfBirth")))
    genders = {text_at(person, "gender") for person in people}
    incomes = [value_at(k, "totalIncome") for person in owners for k in list_at(person, "kycList")]
    known = bool(incomes) and all(text_at(one, "currency") == currency for one in incomes)
    yearly = sum(number_of(value_at(one, "amountYearlyIncome")) for one in incomes)
    return {
        "born": births[0] if births and len(births) == len(owners) else None,
        "gender": genders.pop() if len(genders) == 1 and len(people) == len(owners) else None,
        "income": yearly if known else None,
    }
