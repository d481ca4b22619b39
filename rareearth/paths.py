"""Where things are, from the package and never from the working directory."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RAW = ROOT / "data" / "raw"
PROCESSED = ROOT / "data" / "processed"
# Stamp of the last check of the figures: what was looked at.
CHECKED = PROCESSED / ".build" / "checked.json"
CORRECTIONS = ROOT / "data" / "corrections.yml"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
BRIEFINGS = ROOT / "briefings.yml"
LOCK_FILE = ROOT / "requirements.txt"
# Templates, style and words of the pages.
PAGE = ROOT / "rareearth" / "site" / "templates"
CITATION = ROOT / "CITATION.cff"
