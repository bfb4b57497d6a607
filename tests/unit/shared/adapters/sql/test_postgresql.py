"""What is particular to PostgreSQL: who waits for whom, what its errors mean, and what nobody gets to see."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import URL, Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from shared.adapters.sql import postgresql as postgresql_module
from shared.adapters.sql.database import Database
from shared.adapters.sql.dialect import Conflict
from shared.adapters.sql.document_store import SqlDocumentStore
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import MigratedSchema, main_database
from shared.adapters.sql.tables import METADATA, videos
from shared.domain.attempt import Effort
from shared.domain.change import Change, Claim, Declined
from shared.domain.errors import ConfigurationError, PipelineError, TransientError
from shared.domain.video import Video
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import embedding, search_entry, tag, upload
from tests.contract.test_document_store import Note, keep
from tests.postgresql import PASSWORD, PostgresqlServer


@pytest.fixture
def database(postgresql: URL) -> Iterator[Database]:
    database = Database(postgresql, MigratedSchema())
    yield database
    database.close()


@pytest.fixture
def repository(postgresql: URL) -> Iterator[SqlVideoRepository]:
    repository = SqlVideoRepository(main_database(postgresql))
    yield repository
    repository.close()


@pytest.fixture
def driver(repository: SqlVideoRepository) -> VideoDriver:
    return VideoDriver(repository)


def lock(connection: Connection, video_id: str) -> None:
    connection.execute(select(videos.c.id).where(videos.c.id == video_id).with_for_update())


def wait_until(server: PostgresqlServer, url: URL, condition: str) -> None:
    """Waits until as many connections to a database are as the condition says."""
    deadline = time.monotonic() + 20
    query = f"SELECT {condition} FROM pg_stat_activity WHERE datname = '{url.database}'"
    while server.execute(query) != [(True,)]:
        assert time.monotonic() < deadline, server.execute("SELECT state, query FROM pg_stat_activity")


def disconnect_all(server: PostgresqlServer, url: URL) -> None:
    where = f"datname = '{url.database}'"
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {where}")


def test_urls_as_people_paste_them(postgresql: URL) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"):
        url = postgresql.set(drivername=scheme).render_as_string(hide_password=False)
        repository = SqlVideoRepository(main_database(url))
        assert repository.list_videos().videos == ()
        repository.close()


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("hunter2", "no URL"),
        ("postgresql://me:hunter2@host:port/db", "no URL"),
        ("postgresql://me:p@hunter2@host/db", "%40"),
        ("mysql://me:hunter2@host/db", "nothing here for mysql"),
    ],
)
def test_a_url_that_cant_be_used_says_why_without_the_password(url: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice) as caught:
        SqlVideoRepository(main_database(url))

    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_what_another_try_cant_help_says_so_without_the_password(
    postgresql_server: PostgresqlServer, postgresql: URL
) -> None:
    name = str(postgresql.database)
    for wrong in (
        postgresql_server.url(name, password=f"{PASSWORD} "),
        postgresql_server.url(name, username="nobody"),
        postgresql_server.url("nothing"),
        postgresql.set(query={"pgbouncer": "true"}),
    ):
        with pytest.raises(ConfigurationError, match="database_refused") as caught:
            SqlVideoRepository(main_database(wrong)).get("v")
        assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_what_is_stored_is_in_no_error(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.writing() as connection:
        connection.execute(insert(videos).values(id="v", owner="a secret", status="registered"))

    assert "hide_parameters" in str(caught.value)


@pytest.mark.reliability("B18")
def test_a_server_that_is_not_there_is_worth_another_try(postgresql: URL) -> None:
    with pytest.raises(TransientError, match="store_unavailable"):
        SqlVideoRepository(main_database(postgresql.set(port=1))).get("v")


@pytest.mark.reliability("B18")
def test_no_free_connection_is_worth_another_try(postgresql_server: PostgresqlServer, postgresql: URL) -> None:
    postgresql_server.execute(f"CREATE ROLE busy LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
    url = postgresql_server.url(str(postgresql.database), username="busy")

    with pytest.raises(TransientError, match="too many connections"):
        SqlVideoRepository(main_database(url)).get("v")


@pytest.mark.reliability("B14", "B18")
@pytest.mark.parametrize(
    ("state", "kind", "code"),
    [
        ("53100", TransientError, "disk_full"),
        ("53200", TransientError, "store_unavailable"),
        ("57P01", TransientError, "store_unavailable"),
        ("25006", TransientError, "store_unavailable"),
        ("40001", Conflict, "store_conflict"),
        ("42501", ConfigurationError, "database_refused"),
    ],
)
def test_what_the_server_says_in_the_middle_rolls_back(
    database: Database, state: str, kind: type[PipelineError], code: str
) -> None:
    def write(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half (n INTEGER)"))
        connection.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$"))

    with pytest.raises(kind) as caught:
        database.write(write)
    assert caught.value.code == code
    with database.reading() as connection:
        assert connection.execute(text("SELECT to_regclass('half')")).scalar() is None


@pytest.mark.reliability("B18")
def test_a_connection_lost_in_the_middle_changes_nothing_and_the_next_is_new(
    postgresql_server: PostgresqlServer, postgresql: URL, repository: SqlVideoRepository, driver: VideoDriver
) -> None:
    video = driver.upload()
    claim = driver.lifecycle.claim("ingest", 1, "worker", driver.clock.now(), 30)

    def cut_off(stored: Video | None) -> Change[object]:
        disconnect_all(postgresql_server, postgresql)
        return claim(stored)

    with pytest.raises(TransientError, match="store_unavailable"):
        repository.update(video.id, cut_off)
    assert driver.video(video.id) == video
    driver.claim(video, "ingest")


@pytest.mark.reliability("B18")
def test_connections_that_a_pause_has_ended_are_not_noticed(
    postgresql_server: PostgresqlServer, postgresql: URL, driver: VideoDriver
) -> None:
    video = driver.upload()
    disconnect_all(postgresql_server, postgresql)

    driver.claim(video, "ingest")


@pytest.mark.reliability("B3")
def test_of_two_that_make_a_video_the_second_sees_what_the_first_made(
    postgresql_server: PostgresqlServer, postgresql: URL, database: Database, repository: SqlVideoRepository
) -> None:
    driver = VideoDriver(repository)
    seen: list[bool] = []

    def register(stored: Video | None) -> Change[object]:
        seen.append(stored is None)
        return driver.lifecycle.register(upload(), driver.clock.now())(stored)

    video = driver.upload()
    with database.reading() as connection:
        (row,) = connection.execute(select(videos)).mappings()
    with database.writing() as connection:
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(text("DELETE FROM videos"))
    with ThreadPoolExecutor() as pool:
        with database.writing() as connection:
            connection.execute(insert(videos).values(**row))
            second = pool.submit(repository.update, video.id, register)
            wait_until(postgresql_server, postgresql, "count(*) FILTER (WHERE wait_event_type = 'Lock') = 1")
        second.result()

    assert seen == [True, False]
    assert driver.video(video.id) == video


@pytest.mark.reliability("B3")
def test_of_two_that_claim_a_stage_the_second_sees_that_the_first_has(
    postgresql_server: PostgresqlServer, postgresql: URL, driver: VideoDriver
) -> None:
    video = driver.upload()
    claim = driver.lifecycle.claim("ingest", video.run, "first", driver.clock.now(), LEASE_S)
    with ThreadPoolExecutor() as pool:
        second: list[Future[Claim | Declined]] = []

        def claim_while_another_does(stored: Video | None) -> Change[Claim | Declined]:
            second.append(pool.submit(driver.try_claim, video, "ingest", "second"))
            wait_until(postgresql_server, postgresql, "count(*) FILTER (WHERE wait_event_type = 'Lock') = 1")
            return claim(stored)

        assert isinstance(driver.repository.update(video.id, claim_while_another_does), Claim)
        assert second[0].result() == Declined(reason="busy", retry_after_s=LEASE_S)


@pytest.mark.reliability("B18")
def test_a_deadlock_is_tried_again(database: Database, driver: VideoDriver) -> None:
    one, two = (driver.upload(f"ann/{number}.mp4").id for number in range(2))
    both_locked = threading.Barrier(2)
    tries: list[str] = []

    def work(first: str, second: str) -> Callable[[Connection], None]:
        def lock_both(connection: Connection) -> None:
            tries.append(first)
            lock(connection, first)
            if tries.count(first) == 1:
                both_locked.wait(20)
            lock(connection, second)

        return lock_both

    with ThreadPoolExecutor() as pool:
        for ended in [pool.submit(database.write, work(*order)) for order in ((one, two), (two, one))]:
            ended.result()
    # Who is tried again may lock its first row before the other, who waits for it, has woken up: once more.
    assert len(tries) >= 3


def test_one_that_is_always_in_the_way_is_given_up(database: Database) -> None:
    tries = 0

    def conflict(_: Connection) -> None:
        nonlocal tries
        tries += 1
        raise Conflict

    with pytest.raises(TransientError, match="store_conflict"):
        database.write(conflict)
    assert tries == 5


@pytest.mark.reliability("B26")
def test_pruning_waits_for_whoever_changes_the_video(
    postgresql_server: PostgresqlServer, postgresql: URL, database: Database, driver: VideoDriver
) -> None:
    old = driver.finish(driver.upload(), {"tag": [search_entry("old"), tag("old")]})
    with ThreadPoolExecutor() as pool:
        with database.writing() as connection:
            lock(connection, old.id)
            pruned = pool.submit(driver.repository.prune, old)
            wait_until(postgresql_server, postgresql, "count(*) FILTER (WHERE wait_event_type = 'Lock') = 1")
        pruned.result()
    assert len(driver.repository.search("old")) == 1


@pytest.mark.reliability("B18")
def test_waiting_for_a_lock_has_an_end(
    database: Database, driver: VideoDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = driver.upload()
    with database.writing() as connection:
        lock(connection, video.id)
        monkeypatch.setattr(postgresql_module, "_STATEMENT_TIMEOUT_S", 0.02)
        with pytest.raises(TransientError, match="statement timeout"):
            driver.claim(video, "ingest")


@pytest.mark.reliability("B18")
def test_one_who_is_frozen_in_the_middle_loses_its_locks(
    postgresql_server: PostgresqlServer,
    postgresql: URL,
    database: Database,
    repository: SqlVideoRepository,
    driver: VideoDriver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video = driver.upload()
    repository.close()

    def freeze() -> None:
        with database.writing() as connection:
            lock(connection, video.id)
            wait_until(postgresql_server, postgresql, "count(*) = 0")
            lock(connection, video.id)

    with monkeypatch.context() as patch:
        patch.setattr(postgresql_module, "_STATEMENT_TIMEOUT_S", 0.02)
        with pytest.raises(TransientError, match="store_unavailable"):
            freeze()
    driver.claim(video, "ingest")


def test_one_transaction_reads_one_state(database: Database, driver: VideoDriver) -> None:
    count = select(func.count()).select_from(videos)
    with database.reading() as connection:
        assert connection.execute(count).scalar() == 0
        driver.upload()
        assert connection.execute(count).scalar() == 0


def test_nothing_is_prepared_that_a_pooler_would_forget(database: Database) -> None:
    with database.reading() as connection:
        for _ in range(20):
            connection.execute(select(videos.c.id).where(videos.c.id == "v"))
        assert connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar() == 0


def test_what_is_committed_late_is_published_late_but_published(
    database: Database, repository: SqlVideoRepository, driver: VideoDriver
) -> None:
    late, early = (driver.claim(driver.upload(f"ann/{name}.mp4"), "ingest") for name in ("late", "early"))
    repository.mark_published([event.event_id for event in repository.outbox()])

    def commit_another_first(stored: Video | None) -> Change[None]:
        change = driver.lifecycle.commit(late, driver.clock.now(), Effort(), ())(stored)
        driver.commit(early)
        assert [event.video_id for event in repository.outbox()] == [early.video.id]
        return change

    repository.update(late.video.id, commit_another_first)
    assert {event.video_id for event in repository.outbox()} == {late.video.id, early.video.id}


@pytest.mark.reliability("A31")
def test_other_roles_see_nothing_even_where_tables_are_open_to_them(
    postgresql_server: PostgresqlServer, postgresql: URL, database: Database, driver: VideoDriver
) -> None:
    driver.finish(driver.upload(), {"tag": [search_entry("secret"), embedding("secret", (1.0,))]})
    keep(SqlDocumentStore(database), Note(id="secret", owner="ann"))
    name = str(postgresql.database)
    tables = [
        str(row[0])
        for row in postgresql_server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name)
    ]
    assert {*METADATA.tables, "search_index", "alembic_version"} == set(tables)
    postgresql_server.execute("CREATE ROLE anon LOGIN", name)
    postgresql_server.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO anon", name)

    for table in tables:
        assert postgresql_server.execute(f"SELECT * FROM {table}", name) != []
        assert postgresql_server.execute(f"SELECT * FROM {table}", name, user="anon") == [], table


def test_documents_are_ordered_alike_whatever_the_servers_language(postgresql_server: PostgresqlServer) -> None:
    name = "english"
    postgresql_server.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ENCODING 'UTF8'"
    )
    database = main_database(postgresql_server.url(name))
    store = SqlDocumentStore(database)
    keep(store, *(Note(id=each, owner="ann") for each in ("a", "B", "c", "-", "_a")))

    assert [note.id for note in store.owned(Note, owner="ann")] == ["c", "a", "_a", "B", "-"]
    assert [note.id for note in store.owned(Note, owner="ann", before="a")] == ["_a", "B", "-"]
    database.close()
