"""Reserve plans side by side, days of cover, what cuts take, and what a stock and a pool of stocks cost."""

from rareearth.packages import lazy

lazy(__name__)
