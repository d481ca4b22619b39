"""How far each country's reports can be believed, from how far they lie apart from those of its partners.

Scores of exporters and importers as in Bustos and Yildirim (2025), Growth Lab working paper 251,

    a_i = n_i / sum_j d_ij b_j        b_j = n_j / sum_i d_ij a_i        d = |X - M| / max(X, M)

and variances v of the logarithm of a report, from E[(ln X - ln M)^2] = v_i + v_j by non-negative least squares. Both are
drawn to the mean of all countries by pairs of their own making (`_PRIOR_PAIRS`, `_PRIOR_ROWS`), so that a country with
few pairs keeps near to the mean. Sums over the flows of two countries are enough for both.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_ROUNDS = 25  # as in the code of Bustos and Yildirim
_PRIOR_PAIRS = 1.0
_PRIOR_ROWS = 10.0
# A factor of 20 between two reports says no more of a country than one of 200: both are mistakes.
_LARGEST_LOG = float(np.log(20))


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


def compared(pairs: str, x: str, m: str) -> str:
    """How far the reports of every two countries lie apart, as SQL; that is all that scores are made from.

    Sums are of decimals: the order of the rows changes nothing.

    Args:
        pairs: A query of pairs.
        x: Its column with the exporters' amounts.
        m: Its column with the importers' amounts on the same basis; flows without two amounts above 0 are left out.

    Returns:
        A query: a row for each exporter and importer with flows, and the sums of distance and of squared logarithms.
    """
    amounts = {
        "distance": f"abs({x} - {m}) / greatest({x}, {m})",
        "squared": f"power(least(abs(ln({x} / {m})), {_LARGEST_LOG}), 2)",
    }
    sums = ", ".join(f"CAST(sum(CAST({sql} AS DECIMAL(18,12))) AS DOUBLE) AS {name}" for name, sql in amounts.items())
    key = "exporter_iso3, importer_iso3"
    return (
        f"SELECT {key}, count(*) AS flows, {sums} FROM ({pairs}) WHERE {x} > 0 AND {m} > 0 "
        f"GROUP BY {key} ORDER BY {key}"
    )


def scores(apart: pd.DataFrame) -> Scores:
    """Scores of reporters from the flows that both sides report.

    Args:
        apart: The rows of `compared`; when there is none no country is known, and all have the mean.
    """
    if apart.empty:
        return Scores(pd.DataFrame(columns=["exporter_score", "importer_score", "variance"], dtype=float), 1.0)
    exporter, importer = apart["exporter_iso3"], apart["importer_iso3"]
    countries = pd.Index(sorted(set(exporter) | set(importer)), name="iso3")
    i, j = countries.get_indexer(exporter), countries.get_indexer(importer)
    flows, distance, squared = (apart[column].to_numpy() for column in ("flows", "distance", "squared"))
    connected = _largest_component(i, j, len(countries))
    as_exporter, as_importer = _reliability(distance, flows, i, j, len(countries))
    variance, mean = _variances(squared, flows, i, j, len(countries))
    table = pd.DataFrame(
        {
            "exporter_score": np.where(connected, as_exporter, 1.0),
            "importer_score": np.where(connected, as_importer, 1.0),
            "variance": np.where(connected, variance, mean),
            "pairs": (_sums(i, flows, len(countries)) + _sums(j, flows, len(countries))).astype(int),
            "connected": connected,
        },
        index=countries,
    )
    return Scores(table, mean)


def _sums(own: np.ndarray, amounts: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(own, amounts, minlength=count)


def _largest_component(i: np.ndarray, j: np.ndarray, count: int) -> np.ndarray:
    links = coo_array((np.ones(len(i)), (i, j)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    return label == np.bincount(label).argmax()


def _reliability(distance: np.ndarray, flows: np.ndarray, i: np.ndarray, j: np.ndarray, count: int):
    a, b = np.ones(count), np.ones(count)

    def score(own: np.ndarray, other: np.ndarray, weight: np.ndarray) -> np.ndarray:
        sums, pairs = _sums(own, distance * weight[other], count), _sums(own, flows, count)
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


def _variances(
    squared: np.ndarray, flows: np.ndarray, i: np.ndarray, j: np.ndarray, count: int
) -> tuple[np.ndarray, float]:
    """Least squares over flows, by the normal equations: these have a row a country, whatever the number of flows."""
    from scipy.optimize import nnls  # here: the other methods do without it

    mean = max(float(squared.sum() / flows.sum()) / 2, 1e-9)
    normal = np.diag(_sums(i, flows, count) + _sums(j, flows, count) + _PRIOR_ROWS)
    np.add.at(normal, (i, j), flows)
    np.add.at(normal, (j, i), flows)
    right = _sums(i, squared, count) + _sums(j, squared, count) + _PRIOR_ROWS * mean
    root = np.linalg.cholesky(normal)
    solved, _ = nnls(root.T, np.linalg.solve(root, right))
    # No report is exact: a twentieth of the mean is the least.
    return np.maximum(solved, mean / 20), mean
