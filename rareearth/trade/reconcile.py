"""One value for each flow from the two reports of it, by two methods, with the simple rules beside them.

The importer's value is first brought to the exporter's basis: M / (1 + tau), where tau is freight per kilogram over
the unit value, capped. A median of M / X is not used for it: on a thin code it measures misreporting. Masses are
reconciled without it, and never made from a value.

`reliability` weighs the two by the scores of their reporters, `inverse_variance` the logarithms by the variance of
their reporters: see reliability.py. Both count an importer `importer_weight` times. Where one side is missing the other
is kept and said so.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rareearth import files, tables
from rareearth.errors import Refused
from rareearth.quantity import NONE, Estimate
from rareearth.trade import mirror, store
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


def markup(paired: pd.DataFrame, given: Inputs) -> pd.Series:
    """Freight and insurance as a part of the value free on board, tau: freight per kg over unit value, capped.

    A unit value that is missing, or ten times away from the median of its code, is replaced by that bound.
    """
    unit_value = paired["value_importer_usd"] / paired["mass_importer_kg"]
    unit_value = unit_value.where(np.isfinite(unit_value) & (unit_value > 0))
    median = unit_value.groupby(paired["hs6"]).transform("median")
    unit_value = unit_value.fillna(median).clip(median / 10, median * 10)
    cap = given.markup_cap_pct / 100
    # Where a code has no mass at all the cost cannot be told: none is taken off.
    return (given.freight_usd_kg / unit_value).clip(upper=cap).fillna(0.0)


def is_capped(paired: pd.DataFrame, given: Inputs) -> pd.Series:
    """Whether the freight of a flow was cut at the cap."""
    return markup(paired, given) >= given.markup_cap_pct / 100


def _exporter_weights(paired: pd.DataFrame, known: Scores, given: Inputs) -> dict[str, pd.Series]:
    exporter, importer = paired["exporter_iso3"], paired["importer_iso3"]
    table = known.table
    a = _looked_up(exporter, table["exporter_score"], 1.0)
    b = _looked_up(importer, table["importer_score"], 1.0) * given.importer_weight
    v = _looked_up(exporter, table["variance"], known.mean_variance) * given.importer_weight
    w = _looked_up(importer, table["variance"], known.mean_variance)
    return {"reliability": a / (a + b), "inverse_variance": w / (v + w)}


def _looked_up(countries: pd.Series, column: pd.Series, otherwise: float) -> pd.Series:
    """What a column says of each country: of its name once, since millions of flows have some hundred names."""
    names = countries.astype("category").cat
    by_name = column.reindex(names.categories).fillna(otherwise).to_numpy()
    return pd.Series(by_name[names.codes], index=countries.index)


def _on_one_basis(paired: pd.DataFrame, given: Inputs) -> tuple[pd.Series, pd.Series]:
    """Both values of each flow, free on board."""
    return paired["value_exporter_usd"], paired["value_importer_usd"] / (1 + markup(paired, given))


def _usable_masses(paired: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Both masses of each flow; imputed ones hold nothing but the value and are left out."""
    sides = []
    for side in ("exporter", "importer"):
        mass = paired[f"mass_{side}_kg"]
        usable = paired[f"mass_status_{side}"].isin(["reported", "estimated", "unstated"]) & (mass > 0)
        sides.append(mass.where(usable))
    return sides[0], sides[1]


