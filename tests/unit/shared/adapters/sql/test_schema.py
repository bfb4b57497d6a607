"""Migrations: complete, all or nothing, and free of charge when there is nothing to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, text

from shared.adapters.sql import schema, search
from shared.adapters.sql.database import Database
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import HEAD, MigratedSchema, main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.adapters.sql.tables import METADATA
from shared.domain.codec import encode_json
from shared.domain.errors import ConfigurationError
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import search_entry

ROOT = Path(__file__).parents[5]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "videos.db"


def test_the_steps_end_at_the_tables_in_use(empty_database: URL) -> None:
    def ours(_: object, name: str, kind: str, *__: object) -> bool:
        return kind != "table" or not name.startswith("search_index")

    database = Database(empty_database, MigratedSchema())
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_newest_step_is_the_one_this_build_needs() -> None:
    config = Config()
    config.set_main_option("script_location", "shared.adapters.sql:migrations")

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_what_takes_long_to_import_is_imported_only_when_needed(path: Path) -> None:
    look = (
        "import sys; from pathlib import Path\n"
        "from shared.adapters.sql.sqlite import sqlite_url\n"
        "from shared.adapters.sql.repository import SqlVideoRepository\n"
        "from shared.adapters.sql.schema import main_database\n"
        f"print(SqlVideoRepository(main_database(sqlite_url(Path({str(path)!r})))).get('v'))\n"
        "print(sorted({'alembic', 'numpy', 'psycopg'} & set(sys.modules)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]

    assert runs == ["None\n['alembic']\n", "None\n[]\n"]


@pytest.mark.reliability("B22")
def test_a_step_that_fails_is_taken_back_and_taken_again(
    empty_database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(search, "create_index", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            SqlVideoRepository(main_database(empty_database)).get("v")
    repository = SqlVideoRepository(main_database(empty_database))

    VideoDriver(repository).finish(VideoDriver(repository).upload())
    repository.close()


@pytest.mark.reliability("B28")
def test_what_an_older_build_indexed_is_found_by_the_words_of_this_one(
    empty_database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "HEAD", "0001")
        old = Database(empty_database, MigratedSchema())
        driver = VideoDriver(InMemoryVideoRepository())
        stored = driver.finish(driver.upload())
        with old.writing() as connection:
            connection.execute(
                text(
                    "INSERT INTO videos (id, owner, status, created_us, updated_us, swept, document) "
                    "VALUES (:id, 'ann', 'ready', 0, 0, :swept, :document)"
                ),
                {"id": stored.id, "swept": False, "document": encode_json(stored)},
            )
            key = {"video_id": stored.id, "key": stored.results["tag"]}
            connection.execute(text("INSERT INTO result_sets (video_id, key) VALUES (:video_id, :key)"), key)
            connection.execute(
                text(
                    "INSERT INTO records (video_id, key, kind, seq, body) "
                    "VALUES (:video_id, :key, 'SearchEntry', 0, :body)"
                ),
                key | {"body": encode_json(search_entry("Straße"))},
            )
        old.close()

    repository = SqlVideoRepository(main_database(empty_database))
    assert [hit.text for hit in repository.search("strasse")] == ["Straße"]
    repository.close()


@pytest.mark.reliability("B28")
def test_a_database_of_a_newer_build_is_refused_and_left_alone(path: Path) -> None:
    database = Database(sqlite_url(path), MigratedSchema())
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = path.read_bytes()

    with pytest.raises(ConfigurationError, match=r"store_newer.*9999"):
        SqlVideoRepository(main_database(sqlite_url(path))).get("v")
    assert path.read_bytes() == before
