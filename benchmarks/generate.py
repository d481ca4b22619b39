"""Trade files of any size with the key counts, skew, gaps and repeats of the published ones; the values are made up.

BACI, counted in HS17 V202301: 226 exporters and importers, 26,194 to 29,787 pairs, 5,381 products, about 11 million
rows a year, the quantity missing in 2.1 to 2.6 % of them. Comtrade: two reports of most flows, a World row for each
reporter, flow and code, weights estimated or missing, some details by mode of transport and some repeated rows.
"""

import csv
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from rareearth.paths import RAW

COUNTRIES, PAIRS, PRODUCTS = 226, 28_000, 5_381
RARE_EARTHS = ("280530", "284610", "284690", "850511")
_MISSING_QUANTITY = 0.023
_SKEW_PAIRS, _SKEW_PRODUCTS = 0.75, 0.45
# Of Comtrade's rows: weights estimated, weights missing, flows that one side reports alone, repeated rows,
# flows with two details by mode of transport.
_ESTIMATED, _NO_WEIGHT, _ONE_SIDED, _REPEATED, _DETAILED = 0.5, 0.05, 0.25, 0.004, 0.02


def countries() -> list[str]:
    """Comtrade's codes of as many countries as BACI has, the project's own table giving them."""
    with (RAW / "trade" / "country_codes.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "country"]
    by_iso3 = {row["iso3"]: row["published"] for row in rows if row["published"].isdigit()}
    return list(by_iso3.values())[:COUNTRIES]


def products() -> list[str]:
    """Six-digit codes over all chapters, those of rare earths among them."""
    even = [
        f"{number:06d}" for number in np.linspace(10_121, 970_600, PRODUCTS - len(RARE_EARTHS), dtype=int)
    ]
    return sorted({*even, *RARE_EARTHS})


def _zipf(count: int, skew: float) -> np.ndarray:
    weight = 1 / np.arange(1, count + 1) ** skew
    return weight / weight.sum()


def keys(rows: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Different keys of pair and product, both skewed, in the order of the published file."""
    found = np.empty(0, np.int64)
    count = len(products())
    while len(found) < rows:
        pair = random.choice(PAIRS, rows, p=_zipf(PAIRS, _SKEW_PAIRS))
        product = random.choice(count, rows, p=_zipf(count, _SKEW_PRODUCTS))
        found = np.union1d(found, pair * count + product)
    found = np.sort(random.choice(found, rows, replace=False))
    # The most traded product is any of them, not the first of the list.
    return found // count, random.permutation(count)[found % count]


def flows(rows: int, year: int) -> pa.Table:
    """Bilateral flows of one year: exporter, importer, product, value in thousand USD and quantity in tonnes."""
    random = np.random.default_rng(year)
    codes, names = np.array(countries()), np.array(products())
    pair, product = keys(rows, random)
    both = random.choice(len(codes) * (len(codes) - 1), PAIRS, replace=False)
    exporter, importer = both // (len(codes) - 1), both % (len(codes) - 1)
    importer = importer + (importer >= exporter)
    value = np.exp(random.normal(3, 2.8, rows)).round(3) + 1
    unit_value = np.exp(random.normal(1.5, 1.5, len(names)))[product] * np.exp(random.normal(0, 0.9, rows))
    quantity = (value / unit_value).round(3)
    return pa.table(
        {
            "i": pa.array(codes[exporter[pair]]),
            "j": pa.array(codes[importer[pair]]),
            "k": pa.array(names[product]),
            "v": pa.array(value),
            "q": pa.array(quantity, mask=random.random(rows) < _MISSING_QUANTITY),
        }
    )


def baci(folder: Path, rows: int, year: int = 2024, form: str = "csv") -> Path:
    """A year file of BACI with the published names and order of columns."""
    made = flows(rows, year)  # noqa: F841 - DuckDB finds it by its name
    path = folder / f"BACI_HS17_Y{year}_V202601.{form}"
    columns = f"'{year}' AS t, i, j, k, v::DECIMAL(18,3)::VARCHAR AS v, q::DECIMAL(18,3)::VARCHAR AS q"
    duckdb.sql(f"COPY (SELECT {columns} FROM made) TO '{path}' ({_form(form)})")  # noqa: S608
    return path


def comtrade(folder: Path, rows: int, year: int = 2024, form: str = "csv") -> Path:
    """Annual reports of both sides in 20 of Comtrade's columns, about as many rows as asked for."""
    # Both reports, World rows, details and repeats make 1.9 rows of a flow; see the shares above.
    made = flows(int(rows / 1.9), year)  # noqa: F841 - DuckDB finds it by its name
    path = folder / f"comtrade_{year}.{form}"
    duckdb.sql(f"COPY ({_reports(year)}) TO '{path}' ({_form(form)})")
    return path


def _form(form: str) -> str:
    return "FORMAT parquet, ROW_GROUP_SIZE 122880" if form == "parquet" else "FORMAT csv, HEADER"


def _chance(salt: int) -> str:
    return f"(hash(i, j, k, {salt}) % 1000000 / 1e6)"


def _reports(year: int) -> str:
    """One query that makes every report from the flows in `made`."""
    return f"""
    WITH sides AS (
      SELECT 'X' AS flow, i AS reporter, j AS partner, k, v * 1000 AS usd, q * 1000 AS kg,
             {_chance(1)} AS c, {_chance(2)} AS d, {_chance(3)} AS e
      FROM made WHERE {_chance(4)} > {_ONE_SIDED} / 2
      UNION ALL
      SELECT 'M', j, i, k, v * 1000 * (1.03 + 0.4 * ({_chance(5)} - 0.5)), q * 1000 * (0.9 + 0.2 * {_chance(6)}),
             {_chance(7)}, {_chance(8)}, {_chance(9)}
      FROM made WHERE {_chance(4)} < 1 - {_ONE_SIDED} / 2),
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
