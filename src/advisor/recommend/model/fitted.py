"""The one fitted model: a client becomes a short query row, and scores are that row times a matrix.

Popularity asks for one row, an item model for the rows of what is held, a factor model for the
client's factors. So masked top-k, explanation, blending and persistence are written once, and all
of them are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.recommend.model.batch import Batch, distinct
from advisor.recommend.model.contributions import Contribution
from advisor.recommend.model.encoders import Encoder, State
from advisor.recommend.model.history_state import history_state
from advisor.recommend.model.purchases import History
from advisor.recommend.model.ranking import as_eligibility, masked_top_k
from advisor.recommend.model.rows import Rows
from advisor.recommend.unknown import log_unknown_clients, log_unknown_holdings, nobody_known
from advisor.recommend.views import read_only
from advisor.validation import checked


@dataclass(frozen=True, eq=False, repr=False)
class FittedModel:
    """A fitted recommender; every recipe's `fit` returns one.

    Attributes:
        kind: Name of the recipe.
        history: Purchases it was fitted on.
        encoder: Makes query rows.
        matrix: Shape (d, p).
        parameters: The recipe's settings.
    """

    kind: str
    history: History
    encoder: Encoder
    matrix: FloatArray
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", read_only(self.matrix))

    @property
    def products(self) -> tuple[str, ...]:
        """Ids of the columns, length p: the catalogue's order where one was given, else sorted."""
        return self.history.products

    @property
    def closed(self) -> tuple[str, ...]:
        """Ids of the products that are closed to new buyers: stated by the catalogue, else
        inferred from purchases. `rank` offers them to nobody.
        """
        return tuple(self.products[i] for i in np.flatnonzero(self.history.closed).tolist())

    @checked
    def held(self, client_ids: Sequence[str], clients: ClientTable | None = None) -> Rows:
        """What each client bought or holds, over the history's items: codes below p are columns,
        others left the catalogue.
        """
        return self.known(client_ids, clients).held

    @checked
    def known(self, client_ids: Sequence[str], clients: ClientTable | None = None) -> Batch:
        """What is known about clients: their purchases here, and the holdings and attributes in
        `clients`.
        """
        return self.history.batch(client_ids, clients)

    @checked
    def scores(self, client_ids: Sequence[str], clients: ClientTable | None = None) -> FloatArray:
        """How much each client would like each product, shape (c, p); unmasked and finite.

        Args:
            client_ids: Clients; unknown ones have no history.
            clients: Their holdings count as held, their attributes are read by the recipes that use
                them.

        Returns:
            Scores comparable within a row. A row's bits do not depend on the other rows: it is
            summed entry after entry.
        """
        return self.scores_of(self.known(client_ids, clients))

    @checked
    def scores_of(self, batch: Batch) -> FloatArray:
        """`scores` of clients who have been looked up."""
        from advisor.recommend.kernels import score_rows

        query = self.encoder.encode(batch)
        return score_rows(query.indptr, query.codes, query.weights, self.matrix)

    @checked
    def rank(
        self,
        client_ids: Sequence[str],
        k: int,
        *,
        eligible: BoolArray | Eligibility | None = None,
        exclude_held: bool = True,
        clients: ClientTable | None = None,
    ) -> Ranking:
        """The k best products each client may have and does not hold.

        Args:
            client_ids: Clients; unknown ones have no history.
            k: Slots.
            eligible: What each may be offered, (c, p) over `products`, or by class; None:
                everything.
            exclude_held: Leave out what a client bought or holds.
            clients: Holdings and attributes, where known.

        Returns:
            Best first, ties by product order. A slot is empty (-1, nan) only when nothing eligible
            and unheld is left: the mask comes before the ranking, so nothing forbidden can fill a
            slot, nor what is `closed` to new buyers.
        """
        batch = self.history.batch(client_ids, clients)
        if clients is not None:
            log_unknown_clients(batch.client_ids, clients.index)
            log_unknown_holdings(clients.holdings.names, self.history.items)
        allowed = as_eligibility(eligible, len(batch), len(self.products))
        if self.history.closed.any():
            allowed = Eligibility(allowed.class_of, allowed.allowed & ~self.history.closed)
        unique, row_of = distinct(batch, self.encoder.keys(batch))
        query = self.encoder.encode(unique)
        codes, scores = masked_top_k(
            query,
            self.matrix,
            k,
            eligible=allowed,
            held=unique.held if exclude_held else None,
            row_of=row_of,
        )
        return Ranking(
            batch.client_ids,
            self.products,
            codes,
            scores,
            nobody_known(batch.client_ids, self.history.clients),
            self.history.last_day,
        )

    @checked
    def explain(
        self, client_id: str, product_id: str, clients: ClientTable | None = None
    ) -> list[Contribution]:
        """What each thing the client holds (or is) adds to the score of one product, largest first.

        Returns:
            Exact: the score is linear in the parts of the query row, so `amount`s add up to it
                (what a client without history is given by
            popularity alone belongs to no part, and the list is then empty).

        Raises:
            InputError: The product is not in the catalogue.
        """
        column = self._column(product_id)
        batch = self.history.batch((client_id,), clients)
        parts, total = self.encoder.parts(batch), float(self.scores_of(batch)[0, column])
        amounts = parts.over(self.matrix, [column])[:, 0]
        return [
            Contribution(
                parts.names[i],
                float(amounts[i]) / total if total else 0.0,
                float(amounts[i]),
                parts.attributes[i],
            )
            for i in np.argsort(-amounts, kind="stable").tolist()
        ]

    @checked
    def leading(
        self, batch: Batch, columns: Sequence[int], scores: Sequence[float]
    ) -> list[Contribution | None]:
        """The held product that speaks most for each of several products, for one client who has
        been looked up.

        Args:
            batch: What is `known` about them alone.
            columns: Positions in `products`, length k.
            scores: Their scores, as `scores` gives them, length k.

        Returns:
            Length k: the first of what `explain` gives, None where that is no product or does not
            speak for it.
        """
        parts = self.encoder.parts(batch) if columns else None
        if parts is None or not len(parts.rows):
            return [None] * len(columns)
        amounts = parts.over(self.matrix, columns)
        leaders: list[Contribution | None] = []
        for first, best, total in zip(
            amounts.argmax(axis=0).tolist(), amounts.max(axis=0).tolist(), scores, strict=True
        ):
            share, name = best / total if total else 0.0, parts.names[first]
            leaders.append(Contribution(name, share, best) if name and share > 0.0 else None)
        return leaders

    def _column(self, product_id: str) -> int:
        column = self.history.items.code(product_id, "product_id")
        if column >= len(self.products):
            raise InputError(
                f"product_id {product_id!r} is no longer in the catalogue, so it has no score.",
                field="product_id",
                value=product_id,
            )
        return column

    def state(self) -> State:
        """Kind, arrays and JSON-able rest; `restore` builds the same model from them."""
        kind, arrays, meta = self.encoder.state()
        arrays = {f"encoder.{name}": value for name, value in arrays.items()}
        own, rest = history_state(self.history)
        rest |= {"encoder": kind, "encoder_meta": meta, "parameters": dict(self.parameters)}
        return self.kind, {**arrays, **own, "matrix": self.matrix}, rest

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        closed = f", closed to new buyers: {', '.join(self.closed)}" if self.closed else ""
        return (
            f"{self.kind}({settings}).fit: {len(self.history.clients):,} clients,"
            f" {len(self.products):,} products{closed}"
        )
