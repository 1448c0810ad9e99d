"""How clients go from channel to channel: coverage, hand-over, funnel, time to complete."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from advisor import Event

DIGITAL = frozenset({"app", "chat", "http", "mcp", "page", "web"})
"""Channels that serve a client without a person."""
SHOWN = "advisor.advice.shown.v1"
OPENED, ANSWERED, FINISHED = (
    f"advisor.session.{step}.v1" for step in ("opened", "answered", "finished")
)
_FILE = json.loads(Path(__file__).with_name("journeys.json").read_text(encoding="utf-8"))
STEPS: tuple[str, ...] = tuple(_FILE["steps"])
DEFINITIONS: dict[str, str] = _FILE["definitions"]
"""What each number of a report is."""


@dataclass(frozen=True)
class JourneyReport:
    """Shares are None where nobody was counted.

    Attributes:
        served: Clients who were shown an advice; served_digitally: in a digital channel.
        coverage: Of them, the share.
        sessions: Questionnaires that were begun; changed: those that changed channel.
        handover: Share of these that were never asked again.
        funnel: By channel, the share of its sessions that came as far as each of `STEPS`.
        minutes: Median and 90 % quantile of the time to finish.
    """

    served: int
    served_digitally: int
    sessions: int
    changed: int
    smooth: int
    funnel: Mapping[str, tuple[float, ...]]
    minutes: tuple[float, float] | None

    @property
    def coverage(self) -> float | None:
        """Share of the clients served who were served by a digital channel."""
        return self.served_digitally / self.served if self.served else None

    @property
    def handover(self) -> float | None:
        """Share of the sessions that changed channel in which nothing was asked again."""
        return self.smooth / self.changed if self.changed else None

    def __str__(self) -> str:
        """The numbers with their definitions."""
        served = f"({self.served_digitally} of {self.served} clients)"
        changed = f"({self.smooth} of {self.changed} sessions)"
        lines = [
            f"coverage {_share(self.coverage)} {served}: {DEFINITIONS['coverage']}",
            f"hand-over {_share(self.handover)} {changed}: {DEFINITIONS['handover']}",
            f"funnel, {self.sessions} sessions: {DEFINITIONS['funnel']}",
        ]
        for channel, shares in self.funnel.items():
            steps = (f"{step} {share:.0%}" for step, share in zip(STEPS, shares, strict=True))
            lines.append(f"  {channel}: {', '.join(steps)}")
        if self.minutes is not None:
            middle, long = self.minutes
            lines.append(f"time {middle:.1f} and {long:.1f} minutes: {DEFINITIONS['minutes']}")
        return "\n".join(lines)


@dataclass
class _Session:
    """What the events of one session say."""

    channels: list[str] = field(default_factory=list)
    step: int = 0
    again: int = 0
    opened: datetime | None = None
    finished: datetime | None = None

    def take(self, event: Event) -> None:
        data = event.data
        self.channels.append(data["channel"])
        self.again += data.get("asked_again", 0)
        if event.type == OPENED:
            self.opened = event.time
        if event.type == FINISHED:
            self.finished, self.step = event.time, len(STEPS) - 1
        elif data.get("questions"):
            self.step = max(self.step, int(4 * data.get("answered", 0) / data["questions"]))


def journeys(events: Iterable[Event], *, digital: Collection[str] = DIGITAL) -> JourneyReport:
    """What the events of sessions and of advice shown say about channels; their order decides
    nothing.

    Args:
        events: Others are passed over, and an event that comes twice counts once.
        digital: Channels that count as digital.
    """
    known = {(e.source, e.id): e for e in events}
    sessions: dict[str, _Session] = defaultdict(_Session)
    served: dict[str, bool] = {}
    for event in sorted(known.values(), key=lambda e: (e.time, e.source, e.id)):
        if event.type == SHOWN:
            by_machine = event.data.get("channel") in digital
            served[event.subject] = served.get(event.subject, False) or by_machine
        elif event.type in (OPENED, ANSWERED, FINISHED):
            sessions[event.data["session"]].take(event)
    changed = [s for s in sessions.values() if len(set(s.channels)) > 1]
    return JourneyReport(
        served=len(served),
        served_digitally=sum(served.values()),
        sessions=len(sessions),
        changed=len(changed),
        smooth=sum(not s.again for s in changed),
        funnel=_funnel(sessions.values()),
        minutes=_minutes(sessions.values()),
    )


def _funnel(sessions: Iterable[_Session]) -> dict[str, tuple[float, ...]]:
    steps: dict[str, list[int]] = defaultdict(list)
    for session in sessions:
        steps[session.channels[-1]].append(session.step)
    return {
        channel: tuple(sum(s >= step for s in reached) / len(reached) for step in range(len(STEPS)))
        for channel, reached in sorted(steps.items())
    }


def _minutes(sessions: Iterable[_Session]) -> tuple[float, float] | None:
    taken = sorted(
        (s.finished - s.opened).total_seconds() / 60.0 for s in sessions if s.finished and s.opened
    )
    if not taken:
        return None
    return median(taken), taken[min(len(taken) - 1, int(0.9 * len(taken)))]


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
