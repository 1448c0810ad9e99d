"""Requests that come at the same time, advised as one table: what waits meanwhile is the next one.
No delay is added and no bit changes, since a client's advice depends on their row alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from types import NoneType
from typing import Any

from advisor import Advice, Client
from advisor.adapters.channels.together import Served, TableAdvising
from advisor.annotations import Count
from advisor.arrays import check_type
from advisor.errors import StoppedError
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class _Request:
    client: Client
    as_of: date | str | None
    picks: int
    answer: asyncio.Future[tuple[Advice, Any]]

    def goes_with(self, other: _Request) -> bool:
        return (self.as_of, self.picks) == (other.as_of, other.picks)


class RequestBatcher:
    """Advises clients of an event loop, up to `most` in a table.

    Args:
        advisor: An `Advisor`, or what has its `advise_table`.
        most: Largest table.
        served: Called with the clients and advice of each table, in the thread that advises, before
            any of them is answered; what it raises is the answer of all of them.
        tables: Called with the size of each table.
    """

    @checked
    def __init__(
        self,
        advisor: Any,
        *,
        most: Count = 64,
        served: Served | None = None,
        tables: Callable[[int], None] | None = None,
    ) -> None:
        self._most, self._together = most, TableAdvising(advisor, served, tables)
        self._waiting: deque[_Request] = deque()
        self._working: asyncio.Task[None] | None = None
        self._stopped = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="advisor-tables")

    async def advise(
        self, client: Client, as_of: date | str | None = None, *, picks: int = 5
    ) -> Advice:
        """The advice that `Advisor.advise` gives, byte for byte.

        Raises:
            InputError: As from `Advisor.advise`.
            StoppedError: The batcher, or all advice, was stopped.
        """
        return (await self.serve(client, as_of, picks=picks))[0]

    async def serve(
        self, client: Client, as_of: date | str | None = None, *, picks: int = 5
    ) -> tuple[Advice, Any]:
        """The advice of `advise`, and what `served` gave for it."""
        if self._stopped:
            raise StoppedError(
                "This batcher was stopped and advises nobody any more; make another one."
            )
        check_type(client, Client, "client", "Build one with Client(id=...).")
        check_type(as_of, (date, str, NoneType), "as_of", "Give a day, such as 2026-02-01.")
        loop = asyncio.get_running_loop()
        request = _Request(client, as_of, picks, loop.create_future())
        self._waiting.append(request)
        if self._working is None:
            self._working = loop.create_task(self._work())
        return await request.answer

    async def stop(self) -> None:
        """Take no more, answer what waits."""
        self._stopped = True
        if self._working is not None:
            await asyncio.shield(self._working)
        self._thread.shutdown(wait=False)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while requests := self._next():
            try:
                clients = [request.client for request in requests]
                first, advise = requests[0], self._together.answers
                answers = await loop.run_in_executor(
                    self._thread, advise, clients, first.as_of, first.picks
                )
            except Exception as error:  # noqa: BLE001  whatever happened, nobody may wait for ever
                answers = [error] * len(requests)
            for request, answer in zip(requests, answers, strict=True):
                if request.answer.done():  # cancelled meanwhile
                    continue
                if isinstance(answer, BaseException):
                    request.answer.set_exception(answer)
                else:
                    request.answer.set_result(answer)
        self._working = None

    def _next(self) -> list[_Request]:
        """Who waits first, and who may go with them: one day, one number of picks, each id once."""
        table: dict[str, _Request] = {}
        later: list[_Request] = []
        while self._waiting and len(table) < self._most:
            request = self._waiting.popleft()
            if request.answer.done():  # cancelled while it waited
                continue
            first = next(iter(table.values()), request)
            if request.goes_with(first) and request.client.id not in table:
                table[request.client.id] = request
            else:
                later.append(request)
        self._waiting.extendleft(reversed(later))
        return list(table.values())
