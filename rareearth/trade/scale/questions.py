"""Questions to trade files of any size: shares of exporters, mirror pairs, reconciled flows.

Sums are exact decimals: the order of the rows and the number of files change nothing. What is left out of an answer is
said with its rows and value.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from rareearth import files as writing
from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.text import listed
from rareearth.trade import clean, mirror
from rareearth.trade.engine import DUCKDB, Engine, literal, named, opened, union
from rareearth.trade.scale import archive

_LARGE_SHARE = 0.1  # of the world's exports: who has it is missed


def shares(flows: str) -> str:
    """Each exporter's part of the world's exports of a code in a year.

    Args:
        flows: See `archive.pieces`.

    Returns:
        A query: year, exporter_iso3, hs_code, value_usd, mass_kg (null where no report has one) and share_pct, 0 to 100,
        by value. Partners are countries: the world, groups and unnamed areas are left out.
    """
    sums = (
        "SELECT year, reporter_iso3 AS exporter_iso3, hs_code, sum(value_usd) AS value_usd, sum(mass_kg) AS mass_kg "
        f"FROM ({flows}) WHERE flow = 'export' AND month IS NULL AND is_flow GROUP BY year, reporter_iso3, hs_code"
    )
    world = "CAST(sum(value_usd) OVER (PARTITION BY year, hs_code) AS DOUBLE)"
    return f"SELECT *, 100 * CAST(value_usd AS DOUBLE) / nullif({world}, 0) AS share_pct FROM ({sums})"


def pairs(flows: str) -> str:
    """Both reports of each flow side by side; arguments as in `shares`.

    Returns:
        A query: year, exporter_iso3, importer_iso3, hs_code; value and mass of either side, null where it is missing.
    """
    return mirror.side_by_side(f"SELECT * FROM ({flows}) WHERE month IS NULL AND is_flow", "hs_code")


class Question(NamedTuple):
    """A question, the flows that it is answered from, and whether trade of a country with itself is one of them."""

    answer: Callable[[str], str]
    flows: tuple[str, ...]
    with_itself: bool


ALL = {
    "shares": Question(shares, ("export",), True),
    "pairs": Question(pairs, ("export", "import"), False),
    "reconciled": Question(pairs, ("export", "import"), False),
}


def ask(
    question: str, files: Sequence[Path], out: Path, codes: Sequence[str] = (), year: str = "", address: str = DUCKDB
) -> str:
    """Answers a question to trade files or an archive.

    Args:
        question: A name in `ALL`.
        files: See `archive.pieces`.
        out: The file for the answer; CSV where its name ends so, else Parquet.
        codes: The codes that are asked for; all, if none is named.
        year: For layouts that name no year.
        address: See `engine.opened`.

    Returns:
        What was done and what is left out, a line each.

    Raises:
        Refused: a file cannot be read, the answer is empty, or it would take the place of what is asked.
    """
    asked = ALL[question]
    if any(
        out.resolve() in (path.resolve(), *path.resolve().parents) or path.resolve() in out.resolve().parents
        for path in files
    ):
        raise Refused(f"--out {out}: is what is asked: name another file")
    engine = opened(address, numbers_rows=False)
    pieces, records = archive.pieces(files, engine, codes, year)
    used, left_out = _left_out(asked, records, pieces, engine)
    if not used:
        needed = listed(f"{flow}s" for flow in asked.flows)
        raise Refused(
            f"ask {question}: no row answers it: the files hold {left_out or 'no row of these codes'}; add files with {needed} of a year between two countries"
        )
    found = [asked.answer(piece) for piece in pieces]
    answer = found[0]
    if len(found) > 1 or question == "reconciled":
        answer = f"SELECT * FROM {engine.keep(*tqdm(found, question, unit='piece', leave=False, disable=None))}"
    if question == "reconciled":
        answer = _reconciled(answer, engine)
    form = "csv" if out.suffix.lower() == ".csv" else "parquet"
    with writing.part(out) as part:
        rows = engine.write(answer, part, form)
        lines = [f"ask {question}: {rows} rows from {used} records, written to {out}"]
        if left_out:
            lines.append(f"left out: {left_out}")
        if question == "shares":
            more = ", all_varchar = true" if form == "csv" else ""
            lines += _missing_exporters(f"SELECT * FROM read_{form}({literal(str(part))}{more})", Engine())
    return "\n".join(lines)


def _left_out(asked: Question, records: clean.Records | None, pieces: list[str], engine: Engine) -> tuple[int, str]:
    """How many records answer a question; and in words those that do not, with their value."""
    flows = ", ".join(map(literal, asked.flows))
    itself = "false" if asked.with_itself else "reporter_iso3 = partner_iso3"
    names = {"month": "month", "flow": "flow", "fate": "''", "table": union(pieces)}
    if records:
        names = {"month": "month_number", "flow": "flow_name", "fate": "fate", "table": records.all()}
    reason = (
        f"CASE WHEN {names['fate']} = 'quarantined' THEN 'taken out' WHEN {names['fate']} = 'duplicate' THEN 'repeated' "
        f"WHEN {names['fate']} <> '' THEN 'details of a total' WHEN {names['month']} IS NOT NULL THEN 'of single months' "
        f"WHEN NOT is_flow THEN 'totals' WHEN {names['flow']} NOT IN ({flows}) THEN 'of other flows' "
        f"WHEN {itself} THEN 'of a country with itself' ELSE '' END"
    )
    counted = engine.rows(
        f"SELECT reason, count(*) AS n, CAST(coalesce(sum(value_usd), 0) AS DOUBLE) AS usd "
        f"FROM (SELECT value_usd, {reason} AS reason FROM ({names['table']})) GROUP BY reason ORDER BY n DESC, reason"
    )
    words = [f"{row['n']} {row['reason']} ({row['usd']:,.0f} USD)" for row in counted if row["reason"]]
    if any("taken out" in word for word in words):
        words.append("`rareearth clean` lists the rows taken out")
    return sum(row["n"] for row in counted if not row["reason"]), ", ".join(words)


def _missing_exporters(answer: str, engine: Engine) -> list[str]:
    """Warnings of large exporters of rare-earth goods, by CEPII BACI, that report nothing in the files."""
    with (path := RAW / "trade" / "baci_hs17_exporters.csv").open(encoding="utf-8") as stream:
        table = engine.lazy_csv(path, stream.readline().strip().split(","), skipped=1).sql
    newest = f"SELECT k, i, t, CAST(v AS DOUBLE) AS v FROM ({table}) WHERE t = (SELECT max(t) FROM ({table}))"
    parts = f"SELECT k, i, t, v / sum(v) OVER (PARTITION BY k) AS part FROM ({newest})"
    missing = engine.rows(
        f"SELECT w.iso3, k, t, part FROM ({parts}) JOIN {clean.words(engine)} AS w ON i = w.word "
        f"WHERE part >= {_LARGE_SHARE} AND k IN (SELECT hs_code FROM ({answer})) "
        f"AND concat(k, w.iso3) NOT IN (SELECT concat(hs_code, exporter_iso3) FROM ({answer}) "
        f"WHERE hs_code IN (SELECT k FROM ({parts}))) ORDER BY k, part DESC"
    )
    return [
        f"warning: {row['iso3']} reports no export of {row['k']}, of which it had {100 * row['part']:.0f} % in {row['t']} by "
        "BACI: the shares are those of the reporters in the files"
        for row in missing
    ]


def _reconciled(pairs: str, engine: Engine) -> str:
    """A query of the reconciled flows of all six-digit codes, sorted by code: `reconcile.COLUMNS`.

    By the rules of reconcile.py. Masses are net weights without a status: imputed ones are not told apart.

    Raises:
        Refused: no flow of a six-digit code, or none with two reports.
    """
    from rareearth.trade import reconcile  # here: the other questions do without pandas

    key = {"year": "year", "exporter_iso3": "exporter_iso3", "importer_iso3": "importer_iso3", "hs6": "hs_code"}
    amounts = {
        name: f"CAST({name} AS DOUBLE)"
        for side in ("exporter", "importer")
        for name in (f"value_{side}_usd", f"mass_{side}_kg")
    }
    statuses = dict.fromkeys(("mass_status_exporter", "mass_status_importer"), "'unstated'")
    pairs = f"SELECT {named(key | amounts | statuses)} FROM ({pairs}) WHERE length(hs_code) = 6"
    found = engine.rows(f"SELECT count(*) AS n FROM ({pairs})")
    if not found[0]["n"]:
        raise Refused("no annual flow of a six-digit code: give the records of exporters and of importers")
    given = reconcile.inputs()
    medians = engine.by_code(pairs, "hs6", reconcile.median_unit_values, found[0]["n"])
    rows = reconcile.on_one_basis(reconcile.with_markup(pairs, f"SELECT * FROM {medians}", given))
    settled = reconcile.settled(rows, reconcile.scores_of(rows, engine.frame), given)
    return f"SELECT {', '.join(reconcile.COLUMNS)} FROM ({settled}) ORDER BY hs6, year, exporter_iso3, importer_iso3"
