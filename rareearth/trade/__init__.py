"""Trade records: read, clean, reconcile."""

from rareearth.packages import lazy

lazy(__name__)
