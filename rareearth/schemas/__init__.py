"""What every table of data/raw must look like: typed, closed vocabularies, one fact a row."""

from rareearth.schemas import plans, register, supply, trade

SCHEMAS = {**supply.SCHEMAS, **plans.SCHEMAS, **trade.SCHEMAS, **register.SCHEMAS}
