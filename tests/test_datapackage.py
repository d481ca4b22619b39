"""reports/data for other programs: every table, every column, as the package describes them."""

import json

import pyarrow.parquet

from rareearth import tables


def test_every_column_of_every_table_says_what_it_holds():
    blank = [(path, one.name) for path in tables.names().values() for one in tables.fields(path) if not one.about]
    assert blank == []


def test_every_table_and_column_is_in_the_data_package(built):
    package = json.loads((built / "data" / "datapackage.json").read_text(encoding="utf-8"))
    described = {one["path"]: one for one in package["resources"]}
    assert set(described) == {f"{name}.parquet" for name in tables.names()}
    for path, one in described.items():
        found = pyarrow.parquet.read_table(built / "data" / path)
        assert found.num_rows == one["rows"] > 0
        assert found.column_names == [field["name"] for field in one["schema"]["fields"]]
        declared = tables.fields(tables.names()[path.removesuffix(".parquet")])
        assert [field.get("description", "") for field in one["schema"]["fields"]] == [one.about for one in declared]
    quotas = pyarrow.parquet.read_table(built / "data" / "china_quotas.parquet").to_pandas()
    assert quotas["value"].sum() == tables.load("china_quotas")["value"].sum()
