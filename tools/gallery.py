"""Writes docs/gallery: a picture of one page and one executed notebook, for who looks at the repository without installing.

Usage: python -m tools.gallery, after `make reports`. The picture holds the numbers of the page, so that a test finds it old.
"""

import io
import json
import sys
from pathlib import Path

import nbformat
import papermill
from PIL import Image, PngImagePlugin
from playwright.sync_api import sync_playwright

from benchmarks.pages import ARGUMENTS, BROWSER
from rareearth.files import write
from rareearth.paths import NOTEBOOKS, REPORTS, ROOT

FOLDER = ROOT / "docs" / "gallery"
PAGE = "processing-share"
_NUMBERS = "found => found.map(one => [one.getAttribute('popovertarget'), Number(one.querySelector('data').value)])"
_SIZE = {"width": 1000, "height": 1500}


def picture() -> bytes:
    """The top of the page as a PNG whose text chunk `numbers` is a JSON object of the names of its numbers to their values."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = browser.new_page(viewport=_SIZE, color_scheme="light")
        page.goto((REPORTS / f"{PAGE}.html").as_uri())
        shown = page.screenshot()
        numbers = page.eval_on_selector_all("[popovertarget]:has(data)", _NUMBERS)
        browser.close()
    chunk, out = PngImagePlugin.PngInfo(), io.BytesIO()
    chunk.add_itxt("numbers", json.dumps(dict(numbers), ensure_ascii=False))
    Image.open(io.BytesIO(shown)).quantize(64).save(out, "png", optimize=True, pnginfo=chunk)
    return out.getvalue()


def notebook(place: Path) -> None:
    """The starter notebook with its answers."""
    papermill.execute_notebook(NOTEBOOKS / "starter.ipynb", place, progress_bar=False)
    found = nbformat.read(place, as_version=4)
    kept = nbformat.read(NOTEBOOKS / "starter.ipynb", as_version=4)
    found.metadata = kept.metadata
    for cell, own in zip(found.cells, kept.cells, strict=True):
        cell.metadata = own.metadata
    nbformat.write(found, place)


if __name__ == "__main__":
    if not (REPORTS / f"{PAGE}.html").is_file():
        sys.exit("gallery: run make reports first")
    write(FOLDER / f"{PAGE}.png", picture())
    notebook(FOLDER / "starter.ipynb")
