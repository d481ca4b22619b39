"""One value for each flow from the two reports of it, by two methods, with the simple rules beside them.

The importer's value is first brought to the exporter's basis: M / (1 + tau), where tau is freight per kilogram over
the unit value, capped. A median of M / X is not used for it: on a thin code it measures misreporting. Masses are
reconciled without it, and never made from a value.

`reliability` weighs the two by the scores of their reporters, `inverse_variance` the logarithms by the variance of
their reporters: see reliability.py. Both count an importer `importer_weight` times. Where one side is missing the other
is kept and said so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rareearth import files, tables
from rareearth.errors import Refused
from rareearth.quantity import Estimate
from rareearth.trade import mirror, store
from rareearth.trade.engine import frame, literal, named
from rareearth.trade.reliability import Scores, compared, scores
from rareearth.units import USD_PER_MILLION_USD

METHODS = ("reliability", "inverse_variance", "exporter", "importer", "mean")
DEFAULT = METHODS[0]
_KEY = ["year", "exporter_iso3", "importer_iso3", "hs6"]
# The simple rule of the trade: freight and insurance are 3 % of every value.
_SIMPLE_MARKUP = 0.03
COLUMNS = (
    "year exporter_iso3 importer_iso3 hs6 value_exporter_usd value_importer_usd value_usd value_low_usd "
    "value_high_usd mass_exporter_kg mass_importer_kg mass_kg method"
).split()


@dataclass(frozen=True)
class Inputs:
    """What is assumed, from data/raw/trade/reconciliation_inputs.csv."""

    freight_usd_kg: float
    markup_cap_pct: float
    importer_weight: float


def inputs(end: str = "value") -> Inputs:
    """The assumptions at one end: ``low``, ``value`` or ``high``."""
    table = tables.load("reconciliation_inputs").set_index("name")
    return Inputs(**{name: float(table.loc[name, end]) for name in Inputs.__dataclass_fields__})


_UNIT_VALUE = "CASE WHEN value_importer_usd > 0 AND mass_importer_kg > 0 THEN value_importer_usd / mass_importer_kg END"


def median_unit_values(pairs: str) -> str:
    """The median value of a kilogram by importers' reports of each code, as SQL."""
    return f"SELECT hs6, median({_UNIT_VALUE}) AS middle FROM ({pairs}) GROUP BY hs6"


def with_markup(pairs: str, medians: str, given: Inputs) -> str:
    """Pairs, as SQL, with freight and insurance as a part of the value, ``markup``: freight per kg over unit value, capped.

    A unit value that is missing, or ten times away from the median of its code, is replaced by that bound.

    Args:
        pairs: A query with importers' values and masses of all flows of a code.
        medians: See `median_unit_values`.
        given: See `inputs`.
    """
    unit = f"least(greatest(coalesce({_UNIT_VALUE}, middle), middle / 10), middle * 10)"
    rows = f"SELECT p.*, {unit} AS unit FROM ({pairs}) AS p LEFT JOIN ({medians}) AS o ON p.hs6 = o.hs6"
    # Where a code has no mass at all the cost cannot be told: none is taken off.
    tau = f"CASE WHEN unit IS NULL THEN 0 ELSE least({given.freight_usd_kg} / unit, {given.markup_cap_pct / 100}) END"
    return f"SELECT *, {tau} AS markup FROM ({rows})"


def on_one_basis(marked: str) -> str:
    """Pairs, as SQL, with both values free on board and the masses that can be used.

    Args:
        marked: See `with_markup`; with the columns of `mirror.pairs`.

    Returns:
        The same columns with x_usd and m_usd; x_kg and m_kg, without imputed masses, which hold nothing but the value.
    """
    masses = ", ".join(
        f"CASE WHEN mass_status_{side} IN ('reported', 'estimated', 'unstated') AND mass_{side}_kg > 0 "
        f"THEN mass_{side}_kg END AS {letter}_kg"
        for side, letter in (("exporter", "x"), ("importer", "m"))
    )
    return (
        f"SELECT *, value_exporter_usd AS x_usd, value_importer_usd / (1 + markup) AS m_usd, {masses} FROM ({marked})"
    )


def _marked(given: Inputs) -> str:
    """`with_markup` of a frame that the query calls `paired`."""
    pairs = "SELECT * FROM paired"
    return with_markup(pairs, median_unit_values(pairs), given)


