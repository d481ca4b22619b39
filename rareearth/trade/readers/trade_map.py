"""ITC Trade Map: lists of markets, of suppliers and of products, by year, quarter or month."""

import re
from collections import Counter
from collections.abc import Iterator

from rareearth import countries
from rareearth.errors import Refused
from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import Layout, folded, is_like, of_records, plain_numbers
from rareearth.trade.readers.sheets import Sheet

_FLOWS = {"exported": "X", "imported": "M"}
_FIRST = "importers|exporters|code|product code"
_AMOUNT = (
    r"(?=.*\b(?P<flow>exported|imported)\b)(?=.*\b(?P<kind>value|quantity)\b)\w+ \w+ in (?P<year>\d{4})"
    r"(?:-(?P<part>[MQ]\d+))?(?:,? *(?P<unit>.*))?"
)
_TITLE = re.compile(r"(exported|imported) by (?P<reporter>[^|;(]+?)\s*(?:\(|$|\.\w+$)", re.I)
_PRODUCT = re.compile(r"product:? *\(?(\d{2,10}|TOTAL)\b", re.I)


def _read(layout: Layout, sheet: Sheet) -> Reading:
    titles = [cell for row in sheet.above for cell in row if cell]
    if any(re.search(r"\bunit\b.*\beuro\b", title, re.I) for title in titles):
        raise Refused(f"{sheet.name}: values are in euro (A23): export the table in US dollars")
    amounts = {column: m for column in sheet.header if (m := is_like(_AMOUNT, column))}
    sheet, notes = plain_numbers(sheet, amounts)
    first = next(name for name in sheet.header if is_like(_FIRST, name))
    rows = first.strip().casefold()
    product = next((m.group(1) for title in titles if (m := _PRODUCT.search(title))), "unstated")
    is_list = rows in ("importers", "exporters")
    flows = {m["flow"].casefold()[:6] for m in amounts.values()}
    if is_list and rows.startswith(tuple(flows)):
        # Who imports, and what it imports: each row reports, its partner is the world.
        columns, fixed = {"reporter": first}, {"hs_code": product, "partner": "0"}
    else:
        columns = {"partner" if is_list else "hs_code": first}
        fixed = {"hs_code": product} if is_list else {"partner": "0"}
        # Several lists that somebody put together name the reporter in a column.
        own = next((name for name in sheet.header if folded(name) in ("exporter", "importer")), None)
        if own:
            columns["reporter"] = own
        else:
            fixed["reporter"], note = _reporter(titles, sheet.name)
            notes += note
    if fixed.get("hs_code") == "unstated":
        notes += ("no product is named: rows are totals, never flows",)
    return of_records(_records(sheet, first, amounts, columns, fixed), {}, sheet.count, notes)


def _reporter(titles: list[str], name: str) -> tuple[str, tuple[str, ...]]:
    """The country that reports: from the title, else the only country in the file's name.

    Raises:
        Refused: neither names one.
    """
    found = next(filter(None, (_TITLE.search(title.strip()) for title in titles)), None)
    if found:
        return found["reporter"].strip(), ()
    words = re.findall(r"[^\W\d_]+", name.rsplit(".", 1)[0])
    if re.search(r"list_of_(ex|im)ported_products", name, re.I):
        return "World", ("the reporter is the world: rows are totals, never flows",)
    for length in range(min(6, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            word = " ".join(words[start : start + length])
            area = countries.known(word) if len(word) > 3 else None
            if area and area.kind == "country":
                return word, (f"the reporter, {word}, is taken from the file's name",)
    raise Refused(
        f"{name}: says nowhere which country reports (A13): keep the name that Trade Map gives the file, such as "
        "... exported by China"
    )


def _records(sheet: Sheet, first: str, amounts: dict, columns: dict[str, str], fixed: dict[str, str]) -> Iterator[dict]:
    # Sudan and Sudan (before 2012) are parts of one country where both have a value for a year.
    areas = Counter(filter(None, (countries.known(row[first]) for row in sheet.records())))
    for number, row in enumerate(sheet.records(), sheet.first_row):
        base = {"source_row": str(number), **fixed}
        base |= {
            ours: re.sub(r"\s*\((Mirror|Domestic)\)$", "", row[name]).strip("' ") for ours, name in columns.items()
        }
        found = [record for column, m in amounts.items() if (record := _record(base, row, column, m))]
        if areas[countries.known(row[first])] > 1:
            found = [{**record, "customs": row[first]} for record in found]
        yield from found or [{**base, "verdict": "detail: no trade in any period"}]


def _record(base: dict[str, str], row: dict[str, str], column: str, m: re.Match) -> dict[str, str] | None:
    part, unit = m["part"] or "", (m["unit"] or row.get("Quantity Unit", row.get("Quantity unit", ""))).casefold()
    # A 0 is both no trade and no number here.
    if row[column].strip() in ("", "0", "0.0", "-", "N/A"):
        return None
    record = {**base, "year": m["year"], "flow": _FLOWS[m["flow"].casefold()]}
    if part.startswith("Q"):
        return {**record, "verdict": "detail: a quarter, a part of a year"}
    record["month"] = part.removeprefix("M")
    if m["kind"].casefold() == "value":
        factor = "1" if (m["unit"] or "").strip("() ").casefold() == "usd" else "1000"
        return {**record, "part": "; amount", "value": row[column], "value_factor": factor}
    if not re.search(r"\bton|^t$|kilogram|\bkg", unit):
        return {**record, "verdict": "detail: a quantity that is no mass"}
    factor = "1" if re.search("kilogram|kg", unit) else "1000"
    return {**record, "part": "; quantity", "mass": row[column], "mass_factor": factor}


TRADE_MAP = Layout(
    "ITC Trade Map",
    {},
    required=(),
    like={_FIRST: "Importers, Exporters or Code", _AMOUNT: "Exported value in 2020"},
    read=_read,
    is_wide=True,
    keys="total",
    source="International Trade Centre, trademap.org: .txt with tabs, or .xls, which is a web page",
    units="value thousand USD, quantity t",
    traps="reporter, product and flow stand in the title, or in the file's name; World is the first row; 0 is both zero and "
    "missing; (Mirror) behind a name; Taipei, Chinese is Taiwan",
)
