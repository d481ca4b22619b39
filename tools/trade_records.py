"""Carries trade records of a factbook over into data/raw/trade, in the publishers' own column names.

Usage: python tools/trade_records.py FOLDER      (the factbook; its records lie in FOLDER/trade_native)

Only the columns, codes and years that an analysis prints are kept, and every row gets a figure id and its
source. Prints rows in and figures out for each table.
"""

import csv
import json
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from country_table import country_codes
from hs_scope import COLUMNS as SCOPE_COLUMNS
from hs_scope import hs_scope
from reconciliation_inputs import COLUMNS as INPUT_COLUMNS
from reconciliation_inputs import reconciliation_inputs

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "data" / "raw" / "trade"
# The columns of the Comtrade API that the rules use; the names are Comtrade's.
COMTRADE = (
    "freqCode refYear refMonth period reporterCode flowCode partnerCode partner2Code classificationCode "
    "cmdCode customsCode motCode qtyUnitCode qty altQtyUnitCode altQty netWgt isNetWgtEstimated cifvalue "
    "fobvalue primaryValue"
).split()
RARE_EARTHS = ("280530", "284610", "284690")
BACI_CODES = ("850511", "811292", "811010")
# The factbook's series names and the code that each was cut from; gallium and germanium are one code.
BACI_SERIES = {"magnets": "850511", "gallium": "811292", "antimony": "811010"}
DATAWEB_HEADINGS = ("2805", "2846", "8505")
DATAWEB_YEARS = [str(year) for year in range(1993, 2026)]


def plain(cell: object) -> str:
    """A cell as digits: JSON's null is empty, true is "true", 8.0 is 8 and no number has an exponent."""
    if cell is None:
        return ""
    text = str(cell).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    return f"{number.normalize():f}" if "." in text or "e" in text.lower() else text


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write(name: str, columns: list[str], rows: list[dict[str, str]], prefix: str) -> int:
    header = ["figure_id", *columns, "source_ids"]
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        for number, row in enumerate(rows, 1):
            writer.writerow({"figure_id": f"{prefix}-{number:05d}", **row})
    return len(rows)


def comtrade(rows, source):
    filled = {"freqCode": "A", "refMonth": "52"}
    return [
        {
            **{name: plain(row.get(name)) or filled.get(name, "") for name in COMTRADE},
            "period": plain(row.get("period")) or plain(row["refYear"]),
            "source_ids": source,
        }
        for row in rows
    ]


def rare_earths_2025(native: Path):
    rows = []
    for path in sorted(native.glob("comtrade_*_ree_hs6_2025_?.json")):
        rows += json.loads(path.read_text(encoding="utf-8"))["data"]
    rows += rows_of(native / "comtrade_ree_hs6_2025_importers.csv")
    rows += rows_of(native / "comtrade_ree_hs6_2025_exporters.csv")
    return len(rows), comtrade(rows, "uncomtrade_ree_2025")


def china_imports_2846(native: Path):
    rows = []
    for path in sorted((native / "comtrade_china_imports_2846").glob("????.json")):
        rows += json.loads(path.read_text(encoding="utf-8"))["data"]
    return len(rows), comtrade(rows, "uncomtrade_cn_2846")


def world_2023(native: Path):
    """The header of this download stands one column to the right of its data."""
    with (native / "comtrade_world_partner_2023_all_reporters.csv").open(encoding="utf-8-sig") as stream:
        header, *records = list(csv.reader(stream))
    names = ["reporterCode" if name == "CountryCode" else name for name in header[1:]]
    rows = [dict(zip(names, record, strict=False)) for record in records]
    kept = [row for row in rows if row["cmdCode"] in RARE_EARTHS]
    return len(rows), comtrade(kept, "uncomtrade_world_2023")


def usa_and_china(native: Path):
    """One of two files: the other holds the same records under another label."""
    rows = rows_of(native / "comtradeapicall_heavy_ree_2020_2024.csv")
    return len(rows), comtrade(rows, "uncomtrade_us_cn_2020_2024")


def china_monthly(native: Path, codes):
    """A table that was summed by partner name: period, name, code, value in USD, quantity in kg."""
    found = []
    rows = rows_of(native / "comtrade_monthly_china_exports_gage_graphite_2017_2024.csv")
    for row in rows:
        year, month, _ = row["period_dt"].split("-")
        found.append(
            {
                "freqCode": "M",
                "refYear": year,
                "refMonth": str(int(month)),
                "period": year + month,
                "reporterCode": "156",
                "flowCode": "X",
                "partnerCode": codes[row["partner_name"]],
                "cmdCode": row["hs6"],
                "qtyUnitCode": "8",
                "qty": plain(row["qty"]),
                "primaryValue": plain(row["val"]),
                "source_ids": "uncomtrade_cn_monthly",
            }
        )
    return len(rows), found


