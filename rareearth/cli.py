"""The command line. Exit status: 0 done, 1 refused or a check failed, 2 wrong usage."""

import argparse
import contextlib
import io
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rareearth import inputs
from rareearth.errors import Refused
from rareearth.paths import ROOT

_ABOUT = """Rare-earth processing shares and reserve plans, from figures with sources to briefings in reports/.

Every command first checks the figures in data/raw and brings data/processed up to date where it needs them. The
targets of make (`make help`) call the same commands."""
_ENGINES = "duckdb, or a Spark master such as local[2] or spark://HOST:PORT, or sc://HOST:PORT"
_ADVICE = {
    FileNotFoundError: "restore it, or name another place",
    FileExistsError: "move away what stands there",
    NotADirectoryError: "move away the file that stands in the place of a folder",
    IsADirectoryError: "move away the folder that stands in the place of a file",
}
_ADVICE_OF_DISKS = "free space or make the folder writable, then run it again"


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("rare-earth-briefings")
        except PackageNotFoundError:
            found = "not installed"
        print(f"rare-earth-briefings {found}")
        parser.exit()


def _variable(name: str) -> str:
    """What make was given on its command line."""
    return os.environ.get(f"RAREEARTH_{name}", "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rareearth", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="the version, and nothing else")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def command(name: str, func: Callable[[argparse.Namespace], int | None], about: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=about, description=about)
        found.set_defaults(func=func)
        return found

    build = command("build", _build, "bring every briefing of briefings.yml up to date")
    build.add_argument("--why", action="store_true", help="say what changed")
    one = command("run", _run, "one briefing with other parameters")
    one.add_argument("slug", nargs="?", default=_variable("NAME"), help="such as processing-share or country-fra")
    one.add_argument("-p", action="append", metavar="NAME=VALUE", dest="parameters", help="can be repeated")
    sweep = command("sweep", _sweep, "the country briefing for every country, or a grid of parameters")
    sweep.add_argument("countries", nargs="*", metavar="COUNTRY", help="three-letter codes; default: all")
    sweep.add_argument("--slug", default=_variable("NAME"), help="another briefing, with -p")
    sweep.add_argument("-p", action="append", metavar="NAME=VALUE,VALUE", dest="parameters")
    sweep.add_argument(
        "--scheduler",
        default=_variable("SCHEDULER"),
        metavar="ADDRESS",
        help="a Dask scheduler whose workers make them, such as tcp://host:8786",
    )
    share = command("share", _share, "the built briefings as one zip and one folder")
    data = command("data", _data, "check data/raw and bring data/processed up to date")
    for each in (build, sweep):
        each.add_argument("--jobs", type=_count, metavar="N", help="notebooks side by side; default: processors")
    for each in (build, one, sweep, share, data):
        each.add_argument(
            "--user-data", default=_variable("USER_DATA"), metavar="DIR", help="a folder with your own trade files"
        )
        each.add_argument(
            "--unsealed",
            action="store_true",
            default=bool(_variable("UNSEALED")),
            help="allow figures that differ from their seals; pages that read them say so",
        )
    command("verify", _verify, "every raw file against schema, sidecar and source")
    seal = command("seal", _seal, "write or renew the sidecar of a raw table")
    seal.add_argument("file", type=Path)
    refresh = command("refresh", _refresh, "newer editions from the publishers")
    refresh.add_argument("publishers", nargs="*", metavar="PUBLISHER")
    refresh.add_argument("--add", action="store_true", help="add what is new beside the tables in hand")
    refresh.add_argument("--accept-shrink", action="store_true", help="take an edition that lost many rows")
    clean = command("clean", _clean, "clean trade files of any supported layout")
    archive = command("archive", _archive, "trade files as Parquet by chapter of the codes, sorted")
    ask = command("ask", _ask, "shares, mirror pairs or reconciled flows of trade files of any size")
    ask.add_argument("question", choices=["shares", "pairs", "reconciled"])
    for each in (clean, archive, ask):
        each.add_argument("files", nargs="+", type=Path, metavar="FILE")
        each.add_argument("--year", default="", help="for layouts that name no year")
    clean.add_argument("--out", type=Path, metavar="DIR", help="a folder for the cleaned data")
    clean.add_argument("--dry-run", action="store_true", help="say what is in the files and write nothing")
    archive.add_argument("--out", required=True, type=Path, metavar="DIR")
    ask.add_argument("--out", required=True, type=Path, metavar="FILE", help="Parquet, or CSV if it ends in .csv")
    ask.add_argument("--codes", nargs="*", default=[], metavar="CODE", help="default: all")
    for each in (clean, ask):
        each.add_argument("--engine", default="duckdb", help=_ENGINES)
    get = command("get", _get, "trade of one country from a publisher, as files that clean reads")
    get.add_argument("publisher", choices=["comtrade"])
    get.add_argument("--reporter", required=True, metavar="COUNTRY", help="code or name")
    get.add_argument("--codes", required=True, metavar="CODE,CODE")
    get.add_argument("--years", required=True, metavar="YEAR:YEAR")
    get.add_argument("--flows", default="M,X", metavar="FLOW,FLOW", help="default: M,X")
    get.add_argument("--out", default=Path("comtrade"), type=Path, metavar="DIR", help="default: comtrade")
    reconcile = command("reconcile", _reconcile, "one value for each flow from both reports of it")
    reconcile.add_argument("folder", type=Path, metavar="DIR")
    reconcile.add_argument("--method", default="reliability")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!a} is no whole number from 1")
    return int(text)


