"""The work that is measured, each in a process of its own: `python -m benchmarks.cases NAME FILE`.

Every case of one question prints the same answer, which the benchmark compares: rows, and a sum to six digits.
"""

import csv
import json
import sys
import tempfile
from pathlib import Path

from rareearth.paths import RAW

STRATEGIC = ("280530", "284610", "284690", "850511")
_DETAIL = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}


def _countries() -> list[dict[str, str]]:
    with (RAW / "trade" / "country_codes.csv").open(encoding="utf-8", newline="") as stream:
        return [
            {"code": row["published"], "iso3": row["iso3"]}
            for row in csv.DictReader(stream)
            if row["kind"] == "country"
        ]


def _pandas(path: Path, columns: list[str] | None = None):
    import pandas as pd

    if path.suffix == ".parquet":
        return pd.read_parquet(path, columns=columns)
    return pd.read_csv(path, dtype=str, keep_default_na=False, usecols=columns)


def pandas_share(path: Path) -> dict:
    """Both countries, units, sums by exporter and product, share of the exporter in the product."""
    import pandas as pd

    areas = pd.DataFrame(_countries())
    rows = _pandas(path).merge(areas.rename(columns={"code": "i", "iso3": "exporter"}), on="i")
    rows = rows.merge(areas.rename(columns={"code": "j", "iso3": "importer"}), on="j")
    rows["usd"], rows["kg"] = pd.to_numeric(rows["v"]) * 1000, pd.to_numeric(rows["q"]) * 1000
    sums = rows.groupby(["t", "exporter", "k"], as_index=False)[["usd", "kg"]].sum()
    sums["share_pct"] = 100 * sums["usd"] / sums.groupby(["t", "k"])["usd"].transform("sum")
    return _said(len(sums), (sums["share_pct"] ** 2).sum())


_SHARE_SQL = """
WITH sums AS (
  SELECT t, a.iso3 AS exporter, k, sum(TRY_CAST(v AS DOUBLE) * 1000) AS usd, sum(TRY_CAST(q AS DOUBLE) * 1000) AS kg
  FROM rows JOIN areas AS a ON i = a.code JOIN areas AS b ON j = b.code GROUP BY ALL)
SELECT count(*), sum(share * share) FROM (SELECT 100 * usd / sum(usd) OVER (PARTITION BY t, k) AS share FROM sums)
"""


def _duckdb(path: Path):
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(config={"memory_limit": "1500MB"})
    connection.register("areas", pa.Table.from_pylist(_countries()))
    reader = (
        f"read_parquet('{path}')" if path.suffix == ".parquet" else f"read_csv('{path}', all_varchar=true)"
    )
    connection.execute(f"CREATE VIEW rows AS SELECT * FROM {reader}")  # noqa: S608 - a path of this run
    return connection


def duckdb_share(path: Path) -> dict:
    """The same as SQL."""
    return _said(*_duckdb(path).execute(_SHARE_SQL).fetchone())


def _ibis(path: Path):
    import ibis
    import pyarrow as pa

    connection = ibis.duckdb.connect(memory_limit="1500MB")
    read = connection.read_parquet if path.suffix == ".parquet" else connection.read_csv
    more = {} if path.suffix == ".parquet" else {"all_varchar": True}
    return read(path, **more), ibis.memtable(pa.Table.from_pylist(_countries()))


def ibis_share(path: Path) -> dict:
    """The same as Ibis expressions."""
    import ibis

    rows, areas = _ibis(path)
    rows = rows.inner_join(areas.select(i="code", exporter="iso3"), "i")
    rows = rows.inner_join(areas.select(j="code", importer="iso3"), "j")
    usd, kg = (rows[name].try_cast("float64") * 1000 for name in "vq")
    sums = rows.group_by("t", "exporter", "k").agg(usd=usd.sum(), kg=kg.sum())
    share = 100 * sums.usd / sums.usd.sum().over(ibis.window(group_by=["t", "k"]))
    shares = sums.select(share=share)
    found = shares.agg(rows=shares.count(), total=(shares.share**2).sum()).to_pyarrow().to_pylist()[0]
    return _said(found["rows"], found["total"])