def baci_2024(native: Path, numeric):
    rows = rows_of(native / "baci_hs17_2024_30_critical_hs6.csv")
    kept = [
        {
            "t": row["year"],
            "i": numeric[row["exporter"]],
            "j": numeric[row["importer"]],
            "k": row["hs6"],
            "v": plain(row["value_kusd"]),
            "q": plain(row["qty_t"]),
            "source_ids": "baci_v202601_2024",
        }
        for row in rows
        if row["hs6"] in BACI_CODES
    ]
    return len(rows), kept


def baci_exporters(native: Path, numeric, revision: str):
    """Sums over the partners of a series that keeps the main partners only, so they are lower bounds."""
    rows = [
        row
        for row in rows_of(native / "baci_bilateral_values_2002_2024_magnets_gage_sb_w_graphite.csv")
        if revision in row["source"]
    ]
    totals: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["material"] in BACI_SERIES:
            key = row["year"], numeric[row["from"]], BACI_SERIES[row["material"]]
            totals[key] += Decimal(row["value"])
    kept = [
        {
            "t": year,
            "i": exporter,
            "j": "0",
            "k": code,
            "v": plain(value / 1000),
            "q": "",
            "source_ids": f"baci_v202601_{revision.lower()}_exporters",
        }
        for (year, exporter, code), value in sorted(totals.items())
    ]
    return len(rows), kept


def dataweb(native: Path, stem: str):
    found, count = [], 0
    for path in sorted(native.glob(f"usitc_dataweb_us_{stem}_*__*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header, *records = list(csv.reader(stream))[2:]
        rows = [dict(zip(header, record, strict=True)) for record in records if record[1]]
        count += len(rows)
        found += [
            {
                **{
                    name: row[name] for name in ("Data Type", "Country", "HTS Number", "Quantity Description")
                },
                **{year: plain(row[year]) for year in DATAWEB_YEARS},
                "source_ids": f"usitc_dataweb_{stem.split('_')[-1 if 'exports' in stem else 0]}",
            }
            for row in rows
            if row["HTS Number"] in DATAWEB_HEADINGS
        ]
    return count, found


def main() -> None:
    folder = Path(sys.argv[1])
    native = folder / "trade_native"
    countries = country_codes(folder)
    codes = {row["published"]: row["comtrade_code"] for row in countries if row["comtrade_code"]}
    dataweb_columns = ["Data Type", "Country", "HTS Number", "Quantity Description", *DATAWEB_YEARS]
    baci_columns = ["t", "i", "j", "k", "v", "q"]
    tables = [
        ("comtrade_rare_earths_2025.csv", COMTRADE, "ree25", rare_earths_2025(native)),
        ("comtrade_china_imports_2846.csv", COMTRADE, "prc2846", china_imports_2846(native)),
        ("comtrade_usa_china_2020_2024.csv", COMTRADE, "uscn", usa_and_china(native)),
        ("comtrade_world_2023.csv", COMTRADE, "world23", world_2023(native)),
        ("comtrade_china_exports_monthly.csv", COMTRADE, "month", china_monthly(native, codes)),
        ("baci_hs17_2024.csv", baci_columns, "baci24", baci_2024(native, codes)),
        ("baci_hs02_exporters.csv", baci_columns, "baci02x", baci_exporters(native, codes, "HS02")),
        ("baci_hs17_exporters.csv", baci_columns, "baci17x", baci_exporters(native, codes, "HS17")),
        ("dataweb_imports.csv", dataweb_columns, "usm", dataweb(native, "imports_for_consumption")),
        ("dataweb_exports.csv", dataweb_columns, "usx", dataweb(native, "domestic_exports")),
    ]
    print(f"{'table':40}{'rows in':>9}{'figures out':>13}")
    for name, columns, prefix, (count, rows) in tables:
        print(f"{name:40}{count:>9}{write(name, columns, rows, prefix):>13}")
    country_columns = ["published", "iso3", "kind", "name", "comtrade_code", "source_ids"]
    for name, columns, rows in (
        ("country_codes.csv", country_columns, countries),
        ("hs_scope.csv", SCOPE_COLUMNS, hs_scope()),
        ("reconciliation_inputs.csv", INPUT_COLUMNS, reconciliation_inputs(tables[0][3][1])),
    ):
        with (OUT / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{name:40}{'':>9}{len(rows):>13}")


if __name__ == "__main__":
    main()
