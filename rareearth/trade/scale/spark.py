"""The same rules on Apache Spark: a master such as ``local[2]`` or ``spark://host:7077``, or Spark Connect (``sc://``).

Needs the extra ``cluster`` and Java. The nodes read the files themselves: they lie where every node sees them. The SQL of
the rules is translated by sqlglot.
"""

import functools
import itertools
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet

from rareearth.errors import Refused
from rareearth.trade.engine import Engine, Held, Table

if TYPE_CHECKING:
    import pandas as pd

_numbers = itertools.count()


def _session(address: str, warehouse: Path):
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise Refused(
            f"--engine {address}: pyspark is not installed: pip install -r requirements-cluster.txt into .venv"
        ) from None
    builder = SparkSession.builder.appName("rare-earth-briefings")
    builder = builder.remote(address) if address.startswith("sc://") else builder.master(address)
    settings = {
        # A cell that is no number is null, as everywhere, and decimals keep six digits.
        "spark.sql.ansi.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.ui.enabled": "false",
        # Small tables go over as Arrow, without a Python process on the nodes.
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.pyspark.python": sys.executable,
        "spark.log.level": "ERROR",
    }
    if address.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    try:
        for name, setting in settings.items():
            builder = builder.config(name, setting)
        return builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise Refused(f"--engine {address}: cannot be reached ({said}): start it, or install Java 17") from None


@functools.cache
def _translated(sql: str) -> str:
    import sqlglot
    from sqlglot import exp

    def hashed(node: exp.Expression) -> exp.Expression:
        # Spark's own hash has 32 bits.
        is_hash = isinstance(node, exp.Anonymous) and node.name.lower() == "hash"
        return exp.Anonymous(this="xxhash64", expressions=node.expressions) if is_hash else node

    return sqlglot.parse_one(sql, read="duckdb").transform(hashed).sql(dialect="spark")


def _plain(path: Path) -> str:
    """A path as Spark takes it: its name is no pattern.

    Raises:
        Refused: it holds a brace, which Spark opens by no name.
    """
    if "{" in str(path.resolve()):
        raise Refused(f"{path.name}: Spark opens no path with {{ in it: rename it, or use --engine duckdb")
    return re.sub(r"([\\\[\]*?])", r"\\\1", str(path.resolve()))


class _Answer:
    """The rows of a statement, in the little of Python's database interface that `Engine` uses."""

    def __init__(self, frame):
        self._frame = frame
        self.description = [(name,) for name in frame.columns]

    def fetchall(self) -> list[tuple]:
        return [tuple(row) for row in self._frame.collect()]

    def fetchone(self) -> tuple | None:
        return next(iter(self.fetchall()), None)


class SparkEngine(Engine):
    """See `Engine`; tables are kept in the warehouse of the session."""

    def __init__(self, address: str, numbers_rows: bool = True):
        """Connects.

        Args:
            address: Master, or address of Spark Connect.
            numbers_rows: See `Engine`.

        Raises:
            Refused: pyspark or Java is missing, or nothing answers at the address.
        """
        super().__init__(numbers_rows)
        self._session = _session(address, self.scratch / "warehouse")

    def run(self, sql: str, held: Held | None = None) -> Any:
        """See `Engine.run`."""
        self._hold_all(held or {})
        return _Answer(self._session.sql(_translated(sql)))

    def _name(self, name: str, sql: str) -> None:
        self._session.sql(_translated(sql)).createOrReplaceTempView(name)

    def keep(self, *queries: str) -> str:
        """See `Engine.keep`."""
        name = f"kept_{next(_numbers)}"
        for sql in queries:
            self._session.sql(_translated(sql)).write.mode("append").saveAsTable(name)
        return name

    def numbered(self, table: Table) -> tuple[Table, int | None]:
        """See `Engine.numbered`."""
        if not self.numbers_rows:
            return super().numbered(table)
        name = self.keep(table.mutate(place="row_number() OVER (ORDER BY monotonically_increasing_id()) - 1").sql)
        columns = (*table.columns, "place")
        return Table(f"SELECT * FROM {name}", columns, engine=self), self._session.table(name).count()

    def lazy_csv(
        self, path: Path, columns: Sequence[str], skipped: int, is_quoted: bool = False, separator: str = ","
    ) -> Table:
        """Text cells of a CSV file of which one line stands above the first row."""
        if skipped != 1:
            raise Refused(f"{path.name}: lines above the header are not read on Spark: clean it with duckdb")
        frame = self._session.read.csv(
            _plain(path),
            schema=", ".join(f"`{name}` STRING" for name in columns),
            header=True,
            sep=separator,
            quote='"',
            escape='"',
            multiLine=is_quoted,
            mode="FAILFAST",
            enforceSchema=True,
        )
        return Table(f"SELECT * FROM {self._named(frame.na.fill(''))}", tuple(columns), engine=self)

    def parquet(self, paths: Path | Sequence[Path]) -> Table:
        """See `Engine.parquet`."""
        listed = [paths] if isinstance(paths, Path) else paths
        frame = self._session.read.parquet(*map(_plain, listed))
        return Table(f"SELECT * FROM {self._named(frame)}", tuple(frame.columns), engine=self)

    def _named(self, frame) -> str:
        name = f"view_{next(_numbers)}"
        frame.createOrReplaceTempView(name)
        return name

    def write(self, sql: str, path: Path, form: str = "parquet") -> int:
        """See `Engine.write`: the answer comes back through one process."""
        found = self._session.sql(_translated(sql)).toArrow()
        pyarrow.parquet.write_table(found, self.scratch / "answer.parquet")
        here = Engine()
        return here.write(here.parquet(self.scratch / "answer.parquet").sql, path, form)

    def frame(self, sql: str) -> "pd.DataFrame":
        """See `Engine.frame`."""
        return self._session.sql(_translated(sql)).toPandas()
