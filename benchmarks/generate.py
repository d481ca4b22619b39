"""Trade files of any size with the key counts, skew, gaps and repeats of the published ones; the values are made up.

BACI, counted in HS17 V202301: 226 exporters and importers, 26,194 to 29,787 pairs, 5,381 products, about 11 million
rows a year, the quantity missing in 2.1 to 2.6 % of them. Comtrade: two reports of most flows, a World row for each
reporter, flow and code, weights estimated or missing, some details by mode of transport and some repeated rows.

Every draw is a hash of the key and the year, so that a file of one size is the same on every machine. Files are made
once and kept in `CACHE`.
"""

import csv
import shutil
import tempfile
import zipfile
from pathlib import Path

import duckdb
import numpy as np

from rareearth.paths import RAW

CACHE = Path(tempfile.gettempdir()) / "rareearth-bench"
COUNTRIES, PAIRS, PRODUCTS = 226, 28_000, 5_381
RARE_EARTHS = ("280530", "284610", "284690", "850511")
ROWS_A_YEAR = 11_200_000
_MISSING_QUANTITY = 0.023
_SKEW_PAIRS, _SKEW_PRODUCTS = 0.75, 0.45
# Of Comtrade's rows: weights estimated, weights missing, flows that one side reports alone, repeated rows,
# flows with two details by mode of transport.
_ESTIMATED, _NO_WEIGHT, _ONE_SIDED, _REPEATED, _DETAILED = 0.5, 0.05, 0.25, 0.004, 0.02
# Both reports, World rows, details and repeats of a flow; the World rows are fewer where files are larger.
_REPORTS_A_FLOW = 1.95


def countries() -> list[str]:
    """Comtrade's codes of as many countries as BACI has, the project's own table giving them."""
    with (RAW / "trade" / "country_codes.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "country"]
    by_iso3 = {row["iso3"]: row["published"] for row in rows if row["published"].isdigit()}
    return list(by_iso3.values())[:COUNTRIES]


def products() -> list[str]:
    """Six-digit codes over all chapters, those of rare earths among them."""
    even = np.linspace(10_121, 970_600, PRODUCTS - len(RARE_EARTHS), dtype=int)
    return sorted({*(f"{number:06d}" for number in even), *RARE_EARTHS})


def _weights(count: int, skew: float) -> np.ndarray:
    weight = 1 / np.arange(1, count + 1) ** skew
    return weight / weight.sum()


def _rate(rows: int) -> float:
    """The factor by which weights of pair and product make a chance, so that about so many flows are drawn."""
    grid = np.outer(_weights(PAIRS, _SKEW_PAIRS)[::20], _weights(PRODUCTS, _SKEW_PRODUCTS)[::7])
    low, high = 1.0, 1e12
    while high / low > 1 + 1e-6:
        middle = (low * high) ** 0.5
        drawn = (1 - np.exp(-middle * grid)).mean() * PAIRS * PRODUCTS
        low, high = (middle, high) if drawn < rows else (low, middle)
    return low


def _connection(rows: int, year: int) -> duckdb.DuckDBPyConnection:
    """A database with the table ``made``: i, j, k, v in thousand USD and q in tonnes of one year."""
    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(CACHE / "spilled")})
    random = np.random.default_rng(1)
    codes = np.array(countries())
    both = random.choice(len(codes) * (len(codes) - 1), PAIRS, replace=False)
    exporter, importer = both // (len(codes) - 1), both % (len(codes) - 1)
    importer = importer + (importer >= exporter)
    names = np.array(products())
    tables = {
        "pairs": (codes[exporter], codes[importer], _weights(PAIRS, _SKEW_PAIRS)),
        # The most traded product is any of them, not the first of the list.
        "products": (random.permutation(names), random.normal(1.5, 1.5, len(names)), _weights(len(names), _SKEW_PRODUCTS)),
    }  # fmt: skip
    for (name, columns), fields in zip(tables.items(), (("i", "j", "w"), ("k", "u", "w")), strict=True):
        connection.register(f"given_{name}", dict(zip(fields, columns, strict=True)))
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given_{name}")
    connection.execute(
        f"""
        CREATE MACRO chance(i, j, k, salt) AS (hash(i, j, k, salt, {year}) % 1000000007 + 1) / 1000000009.0;
        CREATE MACRO normal(i, j, k, salt) AS
          sqrt(-2 * ln(chance(i, j, k, salt))) * cos(2 * pi() * chance(i, j, k, salt + 1));
        CREATE TABLE made AS
        SELECT i, j, k, round(exp(3 + 2.8 * normal(i, j, k, 10)), 3) + 1 AS v,
               CASE WHEN chance(i, j, k, 20) > {_MISSING_QUANTITY}
                    THEN round(v / exp(u + 0.9 * normal(i, j, k, 12)), 3) END AS q
        FROM pairs, products
        WHERE chance(i, j, k, 0) < 1 - exp(-{_rate(rows)} * pairs.w * products.w)
        """  # noqa: S608 - numbers of this file
    )
    return connection


