"""State in a SQL database: SQLite on one machine, PostgreSQL, and so Supabase, where there is a server."""
