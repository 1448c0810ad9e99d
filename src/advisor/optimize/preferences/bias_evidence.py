"""What is known of the biases of clients, a row each."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from advisor.annotations import CountOrNone
from advisor.arrays import FloatArray, IntArray, numbers
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.readers import row_numbers
from advisor.validation import checked


@hides
@dataclass(frozen=True, eq=False)
class BiasEvidence:
    """What is known of each client's biases, a row each; nan = unknown, which corrects nothing.

    Attributes:
        loss_aversion: From stated choices, shape (c,); 2 = losses count twice.
        loss_aversion_se: Its standard error; nan where the value is to be taken as it is (a prior,
            a stated figure).
        disposition: PGR - PLR, shape (c,).
        disposition_se: Its standard error; nan where the value is already shrunk.
        overconfidence: Factor by which own intervals are too narrow, shape (c,); 1 = none.
        evaluation_years: How often the client looks at the result, in effect: the goal's horizon,
            shape (c,).
        reference_return: Annual return below which they feel a loss, shape (c,).
    """

    loss_aversion: FloatArray
    loss_aversion_se: FloatArray
    disposition: FloatArray
    disposition_se: FloatArray
    overconfidence: FloatArray
    evaluation_years: FloatArray
    reference_return: FloatArray

    @classmethod
    @checked
    def of(cls, count: CountOrNone, **known: object) -> BiasEvidence:
        """Evidence on `count` clients from scalars or (c,) arrays; what is not named is unknown
        (years 1, reference 0).

        Raises:
            InputError: An unknown name, another length, a loss aversion or factor that is not
                positive, years that are not positive, a disposition beyond -1..1 (it is PGR - PLR),
                an infinity.
        """
        defaults = {"evaluation_years": 1.0, "reference_return": 0.0}
        names = [item.name for item in fields(cls)]
        unknown = sorted(set(known) - set(names))
        if unknown:
            raise InputError(
                f"{unknown} is not evidence; known names are {', '.join(names)}.",
                field=unknown[0],
                value=unknown,
            )
        columns = {name: _evidence(name, value, count) for name, value in known.items()}
        columns |= {
            name: _column(value, count) for name, value in defaults.items() if name not in known
        }
        nothing = _column(np.nan, count)
        columns |= {name: nothing for name in names if name not in columns}
        return cls(**columns)

    def take(self, rows: IntArray | slice) -> BiasEvidence:
        """The clients asked for, in that order.

        Raises:
            InputError: No row numbers, or one that there is not.
        """
        index = row_numbers(rows, len(self))
        return BiasEvidence(*(getattr(self, item.name)[index] for item in fields(self)))

    def __len__(self) -> int:
        return len(self.loss_aversion)


def _evidence(name: str, value: object, count: int) -> FloatArray:
    """One column of evidence, checked."""
    values = numbers(value, name)
    if values.shape not in ((), (count,)):
        raise InputError(
            f"{name} has shape {values.shape} for {count} clients; give one number, or one each.",
            field=name,
            value=values.shape,
        )
    column = np.array(values if values.shape else np.broadcast_to(values, (count,)))
    if name.endswith("_se"):
        bad = column < 0.0
    elif name in ("loss_aversion", "overconfidence", "evaluation_years"):
        bad = np.isinf(column) | (column <= 0.0)
    elif name == "disposition":
        bad = np.abs(column) > 1.0
    else:
        bad = np.isinf(column)
    if name in ("evaluation_years", "reference_return"):
        bad |= np.isnan(column)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{name}[{row}] is {column[row]}, which no client can have; nan says unknown.",
            field=name,
            value=float(column[row]),
        )
    column.flags.writeable = False
    return column


def _column(value: float, count: int) -> FloatArray:
    column: FloatArray = np.full(count, value)
    column.flags.writeable = False
    return column
