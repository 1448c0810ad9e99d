"""Why a well-known product is not among a client's picks: asked for one client at a time, when they
ask.
"""

from __future__ import annotations

import numpy as np

from advisor.arrays import check_type
from advisor.contracts.advice import Advice, Reason
from advisor.contracts.client import Client
from advisor.contracts.wording import Language
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.engine.output.reasons import reason
from advisor.engine.state import AdvisorState
from advisor.errors import InputError
from advisor.privacy import kept, personal
from advisor.recommend.missing_products import omissions


def explain_omissions(
    state: AdvisorState,
    advice: Advice,
    client: Client,
    count: int,
    language: Language | None = None,
) -> tuple[Reason, ...]:
    """See `Advisor.omissions`."""
    check_type(advice, Advice, "advice", "Give what Advisor.advise returned.")
    check_type(client, Client, "client", "Give the client as they were when they were advised.")
    check_type(count, (int, np.integer), "count", "Ask for a whole number of products.")
    if advice.client_id != client.id:
        raise InputError(
            f"the advice is of {personal(advice.client_id)}, the client is {personal(client.id)};"
            " why something is missing differs by client. Give the two that belong together.",
            field="client",
            value=kept(client.id),
        )
    alone = ClientTable.from_clients([client])
    profiles = state.profiles(alone, np.datetime64(advice.as_of))
    return omitted(
        state,
        advice,
        alone,
        state.offers.to(profiles, alone).products,
        count,
        language or state.language,
    )


def omitted(
    state: AdvisorState,
    advice: Advice,
    alone: ClientTable,
    offered: Eligibility,
    count: int,
    language: Language,
) -> tuple[Reason, ...]:
    """Why products are missing from the advice of the one client of a table, who may buy what is
    `offered`.
    """
    shown = [pick.product_id for pick in advice.picks]
    missing = omissions(
        state.recommender,
        advice.client_id,
        max(len(shown), 1),
        eligible=offered,
        clients=alone,
        shown=tuple(shown),
        count=count,
    )
    return tuple(
        Reason(
            **reason(
                f"omitted_{_code(m.code, bool(shown), state.diversity)}",
                language,
                product=m.product_id,
                popularity=m.popularity,
                popularity_rank=m.popularity_rank,
                rank=m.rank,
            )
        )
        for m in missing
    )


def _code(code: str, shown: bool, diversity: float) -> str:
    """What an omission is called: only what is shown can fit better, or make the list more
    varied.
    """
    if code != "fits_less":
        return code
    return ("varies_less" if diversity > 0.0 else code) if shown else "ranked_lower"
