"""An advice proved again: made once more from the client and the day, and judged by other means
than those that made it.
"""

from __future__ import annotations

from advisor.contracts.advice import Advice, Verification
from advisor.contracts.client import Client
from advisor.contracts.wording import LANGUAGES
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.engine.input_digest import input_digest
from advisor.engine.output.reasons import sentences as in_language
from advisor.engine.pipeline import advise_table
from advisor.engine.state import AdvisorState
from advisor.engine.verification.compare import differing_advice
from advisor.engine.verification.recompute import recompute
from advisor.engine.verification.report import sentences, verification

FOREIGN = (
    "the fingerprint belongs to another advisor, another client's data, another day or another"
    " number of picks"
)


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
        the record (`engine.verification.recompute`), and every field that does not come out again
        to the bit when the advice is made anew, since the same advisor, client, day and number of
        picks give the same advice.

    Raises:
        InputError: `advice` or `client` is something else. What a record says, however wrong, is
            never an error.
    """
    try:
        record = Advice.model_validate(advice.model_dump(warnings=False))
    except (TypeError, ValueError, AttributeError) as error:
        return verification([f"the record is no advice: {error}"], unsuitable=None)
    table, day = ClientTable.from_clients([client]), as_day(record.as_of, "as_of")
    mine = f"{state.fingerprint}:{input_digest(table, 0, day, record.slots)}" == record.fingerprint
    slots = min(max(record.slots or 0, len(record.picks)), len(state.catalogue))
    again = advise_table(state, table, day, slots)
    proof = recompute(state, record, client, table, again.profiles)
    problems = [
        *(() if mine else (FOREIGN,)),
        *proof.wrong,
        *_slots_missing(record),
        *sentences(differing_advice(record, _as_worded(again[0], record)), "advice"),
    ]
    return verification(
        problems, unsuitable=proof.unsuitable, residual=proof.kkt_residual, fingerprint_matches=mine
    )


def _as_worded(again: Advice, record: Advice) -> Advice:
    """The advice made again in the language of the record, where all of it is in one language."""
    in_each = (in_language(again, language) for language in LANGUAGES)
    return next(
        (a for a in in_each if (a.reasons, a.picks) == (record.reasons, record.picks)), again
    )


def _slots_missing(record: Advice) -> list[str]:
    if record.slots is not None and record.slots >= len(record.picks):
        return []
    said = f"slots is {record.slots}, so it does not say how many products were asked for"
    return [f"{said} to get {len(record.picks)}"]
