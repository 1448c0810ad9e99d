"""`demo`: a made-up bank, to look at and to try the other commands on."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pandas as pd

from advisor import Advisor, ClientTable, Interactions, sample, save
from advisor.adapters.channels.cli.advice import show
from advisor.adapters.channels.cli.reading import say, unreadable

DAY = "2025-06-30"
"""Until when the advisor knows purchases, and on which the clients answered."""
AS_OF = "2025-07-01"


def fitted() -> Advisor:
    """The sample advisor, as it would have been on that day."""
    return Advisor.fit(
        sample.market(), sample.interactions().until(DAY), catalogue=sample.catalogue()
    )


def demo(given: Namespace) -> int:
    """Print the advice of a made-up client, and write the files asked for."""
    advisor = fitted()
    advice = advisor.advise(sample.client(assessed_on=DAY), as_of=AS_OF)
    if given.to is not None:
        try:
            _write(advisor, Path(given.to))
        except (OSError, ValueError) as error:
            raise unreadable(given.to, error, "written") from None
    if given.json:
        say(advice.model_dump_json(indent=1))
    else:
        show(advice)
    return 0


def _write(advisor: Advisor, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(advisor, folder / "advisor")
    (folder / "client.json").write_text(
        sample.client(assessed_on=DAY).model_dump_json(exclude_unset=True) + "\n", encoding="utf-8"
    )
    _clients(sample.clients(200, assessed_on=DAY)).to_csv(folder / "clients.csv", index=False)
    _purchases(sample.interactions()).to_csv(folder / "purchases.csv", index=False)
    _products().to_csv(folder / "products.csv", index=False)
    (1.0 + sample.market().to_frame()).cumprod().to_csv(folder / "prices.csv", index_label="day")


def _clients(clients: ClientTable) -> pd.DataFrame:
    names = ("id", "wealth", "horizon_years", "age", "assessed_on")
    records = [clients.record(i) for i in range(len(clients))]
    return pd.DataFrame(
        [
            {name: r[name] for name in names}
            | {f"answer:{q}": option for q, option in r["answers"].items()}
            for r in records
        ]
    )


def _purchases(bought: Interactions) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "client_id": [bought.clients.ids[i] for i in bought.client_codes],
            "product_id": [bought.products.ids[i] for i in bought.product_codes],
            "day": bought.days,
        }
    )


def _products() -> pd.DataFrame:
    rows = []
    for product in sample.catalogue().products:
        stated = product.model_dump(mode="json", exclude_unset=True)
        spread = {
            f"exposure:{asset}": share for asset, share in stated.pop("exposures", {}).items()
        }
        rows.append({name: value for name, value in stated.items() if value is not None} | spread)
    return pd.DataFrame(rows)
