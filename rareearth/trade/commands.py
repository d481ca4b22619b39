"""What `python -m rareearth clean` and `reconcile` do: files in, files out, one line back."""

import re
from collections.abc import Sequence
from pathlib import Path

from rareearth.refusal import Refused
from rareearth.trade import clean as cleaning
from rareearth.trade import store


def clean(files: Sequence[Path], out: Path, year: str = "") -> str:
    """Cleans trade files into a folder; earlier files there are replaced only when all went well.

    Args:
        files: Trade files of any supported layout.
        out: Folder for flows.parquet, totals.parquet, quarantine.csv and accounting.json.
        year: For layouts that name no year.

    Returns:
        What was done, in one line.

    Raises:
        Refused: a file is refused, the year is none, or the folder cannot be written.
    """
    if year and not re.fullmatch(r"(19|20)\d\d", year):
        raise Refused(f"--year {ascii(year)}: write four digits, for example 2024")
    if out.exists() and not out.is_dir():
        raise Refused(f"--out {out}: is no folder: name one")
    cleaned = cleaning.clean(files, year)
    try:
        store.write(cleaned, out)
    except OSError as error:
        raise Refused(f"--out {out}: cannot be written ({error.strerror}): name another folder") from None
    total = cleaned.accounting["total"]
    parts = ", ".join(f"{total[f'rows_{fate}']} {fate}" for fate in cleaning.FATES)
    return f"clean: {total['rows_read']} rows read: {parts}; written to {out}"
