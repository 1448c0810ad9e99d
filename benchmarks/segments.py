"""Claims: 36 tags for a million clients in at most 2 s of CPU, and facts from five million events
in at most 10 s; beside pandas in the same run.

python benchmarks/segments.py [--quick]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
import pandas as pd
from profiles import crowd

from advisor.adapters.crm.actions import PlayBook, propose
from advisor.adapters.crm.facts import ClientFacts, EventTable, fact_names
from advisor.adapters.crm.facts.events import BOUGHT, VIEWED
from advisor.adapters.crm.packs import TagPack
from advisor.adapters.crm.segments import segment
from advisor.adapters.crm.stages import stage
from advisor.adapters.crm.tags import tag
from advisor.contracts import Questionnaire
from advisor.data import ClientTable, Interactions

DAY = "2026-06-30"
AT = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)
PRODUCTS = 500
Result = TypeVar("Result")


def timed(lines: list[str], name: str, work: Callable[[], Result], goal: str) -> Result:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    lines.append(
        f"| {name} | {time.perf_counter() - wall:.2f} | {time.process_time() - cpu:.2f} | {goal} |"
    )
    return result


def happenings(clients: ClientTable, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Views and one order in ten, over 120 days."""
    days = np.datetime64(DAY) - rng.integers(0, 120, count).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "subject": np.array(clients.ids, dtype=object)[rng.integers(0, len(clients), count)],
            "type": np.where(rng.random(count) < 0.1, BOUGHT, VIEWED).astype(object),
            "time": days.astype("datetime64[s]") + rng.integers(0, 86_000, count),
            "product_id": np.array([f"P{i:03d}" for i in range(PRODUCTS)], dtype=object)[
                rng.integers(0, PRODUCTS, count)
            ],
        }
    )


def tags_by_pandas(facts: ClientFacts) -> pd.DataFrame:
    """The same rules as plain comparisons of columns: what a bank's own script would do."""
    frame, found = pd.DataFrame({n: facts.column(n) for n in facts.names}), {}
    for one in TagPack.default().tags:
        whole = pd.Series(False, index=frame.index)
        for group in one.any_of:
            hold = pd.Series(True, index=frame.index)
            for c in group:
                column = frame[c.fact] if c.fact in frame else pd.Series(np.nan, index=frame.index)
                hold &= (column >= (-np.inf if c.low is None else c.low)) & (
                    column < (np.inf if c.high is None else c.high)
                )
            whole |= hold
        found[one.id] = whole
    return pd.DataFrame(found)


def tables(quick: bool) -> list[str]:
    rng = np.random.default_rng(1)
    count, events = (100_000, 500_000) if quick else (1_000_000, 5_000_000)
    clients, frame = crowd(count, Questionnaire.default(), rng), pd.DataFrame()
    lines = [
        f"### {count:,} clients, {events:,} events",
        "",
        "| work | wall s | CPU s | goal |",
        "|---|---|---|---|",
    ]
    frame = happenings(clients, events, rng)
    when = frame["time"].to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    purchases = Interactions.from_frame(
        pd.DataFrame(
            {"client_id": frame["subject"], "product_id": frame["product_id"], "day": when}
        )[:1_000_000]
    )
    table = timed(lines, "events read from a frame", lambda: EventTable.from_frame(frame), "")
    facts = timed(
        lines,
        "facts from events, purchases and clients",
        lambda: ClientFacts.of(clients, as_of=DAY, purchases=purchases, events=table),
        "with reading <= 10 s",
    )
    rest = [name for name in fact_names() if name not in facts.names]
    facts = facts.with_columns(
        {n: np.where(rng.random(count) < 0.1, np.nan, rng.integers(0, 40, count)) for n in rest}
    )
    tags = timed(lines, "36 tags", lambda: tag(facts), "<= 2 s CPU")
    plain = timed(lines, "36 tags by pandas", lambda: tags_by_pandas(facts), "")
    timed(lines, "segments", lambda: segment(facts), "")
    stages = timed(lines, "stages", lambda: stage(facts), "")
    actions = timed(
        lines,
        "actions proposed by 8 plays",
        lambda: propose(facts, table, PlayBook.default(), at=AT, stages=stages),
        "<= 10 s",
    )
    if not (tags.to_frame().to_numpy() == plain.to_numpy()).all():
        raise RuntimeError("The two ways of tagging disagree; one of them is wrong.")
    return [*lines, "", f"{len(actions):,} actions."]


if __name__ == "__main__":
    print("\n".join(tables(quick="--quick" in sys.argv)))
