"""Stress runs and draws of the share model, each row a process that runs its work once before it is timed.

``python -m benchmarks.simulating ROW`` prints what it computed and the median of five runs in seconds.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.measure import Claim

COUNTRIES, PATHS, DAYS = 12, 10_000, 365
_RUNS = 5
_CHINA_T, _RESTRAINT, _RAMP_T = 900.0, 0.05, 50.0


def _draws() -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(1)
    return [
        {
            "depth": random.uniform(0.3, 1, PATHS),
            "length": random.integers(30, 300, PATHS),
            "back": random.integers(1, 120, PATHS),
            "stock_t": random.uniform(10, 200, PATHS),
        }
        for _ in range(COUNTRIES)
    ]


def paths() -> Callable[[], float]:
    """Every path of every country by the package; gives the mean of what is unmet, in t."""
    from rareearth.reserves.scenario import Answer, Baseline, Shock, simulate

    baseline, drawn = Baseline(0.0, {"CHN": _CHINA_T, "JPN": 100.0}), _draws()
    answer = Answer(_RESTRAINT, _RAMP_T)

    def run() -> float:
        found = [
            simulate(baseline, Shock(("CHN",), one["depth"], one["length"], one["back"]), answer, one["stock_t"])
            for one in drawn
        ]
        return float(np.mean([result.unmet_t for result in found]))

    return run


def paths_by_day() -> Callable[[], float]:
    """The plain way: a table of paths by days for each country, and the stock taken day by day."""
    drawn = _draws()

    def run() -> float:
        found = []
        for one in drawn:
            moments = np.arange(DAYS + 1)
            back = 1 - (moments - one["length"][:, None]) / one["back"][:, None]
            cut = one["depth"][:, None] * np.clip(back, 0, 1) * _CHINA_T
            saved = _RESTRAINT * (_CHINA_T + 100) + _RAMP_T * np.minimum(1, moments / DAYS)
            missing = (cut - saved) / DAYS
            first, last = np.maximum(missing[:, :-1], 0), np.maximum(missing[:, 1:], 0)
            whole = np.abs(missing[:, 1:] - missing[:, :-1])
            above = np.where(whole > 0, np.minimum(1, (first + last) / np.where(whole > 0, whole, 1)), 1)
            is_crossing = (missing[:, :-1] < 0) != (missing[:, 1:] < 0)
            gap = (first + last) / 2 * np.where(is_crossing, above, 1)
            left, unmet = one["stock_t"].copy(), np.zeros(PATHS)
            for column in gap.T:
                taken = np.minimum(column, left)
                left -= taken
                unmet += column - taken
            found.append(unmet)
        return float(np.mean(found))

    return run


def share() -> Callable[[], float]:
    """2^15 draws of the share model of all years; gives the median of the share by ore of 2024, in percent."""
    from rareearth import uncertainty
    from rareearth.processing import simulation

    years = simulation.model().years

    def run() -> float:
        uncertainty._points.cache_clear()
        drawn = simulation._simulated(years)
        return float(100 / np.median(1 + drawn["2024 feed outside"] / drawn["2024 feed china"]))

    return run


ROWS = {"day by day": paths_by_day, "rareearth": paths, "share": share}
_COMMAND = [sys.executable, "-m", "benchmarks.simulating"]
CLAIMS = [
    Claim(
        name=f"{PATHS:,} paths of {DAYS} days for {COUNTRIES} countries",
        commands={name: [*_COMMAND, name] for name in ("day by day", "rareearth")},
        units=(COUNTRIES * PATHS * DAYS, "days"),
    ),
    Claim(
        name="2^15 draws of the share model of all years with their points",
        commands={"rareearth": [*_COMMAND, "share"]},
        units=(2**15, "draws"),
    ),
]


def main() -> None:
    """Runs one row."""
    run = ROWS[sys.argv[1]]()
    answer, times = run(), []
    for _ in range(_RUNS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    print(json.dumps({"answer": round(answer, 9), "wall_s": statistics.median(times)}))


if __name__ == "__main__":
    main()