def markup(paired: pd.DataFrame, given: Inputs) -> pd.Series:
    """Freight and insurance of flows as a part of their value free on board; see `with_markup`.

    Args:
        paired: See `mirror.pairs`.
        given: See `inputs`.
    """
    placed = paired.assign(place=range(len(paired)))
    found = frame(f"SELECT markup FROM ({_marked(given)}) ORDER BY place", paired=placed)
    return found["markup"].set_axis(paired.index)


def is_capped(paired: pd.DataFrame, given: Inputs) -> pd.Series:
    """Whether the freight of a flow was cut at the cap."""
    return markup(paired, given) >= given.markup_cap_pct / 100


def scores_of(rows: str, ask: Callable[[str], pd.DataFrame]) -> tuple[Scores, Scores]:
    """Scores of reporters of values, and of masses.

    Args:
        rows: See `on_one_basis`.
        ask: Gives the rows of a query.

    Raises:
        Refused: no flow has two reports.
    """
    by_value, by_mass = (ask(compared(rows, f"x_{unit}", f"m_{unit}")) for unit in ("usd", "kg"))
    if by_value.empty:
        raise Refused("no flow has two reports: give the records of exporters and of importers")
    return scores(by_value), scores(by_mass)


def settled(rows: str, known: tuple[Scores, Scores], given: Inputs, method: str = DEFAULT) -> str:
    """The value of every flow by every method, in USD free on board, its range and its mass, as SQL.

    Where one side is missing all methods hold the other.

    Args:
        rows: See `on_one_basis`.
        known: See `scores_of`.
        given: See `inputs`.
        method: A member of `METHODS`.

    Returns:
        A query: the columns of the rows, a column for each of `METHODS`, and those of `COLUMNS`.
    """
    by_value, by_mass = known
    table = by_value.table.join(by_mass.table.add_suffix("_kg"), how="outer")
    columns = ["exporter_score", "importer_score", "variance", "exporter_score_kg", "importer_score_kg"]
    # A country without pairs has the mean.
    table = table[columns].fillna({"variance": by_value.mean_variance}).fillna(1.0)
    cells = ", ".join(
        f"({literal(iso3)}, {', '.join(literal(repr(float(cell))) for cell in row)})"
        for iso3, *row in table.itertuples()
    )
    casts = ", ".join(f"CAST({name} AS DOUBLE) AS {name}" for name in columns)
    countries = f"SELECT iso3, {casts} FROM (VALUES {cells}) AS known(iso3, {', '.join(columns)})"
    importer = given.importer_weight
    mean = repr(by_value.mean_variance)
    weights = {
        "by_score": _exporter_weight("e.exporter_score", "i.importer_score", "1.0", importer),
        # The larger the variance the less a report counts: the sides change places.
        "by_variance": _exporter_weight("i.variance", "e.variance", mean, importer),
        "by_score_kg": _exporter_weight("e.exporter_score_kg", "i.importer_score_kg", "1.0", importer),
    }
    joined = (
        f"SELECT r.*, value_importer_usd / {1 + _SIMPLE_MARKUP} AS simple, {named(weights)} FROM ({rows}) AS r "
        f"LEFT JOIN ({countries}) AS e ON r.exporter_iso3 = e.iso3 "
        f"LEFT JOIN ({countries}) AS i ON r.importer_iso3 = i.iso3"
    )
    # A report of 0 has no logarithm: the other one is kept.
    logs = "exp(by_variance * ln(x_usd) + (1 - by_variance) * ln(m_usd))"
    values = {
        "reliability": "coalesce(by_score * x_usd + (1 - by_score) * m_usd, m_usd, x_usd)",
        "inverse_variance": f"coalesce(CASE WHEN x_usd > 0 AND m_usd > 0 THEN {logs} END, m_usd, x_usd)",
        "exporter": "coalesce(x_usd, simple)",
        "importer": "coalesce(simple, x_usd)",
        "mean": "coalesce((x_usd + simple) / 2, x_usd, simple)",
    }
    found = {
        "value_usd": method,
        "value_low_usd": f"least({', '.join(METHODS)})",
        "value_high_usd": f"greatest({', '.join(METHODS)})",
        "mass_kg": "coalesce(by_score_kg * x_kg + (1 - by_score_kg) * m_kg, x_kg, m_kg)",
        "method": "CASE WHEN value_importer_usd IS NULL THEN 'exporter only' WHEN value_exporter_usd IS NULL "
        f"THEN 'importer only' ELSE '{method}' END",
    }
    return f"SELECT *, {named(found)} FROM (SELECT *, {named(values)} FROM ({joined}))"


def _exporter_weight(exporter: str, importer: str, otherwise: str, importer_weight: float) -> str:
    exporter, importer = f"coalesce({exporter}, {otherwise})", f"coalesce({importer}, {otherwise})"
    return f"{exporter} / ({exporter} + {importer} * {importer_weight})"


