"""Requests of one day and one number of picks advised as one table, and kept before anybody gets
an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from advisor import Advice, Client, ClientTable
from advisor.errors import AdvisorError, InputError, StoppedError

REFUSED = ("invalid_input", "not_assessed")
"""Statuses that `Advisor.advise` raises: the client's data must be mended."""
Served = Callable[[Sequence[Client], Sequence[Advice]], Sequence[Any] | None]
"""What is done with a table's clients and advice before anybody gets an answer; may give something
for each."""
Answer = tuple[Advice, Any] | BaseException
"""An advice and what `Served` gave for it, or what is raised."""


@dataclass(frozen=True, eq=False)
class TableAdvising:
    """Advises clients together; see `RequestBatcher` for the attributes."""

    advisor: Any
    served: Served | None
    tables: Callable[[int], None] | None

    def answers(
        self, clients: Sequence[Client], as_of: date | str | None, picks: int
    ) -> list[Answer]:
        """The answer of each; where the table as a whole cannot be advised, one by one."""
        try:
            return self._together(clients, as_of, picks)
        except Exception as error:  # noqa: BLE001  one client's trouble is no other's
            if len(clients) == 1:
                return [error]
            return [a for client in clients for a in self.answers([client], as_of, picks)]

    def _together(
        self, clients: Sequence[Client], as_of: date | str | None, picks: int
    ) -> list[Answer]:
        table = ClientTable.from_clients(clients)
        batch = self.advisor.advise_table(table, as_of=as_of, picks=picks)
        advice: list[Advice] = [batch[i] for i in range(len(clients))]
        if self.tables is not None:
            self.tables(len(clients))
        answers: list[Answer] = [_refused(a) or (a, None) for a in advice]
        good = [i for i, answer in enumerate(answers) if isinstance(answer, tuple)]
        if self.served is None or not good:
            return answers
        try:
            values = self.served([clients[i] for i in good], [advice[i] for i in good])
        except Exception as error:  # noqa: BLE001  nobody gets what was not kept
            for i in good:
                answers[i] = error
        else:
            for i, value in zip(good, values or [None] * len(good), strict=True):
                answers[i] = advice[i], value
        return answers


def _refused(advice: Advice) -> AdvisorError | None:
    """What `advise` raises instead of giving such advice."""
    if advice.status == "stopped":
        return StoppedError(advice.reasons[0].text)
    if advice.status in REFUSED:
        return InputError(advice.reasons[0].text, field="client", value=advice.status)
    return None
