"""The database that runs the rules: the one place that knows its connection, memory limit, threads and disk.

DuckDB reads large text files by itself and spills what does not fit into its memory limit. What is computed once is kept
as Parquet, which takes half the time and room of its own tables. Settings in the environment: RAREEARTH_MEMORY_LIMIT and RAREEARTH_THREADS.
"""

import contextlib
import os
import re
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow.parquet

from rareearth.errors import Refused

DUCKDB = "duckdb"
# Of the database; Python and Arrow hold the text of small files beside it.
MEMORY_LIMIT = "1500MB"
# The rows of a text are not known before it is read: guessed at some dozens they became the side of a join that is
# held in memory. Every join here has its small table on the right. And a sum over sums is not to be summed twice.
_HARMFUL = ("join_order", "build_side_probe_side", "window_self_join")
# A filter that is moved before the columns that it reads makes these twice, and text is dear to read; Parquet skips.
# And a word that is one for the whole file is compared once, where a join would look it up in every row.
_HARMFUL_TO_TEXT = ("filter_pushdown", "in_clause")
# Of which a median is made at once, at some 80 bytes each.
MEDIAN_ROWS = 4_000_000
# Files above this are never held in Python's memory as a whole.
LARGE_BYTES = 32 * 2**20


def _settings(folder: Path, is_text: bool) -> dict[str, object]:
    memory = os.environ.get("RAREEARTH_MEMORY_LIMIT", MEMORY_LIMIT)
    if not re.fullmatch(r"[1-9][0-9]* ?(MB|GB|MiB|GiB)", memory):
        raise Refused(f"RAREEARTH_MEMORY_LIMIT={ascii(memory)}: write a number and MB or GB, such as 2GB")
    threads = os.environ.get("RAREEARTH_THREADS", str(os.cpu_count()))
    if not re.fullmatch(r"[1-9][0-9]{0,3}", threads):
        raise Refused(f"RAREEARTH_THREADS={ascii(threads)}: write a whole number above 0")
    return {
        "memory_limit": memory,
        "threads": int(threads),
        "temp_directory": str(folder / "spilled"),
        "disabled_optimizers": ",".join((*_HARMFUL, *(_HARMFUL_TO_TEXT if is_text else ()))),
    }


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Files are read only when an answer is made from them.

    Raises:
        Refused: a file has rows that are not alike, or is damaged.
    """
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{said}: clean the file with `rareearth clean`, which says what is wrong") from None


@contextlib.contextmanager
def plainly_named(folder: Path) -> Iterator[Path]:
    """Another path of a folder: Ibis puts paths of output between quotes as they are, and one may be called O'Brien."""
    with tempfile.TemporaryDirectory(prefix="rareearth-") as plain:
        link = Path(plain) / "folder"
        link.symlink_to(folder.resolve(), target_is_directory=True)
        yield link


