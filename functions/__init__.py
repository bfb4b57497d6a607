"""One folder a deployable function."""
