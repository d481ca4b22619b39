"""Reserve plans on one scale, days of cover, and what a shock, a stock and a pool of stocks are worth."""
