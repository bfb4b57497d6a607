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
from sqlalchemy import URL, Connection, column, insert, table, text

from shared.adapters.sql import schema, search
from shared.adapters.sql.database import Database
from shared.adapters.sql.instants import to_us
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import HEAD, MigratedSchema, main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.adapters.sql.tables import METADATA
from shared.domain.codec import encode_json
from shared.domain.errors import ConfigurationError
from shared.domain.video import Video
from shared.ports.video_repository import Usage
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import search_entry

ROOT = Path(__file__).parents[5]

OLD_COLUMNS = {
    "videos": ("id", "owner", "status", "created_us", "updated_us", "swept", "document"),
    "result_sets": ("video_id", "key"),
    "records": ("video_id", "key", "kind", "seq", "body"),
}


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
def test_what_an_older_build_stored_is_found_listed_and_summed_up(
    empty_database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = VideoDriver(InMemoryVideoRepository())
    videos = {name: driver.finish(driver.upload(f"{name}/1.mp4", size_bytes=7)) for name in ("ann", "bob")}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "HEAD", "0004")
        old = Database(empty_database, MigratedSchema())
        with old.writing() as connection:
            for video in videos.values():
                store_as_older_builds_did(connection, video, "Straße")
        old.close()

    repository = SqlVideoRepository(main_database(empty_database))
    for owner, video in videos.items():
        (hit,) = repository.search("strasse", owner=owner)
        assert (hit.video_id, hit.text) == (video.id, "Straße")
        assert repository.list_videos(owner=owner, kind="video").videos == (video,)
        assert repository.list_videos(owner=owner, kind="audio").videos == ()
        assert [saved.at for saved in repository.changed(owner=owner)] == [video.updated_at]
        usage = Usage(videos=1, unfinished=0, source_bytes=7, media_s=10.0, model_usd=0.0)
        assert repository.usage(owner=owner) == usage
    repository.close()


def store_as_older_builds_did(connection: Connection, video: Video, found: str) -> None:
    key = video.results["tag"]
    tables = {name: table(name, *map(column, columns)) for name, columns in OLD_COLUMNS.items()}
    row = {
        "id": video.id,
        "owner": video.owner,
        "status": video.status,
        "created_us": to_us(video.created_at),
        "updated_us": to_us(video.updated_at),
        "swept": False,
        "document": encode_json(video),
    }
    connection.execute(insert(tables["videos"]).values(row))
    connection.execute(insert(tables["result_sets"]).values(video_id=video.id, key=key))
    body = encode_json(search_entry(found))
    record = {"video_id": video.id, "key": key, "kind": "SearchEntry", "seq": 0, "body": body}
    connection.execute(insert(tables["records"]).values(record))


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
