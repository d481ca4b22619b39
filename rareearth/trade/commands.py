"""What `python -m rareearth clean`, `archive`, `ask` and `reconcile` do: files in, files out, one line back."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from tqdm import tqdm

from rareearth import files as writing
from rareearth.errors import Refused
from rareearth.trade import accounting, bulk, engine, output, questions
from rareearth.trade import clean as cleaning
from rareearth.trade.engine import Engine

RECONCILED = "reconciled"


def clean(files: Sequence[Path], out: Path, year: str = "", address: str = engine.DUCKDB) -> str:
    """Cleans trade files into a folder; earlier files there are replaced only when all went well.

    Args:
        files: Trade files of any supported layout.
        out: Folder for flows.parquet, totals.parquet, quarantine.csv and accounting.json.
        year: For layouts that name no year.
        address: See `engine.opened`.

    Returns:
        What was done, in one line.

    Raises:
        Refused: a file is refused, the year is none, or the folder cannot be written.
    """
    if year and not re.fullmatch(r"(19|20)\d\d", year):
        raise Refused(f"--year {ascii(year)}: write four digits, for example 2024")
    if out.exists() and not out.is_dir():
        raise Refused(f"--out {out}: is no folder: name one")
    cleaned = cleaning.clean(files, year, address)
    try:
        output.write(cleaned, out)
    except OSError as error:
        raise Refused(f"--out {out}: cannot be written ({error.strerror}): name another folder") from None
    total = cleaned.accounting["total"]
    parts = ", ".join(f"{total[f'rows_{fate}']} {fate}" for fate in accounting.FATES)
    return f"clean: {total['rows_read']} rows read: {parts}; written to {out}"


def archive(files: Sequence[Path], out: Path, year: str = "") -> str:
    """Writes trade files as an archive, see `bulk.archive`; returns what was done, in one line."""
    bulk.archive(files, out, Engine(files), year)
    return f"archive: {len(files)} files written to {out}"


def ask(
    question: str,
    files: Sequence[Path],
    out: Path,
    codes: Sequence[str] = (),
    year: str = "",
    address: str = engine.DUCKDB,
) -> str:
    """Answers a question to trade files or an archive into a Parquet file.

    Args:
        question: A name in `questions.ALL`, or `RECONCILED`.
        files: See `bulk.reports`.
        out: The Parquet file.
        codes: The codes that are asked for; all, if none is named.
        year: For layouts that name no year.
        address: See `engine.opened`.

    Returns:
        What was done, in one line.

    Raises:
        Refused: a file cannot be read, or no flow has two reports.
    """
    database = engine.opened(address, files)
    is_reconciled = question == RECONCILED
    asked = questions.ALL["pairs" if is_reconciled else question]
    found = [asked(piece) for piece in bulk.pieces(files, database, codes, year)]
    answer = found[0]
    if len(found) > 1 or is_reconciled:
        answer = database.gathered(tqdm(found, question, unit="piece", leave=False, disable=None))
    write = database.write
    if is_reconciled:
        from rareearth.trade.settle import write  # here, as below: the other questions do without pandas
    with writing.part(out) as part:
        rows = write(answer, part)
    return f"ask {question}: {rows} rows written to {out}"


def reconcile(folder: Path, method: str) -> str:
    """Reconciles both reports of the flows in a folder into reconciled.parquet there.

    Args:
        folder: Holds flows.parquet, as `clean` writes it.
        method: A member of `reconcile.METHODS`.

    Returns:
        What was done, with the gap between the two sides, in one line.

    Raises:
        Refused: flows.parquet is missing or damaged, or no flow has two reports.
    """
    from rareearth.trade import mirror, store
    from rareearth.trade import reconcile as reconciling

    flows = store.load_flows(folder)
    found = reconciling.reconcile(flows, method)
    table = pa.Table.from_pandas(found, preserve_index=False)
    with writing.part(folder / "reconciled.parquet") as part:
        pyarrow.parquet.write_table(table, part)
    gap = mirror.gap(mirror.pairs(mirror.reports(flows)))
    one_sided = found["method"].str.endswith("only").sum()
    return (
        f"reconcile: {len(found)} flows, {len(found) - one_sided} with two reports, {gap.apart} of these {mirror.APART:g} "
        f"times apart or more; {one_sided} one-sided; by {method}; written to {folder / 'reconciled.parquet'}"
    )
