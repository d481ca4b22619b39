"""What is claimed of the trade engine: each command is `python -m benchmarks.questions CASE FILE...` in its own process.

Every case of one claim prints the same answer: rows, and a sum to six digits, which the runner compares.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import generate
from benchmarks.measure import Claim
from rareearth import countries

STRATEGIC = ("280530", "284610", "284690", "850511")
MEMORY_LIMIT = "1500MB"
_DETAIL = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}


def _areas():
    import pyarrow as pa

    known = [(word, area.iso3) for word, area in countries.areas().items() if area.kind == "country"]
    return pa.table(dict(zip(("code", "iso3"), zip(*known, strict=True), strict=True)))


def _answered(write: Callable[[Path], object], total: str) -> dict:
    """Rows and a sum of the answer that a case writes as Parquet, as every case does."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.parquet"
        write(path)
        return _said(*duckdb.sql(f"SELECT count(*), {total} FROM '{path}'").fetchall()[0])


_SQUARES = "sum(share_pct * share_pct)"
_APART = "sum(abs(ln(value_importer_usd::DOUBLE / value_exporter_usd::DOUBLE)))"


def pandas_share(files: Sequence[Path]) -> dict:
    """Both countries, units, sums by exporter and product, share of the exporter in the product."""
    import pandas as pd

    areas = _areas().to_pandas()
    rows = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in files])
    rows = rows.merge(areas.rename(columns={"code": "i", "iso3": "exporter"}), on="i")
    rows = rows.merge(areas.rename(columns={"code": "j", "iso3": "importer"}), on="j")
    rows["usd"], rows["kg"] = pd.to_numeric(rows["v"]) * 1000, pd.to_numeric(rows["q"]) * 1000
    sums = rows.groupby(["t", "exporter", "k"], as_index=False)[["usd", "kg"]].sum()
    sums["share_pct"] = 100 * sums["usd"] / sums.groupby(["t", "k"])["usd"].transform("sum")
    return _answered(sums.to_parquet, _SQUARES)


_SHARE_SQL = """
WITH sums AS (SELECT year, exporter, k, sum(usd) AS usd, sum(kg) AS kg FROM exports GROUP BY ALL)
SELECT *, 100 * usd::DOUBLE / sum(usd) OVER (PARTITION BY year, k)::DOUBLE AS share_pct FROM sums
"""
_EXPORTS = """
SELECT t AS year, a.iso3 AS exporter, k, TRY_CAST(v AS DECIMAL(38,6)) * 1000 AS usd,
       TRY_CAST(q AS DECIMAL(38,6)) * 1000 AS kg
FROM rows JOIN areas AS a ON i = a.code JOIN areas AS b ON j = b.code
"""
_ARCHIVED_EXPORTS = """
SELECT year, reporter_iso3 AS exporter, hs_code AS k, value_usd AS usd, mass_kg AS kg
FROM rows WHERE flow = 'export' AND month IS NULL AND is_flow
"""


def _duckdb(files: Sequence[Path], view: str = "", what: str = ""):
    """A connection with the rows of CSV files or of one archive, and a view made of them."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT})
    connection.execute("SET enable_progress_bar = false")
    connection.register("areas", _areas())
    if files[0].is_dir():
        read = f"read_parquet('{files[0]}/*/*.parquet', hive_partitioning=false)"
    else:
        listed = ", ".join(f"'{path}'" for path in files)
        read = f"read_csv([{listed}], all_varchar=true)"
    connection.execute(f"CREATE VIEW rows AS SELECT * FROM {read}")
    if view:
        connection.execute(f"CREATE VIEW {view} AS {what}")
    return connection


def duckdb_share(files: Sequence[Path]) -> dict:
    """The same as SQL, without any check of a cell."""
    connection = _duckdb(files, "exports", _ARCHIVED_EXPORTS if files[0].is_dir() else _EXPORTS)
    return _answered(lambda path: connection.sql(_SHARE_SQL).write_parquet(str(path)), _SQUARES)


def pandas_pairs(files: Sequence[Path]) -> dict:
    """Totals of flows, repeats once, both reports side by side."""
    import pandas as pd

    key = ["reporterCode", "partnerCode", "cmdCode"]
    rows = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in files])
    rows = rows[(rows[list(_DETAIL)] == list(_DETAIL.values())).all(axis=1) & (rows["partnerCode"] != "0")]
    rows = rows.drop_duplicates()
    rows["value"], rows["mass"] = pd.to_numeric(rows["primaryValue"]), pd.to_numeric(rows["netWgt"])
    sides = {flow: rows.loc[rows["flowCode"] == flow, [*key, "value", "mass"]] for flow in "XM"}
    swapped = sides["M"].rename(columns={"reporterCode": "partnerCode", "partnerCode": "reporterCode"})
    pairs = sides["X"].merge(swapped, on=key, how="outer", suffixes=("_exporter_usd", "_importer_usd"))
    return _answered(pairs.to_parquet, _APART)


_PAIRS_SQL = """
SELECT coalesce(x.r, m.p) AS exporter, coalesce(x.p, m.r) AS importer, coalesce(x.k, m.k) AS k,
       x.usd AS value_exporter_usd, x.kg AS mass_exporter_kg, m.usd AS value_importer_usd, m.kg AS mass_importer_kg
