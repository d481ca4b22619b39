"""Lengths, sizes, numbers, layout shift and first paint of the built pages: ``python -m benchmarks.pages``.

The tests hold all but the times, which depend on the machine: beside the paint of a page stands that of an empty one.
"""

import json
import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

RUNS = 5
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# What a page is about: the rest of it is the shell.
_CONTENT = ("figure", "table", "dl", "pre", "picture")
_SHIFT = """() => new Promise(resolve => {
  let sum = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(sum), 300);
})"""
# Words of prose are those outside tables, drawings and the links under them.
_LENGTHS = """() => {
  const main = document.querySelector('main'), prose = main.cloneNode(true);
  prose.querySelectorAll('table, svg, .under, .next, .list, .cite').forEach(node => node.remove());
  const chart = [...main.querySelectorAll('figure svg')].find(one => one.getBoundingClientRect().height > 0);
  return [document.documentElement.scrollHeight, chart ? Math.round(chart.getBoundingClientRect().top + scrollY) : 0,
    prose.textContent.split(/\\s+/).filter(Boolean).length, main.querySelectorAll('figure').length,
    main.querySelectorAll('table').length];
}"""
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def shell(html: str) -> str:
    """The page without figures, tables, lists of origins, code, pictures and text: its style and its frame."""
    head, body = html.split("</head>")
    for tag in _CONTENT:
        body = re.sub(rf"<{tag}[ >].*?</{tag}>", "", body, flags=re.S)
    return head + re.sub(r' src="[^"]*"', "", re.sub(r">[^<]+<", "><", body))


def layout_shift(page: Any) -> float:
    """Cumulative layout shift since the page was opened.

    Args:
        page: A page of playwright, open.
    """
    return page.evaluate(_SHIFT)


def measures(browser: Any, path: Path) -> dict[str, int]:
    """How long a page is: on a desk, on a telephone and on paper.

    Args:
        browser: A browser of playwright.
        path: The page on disk.
    """
    found = {}
    for width in (390, 1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(path.as_uri())
        found[f"px at {width}"], found[f"chart at {width}"], words, charts, tables = page.evaluate(_LENGTHS)
        if width == 1280:
            sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
        page.close()
    record = path.parent / path.stem / "record.html"
    kept = record.stat().st_size // 1000 if record.is_file() else 0
    return {
        **found,
        "words": words,
        "charts": charts,
        "tables": tables,
        "sheets": sheets,
        "kB": path.stat().st_size // 1000,
        "record kB": kept,
    }


def numbers(path: Path) -> dict[str, int]:
    """How many numbers a page shows, how many of them results.json has, and how many open their origin.

    Args:
        path: The page on disk, among the files of its build.
    """
    html = path.read_text(encoding="utf-8")
    record = path.parent / path.stem / "record.html"
    proof = record.read_text(encoding="utf-8") if record.is_file() else ""
    known = {one["id"].replace(".", "-") for one in json.loads((path.parent / "results.json").read_text("utf-8"))}
    shown = re.findall(r'<button type="button" class="num" popovertarget="n-([^"]+)">', html)
    return {
        "numbers": len(shown),
        "in results": sum(one in known for one in shown),
        "open": sum(f'<div popover id="n-{one}">' in html and f'id="origin-{one}"' in proof for one in shown),
    }


def first_paint_ms(browser: Any, *paths: Path) -> list[float]:
    """Median time from navigation to the first contentful paint, over fresh contexts; the pages take turns.

    Args:
        browser: A browser of playwright.
        *paths: The pages on disk.
    """
    times: dict[Path, list[float]] = {path: [] for path in paths}
    for _ in range(RUNS):
        for path in paths:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
            page = context.new_page()
            page.goto(path.as_uri())
            page.wait_for_function(_PAINT)
            times[path].append(page.evaluate(_PAINT))
            context.close()
    return [statistics.median(found) for found in times.values()]


def main() -> int:
    """Prints a line a page; exit status 1 when there is no page or no browser."""
    from playwright.sync_api import sync_playwright

    from rareearth.paths import REPORTS

    pages = sorted(REPORTS.glob("*.html"))
    if not pages or BROWSER is None:
        print("needs `make reports` and Chromium", file=sys.stderr)
        return 1
    counts: list[dict[str, int]] = []
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.html"
        empty.write_text("<!DOCTYPE html><title>Empty</title><p>.</p>", encoding="utf-8")
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        for number, path in enumerate(pages):
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.goto(path.as_uri())
            counts.append(numbers(path))
            paint, floor = first_paint_ms(browser, path, empty)
            row = measures(browser, path) | {
                "shell kB": round(len(shell(path.read_text(encoding="utf-8")).encode()) / 1000),
                "shift": round(layout_shift(page), 4),
                "paint ms": round(paint),
                "empty ms": round(floor),
                **counts[-1],
            }
            page.close()
            if not number:
                print(f"{'page':<18}" + "".join(f"{name:>14}" for name in row))
            print(f"{path.stem:<18}" + "".join(f"{value:>14}" for value in row.values()))
        browser.close()
    shown, known, opened = (sum(of[name] for of in counts) for name in ("numbers", "in results", "open"))
    print(f"{shown} numbers on {len(pages)} pages: {known} are in results.json, {opened} open their origin")
    return 0


if __name__ == "__main__":
    sys.exit(main())
