"""Size, shell, layout shift and first paint of the built pages: ``python -m benchmarks.pages``.

The tests hold the sizes and the shift; times depend on the machine and are only printed.
"""

import re
import shutil
import statistics
import sys
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


def first_paint_ms(browser: Any, path: Path) -> float:
    """Median time from navigation to the first contentful paint over fresh contexts.

    Args:
        browser: A browser of playwright.
        path: The page on disk.
    """
    times = []
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_function(_PAINT)
        times.append(page.evaluate(_PAINT))
        context.close()
    return statistics.median(times)


def main() -> int:
    """Prints a line a page; exit status 1 when there is no page or no browser."""
    from playwright.sync_api import sync_playwright

    from rareearth.paths import REPORTS

    pages = sorted(REPORTS.glob("*.html"))
    if not pages or BROWSER is None:
        print("needs `make reports` and Chromium", file=sys.stderr)
        return 1
    print("page                  kB  shell kB  first paint ms  layout shift")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        for path in pages:
            text = path.read_text(encoding="utf-8")
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.goto(path.as_uri())
            sizes = [len(part.encode()) / 1000 for part in (text, shell(text))]
            shift, paint = layout_shift(page), first_paint_ms(browser, path)
            print(f"{path.stem:<20}{sizes[0]:>5.0f}{sizes[1]:>10.1f}{paint:>16.0f}{shift:>14.4f}")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