def _assignments(given: argparse.Namespace) -> dict[str, str]:
    """The parameters of a command line, or those that make put into the environment."""
    from rareearth.site.briefings import parse_assignments

    words = given.parameters
    if words is None:
        try:
            words = shlex.split(_variable("PARAMS"))
        except ValueError as error:
            raise Refused(f'PARAMS: {error}: write PARAMS="name=value name=value"') from None
    return parse_assignments(words)


def _checked(given: argparse.Namespace) -> list[str]:
    """Checks the environment and the figures; gives the tables that differ from their seals."""
    from rareearth.trade import data

    _check_environment()
    return data.check_figures(given.unsealed)


def _brought_up_to_date(given: argparse.Namespace) -> list[str]:
    """The same, and makes data/processed."""
    from rareearth.trade import data

    unsealed = _checked(given)
    data.bring_up_to_date(given.user_data)
    return unsealed


def _check_environment() -> None:
    """Refuses libraries that are not those of the lock, and an environment that belongs to another checkout."""
    for name, (locked, found) in inputs.installed().items():
        if found not in locked:
            is_there = f"{found} is installed" if found else "is not installed"
            raise Refused(f"{name} {is_there}, the lock has {' or '.join(locked)}: rm -r .venv, then make setup")
    inputs.check_kept_libraries()
    home = Path(sys.prefix).parent
    named = {Path(place).resolve() for place in ["", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]}
    if (home / "rareearth" / "paths.py").is_file() and ROOT not in {home.resolve(), *named}:
        raise Refused(f"this Python belongs to {home}, the package to {ROOT}: run make setup in {home}")


def _build(given: argparse.Namespace) -> None:
    from rareearth.site import run

    if _variable("PARAMS") or _variable("NAME"):
        name = _variable("NAME") or "processing-share"
        raise Refused(f'make reports takes no NAME or PARAMS: make report NAME={name} PARAMS="year=2023"')
    run.build(given.why, given.jobs, _brought_up_to_date(given))


def _run(given: argparse.Namespace) -> None:
    from rareearth.site import briefings, run

    parameters = _assignments(given)
    _checked(given)  # data/raw says which countries there are
    briefing = briefings.variant(given.slug, parameters)
    run.build_variant(briefing, _brought_up_to_date(given))


