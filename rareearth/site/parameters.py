"""Parameters of a notebook: typed models, defaults, and the name of a variant.

The default of a parameter stands in the notebook's parameters cell and nowhere else. Its type and range stand here, in
the model of the notebook. Text is converted by the declared type only, so that codes such as NO or 010121 stay text.
"""

import ast
import csv
import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.site.briefings import shown
from rareearth.text import did_you_mean

_LONGEST = 100  # letters of a suffix


def _each_once(words: str) -> str:
    if len(set(words.split())) < len(words.split()):
        raise ValueError("a word is there twice")
    return words


def _words(pattern: str, about: str) -> Any:
    """What a field with text of words with blanks between them has beside its type."""
    return Field(pattern=f"^{pattern}$", description=about)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class CleanTrade(_Model):
    """Parameters of 01_clean_trade."""

    codes: Annotated[
        str,
        _words(r"\d{6}( \d{6}){0,19}", "six-digit HS codes with blanks between them, each once"),
        AfterValidator(_each_once),
    ]
    year: Annotated[int, Field(ge=1988, le=2050)]
    reporters: Annotated[
        str,
        _words(r"(all|[A-Z]{3}( [A-Z]{3}){0,99})", "all, or ISO alpha-3 codes with blanks, each once"),
        AfterValidator(_each_once),
    ]
    method: Literal["reliability", "inverse_variance", "exporter", "importer", "mean"]
    prefer: Annotated[
        str,
        _words(
            r"([a-z0-9_]+( [a-z0-9_]+){0,19})?",
            "source ids with blanks, the best first, each once; a user's files are `file`",
        ),
        AfterValidator(_each_once),
    ]
    hubs: Annotated[
        str,
        _words(r"([A-Z]{3}( [A-Z]{3}){0,19})?", "ISO alpha-3 codes with blanks, each once, or nothing"),
        AfterValidator(_each_once),
    ]
    origins_year: Annotated[int, Field(ge=1993, le=2024)]


class ProcessingShare(_Model):
    """Parameters of 02_processing_share."""

    year: Annotated[int, Field(ge=2018, le=2025)]
    edition: str  # one of `editions` in data/raw/fields.yml
    india_t_reo: Annotated[float, Field(ge=0, le=5000)]
    us_ore_record: Literal["china_customs", "us_exports", "company_sales", "not_separated_at_home"]
    with_scrap: bool
    basis: Literal["feed", "product_both", "ndpr", "value", "product"]
    weight_of_feed: Annotated[float, Field(ge=0, le=1)]
    weight_of_wood_mackenzie: Annotated[float, Field(ge=0, le=1)]


class ReservePlans(_Model):
    """Parameters of 03_reserve_plans."""

    country: str
    days: Annotated[int, Field(ge=1, le=730)]


class CountryBriefing(_Model):
    """Parameters of 04_country_briefing."""

    country: str
    days: Annotated[int, Field(ge=1, le=365)]
    draws: Annotated[int, Field(ge=500, le=20000)]
    seed: Annotated[int, Field(ge=0, le=2**31)]


class G7Briefing(_Model):
    """Parameters of 08_g7_briefing."""

    common_pct: Annotated[int, Field(ge=0, le=100)]
    level_pct: Annotated[float, Field(ge=0.5, le=20)]
    draws: Annotated[int, Field(ge=1000, le=20000)]
    seed: Annotated[int, Field(ge=0, le=2**31)]


class MagnetElements(_Model):
    """Parameters of 05_magnet_elements."""

    with_scrap: bool


class ClaimsChecked(_Model):
    """Parameters of 06_claims_checked."""

    edition: str  # one of `editions` in data/raw/fields.yml


class OtherMinerals(_Model):
    """Parameters of 07_other_minerals."""

    mineral: Literal["gallium", "germanium", "antimony", "graphite", "tungsten", "cobalt", "lithium"]


