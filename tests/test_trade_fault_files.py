"""The fault catalogue of trade files, numbers 1 to 22: file and encoding; what has no test says why."""

import gzip
import io
import os
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from trade_files import COMTRADE, REDUCED, cleaned, comtrade, comtrade_json, counts, flows, refused

from rareearth.errors import Refused
from rareearth.paths import ROOT
from rareearth.trade import clean, engine
from rareearth.trade.readers import source

# Not here, and why: 22 (ten million rows) takes minutes: test_trade_properties holds a million, marked long.


@pytest.mark.fault(1)
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert len(flows(cleaned(tmp_path, b"\xef\xbb\xbf" + comtrade({}).encode()))) == 1


@pytest.mark.fault(2)
@pytest.mark.fault(3)
@pytest.mark.parametrize(
    ("codec", "named", "name"),
    [
        ("utf-16", "UTF-16", "Côte d'Ivoire"),
        ("cp1252", "Windows-1252", "Côte d'Ivoire"),
        ("gb18030", "GB18030", "科特迪瓦共和国"),
    ],
)
def test_other_encodings_are_read_and_named(tmp_path, codec, named, name):
    found = cleaned(tmp_path, comtrade({"partnerDesc": name, "partnerCode": "384"}).encode(codec))
    assert flows(found)[0]["partner_iso3"] == "CIV"
    entry = found.accounting["files"][0]
    assert entry["encoding"] == named and entry["notes"] == [f"read as {named}"]


@pytest.mark.fault(3)
def test_bytes_of_no_encoding_are_refused(tmp_path):
    refused(tmp_path, comtrade({"partnerDesc": "x"}).encode() + b"\xe9\x81 \x8d", r"neither UTF-8.* \(A03\)")


@pytest.mark.fault(4)
@pytest.mark.parametrize("name", ["CÃ´te d'Ivoire", "T\ufffdrkiye"])
def test_names_that_were_decoded_wrongly_are_refused(tmp_path, name):
    rows = [{"reporterCode": "", "partnerCode": "", "partnerDesc": name}]
    content = comtrade(*rows).replace("partnerCode", "x1").replace("partnerISO", "x2")
    refused(tmp_path, content, "was decoded wrongly")


@pytest.mark.fault(5)
def test_composed_and_decomposed_letters_are_one_name(tmp_path):
    content = comtrade({"partnerDesc": "Tu\u0308rkiye"}).replace("partnerCode", "x1").replace("partnerISO", "x2")
    assert flows(cleaned(tmp_path, content))[0]["partner_iso3"] == "TUR"


@pytest.mark.fault(6)
def test_line_ends_change_nothing(tmp_path):
    rows = [{}, {"partnerCode": "410", "primaryValue": "7"}]
    one, *others = [flows(cleaned(tmp_path, comtrade(*rows, end=end))) for end in ("\n", "\r\n", "\r")]
    without_id = [[{**row, "source_id": ""} for row in found] for found in (one, *others)]
    assert without_id[0] == without_id[1] == without_id[2]


@pytest.mark.fault(7)
def test_quoted_text_may_hold_separators_and_line_ends(tmp_path):
    content = comtrade({"cmdDesc": 'Compounds, "other"\nand more'}, {"partnerCode": "410"})
    assert len(flows(cleaned(tmp_path, content))) == 2


FULL = Path("/dev/full")


@pytest.mark.fault(103)
@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_called_one_and_no_damaged_archive(tmp_path, monkeypatch):
    """Of this process, and of the database."""
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(comtrade({}).encode()))
    monkeypatch.setattr(source.tempfile, "NamedTemporaryFile", lambda **_: FULL.open("wb", buffering=0))
    with pytest.raises(OSError, match="No space left"):
        next(source.open_file(path, tmp_path))
    with pytest.raises(Refused, match="/dev/full.*: free space, or name another folder in TMPDIR"):
        engine.Engine().write("SELECT range FROM range(1000000)", FULL, "csv")


