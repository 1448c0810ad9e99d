"""Requests advised as one table: whatever comes between, the bytes are those of `advise`, and
nobody's trouble is another's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import Advice, Advisor, Client, InputError, StoppedError, sample
from advisor.adapters.channels.batching import RequestBatcher

DAYS = ("2026-06-30", "2026-07-01")
ADVISOR = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
PEOPLE = [
    Client(
        id=f"c{i % 4}",
        wealth=1e5 * (1 + i),
        horizon_years=3 + 2 * i,
        level=i % 6,
        assessed_on="2026-06-01",
        knowledge=60,
    )
    for i in range(7)
] + [
    Client(id="c1", wealth=1.0, horizon_years=1),
    Client(id="odd", wealth=5.0, horizon_years=5, level=3, holdings={"nothing": 5.0}),
]
"""Some of one id, one without an assessment, one who holds what nobody knows."""
ALONE: dict[tuple[int, int, int], str] = {}


def alone(person: int, day: int, picks: int) -> str:
    """What `advise` says of one, as bytes or as the refusal."""
    key = (person, day, picks)
    if key not in ALONE:
        try:
            ALONE[key] = ADVISOR.advise(
                PEOPLE[person], as_of=DAYS[day], picks=picks
            ).model_dump_json()
        except InputError as error:
            ALONE[key] = f"refused: {error}"
    return ALONE[key]


CALLS = st.lists(
    st.tuples(
        st.integers(0, len(PEOPLE) - 1),
        st.integers(0, 1),
        st.sampled_from([0, 3]),
        st.integers(0, 6),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)
"""Who, which day, how many picks, after how many turns of the loop, and whether the request is
given up."""


@given(calls=CALLS, most=st.integers(1, 6))
@settings(max_examples=40)
def test_any_interleaving_gives_the_bytes_of_advise(
    calls: Sequence[tuple[int, int, int, int, bool]], most: int
) -> None:
    sizes: list[int] = []

    async def call(batcher: RequestBatcher, person: int, day: int, picks: int, turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        try:
            return (await batcher.advise(PEOPLE[person], DAYS[day], picks=picks)).model_dump_json()
        except InputError as error:
            return f"refused: {error}"

    async def everybody() -> list[str | BaseException]:
        batcher = RequestBatcher(ADVISOR, most=most, tables=sizes.append)
        tasks = [asyncio.create_task(call(batcher, *rest)) for *rest, _ in calls]
        await asyncio.sleep(0)
        for task, (*_, given_up) in zip(tasks, calls, strict=True):
            if given_up:
                task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await batcher.stop()
        return answers

    for answer, (person, day, picks, _, given_up) in zip(
        asyncio.run(everybody()), calls, strict=True
    ):
        if given_up and isinstance(answer, asyncio.CancelledError):
            continue
        assert answer == alone(person, day, picks)
    assert max(sizes, default=1) <= most


def test_what_waits_is_one_table_and_two_of_one_id_are_two() -> None:
    sizes: list[int] = []
    people = [PEOPLE[0].model_copy(update={"id": f"p{i}"}) for i in range(20)]

    async def everybody() -> None:
        batcher = RequestBatcher(ADVISOR, most=16, tables=sizes.append)
        await asyncio.gather(*(batcher.advise(person, DAYS[0]) for person in people))
        await asyncio.gather(*(batcher.advise(people[0], DAYS[0]) for _ in range(3)))
        await batcher.stop()

    asyncio.run(everybody())
    assert sizes == [16, 4, 1, 1, 1]


def test_nobody_is_answered_before_their_advice_is_kept_and_a_failure_answers_all_of_the_table() -> (
    None
):
    kept: list[str] = []

    def keep(clients: Sequence[Client], advice: Sequence[Advice]) -> None:
        if any(client.id == "bad" for client in clients):
            raise OSError("the disk is full")
        kept.extend(a.client_id for a in advice)

    async def everybody() -> None:
        batcher = RequestBatcher(ADVISOR, served=keep)
        good = await batcher.advise(PEOPLE[3], DAYS[0])
        assert kept == [good.client_id]
        with pytest.raises(InputError):
            await batcher.advise(PEOPLE[-1], DAYS[0])
        assert kept == [good.client_id]
        ids = ("a", "bad", "b")
        both = [batcher.advise(PEOPLE[3].model_copy(update={"id": name}), DAYS[0]) for name in ids]
        answers = await asyncio.gather(*both, return_exceptions=True)
        assert [type(a) for a in answers] == [OSError] * 3
        assert (await batcher.advise(PEOPLE[3], DAYS[0])).client_id == good.client_id

    asyncio.run(everybody())


def test_a_stopped_batcher_answers_what_waits_and_takes_no_more() -> None:
    async def everybody() -> None:
        batcher = RequestBatcher(ADVISOR)
        waiting = [asyncio.create_task(batcher.advise(PEOPLE[3], DAYS[0])) for _ in range(3)]
        await asyncio.sleep(0)
        await batcher.stop()
        assert [task.result().model_dump_json() for task in waiting] == [alone(3, 0, 5)] * 3
        with pytest.raises(StoppedError, match="stopped"):
            await batcher.advise(PEOPLE[3], DAYS[0])

    asyncio.run(everybody())


@pytest.mark.parametrize("bad", [{"client": "c"}, {"as_of": 7}, {"as_of": "now"}, {"picks": -1}])
def test_what_cannot_be_used_is_refused_and_the_next_goes_on(bad: dict[str, object]) -> None:
    async def everybody() -> None:
        batcher = RequestBatcher(ADVISOR)
        wanted: dict[str, object] = {"client": PEOPLE[3], "as_of": DAYS[0], **bad}
        with pytest.raises(InputError):
            await batcher.advise(**wanted)
        assert (await batcher.advise(PEOPLE[3], DAYS[0])).model_dump_json() == alone(3, 0, 5)

    asyncio.run(everybody())


@pytest.mark.parametrize("most", [0, True, "4"])
def test_a_table_holds_somebody(most: object) -> None:
    with pytest.raises(InputError, match="most"):
        RequestBatcher(ADVISOR, most=most)