FROM (SELECT * FROM reports WHERE flow = 'X') AS x
FULL JOIN (SELECT * FROM reports WHERE flow = 'M') AS m ON x.r = m.p AND x.p = m.r AND x.k = m.k
"""
_REPORTS = """
SELECT "flowCode" AS flow, "reporterCode" AS r, "partnerCode" AS p, "cmdCode" AS k,
       TRY_CAST("primaryValue" AS DOUBLE) AS usd, TRY_CAST("netWgt" AS DOUBLE) AS kg
FROM (SELECT DISTINCT * FROM rows
      WHERE "partner2Code" = '0' AND "customsCode" = 'C00' AND "motCode" = '0' AND "partnerCode" <> '0')
"""
_ARCHIVED_REPORTS = """
SELECT DISTINCT CASE flow WHEN 'export' THEN 'X' ELSE 'M' END AS flow, reporter_iso3 AS r, partner_iso3 AS p,
       hs_code AS k, value_usd::DOUBLE AS usd, mass_kg::DOUBLE AS kg
FROM rows WHERE flow IN ('export', 'import') AND month IS NULL AND is_flow
"""


def duckdb_pairs(files: Sequence[Path]) -> dict:
    """The same as SQL, without any check of a cell."""
    connection = _duckdb(files, "reports", _ARCHIVED_REPORTS if files[0].is_dir() else _REPORTS)
    return _answered(lambda path: connection.sql(_PAIRS_SQL).write_parquet(str(path)), _APART)


def pairs_alone(files: Sequence[Path]) -> None:
    """As `duckdb_pairs`, where the commands of a claim have different rows."""
    duckdb_pairs(files)


def package_share(files: Sequence[Path]) -> dict:
    """The package: every cell by the rules of cleaning."""
    return _asked("shares", files, _SQUARES)


def share_alone(files: Sequence[Path]) -> None:
    """As `package_share`, where the commands of a claim have different rows."""
    package_share(files)


def package_pairs(files: Sequence[Path]) -> dict:
    """The package: as `package_share`."""
    return _asked("pairs", files, _APART)


def reconciled(files: Sequence[Path]) -> dict:
    """The package: pairs, weights of their reporters, reconciled flows."""
    return _asked("reconciled", files, "sum(ln(value_usd))")


def _asked(question: str, files: Sequence[Path], total: str) -> dict:
    from rareearth.trade.scale import questions

    return _answered(lambda path: questions.ask(question, files, path), total)


def strategic_sql(files: Sequence[Path]) -> dict:
    """Exports of the strategic codes, as SQL; without the start of the process."""
    exports = _ARCHIVED_EXPORTS if files[0].is_dir() else _EXPORTS
    connection, started = _duckdb(files, "exports", exports), time.perf_counter()
    query = f"SELECT count(*), sum(usd) FROM exports WHERE k IN {STRATEGIC}"
    return _said(*connection.execute(query).fetchall()[0]) | {"wall_s": time.perf_counter() - started}


def strategic(files: Sequence[Path]) -> dict:
    """The same from an archive of the package."""
    from rareearth.trade.engine import Engine
    from rareearth.trade.scale import archive

    engine, started = Engine(numbers_rows=False), time.perf_counter()
    pieces, _ = archive.pieces(files, engine, STRATEGIC)
    found = [engine.rows(f"SELECT count(*) AS n, sum(value_usd) AS usd FROM ({piece})")[0] for piece in pieces]
    counted = _said(sum(row["n"] for row in found), sum(row["usd"] or 0 for row in found))
    return counted | {"wall_s": time.perf_counter() - started}


def first_pass(files: Sequence[Path]) -> dict:
    """The first pass of the package: an archive by chapter, sorted; says how many MB it has."""
    from rareearth.trade.scale import archive

    with tempfile.TemporaryDirectory(dir=generate.CACHE) as folder:
        made = Path(folder) / "archive"
        archive.archive(files, made)
        return {"mb": round(sum(path.stat().st_size for path in made.rglob("*.parquet")) / 1e6)}


def clean(files: Sequence[Path]) -> None:
    """All rules of the package, with sorted Parquet, the accounting and the rows taken out written."""
    from rareearth.trade.clean import clean_files

    with tempfile.TemporaryDirectory() as folder:
        clean_files(files, Path(folder))


def _said(rows: int, total: float) -> dict:
    return {"rows": int(rows), "sum": f"{float(total):.6g}"}


def command(case: str, *files: str) -> list[str]:
    """The command line of a case."""
    return [sys.executable, "-m", "benchmarks.questions", case, *files]


def linked(make: Callable[[], Sequence[Path]], with_archive: bool = False) -> Callable[[Path], int]:
    """A `Claim.prepare` that links files of the cache into the folder of a run and counts their rows.

    Args:
        make: The files, made if they are not there.
        with_archive: Whether an archive of them is made too, as ``archive``.
    """

    def prepare(folder: Path) -> int:
        files = make()
        for number, path in enumerate(files):
            (folder / f"{number}{path.suffix}").hardlink_to(path)
        if with_archive:
            (folder / "archive").symlink_to(_archived(files))
        return _duckdb(files).execute("SELECT count(*) FROM rows").fetchall()[0][0]

    return prepare


def _archived(files: Sequence[Path]) -> Path:
    from rareearth.trade.scale import archive

    made = files[0].parent / f"archive-{len(files)}"
    if not made.exists():
        archive.archive(files, made)
    return made


def _years(rows: int, count: int, form: str = "csv") -> Callable[[], list[Path]]:
    return lambda: [generate.baci(rows, 2024 - number, form) for number in range(count)]


def _claims(rows: int, reports: int, is_long: bool) -> list[Claim]:
    csv = ["0.csv", "1.csv"]
    two = linked(_years(rows, 2), with_archive=True)
    rounds = 3 if is_long else 5
    comtrade = linked(lambda: [generate.comtrade(reports)], with_archive=True)
    million = f"{rows * 2 / 1e6:.1f} million BACI rows"
    return [
        Claim(
            f"Share of every exporter in every product, {million} of two years",
            {
                "DuckDB SQL, CSV, nothing checked": command("duckdb_share", *csv),
                "pandas, CSV": command("pandas_share", *csv),
                "rareearth ask shares, CSV": command("package_share", *csv),
                "DuckDB SQL, archive": command("duckdb_share", "archive"),
                "rareearth ask shares, archive": command("package_share", "archive"),
            },
            rounds,
            is_long,
            two,
            (rows * 2, "rows"),
        ),
        Claim(
            f"Strategic codes out of {million}, from when the packages are imported",
            {
                "DuckDB SQL, CSV": command("strategic_sql", *csv),
                "DuckDB SQL, archive": command("strategic_sql", "archive"),
                "rareearth, archive": command("strategic", "archive"),
            },
            rounds,
            is_long,
            two,
            (rows * 2, "rows"),
        ),
        Claim(
            f"First pass over {million}: archive by chapter, sorted",
            {"rareearth archive": command("first_pass", *csv)},
            rounds,
            is_long,
            two,
            (rows * 2, "rows"),
        ),
        Claim(
            f"Mirror pairs of {reports / 1e6:.1f} million Comtrade reports of 20 columns",
            {
                "DuckDB SQL, CSV, nothing checked": command("duckdb_pairs", "0.csv"),
                "pandas, CSV": command("pandas_pairs", "0.csv"),
                "rareearth ask pairs, CSV": command("package_pairs", "0.csv"),
                "DuckDB SQL, archive": command("duckdb_pairs", "archive"),
                "rareearth ask pairs, archive": command("package_pairs", "archive"),
            },
            rounds,
            is_long,
            comtrade,
            (reports, "rows"),
        ),
        Claim(
            f"Reconciled flows out of {reports / 1e6:.1f} million Comtrade reports, with the weights of their reporters",
            {
                "DuckDB SQL, the pairs alone, archive": command("pairs_alone", "archive"),
                "rareearth ask reconciled, archive": command("reconciled", "archive"),
            },
            rounds,
            is_long,
            comtrade,
            (reports, "rows"),
        ),
    ]


def _full_clean() -> Claim:
    return Claim(
        "Full clean with accounting, flags and sorted Parquet, 1 million BACI rows",
        {"rareearth clean": command("clean", "0.csv")},
        prepare=linked(lambda: [generate.baci(1_000_000)]),
        units=(1_000_000, "rows"),
    )


def _growth(years: int) -> Claim:
    def prepare(folder: Path) -> None:
        for count in (2, years):
            made = _archived(_years(generate.ROWS_A_YEAR, count)())
            (folder / f"years-{count}").symlink_to(made)

    return Claim(
        f"From 2 to {years} years of BACI out of an archive, about 11 million rows each: a ratio of {years // 2} is linear",
        {
            "rareearth ask shares, 2 years": command("share_alone", "years-2"),
            f"rareearth ask shares, {years} years": command("package_share", f"years-{years}"),
            f"DuckDB SQL, {years} years": command("duckdb_share", f"years-{years}"),
        },
        3,
        True,
        prepare,
    )


CLAIMS = [
    *_claims(1_000_000, 1_000_000, False),
    _full_clean(),
    *_claims(generate.ROWS_A_YEAR, 12_500_000, True),
    _growth(28),
]

if __name__ == "__main__":
    answer = globals()[sys.argv[1]]([Path(name) for name in sys.argv[2:]])
    print(json.dumps(answer))