@pytest.mark.fault(164)
def test_a_name_that_is_no_utf_8_is_refused(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text(comtrade({}))
    with pytest.raises(Refused, match=r"a name that is no UTF-8 \(A21\): rename it"):
        clean.clean([tmp_path / os.fsdecode(b"\xff.csv")])


@pytest.mark.fault(8)
@pytest.mark.parametrize("byte", [b"\x00", b"\x1b", b"\x08"])
def test_control_characters_are_refused(tmp_path, byte):
    refused(tmp_path, comtrade({}).encode().replace(b"China", b"Chi" + byte), "row 2: a control character")


@pytest.mark.fault(9)
@pytest.mark.parametrize("content", ["", "\n\n  \n", comtrade({}).splitlines()[0] + "\n"])
def test_no_data_is_refused(tmp_path, content):
    refused(tmp_path, content, r"\(A09\)")


@pytest.mark.fault(10)
def test_a_repeated_header_is_taken_out_and_numbers_stay_numbers(tmp_path):
    header, *rows = comtrade({}, {"partnerCode": "410"}, {"partnerCode": "842"}).splitlines(keepends=True)
    found = cleaned(tmp_path, "".join([header, rows[0], header, *rows[1:]]))
    assert counts(found) == {"read": 4, "kept": 3, "quarantined": 1}
    assert found.quarantine[0]["code"] == "Q01" and found.quarantine[0]["source_row"] == 3
    assert {row["value_usd"] for row in flows(found)} == {50000.0}


@pytest.mark.fault(11)
def test_a_repeated_column_is_refused(tmp_path):
    refused(tmp_path, comtrade({}).replace("isReported", "qty"), "column 'qty' is there twice")


@pytest.mark.fault(12)
def test_a_column_that_another_layout_names_otherwise_is_refused(tmp_path):
    content = comtrade({}).replace("primaryValue", "Trade Value (US$)")
    content = content.replace("cifvalue", "cif").replace("fobvalue", "fob")
    refused(tmp_path, content, "the nearest, UN Comtrade, has also primaryValue")


@pytest.mark.fault(13)
def test_a_missing_column_is_refused_and_one_more_is_no_matter(tmp_path):
    content = comtrade({})
    refused(tmp_path, content.replace("cmdCode", "product"), "has also cmdCode")
    assert len(flows(cleaned(tmp_path, content.replace("isAggregate", "more")))) == 1


@pytest.mark.fault(14)
@pytest.mark.parametrize("change", [lambda row: row + ",1", lambda row: row.rsplit(",", 1)[0]])
def test_a_row_with_another_number_of_fields_is_refused(tmp_path, change):
    header, first, second = comtrade({}, {}).splitlines()
    refused(tmp_path, "\n".join([header, first, change(second)]) + "\n", r"row 3 has \d+ fields instead of \d+")


@pytest.mark.fault(15)
def test_a_trailing_field_in_all_rows_never_shifts_a_column(tmp_path):
    # Comtrade's own web download ends its rows so, and so do Eurostat's.
    header, *rows = comtrade({}, {"partnerCode": "410"}).splitlines()
    content = "\n".join([header, *(row + "," for row in rows)]) + "\n"
    assert {row["value_usd"] for row in flows(cleaned(tmp_path, content))} == {50000.0}
    found = flows(cleaned(tmp_path, REDUCED + "156,392,284690,X,5,1,\n", year="2024"))[0]
    assert (found["value_usd"], found["mass_kg"]) == (5, 1)


@pytest.mark.fault(16)
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_read(tmp_path, separator):
    found = flows(cleaned(tmp_path, comtrade({"cmdDesc": "other"}).replace(",", separator)))[0]
    assert (found["partner_iso3"], found["value_usd"]) == ("JPN", 50000.0)


@pytest.mark.fault(17)
def test_a_cut_file_is_refused(tmp_path):
    content = comtrade({}, {"cmdDesc": 'a "b"'})
    refused(tmp_path, content[: content.index('"a ') + 4], "A14|A17")
    refused(tmp_path, content.encode()[: len(comtrade({})) + 30], r"A14")
    refused(
        tmp_path,
        comtrade({"cmdDesc": "é"}).encode()[: comtrade({"cmdDesc": "é"}).encode().index(b"\xc3") + 1],
        "A03|A14",
    )
    refused(tmp_path, comtrade_json({}, {})[:-40], "no readable JSON", "trade.json")
    refused(tmp_path, comtrade_json({}, {}, count=3), "2 records, but it says 3", "trade.json")


@pytest.mark.fault(18)
def test_archives_are_unpacked_within_a_limit(tmp_path, monkeypatch):
    packed = gzip.compress(comtrade({}).encode())
    assert len(flows(cleaned(tmp_path, packed, "trade.csv.gz"))) == 1
    assert len(flows(cleaned(tmp_path, packed, "trade.csv"))) == 1
    refused(tmp_path, packed[:-12], "damaged archive", "trade.csv.gz")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.csv", comtrade({}))
        archive.writestr("two.csv", comtrade({"partnerCode": "410"}))
    assert len(flows(cleaned(tmp_path, buffer.getvalue(), "trade.zip"))) == 2
    refused(tmp_path, buffer.getvalue()[:-30], "damaged archive", "trade.zip")
    monkeypatch.setattr(source, "LARGEST_BYTES", 2**20)
    refused(tmp_path, gzip.compress(b"0" * 2**22), "larger than 1 MB when unpacked", "bomb.gz")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.csv", b"0" * 2**22)
    refused(tmp_path, buffer.getvalue(), "larger than", "bomb.csv")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(1001):
            archive.writestr(f"{number}.csv", "")
    refused(tmp_path, buffer.getvalue(), "1001 files in it, more than 1000", "many.zip")


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x80\x04\x95", "pickle"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 20, "old Excel"),
    ],
)
def test_programs_and_other_formats_are_refused(tmp_path, content, said):
    refused(tmp_path, content, said)


@pytest.mark.fault(19)
@pytest.mark.parametrize("kept", [4, 100, -20])
def test_damaged_parquet_is_refused(tmp_path, kept):
    pd.DataFrame([COMTRADE] * 9).to_parquet(tmp_path / "whole.parquet")
    refused(tmp_path, (tmp_path / "whole.parquet").read_bytes()[:kept], "damaged Parquet", "cut.parquet")


@pytest.mark.fault(20)
def test_macros_are_refused_and_pickles_never_read(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/vbaProject.bin", "x")
    refused(tmp_path, buffer.getvalue(), "macros", "trade.xlsm")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rareearth").rglob("*.py"))
    assert not re.search(r"read_pickle|import pickle|pickle\.load|\beval\(|\bexec\(", code)


@pytest.mark.fault(21)
def test_links_folders_and_pipes_are_refused(tmp_path):
    (tmp_path / "real.csv").write_text(comtrade({}))
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    for name, said in (
        ("link.csv", "a link"),
        (".", "a folder"),
        ("pipe.csv", "no regular file"),
        ("none", "cannot be"),
    ):
        with pytest.raises(Refused, match=said):
            clean.clean([Path(tmp_path / name)])
