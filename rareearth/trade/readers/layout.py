"""What a layout is: which published column serves which column of ours, its units and its traps.

Names are compared without case, blanks and signs: `reporterCode`, `ReporterCode` and `reporter_code` are one, as are
`Trade Value (US$)` and what R makes of it, `Trade.Value..US..`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rareearth.errors import Refused
from rareearth.trade.columns import Reading
from rareearth.trade.engine import Table
from rareearth.trade.readers.sheets import Number, Sheet

FLOW = ("year", "reporter", "partner", "flow", "hs_code", "value")
_CODES = ("year", "month", "reporter", "partner", "flow", "hs_code", "hs_revision", "partner2", "transport", "customs")
_CODES += ("quantity_unit", "alt_quantity_unit", "mass_estimated")
_AMOUNTS = ("value", "mass", "quantity", "alt_quantity", "gross_mass")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
# A number whose points can stand between thousands, and one whose point is that of decimals.
_POINTED = r"([1-9][0-9]{0,2}(\.[0-9]{3})*|0|[^0-9]*)"
_IS_POINTED, _HAS_DECIMALS = re.compile(_POINTED), re.compile(r"(0|\d{4,}|\d{1,3}(,\d{3})+)\.\d+|\d+\.(\d\d?|\d{4,})")
_DECIMAL_COMMA = re.compile(r"-?(\d+|\d{1,3}([.\s]\d{3})+)(,\d+)?")

# A period such as 2023, 202301, 2023-01, 2023-M01 or 2023M01, and the columns that hold one; in SQL.
_PERIODS = ("period", "time", "timeperiod")
_PERIOD = r"^([0-9]{4})-?M?([0-9]{2})$"
_OF_PERIOD = {"year": f"regexp_replace(year, '{_PERIOD}', '\\1')", "month": f"regexp_extract(month, '{_PERIOD}', 2)"}


@dataclass(frozen=True, eq=False)
class Layout:
    """How a publisher hands out its rows.

    Attributes:
        name: As a message calls it.
        columns: Column of `columns.COLUMNS` to the published names that can serve it, the best first.
        required: Columns that must be served.
        marks: Published names that must be there besides.
        others: Further published names that its reader looks for.
        like: Patterns of names of which one must be there, each with an example.
        sql: Column to what is made of the columns that are served, in SQL.
        constants: Column to what it holds in every row.
        read: Makes the common table; `mapped` where a row is a record.
        needs_year: The layout has no column of years.
        is_wide: A row holds several records.
        keys: What tells two rows of one flow apart: ``total`` columns of detail, ``largest`` value, or nothing.
        source: Who hands it out, for docs/layouts.md.
        units: Of values and quantities, for docs/layouts.md.
        traps: What the reader takes care of, for docs/layouts.md.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = FLOW
    marks: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    like: Mapping[str, str] = field(default_factory=dict)
    sql: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    read: Callable[["Layout", Sheet], Reading] = lambda layout, sheet: mapped(layout, sheet)
    needs_year: bool = False
    is_wide: bool = False
    keys: str = ""
    source: str = ""
    units: str = ""
    traps: str = ""

    def published(self, header: Sequence[str]) -> tuple[str, ...]:
        """A header with the names of its columns as the publisher writes them, however a program wrote them."""
        own = {folded(name): name for names in (*self.columns.values(), self.marks, self.others) for name in names}
        # Of two columns with one name the first is meant.
        return tuple(own.pop(folded(name), name) for name in header)

    def served(self, header: Sequence[str]) -> dict[str, str]:
        """Column of ours to the name in a header that serves it."""
        there = {folded(name): name for name in reversed(header)}
        found = {
            column: next((there[folded(name)] for name in names if folded(name) in there), None)
            for column, names in self.columns.items()
        }
        return {column: name for column, name in found.items() if name is not None}

    def lacks(self, header: Sequence[str]) -> list[str]:
        """Published names that the layout needs and a header has not."""
        served, there = self.served(header), {folded(name) for name in header}
        lacking = [self.columns[column][0] for column in self.required if column not in served]
        lacking += [name for name in self.marks if folded(name) not in there]
        examples = (text for pattern, text in self.like.items() if not any(is_like(pattern, name) for name in header))
        return [*lacking, *examples]

    def recognises(self, header: Sequence[str]) -> bool:
        """Whether a header has all that the layout needs."""
        return not self.lacks(header)


