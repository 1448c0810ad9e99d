"""The audit ledger: what was decided, by which rules, on which inputs; and that nothing was changed.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.records.canonical_json import canonical
    from advisor.adapters.records.database import Database
    from advisor.adapters.records.file_lines import verify_file
    from advisor.adapters.records.heads import Head, SignedHead, new_key, public_key
    from advisor.adapters.records.ledger import Ledger
    from advisor.adapters.records.masking import ClientFilter, masked_id
    from advisor.adapters.records.pseudonyms import Pseudonyms, pseudonym
    from advisor.adapters.records.record import Record
    from advisor.adapters.records.report import LedgerProblem, LedgerReport
    from advisor.adapters.records.retention import due_for_deletion

__all__ = [
    "ClientFilter",
    "Database",
    "Head",
    "Ledger",
    "LedgerProblem",
    "LedgerReport",
    "Pseudonyms",
    "Record",
    "SignedHead",
    "canonical",
    "due_for_deletion",
    "masked_id",
    "new_key",
    "pseudonym",
    "public_key",
    "verify_file",
]

__getattr__ = on_use(
    __name__,
    {
        "ClientFilter": "masking",
        "Database": "database",
        "Head": "heads",
        "Ledger": "ledger",
        "LedgerProblem": "report",
        "LedgerReport": "report",
        "Pseudonyms": "pseudonyms",
        "Record": "record",
        "SignedHead": "heads",
        "canonical": "canonical_json",
        "due_for_deletion": "retention",
        "masked_id": "masking",
        "new_key": "heads",
        "pseudonym": "pseudonyms",
        "public_key": "heads",
        "verify_file": "file_lines",
    },
)
