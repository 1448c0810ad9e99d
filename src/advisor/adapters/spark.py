"""Spark 4: classic, cluster and Connect alike, through `mapInArrow`. Needs `pyspark[connect]`; the
executors need this library.

No broadcast (Connect has none): the job travels inside the function, which costs the same up to
about 100 MB; a larger advisor is saved to a folder that every executor sees, and the advisor is
made of that folder.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs
from advisor.arrays import check_type
from advisor.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from advisor.runs.job import Job
else:
    pa, Job = needs("spark", "pyarrow"), needs("spark", "advisor.runs.job").Job

NAMES = {pa.string(): "string", pa.float64(): "double", pa.int8(): "tinyint", pa.date32(): "date"}
"""Arrow types of advice as Spark calls them."""


def ddl(schema: pa.Schema) -> str:
    """The schema as Spark writes it.

    >>> ddl(pa.schema([("client_id", pa.string()), ("weight:gold", pa.float64())]))
    '`client_id` string, `weight:gold` double'
    """
    return ", ".join(f"`{field.name}` {_spark_type(field.type)}" for field in schema)


def _spark_type(kind: Any) -> str:
    if pa.types.is_list(kind):
        return f"array<{_spark_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{field.name}: {_spark_type(field.type)}' for field in kind)}>"
    if kind not in NAMES:
        raise InputError(
            f"Spark has no type here for {kind}; known are {', '.join(map(str, NAMES))}.",
            field="schema",
            value=str(kind),
        )
    return NAMES[kind]


def run_on_spark(frame: Any, job: Job) -> Any:
    """Advice for a Spark frame of clients, as a Spark frame; lazy, no shuffle. Row order is not
    kept: `client_id` is the key.

    Args:
        frame: A frame with the columns of `job.input_schema`; others are left behind.
        job: What to do.

    Raises:
        InputError: `job` is none.
    """
    check_type(job, Job, "job", "Make it with Job.of(advisor, schema).")
    return frame.select(*(f"`{name}`" for name in job.input_schema.names)).mapInArrow(
        job, ddl(job.schema)
    )
