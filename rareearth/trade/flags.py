"""Flags: what is shown beside a row and changes nothing. Their names are stable: they stand in flows.parquet."""

OUTLIER_Z = 3.5  # Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers
INCOMPLETE_SHARE = 0.8

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
}
