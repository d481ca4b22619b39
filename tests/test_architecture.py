"""The picture of docs/architecture.md has the layers that `lint-imports` holds the code to."""

import re

from rareearth.paths import ROOT


def test_the_picture_has_the_layers_of_the_imports():
    picture = re.search(r"```\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.S)[1]
    layers = re.search(r"\nlayers =\n(.*?)\nexhaustive", (ROOT / ".importlinter").read_text("utf-8"), re.S)[1]
    drawn = [sorted(line.split("  ")[0].split(", ")) for line in picture.splitlines()]
    assert drawn == [sorted(re.findall(r"rareearth\.(\w+)", line)) for line in layers.splitlines()]
    parts = {path.stem for path in (ROOT / "rareearth").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert {part for part in parts if part != "__init__" and part != "__pycache__"} == set().union(*drawn)
