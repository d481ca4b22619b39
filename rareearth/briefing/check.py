"""Is an executed notebook fit to be published? The exit status of the executor alone is not trusted."""

from typing import Any

from rareearth.refusal import Refused

FIGURE = "application/vnd.rareearth.figure+json"
ESTIMATES = "application/vnd.rareearth.estimates+json"
SOURCES = "application/vnd.rareearth.sources+json"
FINDING = "application/vnd.rareearth.finding+json"


def bundles(notebook: Any, mime: str) -> list[Any]:
    """Every part of kind `mime` in the outputs of the notebook, in order."""
    return [
        output["data"][mime]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if mime in output.get("data", {})
    ]


def estimates(notebook: Any) -> list[dict[str, Any]]:
    """The Estimates that the notebook showed, once each, in order of appearance.

    Returns:
        Their fields, and ``cell``: the id of the cell that showed it first.

    Raises:
        Refused: one id was shown with two different contents.
    """
    found: dict[str, dict[str, Any]] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for estimate in output.get("data", {}).get(ESTIMATES, {}).get("estimates", []):
                known = found.setdefault(estimate["id"], {**estimate, "cell": cell.id})
                if {**estimate, "cell": known["cell"]} != known:
                    raise Refused(f"{estimate['id']} was shown with two different values")
    return list(found.values())


def source_ids(notebook: Any) -> list[str]:
    """Every source that the notebook showed or computed with, sorted."""
    shown = {name for part in bundles(notebook, SOURCES) for name in part["source_ids"]}
    return sorted(shown.union(*(estimate["source_ids"] for estimate in estimates(notebook))))


def executed(notebook: Any, name: str) -> None:
    """Checks that all cells ran without error or warning, that figures are pictures, that there is a finding.

    Raises:
        Refused: with the cell that is at fault.
    """
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        where = f"{name}, cell {number}"
        if cell.execution_count is None:
            raise Refused(f"{where}: was not executed")
        for output in cell.outputs:
            if output.output_type == "error":
                raise Refused(f"{where}: {output.ename}: {output.evalue}".splitlines()[0])
            if output.output_type == "stream" and output.name == "stderr":
                raise Refused(f"{where}: wrote a warning: {output.text.strip().splitlines()[-1]}")
            data = output.get("data", {})
            if "<Figure size" in str(data.get("text/plain", "")) or "image/png" in data:
                raise Refused(f"{where}: a picture that did not go through show_figure()")
            if FIGURE in data and data["text/html"].count("<img src=") != 1:
                raise Refused(f"{where}: figure {data[FIGURE]['name']} holds no picture")
    if len(bundles(notebook, FINDING)) != 1:
        raise Refused(f"{name}: conclude() must be called once, it gives the page its title")
    names = [part["name"] for part in bundles(notebook, FIGURE)]
    if len(names) != len(set(names)):
        raise Refused(f"{name}: two figures have one name")
