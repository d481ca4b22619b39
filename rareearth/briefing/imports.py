"""Imports of other people's packages without the optional parts that cost more time than all the rest."""

import contextlib
import sys
from collections.abc import Iterator

# The grammar of international addresses, which jsonschema (below nbformat) builds where it finds it: a second.
ADDRESSES = "rfc3987_syntax"


@contextlib.contextmanager
def without(*packages: str) -> Iterator[None]:
    """What is imported inside finds none of these packages, as where they are not installed.

    Args:
        packages: Names that are imported as options; one that is imported already stays.
    """
    hidden = [name for name in packages if sys.modules.setdefault(name, None) is None]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