def is_like(pattern: str, name: str) -> re.Match[str] | None:
    """A name of a column that follows a pattern as a whole."""
    return re.fullmatch(pattern, name.strip(), re.I)


def folded(name: str) -> str:
    """A name of a column without case, blanks, signs, and a label behind a colon."""
    return re.sub(r"^x(?=\d)|:.*|[^a-z0-9]", "", name.casefold())


def mapped(layout: Layout, sheet: Sheet) -> Reading:
    """A record for each row, its cells under our names."""
    served = layout.served(sheet.header)
    amounts = {column: served[column] for column in _AMOUNTS if column in served}
    # A publisher that counts in thousands or in tonnes writes three decimals.
    in_thousands = {name for column, name in amounts.items() if layout.constants.get(f"{column}_factor", "1") != "1"}
    sheet, notes = plain_numbers(sheet, dict.fromkeys(amounts.values()), in_thousands)
    codes = [served[column] for column in _CODES if column in served]
    table = _with_plain_codes(sheet.taken(served), served, sheet, codes)
    periods = {column for column in ("year", "month") if folded(served.get(column, "")) in _PERIODS}
    table = table.mutate(**{column: _OF_PERIOD[column] for column in periods})
    absent = set(layout.columns) - set(served)
    made = {column: sql for column, sql in layout.sql.items() if column not in absent}
    named = {word for sql in made.values() for word in re.findall(r"[a-z_0-9]+", sql)}
    table = table.mutate(**dict.fromkeys(sorted(absent & named), "''")).mutate(**made)
    if layout.sql.get("hs_code") == HS_WITH_ZERO and "hs_revision" in absent:
        notes += ("no classification is named: codes are taken for those of the Harmonized System",)
    constants = {name: cell for name, cell in layout.constants.items() if name not in table.columns}
    return Reading(table, {"value_factor": "1", "mass_factor": "1", **constants}, sheet.count, notes)


def _with_plain_codes(table: Table, served: Mapping[str, str], sheet: Sheet, codes: Sequence[str]) -> Table:
    """Codes as they were published: pandas makes numbers of them (842.0), a spreadsheet needs marks ('010620, ="010620")."""
    places = {name: sheet.header.index(name) for name in codes}
    changed = {
        name
        for name, place in places.items()
        if any(cell.endswith(".0") or cell[:1] in ("'", "=") for cell in {row[place] for row in sheet.rows})
    }
    plain = "regexp_replace({}, '^(?:=?[\"''])?(.*?)(?:\\.0)?[\"'']?$', '\\1')"
    return table.mutate(**{column: plain.format(column) for column, name in served.items() if name in changed})


def plain_numbers(
    sheet: Sheet, names: Iterable[str], in_thousands: Collection[str] = ()
) -> tuple[Sheet, tuple[str, ...]]:
    """Numbers with marks of thousands or a decimal comma as plain ones, where a column leaves no doubt which they are.

    Args:
        sheet: A table; a large one is left as it is.
        names: Columns with numbers.
        in_thousands: Those of them in which three decimals are the rule.

    Returns:
        The table, and what was done, a line each.

    Raises:
        Refused: the points of a column could stand between thousands, and nothing in the file shows that they do not.
    """
    columns = {name: [row[sheet.header.index(name)].strip() for row in sheet.rows] for name in names}
    how = {} if sheet.large else {name: read for name, cells in columns.items() if (read := _plain(cells))}
    every = [cell for cells in columns.values() for cell in cells]
    doubtful = [name for name in columns if name not in how and name not in in_thousands and _is_pointed(sheet, name)]
    if doubtful and _without_commas not in how.values() and not any(map(_HAS_DECIMALS.fullmatch, every)):
        if sheet.large or not (_with_decimal_comma in how.values() or any(cell.count(".") > 1 for cell in every)):
            cell = next(cell for cell in columns[doubtful[0]] if "." in cell)
            raise Refused(
                f"{sheet.name}: column {doubtful[0]!r}: {cell!r} could be {cell.replace('.', '')} or {cell}0 (A24): write "
                "its numbers in one of these ways"
            )
        how |= dict.fromkeys(doubtful, _with_decimal_comma)
    if not how:
        return sheet, ()
    places = {sheet.header.index(name): read for name, read in how.items()}
    rows = [[places[n](cell) if n in places else cell for n, cell in enumerate(row)] for row in sheet.rows]
    marked = {name: next(cell for cell in columns[name] if "," in cell or "." in cell) for name in how}
    notes = (f"numbers of {name!r} have marks: {cell!r} is read as {how[name](cell)}" for name, cell in marked.items())
    return replace(sheet, rows=rows), tuple(notes)


