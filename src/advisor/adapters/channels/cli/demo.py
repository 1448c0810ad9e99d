"""`demo`: a made-up bank, to look at and to try the other commands on."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pandas as pd

from advisor import Advisor, ClientTable, Interactions, sample, save
from advisor.adapters.channels.cli.advice import lines_of
from advisor.adapters.channels.cli.reading import answer, files

DAY = "2025-06-30"
"""Until when the advisor knows purchases, and on which the clients answered."""
AS_OF = "2025-07-01"


def fitted() -> Advisor:
    """The sample advisor, as it would have been on that day."""
    bought = sample.interactions().until(DAY)
    return Advisor.fit(sample.market(), bought, catalogue=sample.catalogue())


def demo(args: Namespace) -> int:
    """Print the advice of a made-up client, and write the files asked for."""
    advisor = fitted()
    advice = advisor.advise(sample.client(assessed_on=DAY), as_of=AS_OF)
    if args.to is not None:
        with files(args.to, "written"):
            _write(advisor, Path(args.to))
    answer(args, advice, lines_of(advice))
    return 0


def _write(advisor: Advisor, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(advisor, folder / "advisor")
    client = sample.client(assessed_on=DAY).model_dump_json(exclude_unset=True)
    (folder / "client.json").write_text(client + "\n", encoding="utf-8")
    tables = {
        "clients": _clients(sample.clients(200, assessed_on=DAY)),
        "purchases": _purchases(sample.interactions()),
        "products": pd.DataFrame(map(_product, sample.catalogue().products)),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (1.0 + sample.market().to_frame()).cumprod().to_csv(folder / "prices.csv", index_label="day")


def _clients(clients: ClientTable) -> pd.DataFrame:
    names = ("id", "wealth", "horizon_years", "age", "assessed_on")
    records = [clients.record(i) for i in range(len(clients))]
    return pd.DataFrame(
        {name: r[name] for name in names}
        | {f"answer:{question}": option for question, option in r["answers"].items()}
        for r in records
    )


def _purchases(bought: Interactions) -> pd.DataFrame:
    clients, products = bought.clients.ids, bought.products.ids
    return pd.DataFrame(
        {
            "client_id": [clients[i] for i in bought.client_codes],
            "product_id": [products[i] for i in bought.product_codes],
            "day": bought.days,
        }
    )


def _product(product: Any) -> dict[str, Any]:
    stated = product.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    exposures = stated.pop("exposures", {})
    return stated | {f"exposure:{asset}": share for asset, share in exposures.items()}
