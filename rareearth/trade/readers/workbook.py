"""Excel workbooks as tables of text cells."""

import io
import warnings

from rareearth.refusal import Refused
from rareearth.trade.readers import source as files
from rareearth.trade.readers.source import Sheet, Source


def workbook_sheets(source: Source) -> list[Sheet]:
    """The tables of an Excel workbook; sheets without a table of at least three columns are left out.

    Raises:
        Refused: damaged, with macros, or too large when unpacked.
    """
    import openpyxl  # here: it takes a fifth of a second, and few files are workbooks

    archive = files.opened_archive(io.BytesIO(source.data), source.name)
    if any("vbaProject" in name for name in archive.namelist()):
        raise Refused(f"{source.name}: a workbook with macros (A20): save it as .xlsx or CSV")
    if sum(member.file_size for member in archive.infolist()) > files.LARGEST_BYTES:
        raise Refused(
            f"{source.name}: larger than {files.LARGEST_BYTES // 2**20} MB when unpacked (A18): split it"
        )
    try:
        # Not read-only: the sheets of DataWeb state a size of one cell, and a read-only reader believes it.
        with warnings.catch_warnings():  # DataWeb's workbooks have no default style
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(io.BytesIO(source.data), data_only=True)
    except Exception as error:  # openpyxl raises what its parts raise
        reason = " ".join(str(error).split())
        raise Refused(f"{source.name}: damaged workbook (A18): {reason}: fetch it again") from None
    found, above = [], 0
    for page in book.worksheets:
        rows = [[_cell(value) for value in row] for row in page.iter_rows(values_only=True)]
        sheet = _sheet_of(source.name, rows, above)
        above += len(rows)
        if sheet:
            found.append(sheet)
    if not found:
        raise Refused(f"{source.name}: no sheet with a table (A09): export the data sheet")
    return found


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _sheet_of(name: str, rows: list[list[str]], above: int) -> Sheet | None:
    start = 2 if len(rows) > 1 and rows[1][0] == "Data Row Count" else 0
    header = rows[start] if len(rows) > start else []
    while header and not header[-1]:
        header.pop()
    body = [row[: len(header)] for row in rows[start + 1 :] if any(row)]
    if len(header) < 3 or not body or any(not column for column in header):
        return None
    files.check_header(name, header)
    return files.small_sheet(tuple(row[0] for row in rows[:start]), tuple(header), body, above + start + 2)
