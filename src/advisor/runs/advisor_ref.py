"""Who advises in a run, as a value that engines can ship."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from advisor.annotations import CountOrNone, Day, Folder
from advisor.data.days import as_day
from advisor.engine.advisor import Advisor
from advisor.engine.pipeline import check_picks
from advisor.engine.questions import today
from advisor.errors import InputError
from advisor.manifest import stamp_of
from advisor.store import load
from advisor.validation import checked


@dataclass(frozen=True)
class AdvisorRef:
    """Who advises, on which day, and how many picks: all of a job but its clients.

    Attributes:
        source: The advisor itself, shipped with the job; or the folder that `save` wrote, which
            every process maps into memory once, so that the workers of a machine share one copy.
        fingerprint: Of the advisor; a folder that holds another one is refused.
        as_of: The day.
        picks: Products asked for.
    """

    source: Advisor | str
    fingerprint: str
    as_of: str
    picks: int

    @classmethod
    @checked
    def of(
        cls, advisor: Advisor | Folder, *, as_of: Day | None = None, picks: CountOrNone = 5
    ) -> AdvisorRef:
        """A reference to an advisor, or to the folder it was saved to; `as_of` is today when None,
        and recorded.

        Raises:
            InputError: `advisor` is neither, or cannot be read; `as_of` is no day; `picks` is no
                whole number of 0 or more, or far more than there are products.
        """
        day = str(today() if as_of is None else as_day(as_of, "as_of"))
        source = advisor if isinstance(advisor, Advisor) else str(Path(advisor).resolve())
        loaded = source if isinstance(source, Advisor) else _saved(source)
        check_picks(loaded.state, picks)
        return cls(source, loaded.fingerprint, day, picks)

    def advisor(self) -> Advisor:
        """The advisor, loaded once a process, and again when the folder was saved anew.

        Raises:
            InputError: The folder cannot be read, or holds another advisor.
        """
        loaded = self.source if isinstance(self.source, Advisor) else _saved(self.source)
        if loaded.fingerprint != self.fingerprint:
            raise InputError(
                f"{self.source} holds advisor {loaded.fingerprint[:12]}, this job was made for"
                f" {self.fingerprint[:12]}; make the job anew.",
                field="advisor",
                value=loaded.fingerprint,
            )
        return loaded


def _saved(folder: str) -> Advisor:
    """What a folder holds now: its manifest tells whether it was saved anew since it was loaded."""
    stamp = stamp_of(Path(folder))
    return load(folder) if stamp is None else _loaded(folder, stamp)


@lru_cache(maxsize=2)
def _loaded(folder: str, _stamp: tuple[int, ...]) -> Advisor:
    return load(folder)
