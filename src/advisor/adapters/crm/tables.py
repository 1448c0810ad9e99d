"""Tables of the store: SQLAlchemy Core, no mapped classes.

A client is a row a version: it stood from `since` until `until` (null: it still stands), so that
`as_of` reads what was known on a day. Lists and records stand as JSON text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs
from advisor.adapters.records.tables import ID, Moment, Money, metadata

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")

Column, Text, Float, Integer = sa.Column, sa.Text, sa.Float, sa.Integer
MONEY = ("wealth", "income", "liabilities", "monthly_spending", "planned_purchases")
NUMBERS = ("horizon_years", "age", "knowledge", "reserve_months")
FLAGS = ("professional", "legal_capacity", "private_qualified", "institution", "guardian")
WORDS = ("currency", "gender", "segment", "sustainability")
RECORDS = ("excluded", "insists", "written_warning", "locked", "goals", "biases")
FIGURES = (
    "target_volatility", "risk_aversion", "effective_risk_aversion", "expected_return",
    "annual_fee", "net_return", "expected_volatility", "stressed_loss", "kkt_residual",
)  # fmt: skip


def _id(name: str = "client_id", *, key: bool = True) -> Any:
    return Column(name, ID, primary_key=key, nullable=False)


def _table(name: str, *columns: Any) -> sa.Table:
    return sa.Table(name, metadata, *columns)


clients = _table(
    "clients", _id("id"), Column("since", Moment, primary_key=True), Column("until", Moment),
    Column("digest", sa.String(64), nullable=False), Column("assessed_at", Moment),
    *(Column(name, Money) for name in MONEY), *(Column(name, Float) for name in NUMBERS),
    *(Column(name, sa.Boolean, nullable=False) for name in FLAGS),
    *(Column(name, Text) for name in (*WORDS, *RECORDS)),
    Column("level", Integer), Column("lowest_category", sa.Boolean), Column("assessed_on", sa.Date),
)  # fmt: skip
assessments = _table(
    "assessments", _id(), Column("since", Moment, primary_key=True),
    Column("day", sa.Date, nullable=False), Column("questionnaire", Text),
    Column("answers", Text), Column("level", Integer),
    Column("confirmed", sa.Boolean, nullable=False),
)  # fmt: skip
holdings = _table(
    "holdings", _id(), Column("since", Moment, primary_key=True), _id("item"),
    Column("money", Money, nullable=False), Column("day", sa.Date, nullable=False),
)  # fmt: skip
trades = _table(
    "trades", _id("id"), _id(key=False), _id("asset", key=False),
    Column("time", Moment, nullable=False), Column("side", Text, nullable=False),
    Column("units", Float, nullable=False), Column("price", Float, nullable=False),
    Column("left_out", sa.Boolean, nullable=False), Column("position", sa.BigInteger,
    nullable=False),
)  # fmt: skip
purchases = _table(
    "purchases", _id("id"), _id(key=False), _id("product_id", key=False),
    Column("day", sa.Date, nullable=False), Column("value", Float),
)  # fmt: skip
products = _table("products", _id("id"), Column("document", Text, nullable=False))
advice = _table(
    "advice", _id("run"), _id(), Column("as_of", sa.Date, nullable=False),
    Column("status", Text, nullable=False), Column("level", Integer), Column("limited_by", Text),
    Column("reasons", Text), *(Column(name, Float) for name in FIGURES), Column("cash", Money),
    Column("inputs", Text), Column("fingerprint", Text), Column("document", Text),
)  # fmt: skip
picks = _table(
    "picks", _id("run"), _id(), Column("rank", Integer, primary_key=True),
    Column("product_id", Text, nullable=False), Column("score", Float),
    Column("money", Money), Column("reasons", Text),
)  # fmt: skip
consents = _table(
    "consents", _id(), _id("purpose"), Column("given", Moment, nullable=False),
    Column("withdrawn", Moment), Column("channel", Text),
)  # fmt: skip
events = _table(
    "events", _id("source"), _id("id"), Column("type", Text, nullable=False),
    Column("time", Moment, nullable=False), Column("subject", ID, nullable=False),
    Column("data", Text, nullable=False),
)  # fmt: skip
feedback = _table(
    "feedback", _id("id"), _id(key=False), Column("kind", Text, nullable=False),
    Column("score", Float), Column("about", Text), Column("channel", Text),
    Column("opened", Moment, nullable=False), Column("closed", Moment),
)  # fmt: skip
tags = _table(
    "tags", _id(), _id("tag"), Column("family", Text, nullable=False),
    Column("provenance", Text, nullable=False), Column("source", Text),
    Column("since", Moment, nullable=False), Column("until", Moment),
)  # fmt: skip
actions = _table(
    "actions", _id("id"), _id(key=False), Column("play", Text, nullable=False),
    Column("action", Text, nullable=False), Column("product_id", Text),
    Column("state", Text, nullable=False), Column("proposed", Moment, nullable=False),
    Column("changed", Moment), Column("why", Text), Column("data", Text),
)  # fmt: skip
relationships = _table(
    "relationships", _id(), _id("adviser_id"), Column("since", Moment, nullable=False),
    Column("until", Moment),
)  # fmt: skip
sessions = _table(
    "sessions", _id("id"), Column("client_id", Text), Column("kind", Text),
    Column("state", Text, nullable=False), Column("created", Moment, nullable=False),
    Column("expires", Moment),
)  # fmt: skip
jobs = _table(
    "jobs", _id("id"), Column("client_id", Text), Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False), Column("request", Text), Column("result", Text),
    Column("problem", Text), Column("worker", Text), Column("done", Integer),
    Column("created", Moment, nullable=False), Column("changed", Moment),
)  # fmt: skip
idempotency = _table(
    "idempotency", _id("key"), Column("client_id", Text), Column("request", Text, nullable=False),
    Column("status", Integer), Column("response", Text),
    Column("created", Moment, nullable=False), Column("expires", Moment),
)  # fmt: skip
switch = _table(
    "switch", Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("stopped", sa.Boolean, nullable=False), Column("reason", Text, nullable=False),
    Column("operator", Text, nullable=False), Column("at", Moment, nullable=False),
)  # fmt: skip
tenants = _table("tenant", _id("name"))

for _on in (
    (trades, "client_id", "time"), (purchases, "client_id", "day"), (advice, "client_id", "as_of"),
    (events, "subject", "time"), (events, "type", "time"), (feedback, "client_id"),
    (actions, "client_id"), (jobs, "state"),
):  # fmt: skip
    sa.Index(f"ix_{_on[0].name}_{'_'.join(_on[1:])}", *(_on[0].c[name] for name in _on[1:]))

PERSONAL: dict[str, str] = {
    "clients": "id", "events": "subject",
    **dict.fromkeys(
        ("assessments", "holdings", "trades", "purchases", "advice", "picks", "consents",
         "feedback", "tags", "actions", "relationships", "sessions", "jobs", "idempotency"),
        "client_id",
    ),
}  # fmt: skip
"""Table -> the column that says whose a row is: what goes when a client is forgotten."""
ROW_TABLES = (
    "actions", "consents", "feedback", "idempotency", "jobs", "relationships", "sessions", "tags",
)  # fmt: skip
"""Tables that `Store.put_rows` and `Store.rows` reach."""
