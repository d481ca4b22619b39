"""One value for each flow from the two reports of it, by two methods, with the simple rules beside them.

The importer's value is first brought to the exporter's basis: M / (1 + tau), where tau is freight per kilogram over
the unit value, capped. A median of M / X is not used for it: on a thin code it measures misreporting. Masses are
reconciled without it, and never made from a value.

`reliability`: scores of exporters and importers as in Bustos and Yildirim (2025), Growth Lab working paper 251,

    a_i = n_i / sum_j d_ij b_j        b_j = n_j / sum_i d_ij a_i        d = |X - M| / max(X, M)

`inverse_variance`: E[(ln X - ln M)^2] = v_i + v_j, solved by non-negative least squares; the value is the mean of the
logarithms weighted by 1 / v. Both are drawn to the mean of all countries by pairs of their own making (`_PRIOR_PAIRS`,
`_PRIOR_ROWS`), so that a country with few pairs keeps near to the mean, and both count an importer `importer_weight`
times. Where one side is missing the other is kept and said so.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rareearth import facts
from rareearth.estimate import NONE, Estimate
from rareearth.refusal import Refused
from rareearth.trade import mirror, store
from rareearth.units import USD_PER_MILLION_USD

METHODS = ("reliability", "inverse_variance", "exporter", "importer", "mean")
DEFAULT = METHODS[0]
_KEY = ["year", "exporter_iso3", "importer_iso3", "hs6"]
_ROUNDS = 25  # as in the code of Bustos and Yildirim
_PRIOR_PAIRS = 1.0
_PRIOR_ROWS = 10.0
# A factor of 20 between two reports says no more of a country than one of 200: both are mistakes.
_LARGEST_LOG = np.log(20)
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
    table = facts.load_reconciliation_inputs().set_index("name")
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


@dataclass(frozen=True)
class Scores:
    """What is known of each country as a reporter.

    Attributes:
        table: Index country; columns exporter_score, importer_score (the mean of each is 1, more is better),
            variance (of the logarithm of its reports), pairs (flows behind them), connected (whether it is compared
            with the others at all; if not, it has the mean).
        mean_variance: The variance of a country without pairs.
    """

    table: pd.DataFrame
    mean_variance: float


def scores(x: pd.Series, m: pd.Series, exporter: pd.Series, importer: pd.Series) -> Scores:
    """Scores of reporters from the flows that both sides report.

    Args:
        x: Exporters' amounts, above 0.
        m: Importers' amounts on the same basis, above 0.
        exporter: Their countries.
        importer: Their countries.

    Raises:
        Refused: no flow has two reports.
    """
    if x.empty:
        raise Refused("no flow has two reports: give the records of exporters and of importers")
    countries = sorted(set(exporter) | set(importer))
    place = {country: number for number, country in enumerate(countries)}
    i, j = exporter.map(place).to_numpy(), importer.map(place).to_numpy()
    connected = _largest_component(i, j, len(countries))
    distance = ((x - m).abs() / np.maximum(x, m)).to_numpy()
    as_exporter, as_importer = _reliability(distance, i, j, len(countries))
    squared = np.minimum(np.log(x / m).abs(), _LARGEST_LOG).to_numpy() ** 2
    variance, mean = _variances(squared, i, j, len(countries))
    pairs = np.bincount(i, minlength=len(countries)) + np.bincount(j, minlength=len(countries))
    table = pd.DataFrame(
        {
            "exporter_score": np.where(connected, as_exporter, 1.0),
            "importer_score": np.where(connected, as_importer, 1.0),
            "variance": np.where(connected, variance, mean),
            "pairs": pairs,
            "connected": connected,
        },
        index=pd.Index(countries, name="iso3"),
    )
    return Scores(table, mean)


def _largest_component(i: np.ndarray, j: np.ndarray, count: int) -> np.ndarray:
    links = coo_array((np.ones(len(i)), (i, j)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    return label == np.bincount(label).argmax()


def _reliability(distance: np.ndarray, i: np.ndarray, j: np.ndarray, count: int):
    a, b = np.ones(count), np.ones(count)

    def score(own: np.ndarray, other: np.ndarray, weight: np.ndarray) -> np.ndarray:
        sums = np.bincount(own, distance * weight[other], minlength=count)
        pairs = np.bincount(own, minlength=count)
        # The smallest prior keeps reports that agree throughout from a division by 0.
        prior = max(sums.sum() / pairs.sum(), 1e-9)
        found = (pairs + _PRIOR_PAIRS) / (sums + _PRIOR_PAIRS * prior)
        return found / found[pairs > 0].mean()

    for _ in range(_ROUNDS):
        a = score(i, j, b)
        b = score(j, i, a)
    # A country without pairs in a role has the mean of those with pairs.
    a[np.bincount(i, minlength=count) == 0] = 1.0
    b[np.bincount(j, minlength=count) == 0] = 1.0
    return a, b


def _variances(squared: np.ndarray, i: np.ndarray, j: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    rows = np.arange(len(squared))
    design = np.zeros((len(squared), count))
    np.add.at(design, (rows, i), 1.0)
    np.add.at(design, (rows, j), 1.0)
    mean = max(float(squared.mean()) / 2, 1e-9)
    pull = np.sqrt(_PRIOR_ROWS)
    solved, _ = nnls(
        np.vstack([design, pull * np.eye(count)]), np.append(squared, np.full(count, pull * mean))
    )
    # No report is exact: a twentieth of the mean is the least.
    return np.maximum(solved, mean / 20), mean


def _exporter_weights(paired: pd.DataFrame, known: Scores, given: Inputs) -> dict[str, pd.Series]:
    exporter, importer = paired["exporter_iso3"], paired["importer_iso3"]
    table = known.table
    a = exporter.map(table["exporter_score"]).fillna(1.0)
    b = importer.map(table["importer_score"]).fillna(1.0) * given.importer_weight
    v = exporter.map(table["variance"]).fillna(known.mean_variance) * given.importer_weight
    w = importer.map(table["variance"]).fillna(known.mean_variance)
    return {"reliability": a / (a + b), "inverse_variance": w / (v + w)}


def _both(paired: pd.DataFrame, x: pd.Series, m: pd.Series) -> Scores:
    both = (x > 0) & (m > 0)
    return scores(x[both], m[both], paired["exporter_iso3"][both], paired["importer_iso3"][both])


def estimates(paired: pd.DataFrame, given: Inputs) -> tuple[pd.DataFrame, Scores]:
    """The value of every flow by every method, in USD free on board.

    Args:
        paired: See `mirror.pairs`.
        given: See `inputs`.

    Returns:
        A column for each of `METHODS`; where one side is missing all hold the other. And the scores.
    """
    x = paired["value_exporter_usd"]
    m = paired["value_importer_usd"] / (1 + markup(paired, given))
    known = _both(paired, x, m)
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


def _masses(paired: pd.DataFrame, given: Inputs) -> pd.Series:
    """Masses by the reliability of reporters of masses; imputed masses hold nothing but the value and are left out."""
    sides = {}
    for side in ("exporter", "importer"):
        usable = paired[f"mass_status_{side}"].isin(["reported", "estimated"])
        sides[side] = paired[f"mass_{side}_kg"].where(usable & (paired[f"mass_{side}_kg"] > 0))
    x, m = sides["exporter"], sides["importer"]
    if not ((x > 0) & (m > 0)).any():
        return x.fillna(m)
    weight = _exporter_weights(paired, _both(paired, x, m), given)["reliability"]
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
    values, _ = estimates(paired, given)
    found = paired.assign(
        value_usd=values[method],
        value_low_usd=values.min(axis=1),
        value_high_usd=values.max(axis=1),
        mass_kg=_masses(paired, given),
        method=method,
    )
    found.loc[found["value_importer_usd"].isna(), "method"] = "exporter only"
    found.loc[found["value_exporter_usd"].isna(), "method"] = "importer only"
    if found.duplicated(_KEY).any():
        raise AssertionError("a flow is there twice after reconciliation")
    return found[COLUMNS].reset_index(drop=True)
