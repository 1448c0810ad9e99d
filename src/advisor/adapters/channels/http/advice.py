"""Profiles, advice, reports, frontiers, omissions and verifications."""

from __future__ import annotations

from asyncio import to_thread

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
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.reading import parameters
from advisor.adapters.channels.http.web import Response
from advisor.errors import InputError


class AdviceOfClient(Contract):
    """An advice, and the client's data as they were."""

    client: Client
    advice: Advice


class Omissions(Contract):
    """Why well-known products are missing from an advice, most bought first."""

    omissions: tuple[Reason, ...]


async def profiles(call: Call) -> Response:
    """The profile of a client: scores, level with how sure it is, and what held it down."""
    client, asked = call.read(Client), parameters(call.request.query_params)
    return call.gives(
        await to_thread(
            call.tenant.advisor.profile, client, as_of=asked["as_of"], language=call.language
        )
    )


async def advise(call: Call) -> Response:
    """Advice for a client, stored and recorded before it is given."""
    client, asked = call.read(Client), parameters(call.request.query_params)
    call.client_id = client.id
    return call.gives(
        await call.served.batcher.advise(client, asked["as_of"], picks=asked["picks"])
    )


async def reports(call: Call) -> Response:
    """Advice with all that explains it, stored and recorded before it is given."""
    client, asked = call.read(Client), parameters(call.request.query_params)
    call.client_id = client.id
    return call.gives(await to_thread(_report, call, client, asked))


async def frontiers(call: Call) -> Response:
    """The efficient portfolios of what a client of this level may hold, and their own point."""
    client, asked = call.read(Client), parameters(call.request.query_params)
    report: AdviceReport = await to_thread(call.tenant.advisor.report, client, **asked)
    if report.frontier is None:
        raise InputError(report.advice.reasons[0].text, field="client")
    return call.gives(report.frontier)


async def omissions(call: Call) -> Response:
    """Why well-known products are missing from an advice."""
    both = call.read(AdviceOfClient)
    found = await to_thread(call.tenant.advisor.omissions, both.advice, both.client)
    return call.gives(Omissions(omissions=found))


async def verifications(call: Call) -> Response:
    """What an advice proves when it is made again from scratch."""
    both = call.read(AdviceOfClient)
    return call.gives(await to_thread(call.tenant.advisor.verify, both.advice, both.client))


def _report(call: Call, client: Client, asked: dict[str, object]) -> AdviceReport:
    call.tenant.switch.check()
    report: AdviceReport = call.tenant.advisor.report(client, **asked, language=call.language)
    call.served.keep([client], [report.advice])
    return report


DAY = ("as_of",)
OPERATIONS = (
    Operation("POST", "/v1/profiles", "createProfile", "read", profiles, takes=Client,
    gives=ProfileReport, query=DAY, speaks=True),
    Operation("POST", "/v1/advice", "createAdvice", "advise", advise, takes=Client, gives=Advice,
    query=(*DAY, "picks"), writes=True),
    Operation(
        "POST", "/v1/reports", "createReport", "advise", reports,
        takes=Client, gives=AdviceReport, query=(*DAY, "picks"), writes=True, speaks=True,
    ),
    Operation("POST", "/v1/frontiers", "createFrontier", "read", frontiers, takes=Client,
    gives=FrontierReport, query=DAY),
    Operation("POST", "/v1/omissions", "explainOmissions", "read", omissions, takes=AdviceOfClient,
    gives=Omissions),
    Operation("POST", "/v1/verifications", "verifyAdvice", "read", verifications,
    takes=AdviceOfClient, gives=Verification),
)  # fmt: skip
