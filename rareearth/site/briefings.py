"""Which briefings there are: the list of briefings.yml, a country, a variant with other parameters."""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rareearth import countries, files
from rareearth.errors import Refused
from rareearth.paths import BRIEFINGS, NOTEBOOKS, PAGE

COUNTRY_NOTEBOOK = NOTEBOOKS / "04_country_briefing.ipynb"
# Slugs of the country briefings: this and the code in lower case.
COUNTRY_SLUG = "country-"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,9}")
_RESERVED = ("index", "countries", "data", "docs", "embed", "failed", "share")
_ENTRY = ("slug", "short", "group", "notebook", "parameters")


def shown(value: Any) -> str:
    """A refused value, quoted, on one line and short: it may be hostile."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True)
class Briefing:
    """One page to make."""

    slug: str
    notebook: Path
    given: dict[str, Any]  # parameters, as text or typed; what is not given is the notebook's default
    rerun: str  # the command that makes the page again
    group: str = ""  # of the index
    short: str = ""  # its title in navigation
    related: tuple[tuple[str, str], ...] = ()  # slug and short title of the other briefings of the group

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """All parameters, typed and checked.

        Raises:
            Refused: the notebook does not take one, or not this value.
        """
        from rareearth.site.parameters import complete

        return complete(self.notebook, self.given)


def groups() -> list[dict[str, str]]:
    """The groups of the index, which every page has at its top: id and title."""
    return list(files.read_yaml(PAGE / "groups.yml"))


def listed() -> list[Briefing]:
    """The briefings of briefings.yml. Their parameters are checked when one is made.

    Raises:
        Refused: the list or an entry is not of the form that it must have.
    """
    entries = files.read_yaml(BRIEFINGS, as_text=True)
    if not isinstance(entries, list) or not entries:
        raise Refused("briefings.yml: no list of briefings: write `- slug: ...`, notebook and parameters")
    notebooks, known = {path.name for path in NOTEBOOKS.glob("*.ipynb")}, [group["id"] for group in groups()]
    found = [_listed(entry, notebooks, known) for entry in entries]
    slugs = [briefing.slug for briefing in found]
    if twice := [slug for slug in slugs if slugs.count(slug) > 1]:
        raise Refused(f"briefings.yml: {twice[0]} is there twice: give each briefing a slug of its own")
    return [
        replace(one, related=tuple((of.slug, of.short) for of in found if of.group == one.group and of is not one))
        for one in found
    ]


def _listed(entry: Any, notebooks: set[str], groups: list[str]) -> Briefing:
    if not isinstance(entry, dict) or set(entry) != set(_ENTRY):
        raise Refused(f"briefings.yml: {shown(entry)}: write {', '.join(_ENTRY)}, and no more")
    slug, name, given = entry["slug"], entry["notebook"], entry["parameters"]
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug) or slug in _RESERVED:
        raise Refused(
            f"briefings.yml: slug {shown(slug)}: write lower-case words with hyphens, none of {', '.join(_RESERVED)}"
        )
    if not isinstance(name, str) or name not in notebooks:
        raise Refused(f"briefings.yml: {slug}: there is no notebooks/{shown(name)[1:-1]}")
    if entry["group"] not in groups:
        raise Refused(f"briefings.yml: {slug}: group {shown(entry['group'])} is none of {', '.join(groups)}")
    if not isinstance(entry["short"], str) or not entry["short"].strip():
        raise Refused(f"briefings.yml: {slug}: short is {shown(entry['short'])}: write a title of a few words")
    if not isinstance(given, dict):
        raise Refused(f"briefings.yml: {slug}: parameters are {shown(given)}: write {{name: value}}")
    return Briefing(slug, NOTEBOOKS / name, given, "make reports", entry["group"], entry["short"])


def changed_defaults() -> list[str]:
    """Defaults of notebooks that are not what briefings.yml lists first for them, a line each: as somebody saved them."""
    from rareearth.site.parameters import as_given, defaults

    first = {briefing.notebook: briefing for briefing in reversed(listed())}
    return [
        f"notebooks/{notebook.name}: the default {name} is {shown(usual)}; the pages are made with "
        f"{as_given(briefing.parameters[name])}, as briefings.yml says"
        for notebook, briefing in reversed(first.items())
        for name, usual in defaults(notebook).items()
        if usual != briefing.parameters[name]
    ]


def country(code: str) -> Briefing:
    """The briefing of one country, as briefings.yml lists it or else with what it lists for another country."""
    slug = COUNTRY_SLUG + code.lower()
    known = {briefing.slug: briefing for briefing in listed()}
    others = next((one.given for one in known.values() if one.notebook == COUNTRY_NOTEBOOK), {})
    rerun = f'make sweep COUNTRIES="{code}"'
    own = Briefing(slug, COUNTRY_NOTEBOOK, {**others, "country": code}, rerun, "countries", countries.name(code))
    return known.get(slug, own)


def _unlisted_country(slug: str) -> Briefing | None:
    code = slug.removeprefix(COUNTRY_SLUG).upper()
    if not re.fullmatch("[A-Z]{3}", code) or slug != COUNTRY_SLUG + code.lower():
        return None
    from rareearth.site.parameters import choices

    return country(code) if code in choices(COUNTRY_NOTEBOOK.name, "country") else None


def variant(slug: str, given: dict[str, str]) -> Briefing:
    """A briefing with other parameters, under a name made from them; a country that is not listed needs none.

    Raises:
        Refused: no such briefing, or a parameter is refused.
    """
    known = {briefing.slug: briefing for briefing in listed()}
    base = known.get(slug) or _unlisted_country(slug)
    if not base:
        raise Refused(
            f"there is no briefing {shown(slug)}; there are: {', '.join(known)}, and {COUNTRY_SLUG} with the code of a "
            "country, such as country-fra"
        )
    if not given and slug not in known:
        return base
    if not given:
        raise Refused(f'no parameters given; for example: make report NAME={slug} PARAMS="year=2023"')
    from rareearth.site.parameters import assignments, suffix

    every = Briefing(slug, base.notebook, {**base.given, **given}, "").parameters
    checked = {name: every[name] for name in given}
    if slug.startswith(COUNTRY_SLUG) and checked.get("country", base.given["country"]) != base.given["country"]:
        other = COUNTRY_SLUG + checked["country"].lower()
        raise Refused(f"{slug} is the page of {base.short}; for {checked['country']}: make report NAME={other}")
    rerun = f'make report NAME={slug} PARAMS="{assignments(checked)}"'
    return replace(base, slug=f"{slug}--{suffix(checked)}", given={**base.given, **checked}, rerun=rerun)


def parse_assignments(words: list[str]) -> dict[str, str]:
    """``["year=2023", ...]`` as a mapping of text to text.

    Raises:
        Refused: a word without ``=``, or a name given twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise Refused(f"parameter {shown(word)} is not of the form name=value; a value with blanks: name='one two'")
        if name in found:
            raise Refused(f"parameter {name} is given twice")
        found[name] = value
    return found
