"""``python -m rareearth``: see `cli`."""

import sys

from rareearth.cli import main

if __name__ == "__main__":
    sys.exit(main())
