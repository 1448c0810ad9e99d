"""What a recipe's settings may be, as annotations that `checked` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from advisor.readers import Array, Number

HalfLife = Annotated[float, Number("Give days above 0, or None for no recency.", low=1e-3)]
Ridge = Annotated[
    float, Number("Give a ridge above 0: without one what is solved may be singular.", low=1e-6)
]
Shrinkage = Annotated[
    float, Number("Give 0 or more: a negative one would trust what rests on little.", low=0.0)
]
PurchaseWeight = Annotated[float, Number("A purchase must weigh something.", low=1e-6)]
LearningRate = Annotated[
    float, Number("No step, or one too far, learns nothing; 0.01 is usual.", low=1e-9, high=1e3)
]
Support = Annotated[float, Number("A rule that nobody follows is none; give 1 or more.", low=1.0)]
NotNegative = Annotated[float, Number("Give 0 or more.", low=0.0)]
Exponent = Annotated[float, Number("Probabilities are raised to it.", low=0.0, high=10.0)]
PenaltyExponent = Annotated[float, Number("Owners are raised to it.", low=-10.0, high=10.0)]
Rounds = Annotated[
    int,
    Number("Each round solves the system once more; 3 are many.", whole=True, low=0.0, high=100.0),
]
WeightOf = Annotated[
    float, Number("It is weighed against the range of relevance.", low=0.0, high=1e6)
]
Weights = Annotated[
    Sequence[float],
    Array(
        "Give one number a recipe, finite and 0 or more: one that hurts is left out.",
        dimensions=(1,),
        finite=True,
        low=0.0,
    ),
]
