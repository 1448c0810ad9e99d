from advisor.adapters.records.database import Database as Database
from advisor.adapters.records.file_lines import verify_file as verify_file
from advisor.adapters.records.heads import Head as Head
from advisor.adapters.records.heads import SignedHead as SignedHead
from advisor.adapters.records.heads import new_key as new_key
from advisor.adapters.records.heads import public_key as public_key
from advisor.adapters.records.ledger import Ledger as Ledger
from advisor.adapters.records.masking import ClientFilter as ClientFilter
from advisor.adapters.records.masking import masked_id as masked_id
from advisor.adapters.records.moments import due_for_deletion as due_for_deletion
from advisor.adapters.records.pseudonyms import Pseudonyms as Pseudonyms
from advisor.adapters.records.pseudonyms import pseudonym as pseudonym
from advisor.adapters.records.record import Record as Record
from advisor.adapters.records.record import canonical as canonical
from advisor.adapters.records.report import LedgerProblem as LedgerProblem
from advisor.adapters.records.report import LedgerReport as LedgerReport

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
