"""The same advice for a partition of clients on every engine: one picklable function, and a screenful for each engine that calls it. Needs the extra `arrow`."""

from __future__ import annotations

from advisor.data.arrow_extra import pyarrow

pyarrow()
