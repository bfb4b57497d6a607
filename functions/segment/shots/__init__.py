"""Where shots begin: hard cuts, dissolves and fades, each found by a detector of its own in one pass."""
