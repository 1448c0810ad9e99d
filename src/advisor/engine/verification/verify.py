"""An advice proved again: made once more from the client and the day, and proved by other means
than those that made it.
"""

from __future__ import annotations

from advisor.arrays import check_type
from advisor.contracts.advice import Advice, Verification
from advisor.contracts.client import Client
from advisor.contracts.wording import LANGUAGES
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.engine.input_digest import input_digest
from advisor.engine.output.reasons import sentences
from advisor.engine.pipeline import advise_table
from advisor.engine.state import AdvisorState
from advisor.engine.verification.differences import differences
from advisor.engine.verification.proofs import prove

FOREIGN = "the fingerprint belongs to another advisor, another client's data or another day"


def verify(state: AdvisorState, advice: Advice, client: Client) -> Verification:
    """What an advice proves when recomputed.

    Args:
        state: The advisor that is said to have given it.
        advice: The record.
        client: The client's data as they were.

    Returns:
        `suitable`: every pick is allowed by `Regime.check`, level and day recomputed.
            `kkt_residual`: of the recorded weights under the client's limits, by a
        linear program of its own, not by the frontier that made them; finite, or None. Whatever
        does not hold is a sentence in `problems`: what the rules, the returns and the money say of
        the record (`engine.verification.proofs`), and every field that does not come out again to
        the bit when the advice is made anew, since the same advisor, client, day and number of
        picks give the same advice.

    Raises:
        InputError: `advice` or `client` is something else. What a record says, however wrong, is
            never an error.
    """
    check_type(advice, Advice, "advice", "Give what Advisor.advise returned.")
    check_type(client, Client, "client", "Give the client as they were when they were advised.")
    try:
        record = Advice.model_validate(advice.model_dump(warnings=False))
    except (TypeError, ValueError, AttributeError) as error:
        return Verification(
            ok=False,
            suitable=False,
            kkt_residual=None,
            fingerprint_matches=False,
            problems=(f"the record is no advice: {error}",),
        )
    table, day = ClientTable.from_clients([client]), as_day(record.as_of, "as_of")
    mine = f"{state.fingerprint}:{input_digest(table, 0, day)}" == record.fingerprint
    again = advise_table(state, table, day, _slots(state, record))
    found = prove(state, record, client, table, again.profiles)
    problems = [
        *(() if mine else (FOREIGN,)),
        *found.wrong,
        *_asked(record),
        *differences(record, _as_worded(again[0], record)),
    ]
    return Verification(
        ok=not problems and not found.unsuitable,
        suitable=not found.unsuitable,
        kkt_residual=found.kkt_residual,
        fingerprint_matches=mine,
        problems=(*problems, *found.unsuitable),
    )


def _as_worded(again: Advice, record: Advice) -> Advice:
    """The advice made again in the language of the record, where all of it is in one language."""
    in_each = (sentences(again, language) for language in LANGUAGES)
    return next(
        (a for a in in_each if (a.reasons, a.picks) == (record.reasons, record.picks)), again
    )


def _slots(state: AdvisorState, record: Advice) -> int:
    """How many products to ask for: more than there are change nothing."""
    return min(max(record.slots or 0, len(record.picks)), len(state.catalogue))


def _asked(record: Advice) -> tuple[str, ...]:
    if record.slots is not None and record.slots >= len(record.picks):
        return ()
    return (
        (
            f"slots is {record.slots}, so it does not say how many products were asked for to get"
            f" {len(record.picks)}"
        ),
    )
