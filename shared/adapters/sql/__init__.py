"""State in a SQL database: SQLite on one machine."""
