"""Charts of the page on reserve plans: what each place publishes, and what a licence did to prices, element by element."""

import pandas as pd
from matplotlib.figure import Figure

from rareearth.charts.frame import ACCENT, FAINT, GREY, INK, dot, interval, label, list_axes, show_figure

_ASKED = {"target": "Target", "inventory": "Stock", "spend": "Budget"}


def show_publicity(public: pd.DataFrame) -> None:
    """What each place publishes of its reserve (`plans.publicity`): a row a place, a mark a question."""

    def draw(figure: Figure, narrow: bool) -> None:
        axes = list_axes(figure, list(public["place"]), narrow, xlim=(-0.3, len(_ASKED) - 0.4))
        for column, what in enumerate(_ASKED):
            for line, (place, answer) in enumerate(zip(public["place"], public[what], strict=True)):
                colour, ink = (FAINT, GREY) if answer == "no" else (ACCENT, INK)
                words = f"{place}, {_ASKED[what].lower()}: {answer}"
                dot(axes, column, line, colour, words, hollow=answer != "yes")
                axes.text(column + 0.09, line, answer, va="center", fontsize=9, color=ink)
        axes.xaxis.tick_top()
        axes.set_xticks(range(len(_ASKED)), _ASKED.values(), fontsize=9.5, ha="left")
        axes.grid(False)

    counts = {what: int((public[what] == "yes").sum()) for what in _ASKED}
    show_figure(
        draw,
        name="what-is-public",
        title=f"Of {len(public)} places, {counts['target']} publish the target of their reserve, {counts['spend']} its budget and "
        f"{counts['inventory'] or 'none'} its stock",
        subtitle=f"What {len(public)} places with a reserve of rare earths, planned or held, make public of it. Stock: what is held now; "
        "partly: some of it, or the value of all minerals together",
        alt="A table of marks. "
        + "; ".join(
            f"{row.place}: target {row.target}, stock {row.inventory}, budget {row.spend}"
            for row in public.itertuples()
        )
        + f". {len(public)} places",
        data=public.drop(columns="iso3").rename(columns={"place": "Place"} | _ASKED),
        height_in=0.5 + 0.24 * len(public),
    )


def show_price_times(newest: pd.DataFrame, licensed: set[str]) -> None:
    """How many times its price in China each oxide cost outside, when both were last published together.

    `newest` has the newest row of each oxide of `licences.price_table`; those that are not `licensed` are grey.
    """
    rows = newest.sort_values("Times", key=lambda cells: [-one.value for one in cells])
    names = [f"{row['Oxide of']}, {row['When']}" for _, row in rows.iterrows()]

    def draw(figure: Figure, narrow: bool) -> None:
        prices = zip(names, rows["Outside, USD/kg"], rows["In China, USD/kg"], strict=True)
        in_words = [f"{name}\nUSD {out}/kg, in China {home}" for name, out, home in prices]
        axes = list_axes(figure, in_words, narrow, xscale="log", xlabel="Times the price in China")
        for line, (_, row) in enumerate(rows.iterrows()):
            times, colour = row["Times"], ACCENT if row["Oxide of"] in licensed else GREY
            words = f"{names[line]}: {times}"
            interval(axes, times.low, times.high, line, colour, words)
            dot(axes, times.value, line, colour, words)
            label(axes, times.high, line, times.number(decimals=1 if times.value >= 2 else 2), colour)
        axes.set_xlim(0.8, max(one.high for one in rows["Times"]) * (2 if narrow else 1.5))
        axes.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
        axes.minorticks_off()
        axes.axvline(1, color=GREY, linewidth=1)

    top, free = rows.iloc[0], [one for one in rows["Oxide of"] if one not in licensed]
    beside = rows[rows["Oxide of"].isin(free)].iloc[-1]
    show_figure(
        draw,
        name="price-times",
        title=f"Outside China, {top['Oxide of']} cost {top['Times'].number(decimals=0)} times its price in China; "
        f"{beside['Oxide of']}, under no licence, {beside['Times'].number(decimals=2)} times",
        subtitle="Price of the oxide outside China over the price in China, published within 15 days of each other. "
        "Blue: under licence since April 2025. Bars: ends of the published prices",
        alt="Dots with bars. " + "; ".join(f"{name}: {one}" for name, one in zip(names, rows["Times"], strict=True)),
        data=rows,
        height_in=3.2,
    )