def all_compared(paired: pd.DataFrame, given: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`compared` of the values and of the masses of flows; those of parts of the flows add up.

    Args:
        paired: See `mirror.pairs`; all flows of a code.
        given: See `inputs`.
    """
    countries = paired["exporter_iso3"], paired["importer_iso3"]
    values, masses = _on_one_basis(paired, given), _usable_masses(paired)
    return compared(*values, *countries), compared(*masses, *countries)


def of_values(apart: pd.DataFrame) -> Scores:
    """Scores of reporters of values.

    Raises:
        Refused: no flow has two reports.
    """
    if apart.empty:
        raise Refused("no flow has two reports: give the records of exporters and of importers")
    return scores(apart)


def estimates(
    paired: pd.DataFrame, given: Inputs, known: Scores | None = None
) -> tuple[pd.DataFrame, Scores]:
    """The value of every flow by every method, in USD free on board.

    Args:
        paired: See `mirror.pairs`.
        given: See `inputs`.
        known: Scores by values; those of `paired` itself when None.

    Returns:
        A column for each of `METHODS`; where one side is missing all hold the other. And the scores.
    """
    x, m = _on_one_basis(paired, given)
    if known is None:
        known = of_values(compared(x, m, paired["exporter_iso3"], paired["importer_iso3"]))
    weight = _exporter_weights(paired, known, given)
    by_log = weight["inverse_variance"]
    # A report of 0 has no logarithm: the other one is kept.
    positive = (x > 0) & (m > 0)
    logs = by_log * np.log(x.where(positive)) + (1 - by_log) * np.log(m.where(positive))
    simple = paired["value_importer_usd"] / (1 + _SIMPLE_MARKUP)
    found = pd.DataFrame(
        {
            "reliability": weight["reliability"] * x + (1 - weight["reliability"]) * m,
            "inverse_variance": np.exp(logs),
            "exporter": x,
            "importer": simple,
            "mean": (x + simple) / 2,
        }
    )
    for method in METHODS:
        other = (
            (x, simple) if method in ("exporter", "mean") else (simple, x) if method == "importer" else (m, x)
        )
        for side in other:
            found[method] = found[method].fillna(side)
    return found, known


def _masses(paired: pd.DataFrame, given: Inputs, known: Scores) -> pd.Series:
    """Masses by the reliability of reporters of masses."""
    x, m = _usable_masses(paired)
    weight = _exporter_weights(paired, known, given)["reliability"]
    return (weight * x + (1 - weight) * m).fillna(x).fillna(m)


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
    sources = tuple(sorted(set(reported["source_id"])))
    sums = {
        end: sum(sorted(both[column])) / USD_PER_MILLION_USD
        for end, column in (("low", "value_low_usd"), ("value", "value_usd"), ("high", "value_high_usd"))
    }
    return Estimate(
        id=f"trade.reconciled_value.{year}",
        **sums,
        unit="usd_m",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=year,
        edition="records of " + ", ".join(sources),
        method=f"sum of {len(both)} flows with two reports, free on board, by {method}",
        inputs=store.figure_ids(reported),
        source_ids=store.registered(sources),
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
    by_value, by_mass = all_compared(paired, given)
    found = settled(paired, method, given, of_values(by_value), scores(by_mass))
    if found.duplicated(_KEY).any():
        raise AssertionError("a flow is there twice after reconciliation")
    return found


def of_any_size(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of an any-size question as the functions here take them: their masses have no status.

    Args:
        pairs: Columns of `mirror.PAIR_COLUMNS`, the code being ``hs_code``.
    """
    texts = {name: "category" for name in ("exporter_iso3", "importer_iso3", "hs_code")}
    found = pairs.astype(texts).rename(columns={"hs_code": "hs6"})
    return found.assign(mass_status_exporter="unstated", mass_status_importer="unstated")


def settled(
    paired: pd.DataFrame, method: str, given: Inputs, by_value: Scores, by_mass: Scores
) -> pd.DataFrame:
    """The reconciled rows of flows.

    Args:
        paired: See `mirror.pairs`; all flows of a code.
        method: A member of `METHODS`.
        given: See `inputs`.
        by_value: Scores of reporters of values, from these flows and all others.
        by_mass: The same of masses.

    Returns:
        See `reconcile`.
    """
    values, _ = estimates(paired, given, by_value)
    found = paired.assign(
        value_usd=values[method],
        value_low_usd=values.min(axis=1),
        value_high_usd=values.max(axis=1),
        mass_kg=_masses(paired, given, by_mass),
        method=method,
    )
    found.loc[found["value_importer_usd"].isna(), "method"] = "exporter only"
    found.loc[found["value_exporter_usd"].isna(), "method"] = "importer only"
    return found[COLUMNS].reset_index(drop=True)


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
