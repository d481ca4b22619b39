"""A supplier's part in what a country imports, over the years, as each of the two sides reports it.

    by the importer's report   M / W              M what it reports from the supplier, W from the world
    by the supplier's report   X / (W - M + X)    X what the supplier reports to it, in the place of M

No freight explains a large difference: the two services book the goods under other codes, by another origin or at
another time. A heading and its six-digit codes are never added to each other: a year without the heading is the sum
of all its six-digit codes.
"""

import pandas as pd

from rareearth.errors import Refused
from rareearth.quantity import NONE, Estimate
from rareearth.trade import store

# Heading -> the six-digit codes that it consists of.
_PARTS = {"2846": ("284610", "284690")}
COLUMNS = (
    "year world_usd by_importer_usd by_supplier_usd by_importer_pct by_supplier_pct figure_ids source_ids"
).split()


def _amounts(
    table: pd.DataFrame, reporter: str, partner: str, flow: str, code: str
) -> dict[tuple[int, str], pd.DataFrame]:
    """Year and source to the annual rows of one report: of the code, or else of every code that it consists of."""
    rows = table[
        (table["reporter_iso3"] == reporter)
        & (table["partner_iso3"] == partner)
        & (table["flow"] == flow)
        & table["month"].isna()
        & (table["value_basis"] != "reconciled")
    ]
    found: dict[tuple[int, str], pd.DataFrame] = {}
    for codes in ({code}, set(_PARTS.get(code, ()))):
        for (year, source), part in rows[rows["hs_code"].isin(codes)].groupby(["year", "source_id"]):
            if set(part["hs_code"]) == codes:
                found.setdefault((int(year), source), part)
    return found


def by_both(
    flows: pd.DataFrame, totals: pd.DataFrame, importer: str, supplier: str, code: str
) -> pd.DataFrame:
    """The supplier's part in the importer's imports of one code, by year and by both reports.

    Args:
        flows: See `store.load_flows`.
        totals: See `store.load_totals`.
        importer: ISO alpha-3 code.
        supplier: ISO alpha-3 code.
        code: As published, or a heading whose six-digit codes are published.

    Returns:
        `COLUMNS`, a row for each year in which one source has the importer's M and W and the supplier reports X.

    Raises:
        Refused: there is no such year.
    """
    bought = _amounts(flows, importer, supplier, "import", code)
    world = _amounts(totals, importer, "WLD", "import", code)
    sold: dict[int, pd.DataFrame] = {}
    for (year, _), part in sorted(_amounts(flows, supplier, importer, "export", code).items()):
        sold.setdefault(year, part)
    found = {}
    for year, source in sorted(set(bought) & set(world)):
        if year not in sold:
            continue
        m, w = bought[year, source], world[year, source]
        reports = [float(part["value_usd"].sum()) for part in (w, m, sold[year])]
        rows = pd.concat([w, m, sold[year]])
        sources = store.registered(sorted(set(rows["source_id"])))
        found.setdefault(year, (year, *reports, *_shares(*reports), store.figure_ids(rows), sources))
    if not found:
        raise Refused(f"no year in which both {importer} and {supplier} report HS {code}: name another code")
    return pd.DataFrame(list(found.values()), columns=COLUMNS)


def _shares(world: float, bought: float, sold: float) -> tuple[float, float]:
    return 100 * bought / world, 100 * sold / (world - bought + sold)


def share(table: pd.DataFrame, importer: str, supplier: str, code: str, year: int) -> Estimate:
    """The supplier's part in one year: the importer's report, with the two reports as its ends.

    Args:
        table: See `by_both`.
        importer: As in `by_both`.
        supplier: As in `by_both`.
        code: As in `by_both`.
        year: A year of the table.
    """
    row = table.set_index("year").loc[year]
    ends = sorted([row["by_importer_pct"], row["by_supplier_pct"]])
    return Estimate(
        id=f"trade.supplier_share.{importer}.{supplier}.{code}.{year}",
        value=row["by_importer_pct"],
        low=ends[0],
        high=ends[1],
        unit="pct",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=year,
        edition="records of " + ", ".join(row["source_ids"]),
        method=f"imports of HS {code} by {importer} from {supplier} over those from the world, by value",
        inputs=row["figure_ids"],
        source_ids=row["source_ids"],
        interval=f"range of the two reports: {importer}'s imports, and {supplier}'s exports in their place",
    )
