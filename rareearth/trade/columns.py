"""The columns of trade: what every reader makes, and what cleaning publishes, with their flags."""

from typing import Any, NamedTuple

from rareearth.trade.engine import Table, literal

# What a reader makes. All are text but `source_row`; empty is missing. Numbers stand as they were published.
COLUMNS = {
    "source_row": "row of the file, the header being row 1; sheets of a workbook are counted through",
    "file": "name of the file",
    "source_id": "id of the document, or file: and the hash of the file",
    "layout": "layout of the file",
    "year": "year",
    "month": "1 to 12; 52 or empty for a year",
    "reporter": "name or code of the country that reports",
    "partner": "name or code of its partner",
    "flow": "word or code of the flow",
    "hs_code": "code of the product",
    "hs_revision": "revision of the Harmonized System",
    "value": "value, in units of `value_factor` USD",
    "value_factor": "USD in one unit of `value`",
    "currency": "code of the currency that `value_factor` makes US dollars; empty where values are in USD",
    "value_basis": "cif, fob, customs, fas or reconciled; empty where the flow says it",
    "mass": "net mass, in units of `mass_factor` kg",
    "mass_factor": "kg in one unit of `mass`; empty where the unit is no mass",
    "mass_estimated": "true where the publisher estimated the mass, false where it was reported, empty where nobody says",
    "quantity": "quantity in the unit of `quantity_unit`",
    "quantity_unit": "Comtrade's code of that unit",
    "alt_quantity": "quantity in another unit",
    "alt_quantity_unit": "Comtrade's code of that unit",
    "gross_mass": "gross mass in kg",
    "partner2": "second partner; 0 or empty is the total",
    "customs": "customs procedure; C00 or empty is the total",
    "transport": "mode of transport; 0 or empty is the total",
    "part": "where value and quantity of one flow stand in rows of their own: which of them this row holds, and its unit",
    "suppressed": "true where a part of the quantity is withheld",
    "verdict": "what the reader decided already: detail or quarantined, a colon, and why",
}

OUTLIER_Z = 3.5  # Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers
INCOMPLETE_SHARE = 0.8

# What is shown beside a row and changes nothing. The names are stable: they stand in flows.parquet, in this order.
FLAGS = {
    "alt_quantity": "the mass is the reported alternative quantity: the net weight was estimated or missing",
    "alt_part": "an alternative quantity was reported for a part only: the estimated net weight is kept",
    "summed": "no total was given: details summed once",
    "self_trade": "reporter and partner are one: goods that come back",
    "zero_value": "a mass without value",
    "zero_mass": "a value with a mass of 0, taken as missing",
    "net_over_gross": "more net than gross mass",
    "unit_value_outlier": f"unit value more than {OUTLIER_Z} robust deviations from its code, flow and year",
    "thousandfold": "unit value about 1,000 times or a thousandth of the median: kg taken for t, or t for kg",
    "part_of_mass": "other units than mass were counted: the mass is that of a part",
    "suppressed": "the publisher withholds a part of the quantity",
    "scope_differs": "in this revision the code covers other goods than in the newest",
    "broad_code": "the code covers much more than rare earths",
    "incomplete_year": "newest year, in which fewer reporters have reported than in the one before",
    "converted": "published in euro; made US dollars by the average rate of the year",
}

# Published column -> type, unit (empty: none), meaning.
FIELDS = {
    "year": ("integer", "", "calendar year"),
    "month": ("integer", "", "1 to 12; empty for a whole year"),
    "reporter_iso3": ("string", "", "country that reports, ISO 3166-1 alpha-3"),
    "partner_iso3": ("string", "", "its partner; WLD the world, EUU the EU, G and X other areas"),
    "flow": ("string", "", "import, export, re_import, re_export or domestic_export"),
    "hs_code": ("string", "", "code of the product as published"),
    "hs6": ("string", "", "the code where it has six digits; other lengths are never summed with it"),
    "hs_revision": ("string", "", "revision of the Harmonized System, H0 to H6; HTS the US tariff; unstated"),
    "value_usd": ("number", "USD", "value at current prices"),
    "value_basis": ("string", "", "cif, fob, customs, fas or reconciled"),
    "mass_kg": ("number", "kg", "net mass of the product, never of the rare earths in it; empty where missing"),
    "mass_status": (
        "string",
        "",
        "reported, estimated by the publisher, unstated (which of both, the file does not say), imputed from the "
        "value, or missing",
    ),
    "source_id": ("string", "", "id in data/raw/sources.csv, or file: and the first 12 digits of its sha256"),
    "source_row": ("integer", "", "row of the file, its header being row 1"),
    "flags": ("string", "", "flags of the rules, joined by ;: " + "; ".join(f"{k}: {v}" for k, v in FLAGS.items())),
}


class Reading(NamedTuple):
    """What a reader makes of one sheet.

    Attributes:
        table: Some of `COLUMNS`, strings, and source_row as an integer.
        constants: The same for all rows: column to text.
        rows: Rows of the sheet below its header; None for a large text of which nobody has counted them.
        notes: What a user should know of the file, a line each.
    """

    table: Table
    constants: dict[str, str]
    rows: int | None
    notes: tuple[str, ...] = ()


class Part(NamedTuple):
    """A reading with the number of its file, the file itself (a `Source`) and its layout."""

    number: int
    source: Any
    layout: Any
    reading: Reading

    def cell(self, name: str) -> str:
        """A column of `COLUMNS` in SQL: what the table holds, or the constant of all its rows."""
        if name in self.reading.table.columns:
            return name
        # A table of data/raw has a column with its sources: its own register says where a row is from.
        constants = {"source_id": self.source.source_id, **self.reading.constants}
        return literal({**constants, "file": self.source.name, "layout": self.layout.name}.get(name, ""))
