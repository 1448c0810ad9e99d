"""What OpenWealth's positions and persons say of a client.

Field names are those of Custody Services 3.2.0 and Customer Management 2.0.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from advisor.adapters.crm.paths import value_at
from advisor.cells import number_of, text_of
from advisor.errors import AdapterError
from advisor.privacy import personal

Entry = Mapping[str, Any]
CASH = "cash"
DEBTS = frozenset({"mortgage", "credit", "fixedLoan", "callableLoan"})
"""Types of instruments that the client owes."""
OWNERS = frozenset({"accountOwner", "beneficialOwner", "registeredOwner"})
"""Relations of a person to a customer that make the money theirs."""


def money_of(positions: Sequence[Entry], currency: str | None) -> dict[str, Any]:
    """Wealth, holdings by ISIN, cash, debts and the currency that positions add up to.

    A holding without an ISIN is named `type:identifier`. Cash below 0 is a debt, and so are loans.

    Args:
        positions: `ValuatedPosition`s of one customer.
        currency: The customer's reference currency; that of the values when None.

    Raises:
        AdapterError: A position has no value in the currency, or names no instrument.
    """
    holdings: dict[str, float] = {}
    cash = debts = 0.0
    for position in positions:
        amount, currency = _value(position, currency)
        kind = value_at(position, "financialInstrument.type")
        if kind == CASH or value_at(position, "account.type") == "cashAccount":
            cash += amount
        elif kind in DEBTS:
            debts += abs(amount)
        else:
            name = _instrument(position)
            holdings[name] = holdings.get(name, 0.0) + amount
    debts, cash = debts + max(-cash, 0.0), max(cash, 0.0)
    return {
        "wealth": cash + sum(holdings.values()),
        "holdings": holdings,
        "cash": cash,
        "liabilities": debts,
        "currency": currency,
    }


def _value(position: Entry, currency: str | None) -> tuple[float, str]:
    """Money of a position in a currency, the reference value's where none is known."""
    values = [value_at(position, f"valuation.{name}") for name in ("valueInReferenceCurrency", "valueInPositionCurrency")]
    for value in values:
        amount, own = number_of(value_at(value, "amount")), value_at(value, "currency")
        if amount == amount and isinstance(own, str) and own == (currency or own):
            return amount, own
    raise AdapterError(
        f"Position {personal(value_at(position, 'id'))} has no value in {currency or 'any currency'}, so wealth is not known. Have the bank value it in the customer's currency."
    )


def _instrument(position: Entry) -> str:
    listed = value_at(position, "financialInstrument.identificationList")
    entries = [e for e in cast("list[Any]", listed if isinstance(listed, list) else []) if value_at(e, "identifier")]
    isins = [text_of(e["identifier"]) for e in entries if e.get("type") == "isin"]
    if isins:
        return isins[0]
    if entries:
        return f"{entries[0].get('type')}:{entries[0]['identifier']}"
    raise AdapterError(
        f"Position {personal(value_at(position, 'id'))} names no instrument, so nobody knows what is held. Have the bank give its ISIN."
    )


def person_of(details: Entry, currency: str | None) -> dict[str, Any]:
    """Birthday, gender and yearly income of the owners of a customer relationship.

    Of several owners the oldest one's birthday counts, and a gender that all have; where one is no
    natural person neither is known. An income in another currency than the customer's is not known.

    Args:
        details: `customerDetails`.
        currency: The customer's reference currency.
    """
    relations = value_at(details, "person2customerRelationList")
    owners = [
        value_at(relation, "personDetails")
        for relation in cast("list[Any]", relations if isinstance(relations, list) else [])
        if OWNERS & {str(kind) for kind in cast("list[Any]", value_at(relation, "relationList.type") or [])}
    ]
    people = [person for person in owners if value_at(person, "personType") == "naturalPerson"]
    births = sorted(str(day) for person in people if (day := value_at(person, "dateOfBirth")))
    genders = {value_at(person, "gender") for person in people}
    incomes = [value_at(kyc, "totalIncome") for person in owners for kyc in value_at(person, "kycList") or []]
    known = bool(incomes) and all(value_at(one, "currency") == currency for one in incomes)
    return {
        "born": births[0] if births and len(births) == len(owners) else None,
        "gender": genders.pop() if len(genders) == 1 and len(people) == len(owners) else None,
        "income": sum(number_of(value_at(one, "amountYearlyIncome")) for one in incomes) if known else None,
    }
