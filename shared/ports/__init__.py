"""The capabilities the stages and the runtime need, as Protocols; adapters implement them, one vendor a file."""
