"""Where the functions run: one machine, or Google Cloud."""
