"""Reconciles pairs of any size: groups of whole codes that fit into memory are read twice, by the rules of reconcile.py.

Masses in reports of any size are net weights without a status: imputed ones are not told apart.
"""

from collections.abc import Iterator
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from tqdm import tqdm

from rareearth.errors import Refused
from rareearth.trade import reconcile
from rareearth.trade.bulk import together
from rareearth.trade.reliability import scores

# Flows that are in memory at once, a few hundred MB.
_FLOWS = 500_000
_TEXT = ("exporter_iso3", "importer_iso3", "hs6", "method")
_SCHEMA = pa.schema(
    [
        (name, pa.string() if name in _TEXT else pa.int32() if name == "year" else pa.float64())
        for name in reconcile.COLUMNS
    ]
)


def write(pairs: ir.Table, path: Path) -> int:
    """Writes the reconciled flows of all six-digit codes, sorted by code; returns their number.

    Args:
        pairs: See `questions.pairs`; kept, since it is read many times.
        path: The Parquet file; columns `reconcile.COLUMNS`.

    Raises:
        Refused: no flow of a six-digit code, or none with two reports.
    """
    pairs = pairs.filter(pairs.hs_code.length() == 6)
    groups = _groups(pairs)
    given = reconcile.inputs()
    compared = [reconcile.all_compared(paired, given) for paired in _read(pairs, groups, "weights")]
    by_value, by_mass = (pd.concat(sums).groupby(level=[0, 1]).sum() for sums in zip(*compared, strict=True))
    known = reconcile.of_values(by_value), scores(by_mass)
    with pyarrow.parquet.ParquetWriter(path, _SCHEMA) as writer:
        for paired in _read(pairs, groups, "reconciled"):
            found = reconcile.settled(paired, reconcile.DEFAULT, given, *known)
            writer.write_table(pa.Table.from_pandas(found, preserve_index=False).cast(_SCHEMA))
    return pyarrow.parquet.read_metadata(path).num_rows


def _groups(pairs: ir.Table) -> list[list[str]]:
    counted = pairs.group_by("hs_code").agg(flows=pairs.count()).order_by("hs_code").to_pyarrow().to_pylist()
    if not counted:
        raise Refused("no flow of a six-digit code: give the records of exporters and of importers")
    return together(((row["hs_code"], row["flows"]) for row in counted), _FLOWS)


def _read(pairs: ir.Table, groups: list[list[str]], what: str) -> Iterator[pd.DataFrame]:
    """The flows of each group as `reconcile` takes them."""
    for codes in tqdm(groups, what, unit="group", leave=False, disable=None):
        # By range: the codes are sorted, and a list of hundreds would be compared one by one.
        rows = pairs.filter(pairs.hs_code.between(codes[0], codes[-1]))
        rows = rows.order_by("hs_code", "year", "exporter_iso3", "importer_iso3").rename(hs6="hs_code")
        amounts = {
            name: rows[name].cast("float64") for name in rows.columns if name.endswith(("_usd", "_kg"))
        }
        paired = rows.mutate(**amounts).to_pyarrow().to_pandas(strings_to_categorical=True)
        yield paired.assign(mass_status_exporter="reported", mass_status_importer="reported")
