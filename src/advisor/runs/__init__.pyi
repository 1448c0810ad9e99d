from advisor.runs.proof import Proof as Proof
from advisor.runs.proof import verify_rows as verify_rows
from advisor.runs.replaying import Difference as Difference
from advisor.runs.replaying import Replay as Replay
from advisor.runs.replaying import replay as replay
from advisor.runs.stream import Summary as Summary
from advisor.runs.stream import advise_stream as advise_stream

__all__ = [
    "Difference",
    "Proof",
    "Replay",
    "Summary",
    "advise_stream",
    "replay",
    "verify_rows",
]