def baci(rows: int = ROWS_A_YEAR, year: int = 2024, form: str = "csv") -> Path:
    """A year file of BACI with the published names and order of columns, about so many rows.

    Args:
        rows: Flows of the year.
        year: The year; another one has other flows.
        form: ``csv``, ``zip`` or ``parquet``.
    """
    path = CACHE / f"baci-{rows}" / f"BACI_HS17_Y{year}_V202601.{form}"
    if form == "zip":
        return _zipped(baci(rows, year), path)
    columns = f"'{year}' AS t, i, j, k, v::DECIMAL(18,3)::VARCHAR AS v, q::DECIMAL(18,3)::VARCHAR AS q"
    return _kept(path, rows, year, f"SELECT {columns} FROM made ORDER BY i::INT, j::INT, k")


def comtrade(rows: int, year: int = 2024, form: str = "csv") -> Path:
    """Annual reports of both sides in 20 of Comtrade's columns, about so many rows.

    Args:
        rows: Reports of the year.
        year: The year.
        form: ``csv`` or ``parquet``.
    """
    path = CACHE / f"comtrade-{rows}" / f"comtrade_{year}.{form}"
    return _kept(path, int(rows / _REPORTS_A_FLOW), year, _reports(year))


def _zipped(text: Path, path: Path) -> Path:
    if not path.exists():
        part = path.with_suffix(".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            archive.write(text, text.name)
        part.rename(path)
    return path


def _kept(path: Path, rows: int, year: int, query: str) -> Path:
    """The rows of a query over ``made`` as a file that is made once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        form = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
        _connection(rows, year).execute(f"COPY ({query}) TO '{part}' ({form})")
        part.rename(path)
        shutil.rmtree(CACHE / "spilled", ignore_errors=True)
    return path


def _reports(year: int) -> str:
    """One query that makes every report from the flows in `made`."""
    return f"""
    WITH sides AS (
      SELECT 'X' AS flow, i AS reporter, j AS partner, k, v * 1000 AS usd, q * 1000 AS kg,
             chance(i, j, k, 1) AS c, chance(i, j, k, 2) AS d, chance(i, j, k, 3) AS e
      FROM made WHERE chance(i, j, k, 4) > {_ONE_SIDED} / 2
      UNION ALL
      SELECT 'M', j, i, k, v * 1000 * (0.83 + 0.4 * chance(i, j, k, 5)), q * 1000 * (0.9 + 0.2 * chance(i, j, k, 6)),
             chance(i, j, k, 7), chance(i, j, k, 8), chance(i, j, k, 9)
      FROM made WHERE chance(i, j, k, 4) < 1 - {_ONE_SIDED} / 2),
    details AS (
      SELECT flow, reporter, partner, k, usd * part AS usd, kg * part AS kg, c, d, mode
      FROM sides, (VALUES ('1000', 0.4), ('2100', 0.6)) AS mode(mode, part) WHERE e < {_DETAILED}),
    world AS (
      SELECT flow, reporter, '0' AS partner, k, sum(usd) AS usd, sum(kg) AS kg, min(c) AS c, min(d) AS d, '0' AS mode
      FROM sides GROUP BY ALL),
    records AS (
      SELECT flow, reporter, partner, k, usd, kg, c, d, '0' AS mode FROM sides
      UNION ALL SELECT flow, reporter, partner, k, usd, kg, c, d, '0' FROM sides WHERE e > 1 - {_REPEATED}
      UNION ALL SELECT * FROM details UNION ALL SELECT * FROM world)
    SELECT 'C' AS "typeCode", 'A' AS "freqCode", '{year}' AS "refYear", '52' AS "refMonth", '{year}' AS period,
           reporter AS "reporterCode", flow AS "flowCode", partner AS "partnerCode", '0' AS "partner2Code",
           'H6' AS "classificationCode", k AS "cmdCode", 'C00' AS "customsCode", mode AS "motCode",
           '8' AS "qtyUnitCode", kg::DECIMAL(18,2)::VARCHAR AS qty, '0' AS "altQty",
           CASE WHEN d > {_NO_WEIGHT} THEN kg::DECIMAL(18,2)::VARCHAR END AS "netWgt",
           CASE WHEN c < {_ESTIMATED} THEN 'true' ELSE 'false' END AS "isNetWgtEstimated",
           '0' AS "grossWgt", usd::DECIMAL(18,2)::VARCHAR AS "primaryValue"
    FROM records ORDER BY "reporterCode", "flowCode", "cmdCode", "partnerCode", "motCode"
    """  # noqa: S608 - made of numbers of this file alone
