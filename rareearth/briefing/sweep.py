"""One notebook for every allowed value of a parameter: the country briefing for every country, `make sweep`."""

from pathlib import Path

from rareearth import files
from rareearth.briefing import index, run
from rareearth.briefing.models import choices
from rareearth.briefing.parameters import complete
from rareearth.paths import NOTEBOOKS
from rareearth.refusal import Refused

COUNTRY_NOTEBOOK = NOTEBOOKS / "04_country_briefing.ipynb"
OVERVIEW = "countries.html"


def country_briefings(codes: list[str]) -> list[run.Briefing]:
    """The briefings of these countries, or of all with data when none is named, in the order of the notebook's model.

    Raises:
        Refused: a country has no briefing.
    """
    allowed = choices(COUNTRY_NOTEBOOK.name, "country")
    for code in codes:
        if code not in allowed:
            raise Refused(f"no data for country {ascii(code)}; there are: {', '.join(allowed)}")
    listed = {briefing.slug: briefing for briefing in run.listed()}
    found = []
    for code in allowed:
        if not codes or code in codes:
            slug = index.COUNTRY_SLUG + code.lower()
            parameters = complete(COUNTRY_NOTEBOOK, {"country": code})
            own = run.Briefing(slug, COUNTRY_NOTEBOOK, parameters, f'make sweep COUNTRIES="{code}"')
            found.append(listed.get(slug, own))
    return found


def sweep(codes: list[str], jobs: int | None = None) -> Path:
    """Brings the briefings of the countries up to date and lists all that are built in one table.

    What is up to date is left alone, so a sweep that was stopped goes on where it was.

    Args:
        codes: ISO 3166-1 alpha-3; all with data when empty.
        jobs: Notebooks side by side; as many as there are processors when None.

    Returns:
        The page with the table.

    Raises:
        Refused: at least one briefing failed; the others are published.
    """
    with run.building():
        _, failures = run.all_up_to_date(country_briefings(codes), why=False, jobs=jobs)
        built = [run.summary(one) for one in country_briefings([]) if run.stamp(one.slug).is_file()]
        files.write(run.REPORTS / OVERVIEW, index.country_table(built))
    if failures:
        raise Refused("; ".join(failures) + "; the others are published")
    return run.REPORTS / OVERVIEW
