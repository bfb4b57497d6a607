"""Nobody but their owner sees the tables: Supabase would serve them to everybody who has a web page's key."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = (
    "videos",
    "result_sets",
    "records",
    "vectors",
    "attempts",
    "outbox",
    "alembic_version",
)


def upgrade() -> None:
    """Closes the tables on PostgreSQL; SQLite has no other users."""
    if op.get_bind().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
