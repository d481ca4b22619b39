"""Chart of the G7's page: what a pool saves, by how much of the risk hits all members at once."""

import pandas as pd
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, GREY, dot, label, show_figure
from rareearth.quantity import Estimate

_HAPPENED = {0: "January 2026 hit one member", 100: "April 2025 applied to all"}


def show_saving(saved: dict[int, float], assumed: int, gain: Estimate) -> None:
    """What a pool saves against the part of the risk that is common, both in percent; `gain` is the saving at the assumed part."""

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.plot(list(saved), list(saved.values()), color=ACCENT)
        for common, saving in saved.items():
            words = f"{common}% of the risk is common: {saving:.0f}% saved"
            dot(axes, common, saving, ACCENT, words, hollow=common == assumed)
        label(axes, 0, saved[0], f"{saved[0]:.0f}%: {_HAPPENED[0]}", xytext=(6, 10))
        axes.annotate(
            f"{saved[100]:.0f}%: {_HAPPENED[100]}",
            (100, saved[100]),
            (104, saved[100] + (0.4 if narrow else 0.2) * saved[0]),
            ha="right",
            fontsize=9,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.8},
        )
        if assumed not in _HAPPENED:  # under the line where it is flat, beside it where it is steep
            under, words = assumed > 40, f"{saved[assumed]:.0f}%: assumed here"
            place = (-6, -9) if under else (6, 9)
            label(axes, assumed, saved[assumed], words, left=under, xytext=place)
        axes.set(xlim=(-4, 105), ylim=(-2, max(saved.values()) * 1.2 + 1))
        axes.set(xlabel="Part of the risk that hits all at once, %", ylabel="Stock saved, %")

    show_figure(
        draw,
        name="gain-by-common-part",
        title=f"The more a cut hits all at once, the less a shared reserve saves: from {saved[0]:.0f}% to {saved[100]:.0f}%",
        subtitle="Stock that one G7 magnet reserve saves against seven separate ones for the same protection, %, by the part of "
        "the risk that hits all members at once",
        alt="Falling line. " + "; ".join(f"{part}% common: {value:.1f}% saved" for part, value in saved.items()),
        data=pd.DataFrame({"Common part of the risk, %": list(saved), "Saving, %": list(saved.values())}),
        estimates=[gain],
    )
