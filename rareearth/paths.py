"""Where things are, from the package and never from the working directory."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# A wheel has the figures and notebooks in the package itself; what is made from them goes to the user's cache.
INSTALLED = (PACKAGE / "project").is_dir()
ROOT = PACKAGE / "project" if INSTALLED else PACKAGE.parent
RAW = ROOT / "data" / "raw"


def _cache() -> Path:
    import hashlib

    import platformdirs

    figures = hashlib.sha256((RAW / "rows.sha256").read_bytes()).hexdigest()[:12]
    return platformdirs.user_cache_path("rare-earth-briefings") / figures


_MADE = _cache() if INSTALLED else ROOT
PROCESSED = _MADE / "data" / "processed"
CORRECTIONS = ROOT / "data" / "corrections.yml"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = _MADE / "reports"
BRIEFINGS = ROOT / "briefings.yml"
LOCK_FILE = ROOT / "requirements.txt"
# Templates, style and words of the pages.
PAGE = PACKAGE / "site" / "templates"
CITATION = ROOT / "CITATION.cff"
