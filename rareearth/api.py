"""The questions that most readers have, a function each; ``import rareearth as re`` offers them all.

Every argument has a default, countries go by name or code, and an answer is an `Answer` (a number with its interval) or
a `Table` (a DataFrame), which show themselves in Jupyter and have ``.plot()``, ``.sources`` and ``.to_csv()``. What is
not published is said with the answer; a question that has none raises one line that says what is there.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from rareearth import countries, suppliers, tables
from rareearth import uncertainty as un
from rareearth.errors import Refused
from rareearth.processing import balance, output, simulation
from rareearth.processing.bases import BASES, Flows, share_pct
from rareearth.quantity import DAYS_A_YEAR, Estimate, origins
from rareearth.reserves import cover as cover_
from rareearth.reserves import goods
from rareearth.reserves import plans as plans_
from rareearth.results import Answer, Table, estimates_table
from rareearth.text import did_you_mean, in_sentence, listed, opening
from rareearth.trade import store

__all__ = ["share", "shares", "scenario", "hhi", "quotas", "imports", "cover", "plans", "events", "table"]

NEWEST_YEAR = output.YEARS[-1]
# What a plant outside China makes stands in these fields of `Flows`.
_PLANTS = {
    "lynas": ("lynas", "lynas_ndpr"),
    "usa": ("usa", "usa_ndpr"),
    **{name: (name,) for name in ("india", "estonia", "france", "vietnam")},
}
_WORDS = {name: name.capitalize() for name in _PLANTS} | {"usa": "the United States"}
_OF_PLANTS = ("feed", "product_both", "product", "ndpr")
_BARS = 12  # of a drawing by country
_COMPARED = ("feed", "product_both", "ndpr", "value")


def _one_of(word: str, allowed: Iterable[str], what: str) -> str:
    """The allowed word that is meant, whatever its case."""
    known = {one.lower(): one for one in allowed}
    if str(word).lower() in known:
        return known[str(word).lower()]
    hint = did_you_mean(str(word).lower(), known) or "."
    raise Refused(f"{what} {word!r} is not known{hint} There is {', '.join(known.values())}")


def _year(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise Refused(f"year={given!r}: write a year as a number, such as {NEWEST_YEAR}")
    return int(given)


def _bars(frame: pd.DataFrame, answer: str, drawn: pd.DataFrame | None = None, **how: Any) -> Table:
    return Table.of(frame, answer, drawn, **{"kind": "barh", "legend": False, "ylabel": "", **how})


def _place(word: str) -> tuple[str, str]:
    code = countries.iso3(word)
    return code, in_sentence(countries.name(code))


# --- China's share ---


def share(
    year: int = NEWEST_YEAR, basis: str = "feed", edition: str = balance.NEWEST_EDITION, with_scrap: bool = False
) -> Answer:
    """China's share of rare-earth separation in a year.

    Args:
        year: 2018 to 2025.
        basis: What is counted: ``feed`` (ore put through separation), ``product_both`` (finished product on both
            sides), ``ndpr``, ``value``, ``mined`` or another key of `processing.bases.BASES`.
        edition: The release of the US Geological Survey as of which figures are read.
        with_scrap: Whether China's output from magnet scrap counts, which is published for two years.

    Returns:
        Percent, with its interval. Its plot shows all years.

    Raises:
        Refused: no such basis, year or edition.

    Example:
        >>> share(2024, basis="feed")
        88.7% (86.7–90.3)  [Separation, all rare earths, in tonnes of oxide, 2024, by ore put through separation]
        >>> "U.S. Geological Survey" in list(share(2024, "ndpr").sources["publisher"])
        True
    """
    basis = _one_of(basis, BASES, "basis")
    model = _model(edition)
    others, year = model.estimates(basis, with_scrap), _year(year)
    if year not in others:
        raise Refused(f"no share on the basis {basis} for {year}; there is one for {listed(map(str, others))}")
    return Answer.of(others[year], others.values())


def _model(edition: str) -> simulation.Model:
    return simulation.model(_one_of(edition, tables.editions(), "edition"))


def shares(basis: str = "feed", edition: str = balance.NEWEST_EDITION) -> Table:
    """China's share of rare-earth separation by year.

    Args:
        basis: See `share`.
        edition: See `share`.

    Returns:
        A row a year: id, reference_year, value, low and high in percent, definition, method and sources.

    Example:
        >>> shares("ndpr")[["reference_year", "value"]].round(1).tail(2).values.tolist()
        [[2024.0, 87.9], [2025.0, 85.5]]
    """
    basis = _one_of(basis, BASES, "basis")
    found = list(_model(edition).estimates(basis).values())
    said = f"{BASES[basis].words}: China's share was {found[-1]} in {found[-1].reference_year}."
    return estimates_table(found, said, x="reference_year", y="value", ylabel="China's share, %", legend=False)


def scenario(year: int = NEWEST_YEAR, basis: str = "", **times: float) -> Table:
    """China's share of a year if some input had been another, everything else as it was.

    Args:
        year: 2018 to 2025.
        basis: See `share`; the four that the briefing compares when empty.
        **times: What each input is multiplied by: a plant outside China (``lynas``, ``usa``, ``india``, ``estonia``,
            ``france``, ``vietnam``) with all that it makes; ``feed``, the ore that China imports from Myanmar and others;
            ``us_ore``, that from the United States; ``quota``, China's quota, or another field of
            `processing.bases.Flows`.

    Returns:
        A row a basis: basis, before, after, low and high of the share after in percent, and change, change_low and
        change_high in points. Both shares are simulated with the same draws.

    Raises:
        Refused: an input is not known, or a factor is below 0.

    Example:
        >>> print(scenario(lynas=1.3).answer)
        If Lynas had been 1.3 times as large in 2024, China's share by ore put through separation would be 86.7% (84.4–88.6) instead of 88.7%.
    """
    if not times:
        raise Refused("scenario: name what changes, such as lynas=1.3")
    factors: dict[str, float] = {}
    fields = [name for name in Flows.__dataclass_fields__ if not name.endswith("_ndpr")]
    for word, factor in times.items():
        name = _one_of(word, [*_PLANTS, *(one for one in fields if one not in _PLANTS)], "input")
        if not (isinstance(factor, int | float) and factor >= 0 and np.isfinite(factor)):
            raise Refused(f"{name}={factor!r}: give what it is multiplied by, a number from 0")
        factors |= dict.fromkeys(_PLANTS.get(name, (name,)), float(factor))
    bases = [_one_of(basis, BASES, "basis")] if basis else list(_COMPARED)
    before = [share(year, one) for one in bases]
    inputs = _model(balance.NEWEST_EDITION).years[year]

    def simulated(values):
        flows = inputs.flows(values)
        other = replace(flows, **{name: getattr(flows, name) * factor for name, factor in factors.items()})
        was, after = ({one: share_pct(*BASES[one].masses(of)) for one in bases} for of in (flows, other))
        return after | {f"change {one}": after[one] - was[one] for one in bases}

    drawn = {name: un.interval(values) for name, values in un.simulate(inputs.primitives, simulated).items()}
    rows = []
    for one, was in zip(bases, before, strict=True):
        after, change = drawn[one], drawn[f"change {one}"]
        rows.append(
            {
                "basis": one,
                "counted": BASES[one].words,
                "before": was.value,
                "after": after.median,
                "low": after.low,
                "high": after.high,
                "change": change.median,
                "change_low": change.low,
                "change_high": change.high,
                "source_ids": was.source_ids,
            }
        )
    first = rows[0]
    said = listed(
        f"{_WORDS.get(word.lower(), in_sentence(word.replace('_', ' ')))} had been {factor:g} times as large"
        for word, factor in times.items()
    )
    then = replace(before[0], value=first["after"], low=first["low"], high=first["high"])
    words = f"China's share {BASES[first['basis']].counted} would be {then} instead of {before[0]:value}."
    return _bars(
        pd.DataFrame(rows),
        f"If {said} in {year}, {words}",
        pd.DataFrame(rows[::-1]),
        x="counted",
        y=["before", "after"],
        legend=True,
        xlabel="China's share, %",
    )


def hhi(year: int = NEWEST_YEAR, basis: str = "feed") -> Answer:
    """How concentrated separation is among places: the Herfindahl-Hirschman index, 0 to 1.

    China is one place and each plant or country outside it another: sum of squared shares.

    Args:
        year: 2018 to 2025.
        basis: ``feed``, ``product_both``, ``product`` or ``ndpr``; see `share`.

    Raises:
        Refused: no such basis, or a year that is not known.

    Example:
        >>> hhi(2024)
        HHI 0.793 (0.761–0.821)  [Separation, all rare earths, in tonnes of oxide, 2024, by ore put through separation]
    """
    basis = _one_of(basis, _OF_PLANTS, "basis")
    of_share = share(year, basis)
    others = [_hhi(one, basis) for one in of_share.others]
    return Answer.of(next(one for one in others if one.reference_year == year), others)


def _hhi(of: Estimate, basis: str) -> Estimate:
    inputs = _model(balance.NEWEST_EDITION).years[of.reference_year]
    nothing = {field: 0.0 for plant in _PLANTS.values() for field in plant}

    def index(values):
        flows = inputs.flows(values)
        china, outside = BASES[basis].masses(flows)
        squares = china**2
        for fields in _PLANTS.values():
            alone = replace(flows, **nothing | {name: getattr(flows, name) for name in fields})
            squares = squares + BASES[basis].masses(alone)[1] ** 2
        return {"hhi": squares / (china + outside) ** 2}

    found = un.interval(un.simulate(inputs.primitives, index)["hhi"])
    return replace(
        of,
        id=f"processing_hhi.{basis}.{of.reference_year}",
        value=found.median,
        low=found.low,
        high=found.high,
        unit="hhi",
        method=f"sum of squared shares of China and of each place outside it: {BASES[basis].words}",
        inputs=(of.id,),
    )


def quotas() -> Table:
    """China's quotas for mining and separation beside its mine output as two surveys print it, by year.

    Returns:
        A row a year: reference_year, mining_quota_t_reo, separation_quota_t_reo, mined_usgs_t_reo (the newest edition),
        mined_bgs_t_reo, mined_over_quota (of USGS), source_ids. Empty is not published.

    Example:
        >>> quotas().set_index("reference_year").loc[2023, ["mining_quota_t_reo", "mined_usgs_t_reo"]].tolist()
        [255000.0, 255000.0]
    """
    rows = []
    british = tables.select("mine_production", iso3="CHN", edition=lambda names: names.str.startswith("BGS"))
    for year in balance.years(balance.NEWEST_EDITION):
        stages = ("mine", "separation") if year in output.YEARS else ()
        limits = [output.quota(year, stage) for stage in stages]
        usgs, bgs = output.mined_t_reo("CHN", year, balance.NEWEST_EDITION), tables.select(british, reference_year=year)
        mining, separation = [one["value"] for one in limits] or (np.nan, np.nan)
        rows.append(
            {
                "reference_year": year,
                "mining_quota_t_reo": mining,
                "separation_quota_t_reo": separation,
                "mined_usgs_t_reo": usgs["value"],
                "mined_bgs_t_reo": bgs["value"].iloc[0] if len(bgs) else np.nan,
                "mined_over_quota": usgs["value"] / mining,
                "source_ids": origins(*limits, usgs, bgs)[1],
            }
        )
    found = pd.DataFrame(rows)
    known = found.dropna(subset="mining_quota_t_reo")
    same = int((known["mined_over_quota"].round(3) == 1).sum())
    unknown = listed(map(str, found["reference_year"][found["mining_quota_t_reo"].isna()]))
    return Table.of(
        found,
        f"USGS prints China's mining quota as its mine output in {same} of {len(known)} years, so the two are no independent figures. The quota of {unknown} is not published.",
        x="reference_year",
        y=["mining_quota_t_reo", "mined_usgs_t_reo", "mined_bgs_t_reo"],
        ylabel="t REO",
        xlabel="",
    )


# --- Trade ---


@cache
def _records() -> tuple[pd.DataFrame, pd.DataFrame]:
    annual = store.load_flows()
    return annual[annual["month"].isna()], store.load_totals()


def imports(importer: str, code: str = "850511", year: int | Iterable[int] = NEWEST_YEAR, partner: str = "") -> Table:
    """What a country imports of one customs code, by origin, by value and by mass.

    Read is the country's own record of the year where there is one, else the reconciled record of CEPII, else what the
    exporters among the records report. The answer says which.

    Args:
        importer: Name or code of a country.
        code: HS code: 850511 magnets of metal, 280530 metals, 284610 cerium compounds, 284690 other compounds.
        year: Calendar year, or several: ``range(2020, 2026)``. Of several, those without a record are named and left out.
        partner: Only this origin, by name or code; its shares stay those of the whole.

    Returns:
        A row a year and origin, the largest first: year, origin_iso3, origin, value_usd, mass_t, value_pct, mass_pct,
        record, source_ids.

    Raises:
        Refused: no record has such imports; the message says of which years and codes there are some.

    Example:
        >>> found = imports("JPN", "850511", 2024, partner="CHN")
        >>> print(found.answer)
        Japan imported HS 850511 for USD 569 million in 2024, 10,332 t, by the reconciled record: 27.6% by value and 35.9% by mass from China.
        >>> found[["origin", "mass_t"]].round().values.tolist()
        [['China', 3715.0]]
        >>> imports("USA", "280530", range(2023, 2026), partner="CHN")["year"].tolist()
        [2023, 2024, 2025]
    """
    iso3, _ = _place(importer)
    code = str(code).replace(".", "").replace(" ", "")
    if isinstance(year, str) or not isinstance(year, Iterable):
        found, said = _of_year(iso3, code, _year(year), partner)
        return _bars(found, said, found.head(_BARS)[::-1], x="origin", y="value_usd", xlabel="USD")
    parts, lines, left_out = [], [], {}
    for one in sorted(set(map(_year, year))):
        try:
            found, said = _of_year(iso3, code, one, partner)
        except Refused as error:
            left_out[str(one)] = error
        else:
            parts.append(found)
            lines.append(said)
    if not parts:
        raise next(reversed(left_out.values()), Refused("year: give one or several, such as range(2020, 2026)"))
    if left_out:
        lines.append(f"No record has such imports in {listed(left_out)}.")
    every = pd.concat(parts, ignore_index=True)
    most = every.groupby("origin")["value_usd"].sum().nlargest(_BARS).index
    return Table.of(
        every,
        " ".join(lines),
        every.pivot_table(index="year", columns="origin", values="value_usd")[most],
        kind="bar",
        stacked=True,
        ylabel="USD",
        xlabel="",
    )


def _of_year(iso3: str, code: str, year: int, partner: str) -> tuple[pd.DataFrame, str]:
    """The rows of one year, and what they say."""
    name = in_sentence(countries.name(iso3))
    of, record = _found(iso3, code, year)
    whole_t = of.total_t
    rows = [
        {
            "year": year,
            "origin_iso3": origin,
            "origin": countries.name(origin),
            "value_usd": usd,
            "mass_t": of.mass_t[origin] or np.nan,
            "value_pct": 100 * usd / of.total_usd,
            "mass_pct": 100 * of.mass_t[origin] / whole_t if of.mass_t[origin] else np.nan,
            "record": record,
            "source_ids": of.source_ids,
        }
        for origin, usd in of.value_usd.items()
    ]
    found = pd.DataFrame(rows).sort_values(["value_usd", "origin"], ascending=[False, True])
    named, largest = found.head(1), found["origin"].iloc[0]
    if partner:
        origin, words = _place(partner)
        named = found = found[found["origin_iso3"] == origin]
        if found.empty:
            raise Refused(
                f"no imports of {code} from {words} by {name} in {year} in {record}; its largest origin is {in_sentence(largest)}"
            )
    top = named.iloc[0]
    mass = f" and {top['mass_pct']:.1f}% by mass" if pd.notna(top["mass_pct"]) else ""
    return found, (
        f"{opening(name)} imported HS {code} for USD {of.total_usd / 1e6:,.0f} million in {year}"
        f"{f', {whole_t:,.0f} t' if whole_t else ''}, by {record}: {top['value_pct']:.1f}% by value{mass} from {in_sentence(top['origin'])}."
    )


def _found(iso3: str, code: str, year: int) -> tuple[suppliers.Imports, str]:
    """Imports by the best record in hand, and whose record it is."""
    flows, totals = _records()
    of_code = flows[flows["hs_code"] == code]
    rows = of_code[of_code["year"] == year]
    own = tables.select(rows, reporter_iso3=iso3, flow="import")
    if len(own):
        # A file of the user stands before the records of the project.
        source = max(sorted(set(own["source_id"])), key=lambda one: one.startswith("file:"))
        return suppliers.of_code(flows, totals, iso3, code, year, source), "its own record"
    sold = tables.select(rows, partner_iso3=iso3, flow="export")
    reconciled = sold["value_basis"] == "reconciled"
    records = {"the reconciled record": sold[reconciled], "the exporters' records alone": sold[~reconciled]}
    for record, part in records.items():
        if len(part):
            of = suppliers.by_origin(part, iso3, code, record, origin="reporter_iso3")
            assert of is not None
            return of, record
    bought = tables.select(of_code, reporter_iso3=iso3, flow="import")["year"]
    years = {*bought, *tables.select(of_code, partner_iso3=iso3, flow="export")["year"]}
    there = f"the records have the codes {', '.join(sorted(set(flows['hs_code'])))}"
    if years:
        there = f"there is a record of {listed(map(str, sorted(years)))}"
    raise Refused(f"no record of imports of {code} by {in_sentence(countries.name(iso3))} in {year}; {there}")


# --- Reserves ---


def cover(country: str, material: str = "compounds", stock_t: float | None = None) -> Table:
    """How long a stock would last in a country, and what is published of its use, stock and target.

    Args:
        country: Name or code.
        material: ``compounds`` (and metals), ``magnets``, ``NdPr`` or an element such as ``Dy``.
        stock_t: A stock in tonnes of the material.

    Returns:
        A row a quantity that the stock can be set against: against, a_year_t, low and high of it, days (empty where the
        stock is not given), fits (whether it is the material itself), source_ids. Where the use of the material is not published, its answer says so, and the rows are what is.

    Raises:
        Refused: the country or material is not known, or the stock is below 0.

    Example:
        >>> print(cover("JPN", "NdPr", stock_t=500).answer)
        500 t of neodymium and praseodymium would last Japan 33 days of its use of 2024. Target: 60 days. Not published: stock.
        >>> print(cover("DEU", "NdPr", stock_t=500).answer)
        No days can be said for 500 t of neodymium and praseodymium in Germany: its use of neodymium and praseodymium is not published. The rows are what is published, of other goods.
    """
    iso3, name = _place(country)
    words = {key: key for key in cover_.MATERIALS} | {said: key for key, said in cover_.MATERIALS.items()}
    key = words[_one_of(material, words, "material")]
    said, known = cover_.MATERIALS[key], cover_.answer(plans_.accounted(), iso3, key)
    if stock_t is not None and not (isinstance(stock_t, int | float) and stock_t >= 0):
        raise Refused(f"stock_t={stock_t!r}: give tonnes from 0")
    against = []
    if known["a_year"] is not None:
        against.append((known["of_what"], known["a_year"].ends, True, known["a_year"].source_ids))
    else:
        use, of_what = cover_.use_or_proxy(iso3)
        if use is not None:
            of_what = of_what.replace("as a proxy", "of compounds and metals, gross")
            against.append((of_what, (use.low, use.value, use.high), False, use.source_ids))
        if (of := goods.magnets(iso3)) is not None:
            against.append((f"imports of metal magnets, gross, {of.year}", (of.total_t,) * 3, False, of.source_ids))
    rows = [
        {
            "against": what,
            "a_year_t": ends[1],
            "low": ends[0],
            "high": ends[2],
            "days": np.nan if stock_t is None else stock_t * DAYS_A_YEAR / ends[1],
            "fits": fits,
            "source_ids": ids,
        }
        for what, ends, fits, ids in against
    ]
    columns = ["against", "a_year_t", "low", "high", "days", "fits", "source_ids"]
    answer = _cover_in_words(known, name, said, stock_t, rows)
    return _bars(pd.DataFrame(rows, columns=columns), answer, x="against", y="days", xlabel="Days")


def _cover_in_words(known: dict, name: str, said: str, stock_t: float | None, rows: list[dict]) -> str:
    facts = [f"{part.capitalize()}: {known[part]}." for part in ("target", "stock") if known[part]]
    if known["a_year"] is None:
        what = "No days can be said" if stock_t is None else f"No days can be said for {stock_t:g} t of {said}"
        first = f"{what} in {name}: its use of {said} is not published."
        last = ["The rows are what is published, of other goods."] if rows else []
    else:
        first = f"{known['of_what'].capitalize()} in {name}: {known['a_year'].mid:,.0f} t of {said}."
        if stock_t is not None:
            days = f"{rows[0]['days']:,.0f} days of its {known['of_what']}"
            first = f"{stock_t:g} t of {said} would last {name} {days}."
        last = [f"Not published: {known['missing']}."] if known["missing"] else []
    return " ".join([first, *facts, *last])


def plans(country: str = "") -> Table:
    """The published reserve plans side by side, by kind and place.

    Args:
        country: Name or code; all places when empty.

    Returns:
        A row a plan, see `reserves.plans.comparison`; an empty cell is not published.

    Raises:
        Refused: we found no plan of the country.

    Example:
        >>> plans("Japan")["Place"].unique().tolist()
        ['Japan']
    """
    every = plans_.accounted()
    rows = every
    if country:
        iso3, name = _place(country)
        rows = tables.select(every, iso3_or_group=iso3)
        if not len(tables.select(rows, treatment="shown")):
            places = sorted(set(tables.select(every, treatment="shown")["jurisdiction"]))
            raise Refused(f"we found no plan of {name}; there are plans of {listed(places)}")
    found = plans_.comparison(rows)
    kinds = found["Kind"].nunique()
    places = found["Place"].nunique()
    said = f"{len(found)} plans of {places} places in {kinds} kinds, which are never ranked together."
    counts = found["Kind"].value_counts()[::-1].reset_index(name="Plans")
    return _bars(found, said, counts, x="Kind", y="Plans", xlabel="Plans")


def events(country: str = "") -> Table:
    """Export controls and what led to them, in the order of time.

    Args:
        country: Only events whose actor or target it is, by name or code; all when empty.

    Returns:
        A row an event: figure_id, date, actor, target, event, materials, source_ids and others.

    Raises:
        Refused: we found none of the country.

    Example:
        >>> events("Japan")["date"].iloc[0]
        '2010-09-21'
    """
    rows = tables.load("export_controls_timeline").sort_values(["date", "figure_id"])
    if country:
        _, name = _place(country)
        named = rows["actor"].str.contains(name, regex=False) | rows["target"].str.contains(name, regex=False)
        if not named.any():
            raise Refused(f"we found no event of {name}; events() has all {len(rows)}")
        rows = rows[named]
    rows = rows.assign(year=rows["date"].str[:4].astype(int))
    last = rows.iloc[-1]
    return Table.of(
        rows,
        f"{len(rows)} events from {rows['date'].iloc[0]} to {last['date']}; the last: {last['event']} ({last['actor']}).",
        y="year",
        kind="hist",
        legend=False,
        bins=range(int(rows["year"].min()), int(rows["year"].max()) + 2),
        ylabel="Events",
    )


# --- Tables ---

# Columns that say where a figure is from or how it was printed, and not what it is a figure of.
_OF_ORIGIN = ("figure_id", "entity", "edition", "source_ids", "confidence", "note", "bound", "status")


def table(name: str = "", edition: str = "", **where: Any) -> Table:
    """A table of data/raw with its sources.

    Args:
        name: Such as ``china_quotas``; a list of all tables when empty.
        edition: ``latest``: of figures of the same thing, by one publisher, the newest only. A release of USGS: what
            had been printed by then. Another edition: its rows. All rows when empty.
        **where: See `tables.select`; columns of countries take names too.

    Raises:
        Refused: no such table, column or edition.

    Example:
        >>> found = table("china_quotas", edition="latest", batch="full_year", stage="separation", elements="all")
        >>> found.set_index("reference_year")["value"].loc[2024]
        np.float64(254000.0)
        >>> table()["table"].head(3).tolist()
        ['claims', 'demand', 'ree_demand_inputs']
    """
    if not name:
        every = [one for one, path in tables.names().items() if not tables.is_record(path)]
        rows = [{"table": one, "holds": tables.about(one)} for one in every]
        return Table.of(pd.DataFrame(rows), "Every table of figures; records of trade are read by `imports`.")
    name = _one_of(name, tables.names(), "table")
    found = tables.load(name)
    for column, wanted in where.items():
        if column not in found:
            raise Refused(f"{name} has no column {column!r}; it has {', '.join(found.columns)}")
        if "iso3" in column and isinstance(wanted, str) and wanted:
            where[column] = countries.iso3(wanted)
    if edition:
        found = _of_edition(name, found, edition)
    found = tables.select(found, **where)
    numbers = "value" in found and "reference_year" in found
    drawing = {"x": "reference_year", "y": "value", "kind": "scatter"} if numbers else {}
    return Table.of(found, tables.about(name), **drawing)


def _of_edition(name: str, frame: pd.DataFrame, edition: str) -> pd.DataFrame:
    if "edition" not in frame:
        raise Refused(f"{name} has no editions")
    if edition in tables.releases():
        return tables.as_of(frame, edition)
    if edition != "latest":
        known = sorted(set(frame["edition"]))
        return frame[frame["edition"] == _one_of(edition, ["latest", *known], "edition")]
    numbers = set(frame.select_dtypes("float"))
    what = [one for one in frame if one not in _OF_ORIGIN and one not in numbers and not one.endswith("_published")]
    releases = tables.releases()
    age = frame["edition"].map(lambda one: (releases.index(one) if one in releases else -1, one))
    publisher = frame["edition"].map(lambda one: "USGS" if tables.is_release(one) else one.rstrip("0123456789-"))
    ordered = frame.assign(_publisher=publisher, _place=range(len(frame))).loc[age.sort_values(kind="stable").index]
    newest = ordered.drop_duplicates([*what, "_publisher"], keep="last")
    return newest.sort_values("_place").drop(columns=["_publisher", "_place"])
