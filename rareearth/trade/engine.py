"""The database that runs the rules: the one place that knows its connection, memory limit, threads and disk.

The rules are SQL in DuckDB's dialect. DuckDB reads large text files by itself and spills what does not fit into its
memory limit. What is computed once is kept as Parquet, which takes half the time and room of its own tables; where rows
are few a table takes less. Settings in the environment: RAREEARTH_MEMORY_LIMIT and RAREEARTH_THREADS.
"""

import csv
import glob
import itertools
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rareearth.errors import Refused, is_disk_full

if TYPE_CHECKING:
    import pandas as pd

DUCKDB = "duckdb"
# Of the database; Python holds the text of small files beside it.
MEMORY_LIMIT = "1500MB"
# The rows of a text are not known before it is read: guessed at some dozens they became the side of a join that is
# held in memory. Every join here has its small table on the right. A word that is one for the whole file is compared
# once, where a join would look it up in every row. And what a CASE makes for a few rows is not to be made for all.
_HARMFUL_OPTIMIZERS = "join_order,build_side_probe_side,window_self_join,in_clause,common_subexpressions"
# Of which a median is made at once, at some 80 bytes each.
MEDIAN_ROWS = 4_000_000
# Up to which a run keeps in memory what it has computed.
SMALL_ROWS = 100_000
# Files above this are never held in Python's memory as a whole.
LARGE_BYTES = 4 * 2**20
_numbers = itertools.count()
# Name to the columns and rows of a table of text cells.
Held = Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]]