MODELS: dict[str, type[BaseModel]] = {
    "01_clean_trade.ipynb": CleanTrade,
    "02_processing_share.ipynb": ProcessingShare,
    "03_reserve_plans.ipynb": ReservePlans,
    "04_country_briefing.ipynb": CountryBriefing,
    "08_g7_briefing.ipynb": G7Briefing,
    "05_magnet_elements.ipynb": MagnetElements,
    "06_claims_checked.ipynb": ClaimsChecked,
    "07_other_minerals.ipynb": OtherMinerals,
}

# Column of data/raw/plans/places.csv, and its words for the countries that a notebook takes.
_PLACES = {
    "03_reserve_plans.ipynb": ("use_interval", ("editions", "years", "projection", "none")),
    "04_country_briefing.ipynb": ("country_page", ("yes",)),
}

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


def _allowed(notebook: str, name: str) -> str:
    declared = _model(notebook).model_fields[name]
    if words := choices(notebook, name):
        return "one of " + ", ".join(words)
    kind: dict[Any, str] = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    parts = [declared.description or kind[declared.annotation]]
    for rule in declared.metadata:
        for key, word in (("ge", "from"), ("le", "to")):
            if hasattr(rule, key):
                parts.append(f"{word} {getattr(rule, key)}")
    return " ".join(parts)


_CODES = re.compile(r"[A-Z]{3}( [A-Z]{3})*")
# Parameters that take codes of countries: a country's name is understood as well.
_OF_COUNTRIES = ("country", "reporters", "hubs")


def _typed(model: type[BaseModel], name: str, value: Any) -> Any:
    """Text from a command line as the declared type; anything else is left for the model to judge."""
    kind = model.model_fields[name].annotation
    if not isinstance(value, str):
        return float(value) if kind is float and type(value) is int else value
    if name in _OF_COUNTRIES and len(value) > 3 and not _CODES.fullmatch(value) and value.isprintable():
        from rareearth import countries

        area = countries.meant(value)
        return area.iso3 if area and value == value.strip() else value
    if kind is int and _INTEGER.fullmatch(value):
        return int(value)
    if kind is float and _DECIMAL.fullmatch(value):
        return float(value)
    if kind is bool and value in ("true", "false"):
        return value == "true"
    return value


def _model(notebook: str) -> type[BaseModel]:
    if notebook not in MODELS:
        raise Refused(f"notebooks/{notebook}: no model of its parameters: write one in rareearth/site/parameters.py")
    return MODELS[notebook]


def validate(notebook: str, given: dict[str, Any]) -> dict[str, Any]:
    """Checks parameters against the notebook's model.

    Args:
        notebook: File name of the notebook.
        given: Name to value; text is converted by the declared type.

    Returns:
        The same names with typed values.

    Raises:
        Refused: unknown name, wrong type or out of range; the message says what is allowed.
    """
    model = _model(notebook)
    names = list(model.model_fields)
    for name in given:
        if name not in names:
            hint = did_you_mean(str(name), {one: one for one in names}) or "."
            raise Refused(f"{notebook} has no parameter {shown(name)}{hint} It takes: {', '.join(names)}")
    typed = {name: _typed(model, name, value) for name, value in given.items()}
    try:
        model.model_validate(typed)
    except ValidationError as error:
        # A part of the parameters may be checked alone: what is not given is the notebook's default.
        for wrong in error.errors():
            if wrong["type"] != "missing":
                bad = str(wrong["loc"][0])
                raise Refused(f"parameter {bad}: {shown(given[bad])} is not {_allowed(notebook, bad)}") from None
    for name in ("country", "edition"):
        if name in typed and typed[name] not in (choices(notebook, name) or typed[name]):
            raise Refused(f"parameter {name}: {shown(given[name])} is not {_allowed(notebook, name)}")
    # A release has the years before its own; a page of another year would fail after its first cell.
    if {"year", "edition"} <= typed.keys() and typed["year"] >= (last := int(typed["edition"][-4:])):
        raise Refused(f"parameter year: {typed['edition']} has years to {last - 1}, not {typed['year']}")
    return typed


