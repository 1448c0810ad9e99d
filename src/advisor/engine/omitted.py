"""Why a well-known product is not among a client's picks: asked for one client at a time, when he asks."""

from __future__ import annotations

from advisor.contracts.advice import Advice, Reason
from advisor.contracts.client import Client
from advisor.data.clients import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.engine.house import House
from advisor.engine.reasons import reason
from advisor.recommend.omissions import omissions
from advisor.risk_profile.profile import profile_risk


def explain_omissions(house: House, advice: Advice, client: Client, count: int) -> tuple[Reason, ...]:
    """See `Advisor.omissions`."""
    alone = ClientTable.from_clients([client])
    profiles = profile_risk(alone, house.questionnaire, as_of=str(advice.as_of), bands=house.bands)
    offered = house.offers.to(profiles, alone).products
    shown = [pick.product_id for pick in advice.picks]
    missing = omissions(
        house.taste,
        client.id,
        max(len(shown), 1),
        eligible=Eligibility(offered.class_of, offered.allowed),
        clients=alone,
        shown=shown,
        count=count,
    )
    return tuple(
        Reason(
            **reason(
                f"omitted_{m.code}",
                house.language,
                product=m.product_id,
                popularity=m.popularity,
                popularity_rank=m.popularity_rank,
                rank=m.rank,
            )
        )
        for m in missing
    )
