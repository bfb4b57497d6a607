"""What the product is about, free of I/O: entities, statuses and their transitions, events, errors."""
