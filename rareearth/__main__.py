"""The command line; thin. Exit status: 0 done, 1 refused or a check failed, 2 wrong usage."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from rareearth.briefing import run
from rareearth.briefing.parameters import parse_assignments
from rareearth.paths import ROOT

_ENGINES = "duckdb, or a Spark master such as local[2] or spark://HOST:PORT, or sc://HOST:PORT"
_ADVICE = "free space or make the folder writable, then run it again"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rareearth", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="bring every briefing of briefings.yml up to date")
    build.add_argument("--why", action="store_true", help="say what changed")
    build.add_argument("--jobs", type=int, metavar="N", help="notebooks side by side; default: processors")
    one = commands.add_parser("run", help="one briefing with other parameters")
    one.add_argument("slug", nargs="?", default=os.environ.get("RAREEARTH_NAME", ""))
    one.add_argument("-p", action="append", metavar="NAME=VALUE", dest="parameters")
    data = commands.add_parser("data", help="data/processed from data/raw")
    data.add_argument("--user-data", default=os.environ.get("USER_DATA", ""), metavar="DIR")
    clean = commands.add_parser("clean", help="clean trade files of any supported layout")
    clean.add_argument("files", nargs="+", type=Path, metavar="FILE")
    clean.add_argument("--out", type=Path, metavar="DIR")
    clean.add_argument("--dry-run", action="store_true", help="say what is in the files and write nothing")
    clean.add_argument("--year", default="", help="for layouts that name no year")
    clean.add_argument("--engine", default="duckdb", help=_ENGINES)
    archive = commands.add_parser("archive", help="trade files as Parquet by chapter of the codes, sorted")
    archive.add_argument("files", nargs="+", type=Path, metavar="FILE")
    archive.add_argument("--out", required=True, type=Path, metavar="DIR")
    archive.add_argument("--year", default="", help="for layouts that name no year")
    ask = commands.add_parser(
        "ask", help="shares, mirror pairs or reconciled flows of trade files or an archive of any size"
    )
    ask.add_argument("question", choices=["shares", "pairs", "reconciled"])
    ask.add_argument("files", nargs="+", type=Path, metavar="FILE")
    ask.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="Parquet, or CSV if it ends in .csv"
    )
    ask.add_argument("--codes", nargs="*", default=[], metavar="CODE", help="default: all")
    ask.add_argument("--year", default="", help="for layouts that name no year")
    ask.add_argument("--engine", default="duckdb", help=_ENGINES)
    reconcile = commands.add_parser("reconcile", help="one value for each flow from both reports of it")
    reconcile.add_argument("folder", type=Path, metavar="DIR")
    reconcile.add_argument("--method", default="reliability")
    sweep = commands.add_parser(
        "sweep", help="the country briefing for every country, or a grid of parameters"
    )
    sweep.add_argument("countries", nargs="*", default=os.environ.get("RAREEARTH_COUNTRIES", "").split())
    sweep.add_argument(
        "--slug", default=os.environ.get("RAREEARTH_NAME", ""), help="another briefing, with -p"
    )
    sweep.add_argument("-p", action="append", metavar="NAME=VALUE,VALUE", dest="parameters")
    sweep.add_argument("--jobs", type=int, metavar="N", help="notebooks side by side; default: processors")
    sweep.add_argument(
        "--scheduler",
        default=os.environ.get("RAREEARTH_SCHEDULER", ""),
        metavar="ADDRESS",
        help="a Dask scheduler whose workers make them, such as tcp://host:8786",
    )
    commands.add_parser("share", help="the built briefings as one zip and one folder")
    commands.add_parser("verify", help="every raw file against schema, sidecar and source")
    refresh = commands.add_parser("refresh", help="newer editions from the publishers")
    refresh.add_argument(
        "publishers",
        nargs="*",
        default=os.environ.get("RAREEARTH_PUBLISHERS", "").split(),
        metavar="PUBLISHER",
    )
    refresh.add_argument("--add", action="store_true", help="add what is new beside the tables in hand")
    refresh.add_argument("--accept-shrink", action="store_true", help="take an edition that lost many rows")
    get = commands.add_parser("get", help="trade of one country from a publisher, as files that clean reads")
    get.add_argument("publisher", choices=["comtrade"])
    get.add_argument("--reporter", required=True, metavar="COUNTRY", help="code or name")
    get.add_argument("--codes", required=True, metavar="CODE,CODE")
    get.add_argument("--years", required=True, metavar="YEAR:YEAR")
    get.add_argument("--flows", default="M,X", metavar="FLOW,FLOW", help="default: M,X")
    get.add_argument("--out", default=Path("comtrade"), type=Path, metavar="DIR", help="default: comtrade")
    seal = commands.add_parser("seal", help="write or renew the sidecar of a raw table")
    seal.add_argument("file", type=Path)
    return parser


def _assignments(words: list[str] | None) -> dict[str, str]:
    """The parameters of a command line, or those that make put into the environment."""
    if words is None:
        words = shlex.split(os.environ.get("RAREEARTH_PARAMS", ""))
    return parse_assignments(words)


def _sweep(given: argparse.Namespace) -> int:
    from rareearth.briefing import sweep

    if given.slug:
        briefings = sweep.grid(given.slug, _assignments(given.parameters))
    else:
        briefings = sweep.country_briefings(given.countries)
    page = sweep.sweep(briefings, given.jobs, given.scheduler)
    for made in [f"{one.slug}.html" for one in briefings] if given.slug else [page.name]:
        print(f"reports/{made}")
    return 0


def _share() -> int:
    from rareearth.briefing.share import share

    made = share()
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1e6:.1f} MB; the same as a folder beside it")
    return 0


def _verify() -> int:
    from rareearth import ledger

    problems = ledger.verify()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"verify: {len(problems)} problems" if problems else "verify: every raw file is as it was sealed")
    for warning in [] if problems else ledger.warnings():
        print(f"warning: {warning}")
    return 1 if problems else 0


def _data(user_folder: str) -> int:
    from rareearth.trade import store

    if not store.bring_up_to_date(user_folder):
        print("data: up to date")
    return 0


def _clean(given: argparse.Namespace) -> int:
    from rareearth.trade import clean

    print(clean.clean_files(given.files, given.out, given.year, given.engine, given.dry_run))
    return 0


def _archive(given: argparse.Namespace) -> int:
    from rareearth.trade.scale import archive

    print(archive.archive(given.files, given.out, given.year))
    return 0


def _ask(given: argparse.Namespace) -> int:
    from rareearth.trade.scale import questions

    print(questions.ask(given.question, given.files, given.out, given.codes, given.year, given.engine))
    return 0


def _reconcile(given: argparse.Namespace) -> int:
    from rareearth.trade import reconcile

    print(reconcile.reconcile_folder(given.folder, given.method))
    return 0


def _refresh(publishers: list[str], add: bool, accept_shrink: bool) -> int:
    from rareearth.refresh import command

    command.refresh(command.chosen(publishers), adds=add, accept_shrink=accept_shrink)
    return 0


def _get(given: argparse.Namespace) -> int:
    from rareearth.refresh import download

    print(download.get_comtrade(given.reporter, given.codes, given.years, given.flows, given.out))
    return 0


def _seal(path: Path) -> int:
    from rareearth import ledger

    print(ledger.seal(path))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    given = _parser().parse_args(arguments)
    # As an exception, so that workers are ended and temporary files removed on the way out.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    try:
        if given.command == "build":
            run.build(why=given.why, jobs=given.jobs)
        elif given.command == "run":
            run.build_variant(run.variant(given.slug, _assignments(given.parameters)))
        elif given.command == "data":
            return _data(given.user_data)
        elif given.command == "clean":
            return _clean(given)
        elif given.command == "archive":
            return _archive(given)
        elif given.command == "ask":
            return _ask(given)
        elif given.command == "reconcile":
            return _reconcile(given)
        elif given.command == "sweep":
            return _sweep(given)
        elif given.command == "share":
            return _share()
        elif given.command == "refresh":
            return _refresh(given.publishers, given.add, given.accept_shrink)
        elif given.command == "verify":
            return _verify()
        elif given.command == "get":
            return _get(given)
        else:
            return _seal(given.file)
    except ValueError as refusal:
        print(f"rareearth: {refusal}", file=sys.stderr)
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(
            f"rareearth: {place}{error.strerror or error}: earlier files are kept; {_ADVICE}", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("rareearth: stopped; earlier reports are untouched", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