class Engine:
    """A database for one run; its files are gone with it and the last expression over it.

    Attributes:
        scratch: A folder for files of this run, such as unpacked archives.
    """

    def __init__(self, files: Sequence[Path] = ()):
        """Opens it.

        Args:
            files: What will be read.

        Raises:
            Refused: a setting in the environment is wrong.
        """
        folder = tempfile.TemporaryDirectory(prefix="rareearth-")
        self.scratch = Path(folder.name)
        self._viewed: list[ir.Table] = []
        self._connection = self._connected(files)
        weakref.finalize(self._connection, folder.cleanup)

    def _connected(self, files: Sequence[Path]) -> ibis.BaseBackend:
        is_text = not all(path.is_dir() for path in files)
        connection = ibis.duckdb.connect(**_settings(self.scratch, is_text))
        connection.settings["enable_progress_bar"] = sys.stdout.isatty()
        return connection

    def table(self, expression: ir.Table) -> ir.Table:
        """The rows of an expression, computed once and kept; see `reading` for what it raises."""
        return self.gathered([expression])

    def gathered(self, expressions: Iterable[ir.Table]) -> ir.Table:
        """The rows of expressions of the same columns, computed one after the other and kept as one table."""
        folder = self.scratch / ibis.util.gen_name("kept")
        folder.mkdir()
        with reading():
            for number, expression in enumerate(expressions):
                _write(expression, folder / f"{number:06}.parquet")
        return self.parquet(sorted(folder.iterdir()))

    def by_code(self, table: ir.Table, made: Callable[[ir.Table], ir.Table], rows: int) -> ir.Table:
        """What is made of the rows of each ``hs_code``, kept; some codes at a time where the rows are many.

        A median holds every row in memory: near the limit of the database it becomes fifty times slower.

        Args:
            table: Any with that column.
            made: What to make of it.
            rows: How many it has at most.
        """
        parts = 1 << (rows // MEDIAN_ROWS).bit_length()
        if parts == 1:
            return self.table(made(table))
        part = table.hs_code.hash() & (parts - 1)
        return self.gathered(made(table.filter(part == number)) for number in range(parts))

    def view(self, expression: ir.Table) -> ir.Table:
        """The rows of an expression under a name: what is built on it uses its columns and does not repeat them."""
        self._viewed.append(
            expression
        )  # tables in memory are let go with the last expression that names them
        return self._connection.create_view(ibis.util.gen_name("view"), expression)

    def csv(
        self, path: Path, columns: Sequence[str], skipped: int, is_quoted: bool
    ) -> tuple[ir.Table, int] | None:
        """Text cells of a CSV file that stays on disk, with their place; None where its rows are not alike.

        Args:
            path: Plain UTF-8 text.
            columns: Names for the columns.
            skipped: Lines above the first row.
            is_quoted: Whether cells may hold line ends; these are read by one thread.

        Returns:
            `columns` with ``place``, counted from 0; and the number of rows.
        """
        try:
            kept = self.numbered(self.lazy_csv(path, columns, skipped, is_quoted))
        except duckdb.Error:
            return None
        return kept, int(kept.count().execute())

    def numbered(self, table: ir.Table) -> ir.Table:
        """The rows of a file, kept, with their ``place`` in it: to count them while they are read takes one thread."""
        path = self.scratch / f"{ibis.util.gen_name('numbered')}.parquet"
        _write(table, path)
        return self._connection.read_parquet(path, file_row_number=True).rename(place="file_row_number")

    def lazy_csv(self, path: Path, columns: Sequence[str], skipped: int, is_quoted: bool = False) -> ir.Table:
        """Text cells of a CSV file, of which nothing is read yet; arguments as in `csv`."""
        names = list(columns)
        return self._connection.read_csv(
            path,
            table_name=ibis.util.gen_name("sheet"),
            auto_detect=False,
            header=False,
            skip=skipped,
            delim=",",
            quote='"',
            columns=dict.fromkeys(names, "VARCHAR"),
            force_not_null=names,
            parallel=not is_quoted,
        )

    def parquet(self, paths: Path | Sequence[Path]) -> ir.Table:
        """The rows of Parquet files, of which nothing is read yet."""
        return self._connection.read_parquet(paths, table_name=ibis.util.gen_name("sheet"))

    def write(self, table: ir.Table, path: Path) -> int:
        """Writes a table in its order as one Parquet file; returns the number of rows."""
        with reading(), plainly_named(path.parent) as folder:
            _write(table, folder / path.name)
        return pyarrow.parquet.read_metadata(path).num_rows

    def repeated(self, table: ir.Table, keys: Sequence[str], least: int = 2) -> ir.Table:
        """Hashes of the keys that occur so often, as column ``key_hash``; a rare key of equal hash is among them.

        A window over a whole file sorts it; over the few rows whose key is repeated it costs next to nothing.
        """
        hashed = table.select(key_hash=key_hash(table, keys))
        counted = hashed.group_by("key_hash").agg(rows=hashed.count())
        return self.table(counted.filter(counted.rows >= least).select("key_hash"))


def _write(table: ir.Table, path: Path) -> None:
    # Into the file itself: another beside it would stay behind after a kill.
    table.to_parquet(path, use_tmp_file=False)


def opened(address: str = DUCKDB, files: Sequence[Path] = ()) -> Engine:
    """The engine at an address: ``duckdb``, a Spark master, or ``sc://`` of Spark Connect.

    Raises:
        Refused: it is none of these, or cannot be reached.
    """
    if address == DUCKDB:
        return Engine(files)
    if not re.match(r"(local(\[|$)|spark://|sc://)", address):
        raise Refused(
            f"--engine {ascii(address)}: write duckdb, local[2], spark://HOST:PORT or sc://HOST:PORT"
        )
    from rareearth.trade.spark import SparkEngine

    return SparkEngine(address, files)


def key_hash(table: ir.Table, keys: Sequence[str]) -> ir.IntegerValue:
    """One number for the values of several columns; missing ones are equal."""
    return ibis.struct({key: table[key] for key in keys}).hash()


def split(table: ir.Table, keys: Sequence[str], hashes: ir.Table) -> tuple[ir.Table, ir.Table | None]:
    """The rows whose key is not among the hashes, and those whose key is; None when there is no hash at all."""
    if hashes.limit(1).to_pyarrow().num_rows == 0:
        return table, None
    hashed = table.mutate(key_hash=key_hash(table, keys))
    others, found = hashed.anti_join(hashes, "key_hash"), hashed.semi_join(hashes, "key_hash")
    return others.drop("key_hash"), found.drop("key_hash")


def joined(parts: Sequence[ir.Table | None]) -> ir.Table:
    """What `split` has parted, as one table again."""
    present = [part for part in parts if part is not None]
    return ibis.union(*present) if len(present) > 1 else present[0]
