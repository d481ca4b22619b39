"""Files above `engine.LARGE_BYTES` are read by the database from disk; smaller ones in memory. Both give the same."""

import pandas as pd

from rareearth.trade import clean, engine, store
from rareearth.trade.readers import source

# A layout each: exporters of BACI, one row a flow, wide years.
SOME = ("baci_hs17_exporters.csv", "comtrade_china_imports_2846.csv", "dataweb_exports.csv")


def written(files, folder):
    store.write(clean.clean(files), folder)
    tables = [pd.read_parquet(folder / name) for name in ("flows.parquet", "totals.parquet")]
    return tables, [(folder / name).read_text() for name in ("quarantine.csv", "accounting.json")]


def test_records_read_from_disk_are_the_same_rows(tmp_path, monkeypatch):
    files = [path for path in store.tables() if path.name in SOME]
    small, small_texts = written(files, tmp_path / "small")
    seen = []
    by_disk = engine.Engine.csv

    def counted(self, path, *rest):
        found = by_disk(self, path, *rest)
        seen.append(found is not None)
        return found

    monkeypatch.setattr(engine.Engine, "csv", counted)
    for module in (engine, source):
        monkeypatch.setattr(module, "LARGE_BYTES", 0)
    large, large_texts = written(files, tmp_path / "large")
    assert seen.count(True) == len(files) == len(SOME)
    for one, other in zip(small, large, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert small_texts == large_texts
