"""The same rules on Apache Spark: a master such as ``local[2]`` or ``spark://host:7077``, or Spark Connect (``sc://``).

Needs the extra ``cluster`` and Java. The nodes read the files themselves: they lie where every node sees them.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow.parquet

from rareearth.errors import Refused
from rareearth.trade.engine import Engine


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
        raise Refused(
            f"--engine {address}: cannot be reached ({said}): start it, or install Java 17"
        ) from None


class SparkEngine(Engine):
    """See `Engine`; tables are kept in the warehouse of the session."""

    def __init__(self, address: str, files: Sequence[Path] = ()):
        """Connects.

        Args:
            address: Master, or address of Spark Connect.
            files: What will be read.

        Raises:
            Refused: pyspark or Java is missing, or nothing answers at the address.
        """
        self._address = address
        super().__init__(files)

    def _connected(self, files: Sequence[Path]) -> ibis.BaseBackend:
        self._session = _session(self._address, self.scratch / "warehouse")
        return ibis.pyspark.connect(self._session)

    def lazy_csv(self, path: Path, columns: Sequence[str], skipped: int, is_quoted: bool = False) -> ir.Table:
        """Text cells of a CSV file of which one line stands above the first row."""
        if skipped != 1:
            raise Refused(f"{path.name}: lines above the header are not read on Spark: clean it with duckdb")
        frame = self._session.read.csv(
            str(path.resolve()),
            schema=", ".join(f"`{name}` STRING" for name in columns),
            header=True,
            quote='"',
            escape='"',
            multiLine=is_quoted,
            mode="FAILFAST",
            enforceSchema=True,
        )
        return self._named(frame.na.fill(""))

    def parquet(self, paths: Path | Sequence[Path]) -> ir.Table:
        """See `Engine.parquet`."""
        listed = [paths] if isinstance(paths, Path) else paths
        return self._named(self._session.read.parquet(*(str(path.resolve()) for path in listed)))

    def gathered(self, expressions: Iterable[ir.Table]) -> ir.Table:
        """See `Engine.gathered`."""
        name = ibis.util.gen_name("kept")
        for number, expression in enumerate(expressions):
            if number:
                self._connection.insert(name, expression)
            else:
                self._connection.create_table(name, expression)
        return self._connection.table(name)

    def numbered(self, table: ir.Table) -> ir.Table:
        """See `Engine.numbered`."""
        return table.mutate(place=ibis.row_number())

    def _named(self, frame) -> ir.Table:
        name = ibis.util.gen_name("sheet")
        frame.createOrReplaceTempView(name)
        return self._connection.table(name)

    def write(self, table: ir.Table, path: Path) -> int:
        """See `Engine.write`."""
        with self._connection.to_pyarrow_batches(table) as batches:
            with pyarrow.parquet.ParquetWriter(path, batches.schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
        return pyarrow.parquet.read_metadata(path).num_rows
