"""What clients' own trades say about their habits: counts, rates with errors, and the population
they are shrunk to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.validation import checked

COUNTS = ("RG", "RL", "PG", "PL")
"""Realised gains, realised losses, paper gains, paper losses."""


@dataclass(frozen=True)
class PopulationBias:
    """The disposition effect of everybody together.

    Attributes:
        realised_gains, realised_losses, paper_gains, paper_losses: Pooled counts.
        pgr, plr: Proportions of gains and of losses realised, from the pooled counts; nan for 0/0.
        disposition, standard_error, t_statistic: PGR - PLR, its error if decisions were
            independent, and their ratio.
        ratio: PGR / PLR, which depends less on how many assets people hold.
        mean: Random-effects mean of the clients' own PGR - PLR, what the shrunk values lean on.
        between_sd: Standard deviation of the true effect between clients (DerSimonian-Laird).
    """

    realised_gains: int
    realised_losses: int
    paper_gains: int
    paper_losses: int
    pgr: float
    plr: float
    disposition: float
    standard_error: float
    t_statistic: float
    ratio: float
    mean: float
    between_sd: float


@dataclass(frozen=True, eq=False, repr=False)
class BiasProfiles:
    """Biases of `c` clients, a row each; nan = what they did does not say.

    Attributes:
        client_ids: Length c.
        assets: Asset ids that the count rows index.
        row_client, row_asset: Client and asset of each (client, asset) pair ever traded, shape
            (m,).
        row_counts: RG, RL, PG, PL of each pair, shape (m, 4).
        counting: "odean" or "every_trade".
        pgr, plr: RG / (RG + PG) and RL / (RL + PL), shape (c,); nan for 0/0.
        disposition, disposition_se: PGR - PLR and its error if decisions were independent, shape
            (c,).
        disposition_shrunk: Leaning on the population as far as the client's own counts are few,
            shape (c,); never nan where anybody's is known.
        ratio: PGR / PLR, shape (c,).
        loss_aversion, loss_aversion_se: From stated choices, else the published prior; never from
            trades. Shape (c,).
        stated: Whether loss aversion comes from the client's own choices, shape (c,); else it is
            the prior's.
        turnover: Half of the money traded a year over the average value held, shape (c,).
        status_quo: Share 0..1 of the drift in their weights that they left alone, shape (c,).
        concentration: Sum of squared weights, averaged over time, shape (c,); 1 = one asset.
        home_share: Share of the value held in home assets, averaged over time, shape (c,); nan
            where home is not given.
        population: Everybody together.
        gain_loss_sell_slope, gain_loss_sell_slope_se: How much faster selling rises with the size
            of a loss than of a gain, everybody together. Not loss aversion.
        asset_types: Type by asset, where given.
    """

    client_ids: tuple[str, ...]
    assets: tuple[str, ...]
    row_client: IntArray
    row_asset: IntArray
    row_counts: IntArray
    counting: str
    pgr: FloatArray
    plr: FloatArray
    disposition: FloatArray
    disposition_se: FloatArray
    disposition_shrunk: FloatArray
    ratio: FloatArray
    loss_aversion: FloatArray
    loss_aversion_se: FloatArray
    stated: BoolArray
    turnover: FloatArray
    status_quo: FloatArray
    concentration: FloatArray
    home_share: FloatArray
    population: PopulationBias
    gain_loss_sell_slope: float
    gain_loss_sell_slope_se: float
    asset_types: Mapping[str, str] = field(default_factory=dict)

    @checked
    def evidence(self, client_ids: Sequence[str]) -> dict[str, FloatArray]:
        """What corrects risk aversion, by the names of `Client.biases`, nan = unknown; each
        (len(client_ids),).

        Disposition and its error, the share of drift left alone, and loss aversion where the client
        stated choices of their own: the prior says nothing about the client.
        """
        row = IdMap.of(self.client_ids, "client_id").find(client_ids)
        columns = {
            "disposition": self.disposition,
            "disposition_se": self.disposition_se,
            "status_quo": self.status_quo,
            "loss_aversion": np.where(self.stated, self.loss_aversion, np.nan),
            "loss_aversion_se": np.where(self.stated, self.loss_aversion_se, np.nan),
        }
        return {name: np.where(row >= 0, column[row], np.nan) for name, column in columns.items()}

    @cached_property
    def counts(self) -> pd.DataFrame:
        """RG, RL, PG, PL of every pair ever traded, integers, indexed (client_id, asset)."""
        index = pd.MultiIndex.from_arrays(
            [
                np.array(self.client_ids, dtype=object)[self.row_client],
                np.array(self.assets, dtype=object)[self.row_asset],
            ],
            names=["client_id", "asset"],
        )
        return pd.DataFrame(self.row_counts.copy(), index=index, columns=list(COUNTS))

    @cached_property
    def client_counts(self) -> IntArray:
        """RG, RL, PG, PL of each client, shape (c, 4)."""
        return sum_counts(self.row_counts, self.row_client, len(self))

    @cached_property
    def by_type(self) -> pd.DataFrame:
        """Pooled counts and rates by asset type ("" = type not given), one row a type: funds are
        sold unlike stocks.
        """
        words = np.array([self.asset_types.get(a, "") for a in self.assets], dtype=object)
        codes, names = pd.factorize(words[self.row_asset], sort=True)
        counts = sum_counts(self.row_counts, codes.astype(np.int64), len(names))
        frame = pd.DataFrame(counts, index=pd.Index(names, name="asset_type"), columns=list(COUNTS))
        pgr, plr, se = rates(counts)
        return frame.assign(pgr=pgr, plr=plr, disposition=pgr - plr, disposition_se=se)

    @cached_property
    def turnover_percentile(self) -> FloatArray:
        """Share of clients who turn over less, ties counted half, shape (c,): what overconfidence
        is read from; nan where turnover is unknown.
        """
        ranks = pd.Series(self.turnover).rank(method="average").to_numpy(dtype=np.float64)
        return np.asarray(
            (ranks - 0.5) / max(1, int(np.isfinite(self.turnover).sum())), dtype=np.float64
        )

    @checked
    def home_bias(self, world_home_share: float) -> FloatArray:
        """1 - foreign share held / foreign share of the world market, shape (c,): 0 = as the
        market, 1 = all at home.

        Args:
            world_home_share: Share of home assets in the world market, in [0, 1).

        Raises:
            InputError: The share is outside [0, 1).
        """
        if not 0.0 <= world_home_share < 1.0:
            raise InputError(
                f"world_home_share is {world_home_share}; home is a part of the world market, from"
                " 0 up to 1. Correct it.",
                field="world_home_share",
                value=world_home_share,
            )
        return 1.0 - (1.0 - self.home_share) / (1.0 - world_home_share)

    def to_frame(self) -> pd.DataFrame:
        """One row a client, indexed by client id."""
        columns = (
            "pgr", "plr", "disposition", "disposition_se", "disposition_shrunk", "ratio",
            "loss_aversion", "loss_aversion_se",
            "turnover", "status_quo", "concentration", "home_share",
        )  # fmt: skip
        frame = pd.DataFrame(
            self.client_counts,
            index=pd.Index(self.client_ids, name="client_id"),
            columns=list(COUNTS),
        )
        return frame.assign(**{name: getattr(self, name) for name in columns})

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        p = self.population
        return (
            f"BiasProfiles({len(self):,} clients, {self.counting} counting, PGR {p.pgr:.3f}, PLR"
            f" {p.plr:.3f})"
        )


def sum_counts(counts: IntArray, group: IntArray, groups: int) -> IntArray:
    """Counts added up within each group, shape (groups, 4)."""
    totals = [
        np.bincount(group, weights=counts[:, k], minlength=groups) for k in range(counts.shape[1])
    ]
    return np.stack(totals, axis=1).astype(np.int64)


def rates(counts: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """PGR, PLR and the standard error of their difference.

    Args:
        counts: RG, RL, PG, PL, shape (c, 4).

    Returns:
        Three arrays of shape (c,); nan for 0/0. The error is sqrt(PGR (1 - PGR) / (RG + PG) + PLR
        (1 - PLR) / (RL + PL)), which takes decisions as independent.

    Source: Odean (1998), section II.

    >>> pgr, plr, se = rates(np.array([[13883, 11930, 79658, 110348]]))
    >>> [round(float(x[0]), 4) for x in (pgr, plr, (plr - pgr) / se)]
    [0.1484, 0.0976, -35.334]
    """
    realised, paper = counts[..., :2].astype(np.float64), counts[..., 2:].astype(np.float64)
    chances = realised + paper
    share = np.divide(realised, chances, out=np.full_like(chances, np.nan), where=chances > 0)
    variance = np.divide(
        share * (1.0 - share), chances, out=np.full_like(chances, np.nan), where=chances > 0
    )
    return share[..., 0], share[..., 1], np.sqrt(variance.sum(axis=-1))
