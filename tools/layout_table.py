"""Writes docs/layouts.md: every layout of trade files that is read, as its reader says.

Usage: python tools/layout_table.py
"""

import textwrap
from pathlib import Path

from rareearth.trade import readers

TABLE = Path(__file__).resolve().parent.parent / "docs" / "layouts.md"
_HEAD = """# Layouts of trade files that are read

Made by `python tools/layout_table.py` from `rareearth/trade/readers/`, where each layout has its file.

A layout is recognised by its columns, never by the name of the file. Columns may stand in any order, some may be missing, and
more may be there. Their names may be written in any case and with other signs, as R, pandas and clients of an API do.

- **Files**: CSV with commas, semicolons, tabs or bars; JSON; .xlsx; Parquet; a web page where the publisher hands one out. Each also
  in gzip, or several in zip.
- **Encodings**: UTF-8, UTF-16 with its mark or without, Windows-1252 and GB18030. The accounting names the one that was found.
- **Saved again**: row numbers in front, codes as numbers (842.0), a header one column to the right, zeros that codes lost, titles
  above and notes below the table.
- **Numbers**: marks of thousands and decimal commas are read where the file leaves no doubt, and a note says so. Where 1.234 could
  be 1,234 and no other number shows which, the file is refused.
- **Flows**: M, X, RX, RM, DX and FM are kept apart; MIP, MOP, XIP and XOP are details of M and X.
- **Too large**: a table with more than 1,000 columns, and a workbook or JSON with more than 6 million cells, are refused.
"""


def text() -> str:
    """The page."""
    parts = [_HEAD]
    for layout in readers.LAYOUTS:
        required = [layout.columns[column][0] for column in layout.required if column in layout.columns]
        needed = ", ".join(f"`{name}`" for name in dict.fromkeys((*required, *layout.marks, *layout.like.values())))
        lines = [
            f"From: {layout.source}",
            f"Units: {layout.units}",
            *([f"Columns that must be there, or another that says the same: {needed}"] if needed else []),
            f"What the reader takes care of: {layout.traps}",
        ]
        listed = "\n".join(textwrap.fill(f"- {line}.", 130, subsequent_indent="  ") for line in lines)
        parts.append(f"## {layout.name}\n\n{listed}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
