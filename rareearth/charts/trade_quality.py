"""Charts of the page on trade records: what both sides report, where masses come from, and shares over the years."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rareearth import suppliers, tables
from rareearth.charts.frame import (
    ACCENT,
    FAINT,
    GREY,
    SECOND,
    TINT,
    WASH,
    dot,
    end_labels,
    label,
    list_axes,
    show_figure,
)
from rareearth.countries import name
from rareearth.quantity import Estimate
from rareearth.text import in_sentence, opening


def good(hs_code: str) -> str:
    """What a page calls the goods of a code."""
    return tables.select("hs_scope", hs_code=hs_code)["short_name"].iloc[0]


def in_words(labels: pd.Series) -> pd.Series:
    """Labels such as ``MYS to JPN, 284690`` with names of countries and goods."""
    named = labels.str.replace(r"\b[A-Z]{3}\b", lambda code: name(code[0]), regex=True)
    return named.str.replace(r"\b\d{6}\b", lambda code: good(code[0]), regex=True)


def _widest(flows: pd.DataFrame, year: int) -> str:
    """The flow whose two reports differ most, as a sentence."""
    exporter_usd_m, importer_usd_m = flows["exporter_usd_m"], flows["importer_usd_m"]
    row = flows.loc[(exporter_usd_m / importer_usd_m).map(lambda ratio: max(ratio, 1 / ratio)).idxmax()]
    exporter, importer, goods = re.fullmatch(r"(.*) to (.*), (.*)", row["label"]).groups()
    sold, bought = (
        f"{value:,.0f}" if value >= 1 else f"{value:.1f}" for value in (row["exporter_usd_m"], row["importer_usd_m"])
    )
    ends = [(exporter, sold, "sold to"), (importer, bought, "from")]
    if row["exporter_usd_m"] <= row["importer_usd_m"]:
        ends.reverse()
    (who, most, did), (other, least, _) = ends
    first = f"{opening(who)} reports USD {most} million of {goods} {did} {in_sentence(other)} in {year}"
    return f"{first}; {in_sentence(other)} reports {least} million"


def show_both_reports(largest: pd.DataFrame, year: int, estimates: Sequence[Estimate]) -> None:
    """The two reports of each of `mirror.largest` as two marks on one line, the largest flow first, at most 14.

    `estimates` say how many differ; their sources are those of the chart.
    """
    flows = largest.assign(label=in_words(largest["label"]))

    def draw(figure: Figure, narrow: bool) -> None:
        values = flows[["exporter_usd_m", "importer_usd_m"]].to_numpy()
        low, high = values.min() * 0.8, values.max() * 1.25
        axes = list_axes(figure, list(flows["label"]), narrow, xscale="log", xlim=(low, high))
        sides = (("exporter", ACCENT, "o", "●"), ("importer", SECOND, "D", "◆"))
        for line, (words, of_flow) in enumerate(zip(flows["label"], values, strict=True)):
            axes.hlines(line, *of_flow, color=GREY, linewidth=1.6)
            for value, (side, colour, marker, _) in zip(of_flow, sides, strict=True):
                said = f"{words}: USD {value:,.1f} million by the {side}"
                dot(axes, value, line, colour, said, marker=marker)
        # Decades alone where there is little room.
        ticks = [step * 10.0**power for power in range(-3, 5) for step in ((1,) if narrow else (1, 3))]
        shown = [tick for tick in ticks if low <= tick <= high]
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.minorticks_off()
        axes.set(xlabel="USD million, logarithmic", ylim=(len(flows) - 0.5, -2.0))
        # The first row names its marks, which are the key to all.
        names = sorted(zip(values[0], sides, strict=True), reverse=True)
        for y, (value, (side, colour, _, sign)) in zip((-1.5, -0.8), names, strict=True):
            words = f"{side}'s report {sign}"
            axes.text(value, y, words, color=colour, va="center", ha="right", fontsize=9)

    show_figure(
        draw,
        name="both-reports",
        title=_widest(flows, year),
        subtitle=f"The {len(flows)} largest flows that both sides report, USD million, {year}. Other compounds: of rare earths other than cerium",
        alt="Two marks a line, the exporter's and the importer's report in USD million. "
        + "; ".join(f"{r.label}: {r.exporter_usd_m:,.1f} and {r.importer_usd_m:,.1f}" for r in flows.itertuples()),
        data=flows.set_axis(["Flow", "Exporter, USD m", "Importer, USD m"], axis=1),
        estimates=estimates,
        height_in=5.6,
    )


# Status of a mass in the records -> what a reader is told, and its colour.
_STATUS = {
    "reported": ("measured", ACCENT),
    "unstated": ("not stated how", FAINT),
    "estimated": ("estimated by the UN", TINT),
    "imputed": ("calculated from the value", SECOND),
    "missing": ("missing", WASH),
}


def show_mass_status(counts: pd.DataFrame, source_id: str, estimates: Sequence[Estimate]) -> None:
    """Shares of the flows of a source by status of their mass and year (`quality.by_status`), as stacked bars."""
    first = 2000
    counts = counts.loc[first:, [status for status in _STATUS if status in counts]]
    shares = 100 * counts.div(counts.sum(axis=1), axis=0)
    imputed = [str(year) for year, share in shares["imputed"].items() if share == 100]
    # Years up to the newest in which fewer than half are weighed.
    rare = (shares["reported"] < 50)[::-1].cumprod()
    since = int(rare[rare == 1].index.min()) if rare.any() else None

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        below = pd.Series(0.0, index=shares.index)
        for status in shares:
            axes.bar(shares.index, shares[status], bottom=below, color=_STATUS[status][1], width=0.86)
            below = below + shares[status]
        axes.set(ylim=(0, 100), ylabel="Share of the flows, %")
        ticks = [year for year in shares.index if year % (10 if narrow else 5) == 0]
        axes.set_xticks(ticks, [str(year) for year in ticks])
        axes.set_xlim(first - (2.2 if narrow else 1), shares.index[-1] + 0.6)
        shown = [_STATUS[status] for status in shares if shares[status].any()]
        # Beside the bars in the order in which they stand on each other.
        beside = shown if narrow else shown[::-1]
        figure.legend(
            [Patch(facecolor=colour) for _, colour in beside],
            [words for words, _ in beside],
            loc="outside upper left" if narrow else "outside right center",
            ncols=2 if narrow else 1,
            frameon=False,
            fontsize=9,
            handlelength=1,
            columnspacing=1,
        )

    show_figure(
        draw,
        name="mass-status",
        title=f"Since {since} fewer than half of China's imports have a measured weight"
        if since
        else "Where the weights of China's imports come from",
        subtitle=f"China's imports of rare-earth compounds (HS 2846), share of the flows by how their weight was found, {first} to {shares.index[-1]}",
        alt="Stacked bars by year. Share of the flows with a measured weight: "
        + "; ".join(f"{year} {share:.0f} %" for year, share in shares["reported"].items())
        + (f". All weights of {', '.join(imputed)} are calculated from values." if imputed else "."),
        data=counts.rename(columns=lambda status: _STATUS[status][0].capitalize()).rename_axis("Year").reset_index(),
        source_ids=[source_id],
        estimates=estimates,
    )


def _dotted_line(axes: Axes, values: Mapping[int, float], colour: str, words: str, marker: str = "o") -> None:
    """A line through values, each with a dot that says `words`, in which ``{x}`` and ``{y}`` are filled in."""
    axes.plot(list(values), list(values.values()), color=colour, linewidth=1.4)
    for x, y in values.items():
        dot(axes, x, y, colour, words.format(x=x, y=y), marker=marker)


def _mark_events(axes: Axes, events: Mapping[int, str], narrow: bool, *, low: bool = False) -> None:
    """Dotted lines with their words, in turns on two or three heights."""
    first, last = axes.get_xlim()
    for number, (year, words) in enumerate(events.items()):
        # At the foot both stand left of their lines, the later one lower, where the earlier line has not begun.
        turns = 3 if narrow else 2
        height = 0.02 + 0.08 * ((len(events) - 1 - number) % 2) if low else 1 - 0.08 * (turns - number % turns)
        axes.axvline(year, height if low else 0, color=GREY, linewidth=0.9, linestyle=":")
        left = not low and year < first + 0.56 * (last - first)
        place = {"xycoords": axes.get_xaxis_transform(), "xytext": (3 if left else -3, 5)}
        label(axes, year, height, words, GREY, left=not left, fontsize=7.5 if narrow else 8, **place)


def show_exporters(rows: pd.DataFrame) -> None:
    """The share of the largest exporter of one code (`suppliers.exporter_rows`), control events and the newest codes marked."""
    by_year = suppliers.concentration_by_year(rows)
    first, last = min(by_year), max(by_year)
    codes_changed = int(tables.select(rows, hs_revision=rows["hs_revision"].max())["year"].min())
    (leader,), _ = by_year[last].top(1)
    (hs_code,) = set(rows["hs_code"])
    share_pct = pd.Series({year: found.shares_pct.get(leader, 0.0) for year, found in by_year.items()})
    ends = [suppliers.exporter_share(rows, leader, year) for year in (first, last)]
    events = suppliers.control_events(first, last)

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.add_subplot()
        axes.axvspan(codes_changed - 0.5, last + 0.6, color=WASH, zorder=0)
        axes.text(codes_changed - 0.3, 3, f"codes changed in {codes_changed}", color=GREY, fontsize=8)
        for part in (share_pct.loc[: codes_changed - 1], share_pct.loc[codes_changed:]):
            _dotted_line(axes, dict(part), ACCENT, "{x}: {y:.1f} %")
        for one, place in zip(ends, ({"xytext": (6, -10)}, {"xytext": (0, 11), "ha": "right"}), strict=True):
            label(axes, one.reference_year, one.value, f"{one:rounded}", ACCENT, weight="bold", **place)
        axes.set(xlim=(first - 0.6, last + 0.6), ylim=(0, 100))
        _mark_events(axes, events, narrow)
        axes.set_xticks([year for year in by_year if year % (10 if narrow else 5) == 0])
        axes.set_ylabel(f"{name(leader)}'s share of exports, %")

    show_figure(
        draw,
        name="magnet-exporters",
        title=f"{name(leader)}'s share of the exports of {good(hs_code)} went from {ends[0]:rounded} in {first} to {ends[1]:rounded} in {last}",
        subtitle=f"{name(leader)}'s share of the exports of {good(hs_code)} (HS {hs_code}) by value, {first} to {last}. Dotted: "
        + "; ".join(events.values()),
        alt=f"A line by year, share of {name(leader)}: "
        + "; ".join(f"{year} {share:.0f} %" for year, share in share_pct.items()),
        data=pd.DataFrame(
            {
                "Year": list(by_year),
                "Largest exporter": [name(found.top(1)[0][0]) for found in by_year.values()],
                "Its share, %": [found.top(1)[1] for found in by_year.values()],
                "HHI, 0 to 1": [round(found.hhi_low, 4) for found in by_year.values()],
                "Three largest": [", ".join(map(name, found.top(3)[0])) for found in by_year.values()],
                "Their share, %": [found.top(3)[1] for found in by_year.values()],
            }
        ),
        estimates=ends,
        source_ids=sorted(set(rows["source_id"])),
    )


def show_supplier_shares(panels: Mapping[str, pd.DataFrame], ends: Sequence[Estimate]) -> None:
    """China's part in US imports by both reports over the years, a panel for each code.

    A panel has columns year, by_importer_pct, by_supplier_pct and world_usd; `ends` are the share of the first code in its first,
    last but one and last year.
    """
    titles = {code: f"{good(code).capitalize()} (HS {code})" for code in panels}
    years = sorted(next(iter(panels.values()))["year"])
    events = suppliers.control_events(years[0], years[-1])
    sides = ("by_importer_pct", "US report", SECOND, "D"), ("by_supplier_pct", "China's report", ACCENT, "o")
    heads = {
        "year": "Year",
        "by_importer_pct": "By the US report, %",
        "by_supplier_pct": "By China's report, %",
        "world_usd": "US imports from the world, USD",
        "source_ids": "source_ids",
    }
    rose = ends[0].value < ends[1].value > ends[2].value

    def draw(figure: Figure, narrow: bool) -> None:
        shape = (len(panels), 1) if narrow else (1, len(panels))
        every = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False).flat
        for axes, (code, table) in zip(every, panels.items(), strict=True):
            for column, side, colour, marker in sides:
                by_year = dict(zip(table["year"], table[column], strict=True))
                _dotted_line(axes, by_year, colour, f"{titles[code]}, {{x}}, {side}: {{y:.1f}} %", marker)
            last = table.iloc[-1]
            labels = [(last[column], side, colour) for column, side, colour, _ in sides]
            end_labels(axes, last["year"], labels, 12 if narrow else 7)
            axes.set_title(f"{titles[code]}, % of imports", loc="left", fontsize=9.5)
            axes.set(ylim=(0, 100), xlim=(years[0] - 0.4, years[-1] + 2.2))
            axes.set_xticks(years, [f"’{year % 100:02}" for year in years])
            _mark_events(axes, events, narrow, low=True)

    show_figure(
        draw,
        name="china-share-both-sides",
        title=f"China's share of US imports of rare-earth compounds rose to {ends[1]:rounded} in {ends[1].reference_year}, "
        f"then fell to {ends[2]:rounded}"
        if rose
        else "China's share of US imports of rare-earth compounds, by both sides",
        subtitle="Share of US imports by value, % of imports from the world: by the US report, and with China's report of its "
        f"exports in its place, {years[0]} to {years[-1]}. Dotted: export controls ("
        + "; ".join(events.values())
        + ")",
        alt="Two lines a panel. "
        + " ".join(
            f"{titles[code]}, US and Chinese report: "
            + "; ".join(f"{r.year} {r.by_importer_pct:.0f} % and {r.by_supplier_pct:.0f} %" for r in table.itertuples())
            + "."
            for code, table in panels.items()
        ),
        data=pd.concat([panel.assign(Code=titles[code]) for code, panel in panels.items()])[["Code", *heads]].rename(
            columns=heads
        ),
        estimates=ends,
    )
