"""China's share of rare-earth processing, by method."""