def _is_pointed(sheet: Sheet, name: str) -> bool:
    """Whether all points of a column could stand between thousands; the first rows of a large table show most that do not."""
    place = sheet.header.index(name)
    cells = {row[place] for row in sheet.rows}
    if any(isinstance(cell, Number) for cell in cells) or not any("." in cell for cell in cells):
        return False
    if not all(_IS_POINTED.fullmatch(cell.strip()) for cell in cells):
        return False
    return not sheet.large or not sheet.large.rows(f"NOT regexp_matches(trim(\"{place}\"), '^{_POINTED}$') LIMIT 1")


def _without_commas(cell: str) -> str:
    return cell.replace(",", "")


def _with_decimal_comma(cell: str) -> str:
    return re.sub(r"[.\s]", "", cell).replace(",", ".")


def _plain(cells: Sequence[str]) -> Callable[[str], str] | None:
    """How numbers with commas are read; None where there are none, or they could be either."""
    marked = [cell for cell in cells if "," in cell or cell.count(".") > 1]
    if not marked:
        return None
    if all(map(_GROUPED.fullmatch, marked)):
        # 1,234 alone could be 1.234: other cells show which it is.
        is_sure = any(cell.count(",") > 1 or "." in cell for cell in marked)
        are_short = all(len(cell) < 4 for cell in cells if cell.isdigit())
        return _without_commas if is_sure or (len(marked) > 1 and are_short) else None
    # One cell that is unlike all others is no format: the rules refuse it.
    filled = [cell for cell in cells if re.search(r"\d", cell)]
    is_decimal = len(marked) > 1 and all(map(_DECIMAL_COMMA.fullmatch, filled))
    return _with_decimal_comma if is_decimal else None


def in_place(sheet: Sheet, name: str, not_its_own: frozenset[str]) -> Sheet:
    """A table that was read and saved by a program that took its first column for row names (pandas issue 14124).

    Args:
        sheet: Its names may stand one to the right of their cells.
        name: Of a column.
        not_its_own: Words of the column at its right: that only these stand below the name shows it.
    """
    place = next((n for n, other in enumerate(sheet.header) if folded(other) == folded(name)), None)
    if place is None or not {row[place] for row in sheet.rows} <= not_its_own:
        return sheet
    return replace(sheet, header=(*sheet.header[1:], ""), notes=("the header stood one column to the right",))


def cases(column: str, words: Mapping[str, str]) -> str:
    """Other words for some cells of a column, in SQL; the rest stays."""
    whens = " ".join(f"WHEN '{word.lower()}' THEN '{other}'" for word, other in words.items())
    return f"CASE lower(trim({column})) {whens} ELSE {column} END"


def with_zero(column: str, condition: str = "true") -> str:
    """A code of an odd number of digits with the zero that it lost, in SQL: codes of the Harmonized System have pairs."""
    is_odd = f"length({column}) % 2 = 1 AND regexp_matches({column}, '^[0-9]+$')"
    return f"CASE WHEN {is_odd} AND {condition} THEN '0' || {column} ELSE {column} END"


# Where the table names no classification, its codes are taken for those of the Harmonized System.
HS_WITH_ZERO = with_zero("hs_code", "(hs_revision = '' OR starts_with(hs_revision, 'H'))")


def of_records(
    records: Iterable[Mapping[str, str]], constants: Mapping[str, str], rows: int, notes: Sequence[str]
) -> Reading:
    """A reading of records that were made one by one.

    Args:
        records: Column of `columns.COLUMNS` to cell, ``source_row`` among them.
        constants: Column to what it holds in every row.
        rows: Rows of the table.
        notes: What a user should know.
    """
    listed = list(records)
    names = list(dict.fromkeys(name for record in listed for name in record))
    table = Table.of(names, ([str(record.get(name, "")) for name in names] for record in listed))
    return Reading(
        table.mutate(source_row="CAST(source_row AS BIGINT)"),
        {"value_factor": "1", "mass_factor": "1", **constants},
        rows,
        tuple(notes),
    )
