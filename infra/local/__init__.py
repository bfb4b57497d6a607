"""The one-machine deployment: command line, stack, bucket watcher."""
