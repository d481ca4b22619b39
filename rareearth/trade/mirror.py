"""Mirror pairs: what the exporter and the importer report of one flow, side by side, and how far they lie apart.

    gap g = ln(M / X), X the exporter's report (free on board), M the importer's (with freight and insurance)

Only reports are compared: BACI's flows are reconciled already. Annual and monthly reports are never mixed, heading
and six-digit codes neither, and of one country, year and code one source is used: two sources may hold other codes.

A supplier's part in what a country imports has two reports too:

    by the importer's report   M / W              M what it reports from the supplier, W from the world
    by the supplier's report   X / (W - M + X)    X what the supplier reports to it, in the place of M

No freight explains a large difference: the two services book the goods under other codes, by another origin or at
another time. A year without a heading is the sum of all its six-digit codes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rareearth.errors import Refused
from rareearth.quantity import NONE, USD_PER_MILLION_USD, Estimate
from rareearth.trade import store
from rareearth.trade.engine import frame

if TYPE_CHECKING:  # a question to large files is answered without pandas
    import pandas as pd

PAIR_COLUMNS = (
    "year exporter_iso3 importer_iso3 hs6 value_exporter_usd value_importer_usd mass_exporter_kg mass_importer_kg"
).split()
_SIDES = {"exporter": "export", "importer": "import"}
# A pair that differs by this factor or more is not one report seen twice.
APART = 2.0
# An importer's report below the exporter's, or three times it, is worth a look at both.
_WORTH_A_LOOK = 3.0
# A report a hundred times its mirror is more than the trade can carry: one of both is wrong.
IMPOSSIBLE = 100.0


def reports(flows: "pd.DataFrame", preference: Sequence[str] = ()) -> "pd.DataFrame":
    """The annual reports on six-digit codes, one source for each reporter, year and code.

    Args:
        flows: See `store.load_flows`.
        preference: Source ids, the best first; sources that are not named come after, those with more rows first.
            A user's own files count as one source, named ``file``.

    Returns:
        Rows of `flows` with flow import or export, without goods that come back. Domestic exports stand in only
        for a reporter whose source gives no exports.
    """
    usable = flows[
        flows["month"].isna()
        & (flows["hs6"] != "")
        & flows["flow"].isin(["import", "export", "domestic_export"])
        & (flows["value_basis"] != "reconciled")
        & (flows["reporter_iso3"] != flows["partner_iso3"])
    ].copy()
    usable["family"] = usable["source_id"].where(~usable["source_id"].str.startswith("file:"), "file")
    rank = {source: place for place, source in enumerate(preference)}
    of_source = ["reporter_iso3", "year", "hs6"]
    sources = usable.groupby([*of_source, "family"], as_index=False).size()
    sources["place"] = sources["family"].map(rank).fillna(len(rank))
    sources = sources.sort_values(["place", "size", "family"], ascending=[True, False, True], kind="stable")
    chosen = sources.drop_duplicates(of_source)[[*of_source, "family"]]
    kept = usable.merge(chosen, on=[*of_source, "family"], validate="many_to_one")
    with_exports = kept[kept["flow"] == "export"][of_source].drop_duplicates()
    kept = kept.merge(with_exports.assign(has_exports=True), on=of_source, how="left")
    kept = kept[(kept["flow"] != "domestic_export") | kept["has_exports"].isna()]
    kept["flow"] = kept["flow"].replace("domestic_export", "export")
    # Two files of a user may hold one flow: the newer name wins, so that none is counted twice.
    key = ["year", "reporter_iso3", "partner_iso3", "flow", "hs6"]
    kept = kept.sort_values([*key, "source_id", "hs_revision"], kind="stable").drop_duplicates(key, keep="last")
    return kept.drop(columns=["family", "has_exports"]).reset_index(drop=True)


def chosen(
    reported: "pd.DataFrame", year: int, codes: Sequence[str], reporters: Sequence[str] = ("all",)
) -> "pd.DataFrame":
    """The reports of one year on some codes, of all or some reporters.

    Args:
        reported: See `reports`.
        year: Calendar year.
        codes: Six-digit codes.
        reporters: ISO alpha-3 codes, or ``("all",)``.

    Raises:
        Refused: nothing is left; the message says what there is.
    """
    rows = reported[reported["hs6"].isin(codes)]
    if tuple(reporters) != ("all",):
        rows = rows[rows["reporter_iso3"].isin(reporters)]
    found = rows[rows["year"] == year].reset_index(drop=True)
    if found.empty:
        years = ", ".join(str(y) for y in sorted(set(rows["year"])))
        raise Refused(
            f"no report on HS {' '.join(codes)} in {year} by {' '.join(reporters)}; the records have the years: "
            f"{years or 'none'}"
        )
    return found


def largest(paired: "pd.DataFrame", count: int) -> "pd.DataFrame":
    """The flows with two reports of the largest mean value: label, exporter_usd_m, importer_usd_m."""
    both = paired.dropna(subset=["value_exporter_usd", "value_importer_usd"])
    mean = (both["value_exporter_usd"] + both["value_importer_usd"]) / 2
    rows = both.loc[mean.sort_values(ascending=False, kind="stable").index[:count]]
    amounts = {f"{side}_usd_m": rows[f"value_{side}_usd"] / USD_PER_MILLION_USD for side in ("exporter", "importer")}
    return rows.assign(label=label(rows), **amounts)[["label", *amounts]].reset_index(drop=True)


def label(rows: "pd.DataFrame") -> "pd.Series":
    """A flow in few letters, for a chart: exporter, importer and code."""
    return rows["exporter_iso3"] + " to " + rows["importer_iso3"] + ", " + rows["hs6"]


def side_by_side(reports: str, code: str, more: Sequence[str] = ()) -> str:
    """Mirror pairs, as SQL: exporter's and importer's report of each flow side by side, without a join.

    Args:
        reports: A query of reports, each flow once: year, reporter_iso3, partner_iso3, flow, value_usd, mass_kg.
        code: Its column with the code.
        more: Other columns of it to put side by side.

    Returns:
        A query: year, exporter_iso3, importer_iso3, the code; value_exporter_usd and the like, null where a side is
        missing. Goods that come back are in no pair.
    """
    names = {"value_usd": "value_{}_usd", "mass_kg": "mass_{}_kg"} | {name: name + "_{}" for name in more}
    sides = ", ".join(
        f"max(CASE WHEN flow = '{flow}' THEN {column} END) AS {name.format(side)}"
        for column, name in names.items()
        for side, flow in _SIDES.items()
    )
    exporter, importer = (
        f"CASE WHEN flow = 'export' THEN {x} ELSE {m} END"
        for x, m in (("reporter_iso3", "partner_iso3"), ("partner_iso3", "reporter_iso3"))
    )
    flows = ", ".join(f"'{flow}'" for flow in _SIDES.values())
    rows = (
        f"SELECT *, {exporter} AS exporter_iso3, {importer} AS importer_iso3 FROM ({reports}) "
        f"WHERE flow IN ({flows}) AND reporter_iso3 <> partner_iso3"
    )
    key = f"year, exporter_iso3, importer_iso3, {code}"
    return f"SELECT {key}, {sides} FROM ({rows}) GROUP BY {key}"


def pairs(reported: "pd.DataFrame") -> "pd.DataFrame":
    """Exporter's and importer's report of each flow side by side; NaN where one of both is missing.

    Args:
        reported: See `reports`.

    Returns:
        `PAIR_COLUMNS`, the status of both masses, both_report: whether both countries report this direction in this
        year at all, so that a missing side is a gap and not a country that is not at hand; and warning: what is odd
        about the two values. Sorted by key.
    """
    found = frame(side_by_side("SELECT * FROM reported", "hs6", ("mass_status",)), reported=reported)
    for side, flow in _SIDES.items():
        at_hand = reported.loc[reported["flow"] == flow, ["year", "reporter_iso3"]].drop_duplicates()
        at_hand = at_hand.rename(columns={"reporter_iso3": f"{side}_iso3"}).assign(**{f"has_{side}": True})
        found = found.merge(at_hand, on=["year", f"{side}_iso3"], how="left", validate="many_to_one")
    found["both_report"] = found["has_exporter"].notna() & found["has_importer"].notna()
    x, m = found["value_exporter_usd"], found["value_importer_usd"]
    both, apart = (x > 0) & (m > 0), (x / m).where(x >= m, m / x)
    found["warning"] = ""
    found.loc[both & (m < x), "warning"] = "import below export"
    found.loc[both & (apart >= _WORTH_A_LOOK), "warning"] = "more than 3 times apart"
    found.loc[both & (apart >= IMPOSSIBLE), "warning"] = "more than the trade can carry"
    columns = [*PAIR_COLUMNS, "mass_status_exporter", "mass_status_importer", "both_report", "warning"]
    return found[columns].sort_values(columns[:4], kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class Gap:
    """How far two sets of reports lie apart.

    Attributes:
        flows: Flows that both sides report with an amount above 0.
        exporter_only: Flows that only the exporter reports although the importer reports others.
        importer_only: Flows that only the importer reports although the exporter reports others.
        ratio: Sum of importers' over sum of exporters' amounts, over the flows that both report.
        weighted_gap_pct: Sum of absolute differences over the sum of means, in percent.
        apart: Flows of which one report is at least twice the other.
        apart_weighted_pct: Their part of the sum of means, in percent.
        impossible: Flows of which one report is at least a hundred times the other.
    """

    flows: int
    exporter_only: int
    importer_only: int
    ratio: float
    weighted_gap_pct: float
    apart: int
    apart_weighted_pct: float
    impossible: int


def gap(paired: "pd.DataFrame", measure: str = "value") -> Gap:
    """The gap between exporters' and importers' reports.

    Args:
        paired: See `pairs`; only rows in which both countries report are counted.
        measure: ``value`` (USD) or ``mass`` (kg).
    """
    unit = {"value": "usd", "mass": "kg"}[measure]
    rows = paired[paired["both_report"]]
    exporter, importer = rows[f"{measure}_exporter_{unit}"], rows[f"{measure}_importer_{unit}"]
    both = (exporter > 0) & (importer > 0)
    x, m = exporter[both], importer[both]
    mean = (x + m) / 2
    quotient = (x / m).where(x >= m, m / x)
    apart = quotient >= APART
    return Gap(
        flows=int(both.sum()),
        exporter_only=int((rows["value_exporter_usd"].notna() & rows["value_importer_usd"].isna()).sum()),
        importer_only=int((rows["value_importer_usd"].notna() & rows["value_exporter_usd"].isna()).sum()),
        ratio=float(m.sum() / x.sum()) if len(x) else float("nan"),
        weighted_gap_pct=float(100 * (x - m).abs().sum() / mean.sum()) if len(x) else float("nan"),
        apart=int(apart.sum()),
        apart_weighted_pct=float(100 * mean[apart].sum() / mean.sum()) if len(x) else float("nan"),
        impossible=int((quotient >= IMPOSSIBLE).sum()),
    )


def estimate(
    kind: str,
    ends: tuple[float, float, float],
    year: int,
    inputs: tuple[str, ...],
    sources: Iterable[str],
    **words: str,
) -> Estimate:
    """A number made from records of trade: `ends` are its value, low and high; `words` are other fields of `Estimate`."""
    value, low, high = ends
    named = sorted(set(sources))  # a user's file by its hash
    ids = store.registered(named)
    words = {
        "unit": "pct",
        "stage": NONE,
        "basis": NONE,
        "elements": NONE,
        "edition": f"records of {', '.join(named)}",
    } | words
    origin = {"reference_year": year, "inputs": inputs, "source_ids": ids}
    return Estimate(id=f"trade.{kind}.{year}", value=value, low=low, high=high, **origin, **words)


# Heading -> the six-digit codes that it consists of.
_PARTS = {"2846": ("284610", "284690")}
SHARE_COLUMNS = (
    "year world_usd by_importer_usd by_supplier_usd by_importer_pct by_supplier_pct figure_ids source_ids"
).split()


def _amounts(
    table: "pd.DataFrame", reporter: str, partner: str, flow: str, code: str
) -> dict[tuple[int, str], "pd.DataFrame"]:
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


def supplier_shares(
    flows: "pd.DataFrame", totals: "pd.DataFrame", importer: str, supplier: str, code: str
) -> "pd.DataFrame":
    """The supplier's part in the importer's imports of one code, by year and by both reports.

    Args:
        flows: See `store.load_flows`.
        totals: See `store.load_totals`.
        importer: ISO alpha-3 code.
        supplier: ISO alpha-3 code.
        code: As published, or a heading whose six-digit codes are published.

    Returns:
        `SHARE_COLUMNS`, a row for each year in which one source has the importer's M and W and the supplier reports X.

    Raises:
        Refused: there is no such year.
    """
    import pandas as pd

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
        found.setdefault(year, (year, *reports, *_shares_pct(*reports), store.figure_ids(rows), sources))
    if not found:
        raise Refused(f"no year in which both {importer} and {supplier} report HS {code}: name another code")
    return pd.DataFrame(list(found.values()), columns=SHARE_COLUMNS)


def _shares_pct(world: float, bought: float, sold: float) -> tuple[float, float]:
    return 100 * bought / world, 100 * sold / (world - bought + sold)


def supplier_share(table: "pd.DataFrame", importer: str, supplier: str, code: str, year: int) -> Estimate:
    """The supplier's part in one year: the importer's report, with the two reports as its ends.

    Args:
        table: See `supplier_shares`.
        importer: As in `supplier_shares`.
        supplier: As in `supplier_shares`.
        code: As in `supplier_shares`.
        year: A year of the table.
    """
    row = table.set_index("year").loc[year]
    shares = (row["by_importer_pct"], row["by_supplier_pct"])
    return estimate(
        f"supplier_share.{importer}.{supplier}.{code}",
        (shares[0], min(shares), max(shares)),
        year,
        row["figure_ids"],
        row["source_ids"],
        method=f"imports of HS {code} by {importer} from {supplier} over those from the world, by value",
        interval=f"range of the two reports: {importer}'s imports, and {supplier}'s exports in their place",
    )
