"""How many requests a minute a credential makes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

MINUTE = 60.0


class Rate:
    """A sliding-window counter: the last whole minute counts by the share of it that lies within
    sixty seconds.

    Args:
        most: Requests in any sixty seconds.
        now: The clock, in seconds.
    """

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self.most, self._now = most, now
        self._minute = 0
        self._counts: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def wait(self, name: str) -> int:
        """0 where one more request may be made, which then counts; else seconds to wait."""
        minute, share = divmod(self._now() / MINUTE, 1.0)
        if minute != self._minute:
            follows = minute == self._minute + 1
            self._before, self._counts = (self._counts if follows else {}), {}
            self._minute = int(minute)
        count = self._counts.get(name, 0)
        before = self._before.get(name, 0)
        if count + before * (1.0 - share) <= self.most - 1:
            self._counts[name] = count + 1
            return 0
        free = (
            1.0 - (self.most - 1 - count) / before if before > self.most - 1 - count >= 0 else 1.0
        )
        return max(1, math.ceil((free - share) * MINUTE))
