from advisor.runs.advisor_ref import AdvisorRef as AdvisorRef
from advisor.runs.duplicates import repeated_clients as repeated_clients
from advisor.runs.job import Job as Job
from advisor.runs.local import run_file as run_file
from advisor.runs.local import run_files as run_files
from advisor.runs.parts import Part as Part
from advisor.runs.parts import PartFile as PartFile
from advisor.runs.proof import Proof as Proof
from advisor.runs.proof import verify_rows as verify_rows
from advisor.runs.replaying import Difference as Difference
from advisor.runs.replaying import Replay as Replay
from advisor.runs.replaying import replay as replay
from advisor.runs.stream import Summary as Summary
from advisor.runs.stream import advise_stream as advise_stream

__all__ = [
    "AdvisorRef",
    "Difference",
    "Job",
    "Part",
    "PartFile",
    "Proof",
    "Replay",
    "Summary",
    "advise_stream",
    "repeated_clients",
    "replay",
    "run_file",
    "run_files",
    "verify_rows",
]
