"""reports/data: every table of data/raw as Parquet, described field by field in datapackage.json (Frictionless, v1).

For R (`arrow::read_parquet`), Excel and any other program; the same rows as CSV stand in data/raw.
"""

import io
import json
from functools import cache
from typing import Any

from rareearth import tables
from rareearth.site import sources

FOLDER = "data"
_TYPES = {"number": "number", "year": "integer"}


@cache
def outputs() -> dict[str, bytes]:
    """Path below reports/ to content."""
    found, resources = {}, []
    for name, path in sorted(tables.names().items()):
        frame = tables.load(name)
        if "source_ids" in frame:
            frame["source_ids"] = frame["source_ids"].map(lambda ids: ids if isinstance(ids, str) else ";".join(ids))
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        found[f"{FOLDER}/{name}.parquet"] = buffer.getvalue()
        resources.append(
            {
                "name": name.replace("_", "-"),
                "path": f"{name}.parquet",
                "title": tables.sidecar(path)["title"],
                "description": tables.about(name),
                "format": "parquet",
                "rows": len(frame),
                "schema": {"fields": [_field(one) for one in tables.fields(path)]},
            }
        )
    about = sources.citation()
    package = {
        "name": "rare-earth-briefings",
        "title": about["title"],
        "version": about["version"],
        "licenses": [{"name": "CC-BY-4.0", "title": "with the terms of each source in the table sources"}],
        "resources": resources,
    }
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    return {**found, f"{FOLDER}/datapackage.json": text.encode()}


def _field(of: tables.Field) -> dict[str, Any]:
    limits = {
        "required": of.required,
        "unique": of.unique,
        "minimum": of.minimum,
        "maximum": of.maximum,
        "enum": list(of.enum) if of.type != "words" else [],
    }
    found = {"name": of.name, "type": _TYPES.get(of.type, "string"), "description": of.about}
    found["constraints"] = {name: value for name, value in limits.items() if value not in (False, None, [])}
    return {name: value for name, value in found.items() if value}
