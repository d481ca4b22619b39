"""Turns notebooks into briefings. Knows notebooks as files, not the analysis in them."""

import sys

# Where JupyterLab is installed, nbformat's validator (jsonschema) would build a grammar of web addresses at every start:
# a second of computing for a check that notebooks do not use. To jsonschema it is an extra that is not there.
sys.modules.setdefault("rfc3987_syntax", None)
