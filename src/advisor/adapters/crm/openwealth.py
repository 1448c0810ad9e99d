"""A custody bank over OpenWealth: customers, positions and persons in, orders out.

Custody Services 3.2.0, Customer Management 2.0.6, Trading 3.0.1 (openwealth.ch, Apache-2.0).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, MutableSet, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from advisor.adapters.crm.mapping import PROBLEM, FieldMap
from advisor.adapters.crm.openwealth_orders import Calls, send_orders
from advisor.adapters.crm.openwealth_records import money_of, person_of
from advisor.adapters.crm.outcomes import Outcome, check_moment, one_by_one
from advisor.adapters.crm.paths import text_at, value_at
from advisor.adapters.crm.sending import GoneError, Send
from advisor.cells import text_of
from advisor.errors import AdapterError


class OpenWealthGateway:
    """Customers of a custody bank with what they hold, and orders to it.

    The standard has no risk profile: horizon, level and answers stay with the host and come through
    `own`; a customer without them has a horizon of 0, so that nothing risky is advised. It names no
    changes either, so that every customer comes each time.

    Args:
        send: `http_send(...)`, or a client of the host that gives every call an `X-Correlation-ID`
            (for orders a `Correlation-Id`).
        own: The host's own fields of a client, by customer id.
        as_of: The day whose positions are read; today when None.
        apis: Where each interface begins, by "custody", "customers", "trading"; a bank that has
            none of one leaves it out.
        sent: References of orders that were sent, kept by the host: an order in it is not sent
            again.
        fields: Which field is which; the bundled map when None.
        limit: Entries a page.
        wait: Waits so many seconds before another try.
    """

    def __init__(
        self,
        send: Send,
        *,
        own: Mapping[str, Mapping[str, Any]] | None = None,
        as_of: date | None = None,
        apis: Mapping[str, str] | None = None,
        sent: MutableSet[str] | None = None,
        fields: FieldMap | None = None,
        limit: int = 100,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.fields = FieldMap.bundled("openwealth") if fields is None else fields
        self._own = {} if own is None else own
        apis = dict.fromkeys(("custody", "customers", "trading"), "") if apis is None else apis
        self._calls, self._as_of = Calls(send, apis, limit, wait), as_of
        self._sent: MutableSet[str] = set() if sent is None else sent

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Customers, each put together of what the interfaces say of them."""
        check_moment(since)
        day = datetime.now(UTC).date() if self._as_of is None else self._as_of
        for customer in self._calls.entries("custody", "/customers"):
            try:
                yield self._record(customer, day)
            except GoneError:
                raise
            except AdapterError as error:
                yield {"customer": customer, PROBLEM: str(error)}

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """The orders of each advice; one that is open at the bank, or was sent, is not sent
        again.
        """
        keyed = [(self.fields.key_of(record) or "", record) for record in records]
        last = dict(keyed)
        open_orders: list[Any] | None = None

        def write(key: str, record: dict[str, Any]) -> bool:
            nonlocal open_orders
            if open_orders is None:
                open_orders = self._open_orders()
            if record != last[key]:
                text = "A later advice for the same client follows; its orders are sent."
                raise AdapterError(text)
            return send_orders(self._calls, self._sent, key, record) > 0

        return one_by_one(keyed, write)

    def _open_orders(self) -> list[Any]:
        """The orders that are open at the bank, noted; without them nothing may be sent."""
        try:
            orders = list(self._calls.entries("trading", "/orders"))
        except AdapterError as error:
            raise GoneError(str(error)) from error
        for order in orders:
            self._sent.add(text_of(value_at(order, "clientReference")))
        return orders

    def _record(self, customer: Any, day: date) -> dict[str, Any]:
        key = str(self.fields.key_of({"customer": customer}))
        path = f"/customers/{quote(key, safe='')}"
        positions = self._calls.entries("custody", f"{path}/positions", {"date": day.isoformat()})
        money = money_of(list(positions), text_at(customer, "referenceCurrency"))
        details: Any = {}
        if "customers" in self._calls.apis:
            details = self._calls.get("customers", f"{path}/customer-details", missing={})
        return {
            "customer": customer,
            "details": details,
            "person": person_of(details, money["currency"]),
            "money": money,
            "own": dict(self._own.get(key, {})),
        }
