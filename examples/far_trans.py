"""The main job on real investors: every customer of a bank advised on one day, and the advice
judged on what they then bought.

Reads the FAR-Trans data set from `far_trans/` under ADVISOR_DATA; where it is not there, the same
runs on the seeded sample and says how to get the data.

    python examples/far_trans.py [time point]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import far_trans_data as far
import numpy as np

from advisor import (
    EASE,
    Advice,
    AdviceBatch,
    Advisor,
    ClientTable,
    Interactions,
    Popularity,
    Regime,
    evaluate_match,
    sample,
)

TIME_POINT = "2020-10-05"
"""The latest of the time points given: its holdings can be valued, for implied prices begin in July
2020."""
PICKS = 10
GET_IT = """FAR-Trans is not here, so this runs on the made-up sample. To run it on real investors: download the data set
(doi:10.5525/gla.researchdata.1658, CC BY 4.0), put its CSV files into a folder far_trans/, and set ADVISOR_DATA to the folder above it."""


def real(folder: Path, day: str) -> tuple[Advisor, ClientTable, Interactions]:
    """Advisor, customers and later purchases at one time point of FAR-Trans."""
    assets = far.load_assets(folder)
    shelf = far.catalogue(folder)
    offered = set(far.eligible(folder, day))
    model = far.capital_market_assumptions(assets)
    bought = far.interactions(folder, day)
    # Securities and funds sold by a bank are under the rules for securities. What has no price
    # through the test window may be held, but is not sold.
    on_sale = type(shelf).from_products(
        p.model_copy(update={"closed": p.id not in offered}) for p in shelf.products
    )
    house = Advisor.fit(model, bought, catalogue=on_sale, regime=Regime.csrc(), recommender=EASE())
    table = ClientTable.from_frame(far.clients(folder, day))
    return house, table, far.held_out(folder, day)


def made_up() -> tuple[Advisor, ClientTable, Interactions]:
    """The same on the sample: fitted on the purchases of the first eighteen months, judged on the
    last six."""
    bought, cut = sample.interactions(2000), "2025-06-30"
    market = sample.market().until(cut)
    house = Advisor.fit(market, bought.until(cut), catalogue=sample.catalogue())
    return house, sample.clients(2000, assessed_on="2025-06-02"), bought.after(cut)


def show(advice: Advice) -> None:
    """One advice as a card."""
    print(
        f"\n--- {advice.client_id}: {advice.status}, C{advice.level}"
        + (
            f", {advice.expected_return:.1%} expected at {advice.expected_volatility:.1%}"
            " volatility"
            if advice.weights
            else ""
        )
    )
    for reason in advice.reasons:
        print(f"  * {reason.text}")
    for asset, weight in sorted(advice.weights.items(), key=lambda item: -item[1]):
        print(f"  {weight:6.1%}  {asset}")
    for pick in advice.picks[:5]:
        print(
            f"  {pick.rank:>3}. {pick.product_id:<14} {pick.asset:<18} {pick.money:>12,.2f}   "
            + " ".join(r.text for r in pick.reasons[1:])
        )
    if advice.kkt_residual is not None:
        print(
            f"  proof: KKT residual {advice.kkt_residual:.1e}, binding"
            f" {', '.join(b.name for b in advice.binding) or 'nothing'}; {advice.fingerprint[:12]}"
        )


def interesting(batch: AdviceBatch) -> list[int]:
    """Three clients worth looking at: the first of three different levels who are invested and hold
    something."""
    found: dict[int, int] = {}
    held = np.diff(batch.clients.holdings.indptr) > 0
    for row in np.flatnonzero((batch.status == "ok") & (held | ~held.any())).tolist():
        found.setdefault(int(batch.level[row]), row)
    return [found[level] for level in sorted(found)][:3]


def main() -> None:
    folder = far.folder_from_environment()
    day = sys.argv[1] if len(sys.argv) > 1 else TIME_POINT
    if folder is None:
        print(GET_IT)
    started = time.perf_counter()
    house, table, later = made_up() if folder is None else real(folder, day)
    day = "2025-06-30" if folder is None else day
    print(house)
    fitted = time.perf_counter()
    (batch,) = house.advise_many(table, as_of=day, picks=PICKS, chunk=len(table))
    advised = time.perf_counter()
    print(
        f"{batch}\nread and fitted in {fitted - started:.1f} s, advised in {advised - fitted:.1f}"
        f" s: {len(batch) / (advised - fitted):,.0f} clients a second"
    )
    for row in interesting(batch):
        show(batch[row])
    ranked = house.state.recommender.rank(table.ids, PICKS, eligible=batch.allowed, clients=table)
    known = (
        Popularity()
        .fit(purchases(folder, day), catalogue=house.state.catalogue)
        .rank(table.ids, PICKS, eligible=batch.allowed, clients=table)
    )
    if folder is not None:
        who = far.customers(folder, day)
        print(
            f"\nLevels: {who['level'].notna().sum():,} of {len(who):,} customers have one,"
            f" {who['level_modelled'].sum():,} of these were predicted by a model of the bank's."
        )
    print(
        "\nWhat they bought in the six months after, against the suitable products ranked by"
        " relevance (clients who bought nothing are left out):"
    )
    desk = house.state
    print(
        evaluate_match(
            ranked,
            later,
            eligible=batch.allowed,
            baseline=known,
            regime=desk.regime,
            clients=table,
            catalogue=desk.catalogue,
            profiles=batch.profiles,
            skip_without_purchases=True,
            by="level",
        )
    )


def purchases(folder: Path | None, day: str) -> Interactions:
    """What the advisor was fitted on."""
    return sample.interactions(2000).until(day) if folder is None else far.interactions(folder, day)


if __name__ == "__main__":
    main()
