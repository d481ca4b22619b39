"""Trade files of any size as one table of reports, read where they lie, or from an archive that is written once.

The same rules as in clean.py say what a cell means and which rows are taken out. What that costs is left out here:
rows have no place in their file and no flags, and a row that is taken out is not named. An archive is a folder of
Parquet files, one for each chapter of the Harmonized System and sorted by code: a question about some codes reads
these alone.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
from tqdm import tqdm

from rareearth import countries
from rareearth.errors import Refused
from rareearth.trade import engine, fates, readers, rules
from rareearth.trade.engine import Engine
from rareearth.trade.readers import source
from rareearth.trade.record import Part, completed

CHAPTER = "hs_chapter"
COLUMNS = "year month reporter_iso3 partner_iso3 flow hs_code value_usd mass_kg".split()
_HEAD_BYTES = 2**16
# 18 digits are read and summed in half the time of more.
_AMOUNT = "decimal(18,3)"
# Of the Parquet files that are grouped at once: some 20 million rows, which 1.5 GB hold.
PIECE_BYTES = 256 * 2**20


def reports(files: Sequence[Path], database: Engine, year: str = "") -> ir.Table:
    """The reports of trade files or of archives, of which nothing is computed yet.

    Args:
        files: CSV, zip, gzip or Parquet files of a layout that holds one record a row; or archives.
        database: Reads them.
        year: For layouts that name no year.

    Returns:
        `COLUMNS`: totals over modes of transport, customs procedures and second partners, of countries, the world and
        groups. A row that occurs twice is there twice. Masses are net weights, null where the publisher gives none.

    Raises:
        Refused: a file cannot be read as a known layout.
    """
    archives = [_archived(path, database, ["*"]) for path in files if path.is_dir()]
    # Files that say the same in other rows, such as the years of one release, are one text to the database: to prepare
    # the rules for each takes a third of a second.
    alike: dict[tuple, list[Part]] = {}
    texts = [text for path in files if not path.is_dir() for text in source.unpacked(path, database.scratch)]
    for path, name in texts:
        part = _part(path, name, database, year)
        said = (part.layout, *part.reading.table.columns, *part.reading.constants.items())
        alike.setdefault(said, []).append(part)
    return engine.joined([*archives, *(_reports(parts, database) for parts in alike.values())])


def _archived(folder: Path, database: Engine, chapters: Sequence[str]) -> ir.Table:
    found = [path for chapter in chapters for path in sorted(folder.glob(f"{CHAPTER}={chapter}/*.parquet"))]
    if not found:
        raise Refused(f"{folder}: no archive: make one with `rareearth archive FILE... --out DIR`")
    return database.parquet(found).select(COLUMNS)


def together(sizes: Iterable[tuple[str, int]], most: int) -> list[list[str]]:
    """Names in their order, in groups of about so much; one that is larger alone is a group.

    Args:
        sizes: Names with their size.
        most: Of a group.
    """
    groups: list[list[str]] = []
    room = 0
    for name, size in sizes:
        if not groups or size > room:
            groups.append([])
            room = most
        groups[-1].append(name)
        room -= size
    return groups


def _bytes(folder: Path, chapter: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(f"{CHAPTER}={chapter}/*.parquet"))


def pieces(
    files: Sequence[Path], database: Engine, codes: Sequence[str] = (), year: str = ""
) -> list[ir.Table]:
    """The reports in pieces that no question compares: groups of chapters of one archive, all else as one piece.

    Args:
        files: As in `reports`.
        database: Reads them.
        codes: The codes that are asked for; chapters of others are left out. Empty for all.
        year: As in `reports`.
    """
    if len(files) > 1 or not files[0].is_dir():
        found = [reports(files, database, year)]
    else:
        wanted = {code[:2] for code in codes}
        chapters = sorted(path.name.partition("=")[2] for path in files[0].glob(f"{CHAPTER}=*"))
        chosen = [chapter for chapter in chapters if not wanted or chapter in wanted]
        # Each piece costs a tenth of a second to prepare.
        groups = together(((chapter, _bytes(files[0], chapter)) for chapter in chosen or ["*"]), PIECE_BYTES)
        found = [_archived(files[0], database, group) for group in groups]
    return [table.filter(table.hs_code.isin(codes)) for table in found] if codes else found


def archive(files: Sequence[Path], folder: Path, database: Engine, year: str = "") -> None:
    """Writes the reports of files as an archive, one file after the other, whole or not at all.

    Args:
        files: As in `reports`.
        folder: The archive; must not be there yet.
        database: Reads and sorts.
        year: As in `reports`.

    Raises:
        Refused: the folder is there, or a file cannot be read.
    """
    if folder.exists():
        raise Refused(f"{folder}: is there already: name another folder, or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as part:
        for number, path in enumerate(tqdm(files, desc="archive", unit="file", leave=False, disable=None)):
            table = reports([path], database, year)
            table = table.mutate(**{CHAPTER: table.hs_code[:2]}).order_by(
                "hs_code", "year", "reporter_iso3", "partner_iso3", "flow"
            )
            with engine.reading(), engine.plainly_named(Path(part)) as plain:
                table.to_parquet(
                    plain / "made",
                    partition_by=(CHAPTER,),
                    overwrite_or_ignore=True,
                    filename_pattern=f"{number:04}_{{i}}",
                )
        (Path(part) / "made").rename(folder)


def _part(path: Path, name: str, database: Engine, year: str) -> Part:
    sheet = _sheet(path, name, database)
    layout = readers.layout_of(sheet, name)
    if layout.is_wide:
        raise Refused(f"{name}: {layout.name} holds several records a row: use `rareearth clean`")
    if layout.keys == "largest":
        raise Refused(
            f"{name}: {layout.name} does not say which of its rows are totals: use `rareearth clean`"
        )
    return Part(0, source.Source(name, b"", ""), layout, readers.reading_of(sheet, name, layout, year))


def _sheet(path: Path, name: str, database: Engine) -> source.Sheet:
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head.startswith(source.PARQUET):
        return source.parquet_sheet(path, name, database)
    head = head[: head.rfind(b"\n") + 1] or head
    preamble, header, first = source.above(name, source.text(source.Source(name, head, "")))
    # The web download of Comtrade ends its rows, and not its header, with a comma.
    header = (*header, "") if len(first) == len(header) + 1 and not first[-1] else header
    names = [str(position) for position in range(len(header))]
    body = database.lazy_csv(path, names, len(preamble) + 1).mutate(place=ibis.literal(0))
    return source.Sheet(preamble, header, body, 0, len(preamble) + 2)


def _reports(alike: Sequence[Part], database: Engine) -> ir.Table:
    """The reports of files of one layout whose constants are the same."""
    rows = engine.joined([part.reading.table for part in alike])
    # The year is looked up like a word of a row, also where the name of the file says it.
    if year := alike[0].reading.constants.get("year"):
        rows = rows.mutate(year=ibis.literal(year))
    # Words are joined before the constants of a layout stand beside them: what is made of these costs nothing then.
    reading = alike[0].reading._replace(table=rules.with_words(rows, _areas(database)))
    table = rules.read(completed(alike[0]._replace(reading=reading)), database.view)
    is_whole = fates.coarseness(table) == fates.ALL_TOTAL
    of_words = [~rule.test(table) for rule in rules.QUARANTINE if rule.column not in ("value", "mass")]
    table = table.filter(
        table.verdict == "", table.flow_name != "part", is_whole, ~table.is_total_code, *of_words
    )
    value_usd = _amount(table.value, table.value_factor)
    mass_kg = _amount(table.mass, table.mass_factor)
    return table.select(
        year="year_number",
        month="month_number",
        reporter_iso3="reporter_iso3",
        partner_iso3="partner_iso3",
        flow="flow_name",
        hs_code="hs_code",
        value_usd=ibis.ifelse(value_usd >= 0, value_usd, None),
        mass_kg=ibis.ifelse(mass_kg > 0, mass_kg, None),
    )


def _amount(text: ir.StringValue, factor: ir.StringValue) -> ir.DecimalValue:
    """A cell in USD or kg, to a thousandth; null where it is none, or above all trade: that value is quarantined."""
    # Nearly every amount fits 18 digits, which take half the time; the others are read again.
    plain = rules.number(text, "decimal(18,6)") * factor.cast("int32")
    exact = rules.number(text) * factor.cast("int64")
    return ibis.coalesce(plain.try_cast(_AMOUNT), exact.try_cast(_AMOUNT))


def _areas(database: Engine) -> ir.Table:
    """Every published word for a country: to ask a file for its own words would read it twice."""
    # Read from the table: to hand over what Python holds imports pandas, a fifth of the time of a small question.
    with countries.TABLE.open(encoding="utf-8") as stream:
        columns = stream.readline().strip().split(",")
    table = database.lazy_csv(countries.TABLE, columns, skipped=1)
    return table.select("iso3", "kind", word="published")
