"""Read by every Python that a test starts (kernels, workers, command lines): the guard of the tests holds there too."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent.parent / "offline.py"))["block"]()