def pandas_mirror(path: Path) -> dict:
    """Totals of flows, repeats once, both reports side by side, how far they lie apart."""
    import numpy as np
    import pandas as pd

    key = ["reporterCode", "partnerCode", "cmdCode"]
    rows = _pandas(path)
    rows = rows[(rows[list(_DETAIL)] == list(_DETAIL.values())).all(axis=1) & (rows["partnerCode"] != "0")]
    rows = rows.drop_duplicates()
    rows["usd"], rows["kg"] = pd.to_numeric(rows["primaryValue"]), pd.to_numeric(rows["netWgt"])
    sides = {flow: rows.loc[rows["flowCode"] == flow, [*key, "usd", "kg"]] for flow in "XM"}
    swapped = sides["M"].rename(columns={"reporterCode": "partnerCode", "partnerCode": "reporterCode"})
    pairs = sides["X"].merge(swapped, on=key, how="outer", suffixes=("_x", "_m"))
    return _said(len(pairs), np.log(pairs["usd_m"] / pairs["usd_x"]).abs().sum())


_MIRROR_SQL = """
WITH once AS (
  SELECT DISTINCT * FROM rows
  WHERE "partner2Code" = '0' AND "customsCode" = 'C00' AND "motCode" = '0' AND "partnerCode" <> '0'),
reports AS (
  SELECT "flowCode" AS flow, "reporterCode" AS r, "partnerCode" AS p, "cmdCode" AS k,
         TRY_CAST("primaryValue" AS DOUBLE) AS usd, TRY_CAST("netWgt" AS DOUBLE) AS kg FROM once)
SELECT count(*), sum(abs(ln(m.usd / x.usd))), max(x.kg), max(m.kg)
FROM (SELECT * FROM reports WHERE flow = 'X') AS x
FULL JOIN (SELECT * FROM reports WHERE flow = 'M') AS m ON x.r = m.p AND x.p = m.r AND x.k = m.k
"""


def duckdb_mirror(path: Path) -> dict:
    """The same as SQL."""
    return _said(*_duckdb(path).execute(_MIRROR_SQL).fetchone()[:2])


def ibis_mirror(path: Path) -> dict:
    """The same as Ibis expressions."""
    rows, _ = _ibis(path)
    whole = [rows[name] == total for name, total in _DETAIL.items()]
    once = rows.filter(*whole, rows.partnerCode != "0").distinct()
    usd, kg = once.primaryValue.try_cast("float64"), once.netWgt.try_cast("float64")
    reports = once.select(flow="flowCode", r="reporterCode", p="partnerCode", k="cmdCode", usd=usd, kg=kg)
    x = reports.filter(reports.flow == "X")
    m = reports.filter(reports.flow == "M").select(r="p", p="r", k="k", usd_m="usd", kg_m="kg")
    pairs = x.outer_join(m, ["r", "p", "k"])
    apart = (pairs.usd_m / pairs.usd).ln().abs().sum()
    found = pairs.agg(rows=pairs.count(), apart=apart, kg=pairs.kg.max(), kg_m=pairs.kg_m.max())
    row = found.to_pyarrow().to_pylist()[0]
    return _said(row["rows"], row["apart"])


def pandas_strategic(path: Path) -> dict:
    """Value of the strategic codes."""
    import pandas as pd

    rows = _pandas(path, ["k", "v"])
    values = pd.to_numeric(rows.loc[rows["k"].isin(STRATEGIC), "v"])
    return _said(len(values), values.sum())


def duckdb_strategic(path: Path) -> dict:
    """The same as SQL."""
    query = f"SELECT count(*), sum(TRY_CAST(v AS DOUBLE)) FROM rows WHERE k IN {STRATEGIC}"  # noqa: S608
    return _said(*_duckdb(path).execute(query).fetchone())


def ibis_strategic(path: Path) -> dict:
    """The same as Ibis expressions."""
    rows, _ = _ibis(path)
    some = rows.filter(rows.k.isin(STRATEGIC))
    found = some.agg(rows=some.count(), value=some.v.try_cast("float64").sum()).to_pyarrow().to_pylist()[0]
    return _said(found["rows"], found["value"])


def clean(path: Path) -> None:
    """All rules of the package, with sorted Parquet, the accounting and the rows taken out written."""
    from rareearth.trade import commands

    with tempfile.TemporaryDirectory() as folder:
        commands.clean([path], Path(folder))


def _said(rows: int, total: float) -> dict:
    return {"rows": int(rows), "sum": f"{total:.6g}"}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))
