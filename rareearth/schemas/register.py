"""The register of sources."""

from rareearth.schemas.columns import (
    FILLED,
    ID,
    one_of,
    table,
    text,
)

KINDS = ("official", "company", "industry", "news", "academic", "think-tank", "assumption")

SCHEMAS = {
    "sources.csv": table(
        {
            "source_id": ID,
            "title": text(FILLED),
            "publisher": text(),
            "published_on": text(),
            "url": text(),
            "kind": text(one_of(KINDS)),
            "licence": text(FILLED),
            "accessed_on": text(FILLED),
            "same_as": text(),
            "note": text(),
        }
    ),
}
