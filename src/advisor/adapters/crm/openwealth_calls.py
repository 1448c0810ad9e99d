"""Calls of OpenWealth's interfaces: one thing, a list by cursor, a new thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from advisor.adapters.crm.outcomes import paged
from advisor.adapters.crm.sending import Reply, Send, patiently, said
from advisor.errors import AdapterError

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
            return cast("list[Any]", reply.body), reply.header("nextCursor") or reply.header(
                "Next-Cursor"
            )

        return paged(ask)

    def post(self, api: str, path: str, body: Any) -> Reply:
        """The answer to a new thing: sent again only where the bank says that nothing was done."""
        return self._once("POST", f"{self.apis[api]}{path}", None, body)


def _refused(api: str, reply: Reply) -> AdapterError:
    why = f"The bank's {api} interface gives nothing ({reply.status} {said(reply.body)})."
    return AdapterError(f"{why} Correct the id, or the rights of the user.")
