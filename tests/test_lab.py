"""`make lab` in a real browser: open 02, run all, change the year, run again, save; what git sees of it, and the links."""

import re
import shutil
import subprocess
import sys
import time

import pytest

from benchmarks.pages import ARGUMENTS, BROWSER
from rareearth.paths import PROCESSED, ROOT
from tests import builders

pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: Lab was not driven"),
]
NOTEBOOK = "notebooks/02_processing_share.ipynb"
_DEAD = """
() => [...document.querySelectorAll('.jp-OutputArea a[href^="#"]')]
    .map(one => one.getAttribute('href').slice(1)).filter(id => id && !document.getElementById(id))
"""


@pytest.fixture
def checkout(tmp_path):
    """A clone with this environment, and the filter that `make setup` gives it."""
    place = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", ROOT, place], check=True)
    (place / ".venv").symlink_to(sys.prefix)
    (place / ".git" / "info" / "exclude").write_text(".venv\n")  # the pattern of .gitignore is a folder
    clean = re.search(r"filter\.nbstripout\.clean \\\n\s+'(.*)'", (place / "tools" / "setup.sh").read_text())[1]
    subprocess.run(["git", "config", "filter.nbstripout.clean", clean], cwd=place, check=True)
    shutil.copytree(PROCESSED, place / "data" / "processed")
    return place


@pytest.fixture
def address(checkout):
    with builders.lab(checkout) as (server, token):
        yield f"{server}/lab/tree/{NOTEBOOK}?{token}"


def changed(checkout) -> list[str]:
    """Lines that git sees as changed; untracked files too."""
    done = subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, text=True, check=True)
    if not done.stdout.strip():
        return []
    diff = subprocess.run(["git", "diff", "-U0"], cwd=checkout, capture_output=True, text=True, check=True)
    return done.stdout.splitlines() + [line for line in diff.stdout.splitlines() if re.match(r"[+-][^+-]", line)]


def run_all(page) -> float:
    """Seconds until the kernel is idle again after the last cell."""
    started = time.monotonic()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    indicator = page.locator(".jp-Notebook-ExecutionIndicator")
    page.wait_for_function(
        "() => document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status == 'busy'", timeout=0
    )
    page.wait_for_function(
        "() => document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status == 'idle'", timeout=0
    )
    assert (
        indicator.count()
        and not page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count()
    )
    return time.monotonic() - started


def save(page):
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.keyboard.press("Control+s")


def test_a_notebook_that_is_run_and_saved_in_lab_leaves_git_clean(checkout, address):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(0)
        page.goto(address)
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # Before its kernel runs, Lab asks which one it should be.
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        print(f"run all: {run_all(page):.0f} s")
        save(page)
        assert changed(checkout) == []
        assert page.evaluate(_DEAD) == []

        line = page.locator(".cm-line", has_text="year: int = 2024").first
        line.scroll_into_view_if_needed()
        line.click()
        page.keyboard.press("Home")
        for _ in "year: int = 2024":
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Backspace")
        page.keyboard.type("3")
        print(f"after a change of the year: {run_all(page):.0f} s")
        save(page)
        browser.close()
    state, before, after = changed(checkout)
    assert state == f" M {NOTEBOOK}" and after[1:] == before[1:].replace("2024", "2023", 1)
