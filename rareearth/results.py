"""What the functions of `api` give back: a number or a table that shows itself, draws itself and names its sources."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import pandas as pd
from pandas.plotting import PlotAccessor

from rareearth import show, tables
from rareearth.charts import STYLE
from rareearth.charts.frame import ACCENT
from rareearth.quantity import UNITS, Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OF_A_SOURCE = ["source_id", "title", "publisher", "published_on", "url"]


def _sources(ids: Iterable[str]) -> pd.DataFrame:
    wanted = list(dict.fromkeys(ids))
    rows = tables.select("sources", source_id=wanted).set_index("source_id", drop=False)
    return rows.loc[wanted, _OF_A_SOURCE].reset_index(drop=True)


@contextmanager
def _style() -> Iterator[None]:
    """The look of the pages; unlike `plt.style.context` it leaves alone what a backend sets when it loads."""
    style = matplotlib.rc_params_from_file(STYLE, use_default_template=False)
    before = {key: matplotlib.rcParams[key] for key in style}
    matplotlib.rcParams.update(style)
    try:
        yield
    finally:
        matplotlib.rcParams.update(before)


class _Plot(PlotAccessor):
    def __call__(self, *args: Any, **how: Any) -> "Axes":
        own = self._parent.drawing
        with _style():
            return (
                PlotAccessor(own["data"])(**own["how"]) if own and not (args or how) else super().__call__(*args, **how)
            )


class Table(pd.DataFrame):
    """A DataFrame with an answer in words, a drawing of its own and its sources.

    Attributes:
        answer: What the table says, in a sentence; only of the whole table.
        drawing: The data and the arguments with which `plot` draws when it is called without any.
    """

    _internal_names = [*pd.DataFrame._internal_names, "answer", "drawing"]
    _internal_names_set = set(_internal_names)
    answer = ""
    drawing: dict[str, Any] = {}

    @classmethod
    def of(cls, frame: pd.DataFrame, answer: str, drawn: pd.DataFrame | None = None, **how: Any) -> "Table":
        """A table with its sentence and its drawing: of the table itself, or of other data."""
        found = cls(frame.reset_index(drop=True))
        found.answer = answer
        if how:
            found.drawing = {"data": pd.DataFrame(frame if drawn is None else drawn), "how": how}
        return found

    @property
    def _constructor(self) -> type["Table"]:
        return Table

    @property
    def plot(self) -> _Plot:
        """As in pandas; without arguments the drawing that fits the answer."""
        return _Plot(self)

    @property
    def sources(self) -> pd.DataFrame:
        """The register's entry of every source of the rows and numbers."""
        return _sources(show.sources_of(self, show.estimates_of(self)))

    def to_csv(self, path: str | Path | None = None, **how: Any) -> str | None:
        """As in pandas, without the index and with one text for the sources of a row."""
        frame = pd.DataFrame(self)
        if "source_ids" in frame:
            frame = frame.assign(source_ids=frame["source_ids"].map(";".join))
        return frame.to_csv(path, **{"index": False, "lineterminator": "\n"} | how)

    def __repr__(self) -> str:
        return "\n\n".join(filter(None, [self.answer, pd.DataFrame(self).__repr__()]))

    def _repr_html_(self) -> str:
        table = pd.DataFrame(self)._repr_html_() or ""
        return f"<p>{escape(self.answer)}</p>{table}" if self.answer else table


class Answer(Estimate):
    """An `Estimate` that draws itself and lists its sources.

    Attributes:
        others: The same number of other years, which `plot` draws around it.
    """

    others: tuple[Estimate, ...] = ()

    @classmethod
    def of(cls, estimate: Estimate, others: Iterable[Estimate] = ()) -> "Answer":
        """An Estimate as an answer."""
        found = cls(**{name: getattr(estimate, name) for name in Estimate.__dataclass_fields__})
        object.__setattr__(found, "others", tuple(others))
        return found

    @property
    def sources(self) -> pd.DataFrame:
        """The register's entry of every source."""
        return _sources(self.source_ids)

    def plot(self) -> "Axes":
        """The number with its interval, among those of other years where there are some."""
        import matplotlib.pyplot as plt

        series = self.others or (self,)
        years = [one.reference_year for one in series]
        with _style():
            axes = plt.subplots()[1]
            axes.fill_between(years, [one.low for one in series], [one.high for one in series], alpha=0.2)
            axes.plot(years, [one.value for one in series], color=ACCENT)
            ends = [[self.value - self.low], [self.high - self.value]]
            axes.errorbar([self.reference_year], [self.value], yerr=ends, fmt="o", color=ACCENT)
            axes.set(title=f"{self.definition}: {self}", ylabel=UNITS[self.unit][0].replace("{}", "").strip())
            axes.xaxis.get_major_locator().set_params(integer=True)
        return axes

    def to_csv(self, path: str | Path | None = None) -> str | None:
        """The number and those of other years, a row each."""
        return estimates_table(self.others or (self,), "").to_csv(path)

    def __repr__(self) -> str:
        return f"{self}  [{self.definition}]"

    def _repr_html_(self) -> str:
        lines = (f"{self.definition}. {self.method}", self.interval, self.note, ", ".join(self.source_ids))
        return "<br>".join([f"<b>{escape(str(self))}</b>", *(escape(line) for line in lines if line)])


def estimates_table(estimates: Iterable[Estimate], answer: str, **drawing: Any) -> Table:
    """Estimates as rows: id, reference_year, value, low, high, unit, definition, method, interval, note, source_ids."""
    columns = "id reference_year value low high unit definition edition method interval note source_ids".split()
    rows = [{name: getattr(one, name) for name in columns} for one in estimates]
    return Table.of(pd.DataFrame(rows), answer, **drawing)