def estimates(paired: pd.DataFrame, given: Inputs) -> tuple[pd.DataFrame, Scores]:
    """The value of every flow by every method, in USD free on board, and the scores of reporters of values.

    Args:
        paired: See `mirror.pairs`.
        given: See `inputs`.

    Returns:
        A column for each of `METHODS`; where one side is missing all hold the other. And the scores.
    """
    rows = on_one_basis(_marked(given))
    placed = paired.assign(place=range(len(paired)))
    known = scores_of(rows, lambda sql: frame(sql, paired=placed))
    found = frame(f"SELECT {', '.join(METHODS)} FROM ({settled(rows, known, given)}) ORDER BY place", paired=placed)
    return found.set_axis(paired.index), known[0]


def largest(reconciled: pd.DataFrame, count: int) -> pd.DataFrame:
    """The largest flows with two reports: label, low_usd_m, value_usd_m, high_usd_m."""
    both = reconciled[~reconciled["method"].str.endswith("only")]
    rows = both.sort_values("value_usd", ascending=False, kind="stable").head(count)
    amounts = {
        f"{end}_usd_m": rows[f"value_{end}_usd" if end != "value" else "value_usd"] / USD_PER_MILLION_USD
        for end in ("low", "value", "high")
    }
    return pd.DataFrame({"label": mirror.label(rows), **amounts}).reset_index(drop=True)


def total(reconciled: pd.DataFrame, reported: pd.DataFrame, year: int) -> Estimate:
    """The flows with two reports of one year together, with the sums of the lowest and highest method as its ends."""
    both = reconciled[(reconciled["year"] == year) & ~reconciled["method"].str.endswith("only")]
    method = both["method"].iloc[0]
    columns = ("value_usd", "value_low_usd", "value_high_usd")
    value, low, high = (sum(sorted(both[column])) / USD_PER_MILLION_USD for column in columns)
    return mirror.estimate(
        "reconciled_value",
        (value, low, high),
        year,
        store.figure_ids(reported),
        reported["source_id"],
        unit="usd_m",
        method=f"sum of {len(both)} flows with two reports, free on board, by {method}",
        interval="bounds: every flow at its lowest, and at its highest, of all methods",
    )


def reconcile(flows: pd.DataFrame, method: str = DEFAULT, preference: tuple[str, ...] = ()) -> pd.DataFrame:
    """One row a flow with both reports, the reconciled value and mass, and the range over the methods.

    Args:
        flows: See `store.load_flows`.
        method: A member of `METHODS`.
        preference: See `mirror.reports`.

    Returns:
        `COLUMNS`, sorted by key. value_usd is free on board; value_low_usd and value_high_usd are the lowest and
        highest of all methods. method says ``exporter only`` or ``importer only`` where the other side is missing.

    Raises:
        Refused: the method is not known, or no flow has two reports.
    """
    if method not in METHODS:
        raise Refused(f"method {ascii(method)} is none of {', '.join(METHODS)}")
    given = inputs()
    paired = mirror.pairs(mirror.reports(flows, preference))
    rows = on_one_basis(_marked(given))
    known = scores_of(rows, lambda sql: frame(sql, paired=paired))
    columns, key = ", ".join(COLUMNS), ", ".join(_KEY)
    found = frame(f"SELECT {columns} FROM ({settled(rows, known, given, method)}) ORDER BY {key}", paired=paired)
    if found.duplicated(_KEY).any():
        raise AssertionError("a flow is there twice after reconciliation")
    return found


def reconcile_folder(folder: Path, method: str) -> str:
    """Reconciles both reports of the flows in a folder into reconciled.parquet there.

    Args:
        folder: Holds flows.parquet, as `clean` writes it.
        method: A member of `reconcile.METHODS`.

    Returns:
        What was done, with the gap between the two sides, in one line.

    Raises:
        Refused: flows.parquet is missing or damaged, or no flow has two reports.
    """
    flows = store.load_flows(folder)
    found = reconcile(flows, method)
    with files.part(folder / "reconciled.parquet") as part:
        found.to_parquet(part, index=False)
    gap = mirror.gap(mirror.pairs(mirror.reports(flows)))
    one_sided = found["method"].str.endswith("only").sum()
    return (
        f"reconcile: {len(found)} flows, {len(found) - one_sided} with two reports, {gap.apart} of these {mirror.APART:g} "
        f"times apart or more; {one_sided} one-sided; by {method}; written to {folder / 'reconciled.parquet'}"
    )
