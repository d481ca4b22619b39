"""Stress runs, timed in one process without its start: `python -m benchmarks.simulation`."""

import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from rareearth.reserves import scenario

COUNTRIES, PATHS, DAYS = 12, 10_000, 365
_ROUNDS = 5
_BASELINE = scenario.Baseline(0.0, {"CHN": 900.0, "JPN": 100.0})


def _draws() -> list[tuple[scenario.Shock, np.ndarray]]:
    random = np.random.default_rng(1)
    return [
        (
            scenario.Shock(
                ("CHN",),
                random.uniform(0.3, 1, PATHS),
                random.integers(30, 300, PATHS),
                random.integers(0, 120, PATHS),
            ),
            random.uniform(10, 200, PATHS),
        )
        for _ in range(COUNTRIES)
    ]


def paths() -> Callable[[], object]:
    """Every path of every country by the package."""
    drawn = _draws()
    stands = scenario.Answer(0.05, 50.0)
    return lambda: [scenario.simulate(_BASELINE, shock, stands, stock) for shock, stock in drawn]


def paths_by_day() -> Callable[[], object]:
    """The plain way: a table of paths by days for each country, a day a column, the stock taken day by day."""
    drawn = _draws()

    def run() -> list[np.ndarray]:
        found = []
        for shock, stock in drawn:
            day = np.arange(DAYS)
            over = day - shock.length_days[:, None]
            back = np.maximum(shock.recovery_days[:, None], 1)
            part = np.where(over < 0, 1.0, np.clip(1 - (over + 1) / back, 0, 1))
            gap = np.maximum(part * shock.depth[:, None] * 900 / DAYS * 0.95 - 50 / DAYS * day / DAYS, 0)
            left, missing = stock.copy(), np.zeros(PATHS)
            for column in gap.T:
                taken = np.minimum(column, left)
                left -= taken
                missing += column - taken
            found.append(missing)
        return found

    return run


def _timed(run: Callable[[], object]) -> list[float]:
    run()
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return times


def measured() -> dict[str, dict[str, float]]:
    """Median and range of seconds of each run."""
    runs = {
        f"{PATHS} paths x {DAYS} days x {COUNTRIES} countries, day by day": paths_by_day(),
        f"{PATHS} paths x {DAYS} days x {COUNTRIES} countries, rareearth": paths(),
    }
    found = {}
    for name, run in runs.items():
        times = _timed(run)
        wall = statistics.median(times)
        found[name] = {"wall_s": wall, "spread_pct": 100 * (max(times) - min(times)) / wall}
    return found


if __name__ == "__main__":
    print(json.dumps(measured()))
