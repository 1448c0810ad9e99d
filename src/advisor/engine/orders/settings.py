"""What decides which trades are worth making, and how much of wealth one name may hold."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import cast

from advisor.arrays import NUMBER, check_type
from advisor.contracts.rules import RulePack
from advisor.errors import InputError

SMALLEST_TRADE = 50.0
"""Money below which no trade is made, unless another is set."""
LARGEST_PART = 0.005
"""The smallest trade is never more than this fraction of the client's wealth."""
_SHARES = ("max_product_share", "max_issuer_share")


@dataclass(frozen=True)
class TradeSettings:
    """How orders are made from a target.

    Attributes:
        min_trade: Money below which nothing is bought or sold, in the client's currency; at most
            half a per cent of wealth. What does not suit the client is sold whatever it is.
        no_trade_band: Fraction of wealth by which a holding may be above its target before it is
            sold; None: by the law of `lifecycle.no_trade_half_width` at `trading_cost`. It is
            within .1 points of weight of the exact region of `no_trade_region` at a cost of half a
            per cent, which is of one asset beside a safe one, and takes a search for each weight.
        trading_cost: Cost of a trade either way, as a fraction of it; the orders leave the money
            for it in cash.
        max_product_share: Largest fraction of wealth in one product that is no insured deposit;
            None: as the rule pack says.
        max_issuer_share: The same for all products of one issuer.
    """

    min_trade: float = SMALLEST_TRADE
    no_trade_band: float | None = None
    trading_cost: float = 0.0
    max_product_share: float | None = None
    max_issuer_share: float | None = None

    @classmethod
    def of(cls, **settings: float | None) -> TradeSettings:
        """From what a host says.

        Raises:
            InputError: A setting is no number, or outside its range.
        """
        for field in fields(cls):
            value = settings.get(field.name, field.default)
            if value is None and field.default is None:
                continue
            check_type(value, NUMBER, field.name, "Give a number, or leave it out.")
            value = cast(float, value)
            low, high = _range(field.name)
            inside = low < value <= high if field.name in _SHARES else low <= value <= high
            if not inside:
                least = f"above {low:g}" if field.name in _SHARES else f"at least {low:g}"
                raise InputError(
                    f"{field.name} is {value!r}; it must be {least} and at most {high:g}, or no"
                    " order could be made by it. Correct it, or leave it out.",
                    field=field.name,
                    value=value,
                )
        plain = {name: None if value is None else float(value) for name, value in settings.items()}
        return cls(**plain)  # pyright: ignore[reportArgumentType]

    def shares(self, pack: RulePack) -> tuple[float, float]:
        """Largest fraction of wealth in one product and with one issuer; inf where nobody says."""
        product, issuer = (
            min(
                (rule.number or 0.0 for rule in pack.rules if rule.when == when),
                default=float("inf"),
            )
            for when in ("product_share", "issuer_share")
        )
        return (
            product if self.max_product_share is None else self.max_product_share,
            issuer if self.max_issuer_share is None else self.max_issuer_share,
        )


def _range(name: str) -> tuple[float, float]:
    return (
        (0.0, 1e12) if name == "min_trade" else (0.0, 0.2) if name == "trading_cost" else (0.0, 1.0)
    )