def literal(text: str) -> str:
    """A text as SQL.

    Raises:
        Refused: the name of a file that is no UTF-8, which no database takes.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(f"{text}: a name that is no UTF-8 (A21): rename it") from None
    return "'" + text.replace("'", "''") + "'"


def place(path: Path) -> str:
    """A file as SQL: its name is no pattern, whatever signs it holds."""
    return literal(glob.escape(str(path)))


def quoted(name: str) -> str:
    """A name of a column as SQL."""
    return '"' + name.replace('"', '""') + '"'


def named(columns: Mapping[str, str]) -> str:
    """The columns of a SELECT: name to expression."""
    return ", ".join(name if name == sql else f"{sql} AS {quoted(name)}" for name, sql in columns.items())


@dataclass(frozen=True)
class Table:
    """Rows that are made when they are asked for.

    Attributes:
        sql: A query.
        columns: Names of its columns.
        held: Tables in Python's memory that the query names.
        engine: What runs it; None where any database can.
    """

    sql: str
    columns: tuple[str, ...]
    held: Held = field(default_factory=dict)
    engine: "Engine | None" = None

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
        """A table of text cells in memory."""
        name = f"held_{next(_numbers)}"
        return cls(f"SELECT * FROM {name}", tuple(columns), {name: (columns, list(rows))})

    def select(self, **columns: str) -> "Table":
        """Other columns of the same rows, each an expression in SQL."""
        return Table(f"SELECT {named(columns)} FROM ({self.sql})", tuple(columns), self.held, self.engine)

    def mutate(self, **columns: str) -> "Table":
        """The same columns, some of them replaced or added by expressions in SQL."""
        return self.select(**{name: quoted(name) for name in self.columns} | columns)

    def union(self, *others: "Table") -> "Table":
        """The rows of several tables with these columns."""
        tables = (self, *others)
        columns = ", ".join(map(quoted, self.columns))
        sql = " UNION ALL ".join(f"SELECT {columns} FROM ({table.sql})" for table in tables)
        held = {name: cells for table in tables for name, cells in table.held.items()}
        return Table(sql, self.columns, held, self.engine)

    def rows(self, where: str = "true") -> list[dict[str, Any]]:
        """The rows for which a condition holds."""
        return (self.engine or _any_engine()).rows(f"SELECT * FROM ({self.sql}) WHERE {where}", self.held)


class Engine:
    """A database for one run; its files are gone with it.

    Attributes:
        scratch: A folder for files of this run, such as unpacked archives.
        numbers_rows: Whether rows of large files have their place in the file, which takes a pass of its own.
        is_small: Whether all rows of the run are so few that what is kept stays in memory.
    """

    is_small = False

    def __init__(self, numbers_rows: bool = True):
        """Nothing is opened before it is needed: a file that is refused costs no database."""
        self._folder = tempfile.TemporaryDirectory(prefix="rareearth-")
        self.scratch = Path(self._folder.name)
        self.numbers_rows = numbers_rows
        self._held: set[str] = set()

    @cached_property
    def _connection(self):
        import duckdb  # here: most refusals and all other commands do without it

        memory = os.environ.get("RAREEARTH_MEMORY_LIMIT", MEMORY_LIMIT)
        if not re.fullmatch(r"[1-9][0-9]* ?(MB|GB|MiB|GiB)", memory):
            raise Refused(f"RAREEARTH_MEMORY_LIMIT={ascii(memory)}: write a number and MB or GB, such as 2GB")
        threads = os.environ.get("RAREEARTH_THREADS", str(os.cpu_count()))
        if not re.fullmatch(r"[1-9][0-9]{0,3}", threads):
            raise Refused(f"RAREEARTH_THREADS={ascii(threads)}: write a whole number above 0")
        settings = {
            "memory_limit": memory,
            "threads": int(threads),
            "temp_directory": str(self.scratch / "spilled"),
            "disabled_optimizers": _HARMFUL_OPTIMIZERS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        return duckdb.connect(config=settings)

    def run(self, sql: str, held: Held | None = None) -> Any:
        """Runs a statement.

        Raises:
            Refused: a large file has rows that are not alike, or is damaged.
        """
        import duckdb

        self._hold_all(held or {})
        try:
            return self._connection.execute(sql)
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
            reason = " ".join(str(error).split())[:200]
            if is_disk_full(error):
                raise Refused(f"{reason}: free space, or name another folder in TMPDIR") from None
            raise Refused(f"{reason}: clean the file with `rareearth clean`, which says what is wrong") from None

    def _hold_all(self, held: Held) -> None:
        """Text cells in memory go over as files: that needs no library, and every database reads it."""
        for name in held.keys() - self._held:
            columns, rows = held[name]
            path = self.scratch / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([columns, *rows])
            self._held.add(name)
            self._name(name, self.lazy_csv(path, columns, 1, is_quoted=True).sql)

    def _name(self, name: str, sql: str) -> None:
        self.run(f"CREATE TEMP VIEW {name} AS {sql}")

    def rows(self, sql: str, held: Held | None = None) -> list[dict[str, Any]]:
        """The rows of a query."""
        done = self.run(sql, held)
        names = [column[0] for column in done.description]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def view(self, sql: str, held: Held | None = None) -> str:
        """A name for a query: what is built on it uses its columns and does not repeat them."""
        self._hold_all(held or {})
        name = f"view_{next(_numbers)}"
        self._name(name, sql)
        return name

    def keep(self, *queries: str) -> str:
        """A name for the rows of queries of the same columns, computed once, one query after the other."""
        if self.is_small:
            name = f"kept_{next(_numbers)}"
            self.run(f"CREATE TEMP TABLE {name} AS {union(queries)}")
            return name
        folder = self.scratch / f"kept_{next(_numbers)}"
        folder.mkdir()
        for number, sql in enumerate(queries):
            self.write(sql, folder / f"{number:06}.parquet")
        # Each by its name: the folder of temporary files may be called like a pattern or a column.
        return self.view(self.parquet(sorted(folder.iterdir())).sql)

    def by_code(self, sql: str, code: str, made: Callable[[str], str], rows: int) -> str:
        """What is made of the rows of each code, kept; some codes at a time where the rows are many.

        A median holds every row in memory: near the limit of the database it becomes fifty times slower.

        Args:
            sql: A query.
            code: Its column with the code.
            made: The query over it that is wanted.
            rows: How many rows it has at most.
        """
        parts = 1 << (rows // MEDIAN_ROWS).bit_length()
        if parts == 1:
            return self.keep(made(sql))
        part = f"abs(hash({code}) % {parts})"
        return self.keep(*(made(f"SELECT * FROM ({sql}) WHERE {part} = {n}") for n in range(parts)))

    def csv(
        self, path: Path, columns: Sequence[str], skipped: int, is_quoted: bool, separator: str = ","
    ) -> tuple[Table, int | None] | None:
        """Text cells of a CSV file that stays on disk, with their place; None where its rows are not alike.

        Args:
            path: Plain UTF-8 text.
            columns: Names for the columns.
            skipped: Lines above the first row.
            is_quoted: Whether cells may hold line ends; these are read by one thread.
            separator: Between the cells.

        Returns:
            `columns` with ``place``, counted from 0; and the number of rows, None where they are not numbered.
        """
        table = self.lazy_csv(path, columns, skipped, is_quoted, separator)
        if not self.numbers_rows:
            return table.mutate(place="0"), None
        try:
            return self.numbered(table)
        except Refused:
            return None

    def numbered(self, table: Table) -> tuple[Table, int | None]:
        """The rows of a file, kept, with their ``place`` in it, and their number; see `csv`."""
        if not self.numbers_rows:
            return table.mutate(place="0"), None
        path = self.scratch / f"numbered_{next(_numbers)}.parquet"
        self.write(table.sql, path)
        columns = ", ".join(map(quoted, table.columns))
        # To count the rows while they are read takes one thread.
        read = f"read_parquet({place(path)}, file_row_number = true, hive_partitioning = false)"
        kept = Table(f"SELECT {columns}, file_row_number AS place FROM {read}", (*table.columns, "place"), engine=self)
        return kept, self.run(f"SELECT count(*) FROM {read}").fetchone()[0]

    def lazy_csv(
        self, path: Path, columns: Sequence[str], skipped: int, is_quoted: bool = False, separator: str = ","
    ) -> Table:
        """Text cells of a CSV file, of which nothing is read yet; arguments as in `csv`."""
        types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
        names = ", ".join(literal(name) for name in columns)
        sql = (
            f"SELECT * FROM read_csv({place(path)}, auto_detect = false, header = false, skip = {skipped}, "
            f"delim = {literal(separator)}, quote = '\"', escape = '\"', columns = {{{types}}}, "
            f"force_not_null = [{names}], parallel = {str(not is_quoted).lower()}, hive_partitioning = false)"
        )
        return Table(sql, tuple(columns), engine=self)

    def parquet(self, paths: Path | Sequence[Path]) -> Table:
        """The rows of Parquet files, of which nothing is read yet."""
        listed = ", ".join(place(path) for path in ([paths] if isinstance(paths, Path) else paths))
        sql = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"
        return Table(sql, self.columns(sql), engine=self)

    def columns(self, sql: str) -> tuple[str, ...]:
        """The names of the columns of a query."""
        return tuple(column[0] for column in self.run(f"SELECT * FROM ({sql}) LIMIT 0").description)

    def write(self, sql: str, path: Path, form: str = "parquet") -> int:
        """Writes the rows of a query in its order as one file, ``parquet`` or ``csv``; returns their number."""
        return self.run(f"COPY ({sql}) TO {literal(str(path))} (FORMAT {form})").fetchone()[0]

    def frame(self, sql: str) -> "pd.DataFrame":
        """The rows of a query as a frame; decimals become float64."""
        return self.run(sql).df()

    def repeated(self, sql: str, keys: str, least: int = 2) -> str | None:
        """A name for the hashes of the keys that occur so often, column ``key_hash``; None where there is none.

        A window over a whole file sorts it; over the few rows whose key is repeated it costs next to nothing. A rare key
        of equal hash may be among them.
        """
        hashes = self.keep(
            f"SELECT key_hash FROM (SELECT hash({keys}) AS key_hash FROM ({sql})) GROUP BY key_hash "
            f"HAVING count(*) >= {least}"
        )
        return hashes if self.rows(f"SELECT 1 FROM {hashes} LIMIT 1") else None


@cache
def _any_engine() -> Engine:
    """Reads tables in memory before it is known which engine will."""
    return Engine()


def opened(address: str = DUCKDB, numbers_rows: bool = True) -> Engine:
    """The engine at an address: ``duckdb``, a Spark master, or ``sc://`` of Spark Connect.

    Raises:
        Refused: it is none of these, or cannot be reached.
    """
    if address == DUCKDB:
        return Engine(numbers_rows)
    if not re.match(r"(local(\[|$)|spark://|sc://)", address):
        raise Refused(f"--engine {ascii(address)}: write duckdb, local[2], spark://HOST:PORT or sc://HOST:PORT")
    from rareearth.trade.scale.spark import SparkEngine

    return SparkEngine(address, numbers_rows)


def frame(sql: str, **frames: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of a query over frames, which it calls by their names here."""
    import duckdb  # here: it takes a tenth of a second

    connection = duckdb.connect()
    for name, given in frames.items():
        connection.register(name, given)
    return connection.execute(sql).df()


def split(sql: str, keys: str, hashes: str | None) -> tuple[str, str | None]:
    """The rows whose key is not among the hashes, and those whose key is; None when there is no hash at all."""
    if hashes is None:
        return sql, None
    others, found = (
        f"SELECT * FROM ({sql}) WHERE hash({keys}) {word} (SELECT key_hash FROM {hashes})" for word in ("NOT IN", "IN")
    )
    return others, found


def union(queries: Iterable[str | None], columns: str = "*") -> str:
    """Queries of the same columns as one; None stands for one without rows."""
    return " UNION ALL ".join(f"SELECT {columns} FROM ({sql})" for sql in queries if sql)