def _sweep(given: argparse.Namespace) -> None:
    from rareearth.site import sweep

    parameters = _assignments(given)
    _checked(given)
    if given.slug:
        briefings = sweep.grid(given.slug, parameters)
    else:
        briefings = sweep.country_briefings(given.countries or _variable("COUNTRIES").split())
    page = sweep.sweep(briefings, given.jobs, given.scheduler, _brought_up_to_date(given))
    for made in [f"{one.slug}.html" for one in briefings] if given.slug else [page.name]:
        print(f"reports/{made}")


def _share(given: argparse.Namespace) -> None:
    from rareearth.site.share import share

    _brought_up_to_date(given)
    made = share()
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1e6:.1f} MB; the same as a folder beside it")


def _data(given: argparse.Namespace) -> None:
    from rareearth.paths import PROCESSED
    from rareearth.reserves import plans
    from rareearth.trade import data

    for table in _checked(given):
        print(f"data: {table} differs from its seal; pages that read it will say so")
    if not data.bring_up_to_date(given.user_data):
        print("data: up to date")
    plans.write(PROCESSED)


def _verify(given: argparse.Namespace) -> int:
    from rareearth import checks

    problems = checks.verify()
    for problem in problems:
        print(_plain(problem), file=sys.stderr)
    found = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    print(f"verify: {found}" if problems else "verify: every raw file is as it was sealed")
    for warning in [] if problems else checks.warnings():
        print(f"warning: {warning}")
    return 1 if problems else 0


def _seal(given: argparse.Namespace) -> None:
    from rareearth import checks

    print(checks.seal(given.file))


def _refresh(given: argparse.Namespace) -> None:
    from rareearth.refresh import command

    publishers = given.publishers or _variable("PUBLISHERS").split()
    command.refresh(command.chosen(publishers), adds=given.add, accept_shrink=given.accept_shrink)


def _get(given: argparse.Namespace) -> None:
    from rareearth.refresh import comtrade

    print(comtrade.get(given.reporter, given.codes, given.years, given.flows, given.out))


def _clean(given: argparse.Namespace) -> None:
    from rareearth.trade import clean

    print(clean.clean_files(given.files, given.out, given.year, given.engine, given.dry_run))


def _archive(given: argparse.Namespace) -> None:
    from rareearth.trade.scale import archive

    print(archive.archive(given.files, given.out, given.year))


def _ask(given: argparse.Namespace) -> None:
    from rareearth.trade.scale import questions

    print(questions.ask(given.question, given.files, given.out, given.codes, given.year, given.engine))


def _reconcile(given: argparse.Namespace) -> None:
    from rareearth.trade import reconcile

    print(reconcile.reconcile_folder(given.folder, given.method))


def _plain(text: str) -> str:
    """A message on one line without signs that steer a terminal: it may quote a hostile name."""
    return _harmless(" ".join(text.split()))


def _harmless(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)


class _Shown(io.TextIOBase):
    """Standard output, to which no name of a file writes signs that steer a terminal."""

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(_harmless(text))

    def flush(self) -> None:
        self._stream.flush()


def _refused(text: str, status: int = 1) -> int:
    print(f"rareearth: {_plain(text)}", file=sys.stderr)
    return status


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    inputs.watch()  # before the rest of the program is read
    given = _parser().parse_args(arguments)
    # As an exception, so that kernels are ended and temporary files removed on the way out.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    try:
        with contextlib.redirect_stdout(_Shown(sys.stdout)):
            return given.func(given) or 0
    except ValueError as error:
        return _refused(str(error))
    except ImportError as error:
        if not error.name or error.name.partition(".")[0] == "rareearth":
            raise
        return _refused(f"{error.name} cannot be imported: rm -r .venv, then make setup")
    except EOFError:  # what Python says of half a compiled module
        return _refused("a library was compiled when the disk was full: rm -r .venv, then make setup")
    except BrokenPipeError:
        sys.stdout = None  # whoever read it has gone; nothing is to be flushed at the end
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        advice = _ADVICE.get(type(error), _ADVICE_OF_DISKS)
        return _refused(f"{place}{error.strerror or error}: earlier files are kept; {advice}")
    except KeyboardInterrupt:
        return _refused("stopped; earlier reports are untouched", 130)
