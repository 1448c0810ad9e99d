"""What an assessment comes to, and the rules on how often and how high."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from advisor import AnswerSheet, Client, ClientTable, profile_risk
from advisor.adapters.records.bulk import one_at_a_time
from advisor.errors import InputError


def scored(sheet: AnswerSheet, base: Client, day: date) -> tuple[Client, int]:
    """The client with the answers, and the level by the questionnaire that they were asked."""
    client = sheet.client(base, on=day)
    table = ClientTable.from_clients([client])
    return client, profile_risk(table, sheet.questionnaire, as_of=day)[0].level


def standing(store: Any, client_id: str, day: date) -> int:
    """The level that stands at the end of a day; below 0 where there is none."""
    history = store.history(ids=[client_id])
    return int(history.standing([client_id], day + timedelta(days=1))[0])


def in_turn(store: Any, client_id: str) -> None:
    """Wait until no other open transaction assesses the client; nobody else does till its end."""
    with store.database.write() as connection:
        one_at_a_time(connection, f"assessments {client_id}")


def obey(store: Any, client_id: str, day: date, level: int, *, confirmed: bool) -> None:
    """Raise `InputError` where the rules allow no assessment on the day, or no such level yet."""
    if not store.history(ids=[client_id]).may_assess([client_id], day)[0]:
        raise InputError(
            "The client was assessed twice on this day or eight times within twelve months, which"
            " is as often as rules allow (NFRA Order 2025-7 Art. 29); assess them again later.",
            field="assessments",
        )
    stands = standing(store, client_id, day)
    if 0 <= stands < level and not confirmed:
        raise InputError(
            f"With these answers the level would rise from C{stands} to C{level}, and a changed"
            " level must be confirmed by the client. Ask them, and finish with confirmed=true.",
            field="confirmed",
            value=False,
        )
