"""Profiles, advice, reports, frontiers, omissions and verifications."""

from __future__ import annotations

from starlette.responses import Response

from advisor import (
    Advice,
    AdviceReport,
    Client,
    Contract,
    FrontierReport,
    ProfileReport,
    Reason,
    Verification,
)
from advisor.adapters.channels.http.calls import Call


class AdviceOfClient(Contract):
    """An advice, and the client's data as they were."""

    client: Client
    advice: Advice


class Omissions(Contract):
    """Why well-known products are missing from an advice, most bought first."""

    omissions: tuple[Reason, ...]


def create_profile(call: Call, client: Client) -> ProfileReport:
    """The profile of a client: scores, level with how sure it is, and what held it down."""
    as_of = call.asked["as_of"]
    return call.tenant.advisor.profile(client, as_of=as_of, language=call.language)


async def create_advice(call: Call, client: Client) -> Response:
    """Advice for a client, stored and recorded before it is given."""
    call.client_id = client.id
    _, text = await call.served.advise(client, **call.asked)
    return call.json(text)


def create_report(call: Call, client: Client) -> AdviceReport:
    """Advice with all that explains it, stored and recorded before it is given."""
    call.client_id = client.id
    return call.served.report(client, **call.asked, language=call.language)


def create_frontier(call: Call, client: Client) -> FrontierReport:
    """The efficient portfolios of what a client of this level may hold, and their own point."""
    return call.tenant.advisor.frontier(client, as_of=call.asked["as_of"])


def explain_omissions(call: Call, both: AdviceOfClient) -> Omissions:
    """Why well-known products are missing from an advice."""
    return Omissions(omissions=call.tenant.advisor.omissions(both.advice, both.client))


def verify_advice(call: Call, both: AdviceOfClient) -> Verification:
    """What an advice proves when it is made again from scratch."""
    return call.tenant.advisor.verify(both.advice, both.client)
