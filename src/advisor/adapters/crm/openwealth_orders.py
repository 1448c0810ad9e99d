"""Calls of OpenWealth's interfaces, and the orders of an advice as Trading 3.0.1 has them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, MutableSet
from typing import Any, cast
from urllib.parse import quote

from advisor.adapters.crm.outcomes import paged
from advisor.adapters.crm.paths import text_at, value_at
from advisor.adapters.crm.sending import Reply, Send, patiently, said
from advisor.errors import AdapterError
from advisor.privacy import personal

_NOT_FOUND = 404


class Calls:
    """The interfaces of one bank: where each begins (`apis`), and how many entries a page has."""

    def __init__(
        self, send: Send, apis: Mapping[str, str], limit: int, wait: Callable[[float], object]
    ) -> None:
        self._send, self._once = patiently(send, wait=wait), patiently(send, wait=wait, once=True)
        self.apis, self._limit = apis, limit

    def get(self, api: str, path: str, *, missing: Any = None) -> Any:
        """One thing; `missing` where it is not there. Raises `AdapterError` when it is refused."""
        reply = self._send("GET", f"{self.apis[api]}{path}", None, None)
        if reply.status == _NOT_FOUND and missing is not None:
            return missing
        if not reply.ok:
            raise _refused(api, reply)
        return reply.body

    def entries(
        self, api: str, path: str, params: Mapping[str, str] | None = None
    ) -> Iterator[Any]:
        """A list, page after page. Raises `AdapterError` when it is refused."""
        own = {**(params or {}), "limit": str(self._limit)}

        def ask(cursor: str | None) -> tuple[list[Any], str]:
            more = own if cursor is None else {**own, "cursor": cursor}
            reply = self._send("GET", f"{self.apis[api]}{path}", more, None)
            if not reply.ok or not isinstance(reply.body, list):
                raise _refused(api, reply)
            after = reply.header("nextCursor") or reply.header("Next-Cursor")
            return cast("list[Any]", reply.body), after

        return paged(ask)

    def post(self, api: str, path: str, body: Any) -> Reply:
        """The answer to a new thing: sent again only where the bank says that nothing was done."""
        return self._once("POST", f"{self.apis[api]}{path}", None, body)


def _refused(api: str, reply: Reply) -> AdapterError:
    why = f"The bank's {api} interface gives nothing ({reply.status} {said(reply.body)})."
    return AdapterError(f"{why} Correct the id, or the rights of the user.")


_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_SAFE, _CASH = "safekeepingAccount", "cashAccount"


def send_orders(calls: Calls, sent: MutableSet[str], key: str, record: Mapping[str, Any]) -> int:
    """How many orders of a record were sent now; those whose reference is in `sent` are not, and
    the same order always has the same one.

    Raises:
        AdapterError: The customer has no accounts to settle with, or an order was refused.
    """
    new: dict[str, Any] = {}
    for order in cast("list[Any]", record.get("orders") or []):
        of_order = (value_at(order, "product_id"), value_at(order, "money"))
        parts = (key, record.get("as_of"), record.get("fingerprint"), *of_order)
        reference = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
        new |= {} if reference in sent else {reference: order}
    if not new:
        return 0
    currency, accounts = _accounts(calls, key)
    count, faults = 0, list[str]()
    for reference, order in new.items():
        product, money = value_at(order, "product_id"), value_at(order, "money")
        body = order_of(reference, product, money, currency, accounts)
        reply = calls.post("trading", "/orders", body)
        if reply.ok:
            sent.add(reference)
            count += 1
        else:
            faults.append(f"{personal(product)} ({reply.status} {said(reply.body)})")
    if faults:
        why = f"The bank refused orders: {'; '.join(faults)}."
        raise AdapterError(f"{why} Correct them, and send the advice again.")
    return count


def _accounts(calls: Calls, key: str) -> tuple[str, dict[str, str]]:
    """The customer's currency, and the first accounts to settle with."""
    path = f"/customers/{quote(key, safe='')}"
    currency = text_at(calls.get("custody", path), "referenceCurrency")
    accounts: dict[str, str] = {}
    for account in calls.entries("custody", f"{path}/accounts"):
        kind, own = text_at(account, "type"), text_at(account, "id")
        if kind and own and (kind != _CASH or text_at(account, "referenceCurrency") == currency):
            accounts.setdefault(kind, own)
    if currency is None or not {_SAFE, _CASH} <= accounts.keys():
        why = f"Customer {personal(key)} has no safekeeping account, or no cash account in"
        remedy = "nothing could be settled. Open one at the bank."
        raise AdapterError(f"{why} {currency or 'a currency of theirs'}; {remedy}")
    return currency, accounts


def order_of(
    reference: str, product: str, money: float, currency: str, accounts: Mapping[str, str]
) -> dict[str, Any]:
    """An `Order` at market for a day: so much money (below 0 to sell), in a currency of ISO 4217,
    of one product (an ISIN, or an identifier of our own).
    """
    credit, debit = accounts[_SAFE], accounts[_CASH]
    if money < 0.0:
        credit, debit = debit, credit
    kind = "isin" if _ISIN.fullmatch(product) else "otherProprietaryIdentification"
    quantity = {"quantity": round(abs(money), 2), "quantityType": "unit"}
    leg = {
        "index": 0,
        "side": "buy" if money > 0.0 else "sell",
        **quantity,
        "unitReference": "quoteInstrument",
        "baseInstrument": {"identification": {"identifier": product, "type": kind}},
        "quoteInstrument": {"identification": {"identifier": currency, "type": "iso4217"}},
    }
    moved = {"orderLegIndex": 0, "creditAccountId": credit, "debitAccountId": debit, **quantity}
    return {
        "clientReference": reference,
        "executionType": "market",
        "timeInForce": "day",
        "legList": [leg],
        "allocationList": [{"legList": [moved]}],
    }