def choices(notebook: str, name: str) -> tuple[str, ...]:
    """The values that a parameter of a notebook may take; empty where they are not listed."""
    if name == "country" and notebook in _PLACES:
        column, words = _PLACES[notebook]
        place = "data/raw/plans/places.csv"  # read without pandas, so that a refusal comes at once
        rows = csv.DictReader(files.read_text(RAW.parent.parent / place, place).splitlines())
        return tuple(row["iso3"] for row in rows if row.get("iso3") and row.get(column) in words)
    if name == "edition":
        return tuple(files.read_yaml(RAW / "fields.yml")["editions"])
    kind = _model(notebook).model_fields[name].annotation
    return get_args(kind) if get_origin(kind) is Literal else ()


def defaults(notebook: Path) -> dict[str, Any]:
    """The assignments of the notebook's parameters cell, read without running it.

    Raises:
        Refused: there is not exactly one such cell, or it has more than plain assignments.
    """
    cells = files.read_notebook(notebook)["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise Refused(f"{notebook.name}: {len(tagged)} cells are tagged 'parameters', expected 1")
    found = {}
    try:
        for statement in inputs.parsed("".join(tagged[0]["source"])).body:
            if not (
                isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value
            ):
                raise ValueError
            found[statement.target.id] = ast.literal_eval(statement.value)
    except (ValueError, SyntaxError, TypeError):
        raise Refused(
            f"{notebook.name}: the parameters cell may have only lines `name: type = value`: write it so"
        ) from None
    return found


def check(notebook: str, names: dict[str, Any]) -> None:
    """Checks the parameters of a notebook from within: in Lab, by papermill or nbconvert, as `make report` checks them.

    Args:
        notebook: File name of the notebook.
        names: Its ``globals()``; the parameters there become typed, names of countries their codes.

    Raises:
        Refused: see `validate`; also for a name that papermill was given and that is no parameter.
    """
    given = {name: names[name] for name in _model(notebook).model_fields if name in names}
    for source in names.get("In", ()):
        if source.startswith("# Parameters\n"):  # the cell of papermill
            assigned = [node for node in inputs.parsed(source).body if isinstance(node, ast.Assign)]
            targets = [name for node in assigned for name in node.targets if isinstance(name, ast.Name)]
            given |= {name.id: names.get(name.id) for name in targets}
    names.update(validate(notebook, given))


def published(notebook: str, names: dict[str, Any]) -> float | None:
    """The headline that results.json has for a notebook, which a run outside a build finds again.

    Args:
        notebook: File name of the notebook.
        names: Its ``globals()``.

    Returns:
        None in a build, which makes the page anew, with other parameters than those of a page, and where a page is not
        up to date with figures and code.
    """
    if inputs.in_build:
        return None
    from rareearth.site import briefings, run

    for page in briefings.listed():
        is_same = page.notebook.name == notebook and page.parameters.items() <= names.items()
        if is_same and run.stamp(run.SHARED_STAMP).is_file() and not run.reasons(page):
            results = json.loads((run.REPORTS / "results.json").read_text(encoding="utf-8"))
            return next(float(one["value"]) for one in results if page.slug in one.get("headline_of", ()))
    return None


def as_given(value: Any) -> str:
    """A value as a command line takes it: ``true`` and ``false`` as `validate` reads them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def assignments(given: dict[str, Any]) -> str:
    """Parameters as a command line takes them: ``year=2024 with_scrap=true``."""
    return " ".join(f"{name}={as_given(value)}" for name, value in given.items())


def complete(notebook: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Defaults of the notebook, overridden by `given`, all checked."""
    _model(notebook.name)
    return validate(notebook.name, {**defaults(notebook), **given})


def suffix(given: dict[str, Any]) -> str:
    """File-name part of a variant: only letters, digits, point, hyphen, of the checked values."""
    parts = "--".join(f"{name}-{value}" for name, value in sorted(given.items()))
    plain = re.sub(r"[^A-Za-z0-9.-]", "-", parts)
    if len(plain) <= _LONGEST:
        return plain
    # A file name has an end: what does not fit is told apart by its hash.
    return f"{plain[:_LONGEST]}-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"
