"""What every CSV that people open needs: no cell that a spreadsheet would run as a formula."""

from typing import Any

_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: Any) -> Any:
    """The cell; text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP's advice)."""
    if not isinstance(cell, str):
        return cell
    # A bare carriage return is not quoted by Python's CSV and would cut the row.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if cell.startswith(_FORMULA_START) else text
