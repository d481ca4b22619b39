"""The columns of cleaned trade."""

from rareearth.trade.flags import FLAGS

# Field -> type, unit (empty: none), meaning.
FIELDS = {
    "year": ("integer", "", "calendar year"),
    "month": ("integer", "", "1 to 12; empty for a whole year"),
    "reporter_iso3": ("string", "", "country that reports, ISO 3166-1 alpha-3"),
    "partner_iso3": ("string", "", "its partner; WLD the world, EUU the EU of 27, G and X other areas"),
    "flow": ("string", "", "import, export, re_import, re_export or domestic_export"),
    "hs_code": ("string", "", "code of the product as published"),
    "hs6": ("string", "", "the code where it has six digits; other lengths are never summed with it"),
    "hs_revision": ("string", "", "revision of the Harmonized System, H0 to H6; HTS the US tariff; unstated"),
    "value_usd": ("number", "USD", "value at current prices"),
    "value_basis": ("string", "", "cif, fob, customs, fas or reconciled"),
    "mass_kg": (
        "number",
        "kg",
        "net mass of the product, never of the rare earths in it; empty where missing",
    ),
    "mass_status": ("string", "", "reported, estimated by the publisher, imputed from the value, or missing"),
    "source_id": ("string", "", "id in data/raw/sources.csv, or file: and the first 12 digits of its sha256"),
    "source_row": ("integer", "", "row of the file, its header being row 1"),
    "flags": (
        "string",
        "",
        "marks of the rules, joined by ;: " + "; ".join(f"{k}: {v}" for k, v in FLAGS.items()),
    ),
}
