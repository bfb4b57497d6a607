"""The rules of a video's runs, one by one: registration, supersession, replay, deletion, sweeping."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.change import Declined, Registered
from shared.domain.errors import LeaseLost, NotFound, PermanentError, PreconditionFailed
from shared.domain.identity import video_id_of
from shared.domain.video import Details, Failure
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import upload
from tests.unit.shared.domain.history import events, outcomes


def register(driver: VideoDriver, generation: int) -> Registered:
    finalized = upload(generation=generation)
    video_id = video_id_of(finalized.bucket, finalized.name)
    return driver.repository.update(video_id, driver.lifecycle.register(finalized, driver.clock.now()))


class TestReserve:
    def test_a_reservation_is_a_video_that_nobody_works_on_or_hears_of(self, driver: VideoDriver) -> None:
        reserved = driver.reserve("ann/holiday/clip.mp4", size_bytes=7)

        assert driver.video(reserved.id) == reserved
        assert (reserved.owner, reserved.run, reserved.status) == ("ann", 1, "uploading")
        assert (reserved.source.name, reserved.source.generation, reserved.source.size_bytes) == ("clip.mp4", 0, 7)
        assert driver.try_claim(reserved, "ingest") == Declined(reason="early")
        assert driver.lifecycle.redrive(reserved) is None
        assert events(driver) == []

    def test_a_name_is_reserved_once(self, driver: VideoDriver) -> None:
        driver.reserve()

        with pytest.raises(PreconditionFailed):
            driver.reserve()

    def test_its_bytes_begin_its_run(self, driver: VideoDriver) -> None:
        reserved = driver.reserve(details=Details(title="Holiday", metadata={"album": "2026"}))
        driver.clock.advance(60)
        video = driver.register(upload(generation=7))

        assert (video.id, video.run, video.status, video.source.generation) == (reserved.id, 1, "registered", 7)
        assert (video.details, video.created_at) == (reserved.details, reserved.created_at)
        assert events(driver) == [("video-registered", 1)]
        assert driver.finish(video).status == "ready"

    def test_without_bytes_there_is_nothing_to_replay(self, driver: VideoDriver) -> None:
        with pytest.raises(PermanentError, match="nothing_uploaded"):
            driver.replay(driver.reserve())

    def test_giving_up_says_why_and_bytes_that_come_after_all_count(self, driver: VideoDriver) -> None:
        reserved = driver.reserve()
        failure = Failure(code="import_failed", reason="There is no such file.", stage="fetch")
        driver.repository.update(reserved.id, driver.lifecycle.give_up(failure, driver.clock.now()))

        assert (driver.video(reserved.id).status, driver.video(reserved.id).failure) == ("failed", failure)
        assert events(driver) == [("video-failed", 1)]
        with pytest.raises(PermanentError, match="nothing_uploaded"):
            driver.replay(reserved)
        assert driver.register(upload(generation=7)).run == 2
        assert events(driver)[-1] == ("video-registered", 2)

    @pytest.mark.reliability("B27")
    def test_bytes_that_come_to_a_deleted_reservation_are_left_for_sweep(self, driver: VideoDriver) -> None:
        reserved = driver.reserve()
        driver.delete(reserved)
        driver.repository.update(reserved.id, driver.lifecycle.mark_swept(driver.repository.unswept()[0]))

        assert register(driver, 7) == Registered(video_id=reserved.id, run=1, stale=True)
        assert driver.repository.get(reserved.id) is None
        (unwanted,) = driver.repository.unswept()
        assert (unwanted.status, unwanted.source.generation) == ("deleted", 7)


class TestRegister:
    def test_an_upload_becomes_a_video(self, driver: VideoDriver) -> None:
        video = driver.upload("ann/holiday/clip.mp4", generation=7)

        assert (video.owner, video.run, video.status) == ("ann", 1, "registered")
        assert (video.source.name, video.source.generation) == ("clip.mp4", 7)
        assert events(driver) == [("video-registered", 1)]

    @pytest.mark.reliability("B1")
    def test_the_same_upload_again_is_the_same_video(self, driver: VideoDriver) -> None:
        video = driver.upload(generation=7)
        driver.claim(video, "ingest")
        before = driver.video(video.id)

        assert register(driver, 7) == Registered(video_id=video.id, run=1, stale=False)
        assert driver.video(video.id) == before

    @pytest.mark.reliability("B12")
    def test_an_older_generation_is_ignored(self, driver: VideoDriver) -> None:
        video = driver.upload(generation=7)

        assert register(driver, 6) == Registered(video_id=video.id, run=1, stale=True)
        assert driver.video(video.id) == video

    @pytest.mark.reliability("B11")
    def test_a_newer_generation_starts_a_new_run_and_ends_the_old_one(self, driver: VideoDriver) -> None:
        video = driver.upload(generation=7)
        old = driver.claim(driver.commit(driver.claim(video, "ingest")), "transcode")

        assert register(driver, 8) == Registered(video_id=video.id, run=2, stale=False)
        renewed = driver.video(video.id)
        assert (renewed.status, renewed.results, renewed.media, renewed.attempts) == ("registered", {}, None, {})
        assert renewed.trace != video.trace
        assert renewed.created_at == video.created_at
        assert outcomes(driver, video) == [("ingest", "succeeded", 1), ("transcode", "superseded", 1)]
        with pytest.raises(LeaseLost):
            driver.commit(old)
        declined = driver.repository.update(
            video.id, driver.lifecycle.claim("transcode", 1, "worker", driver.clock.now(), LEASE_S)
        )
        assert declined == Declined(reason="superseded")

    @pytest.mark.parametrize("end", ["failed", "ready", "deleted"])
    def test_a_newer_generation_revives_what_had_ended(self, driver: VideoDriver, end: str) -> None:
        video = driver.upload(generation=7)
        if end == "failed":
            driver.fail(driver.claim(video, "ingest"))
        elif end == "ready":
            driver.finish(video)
        else:
            driver.delete(video)
        register(driver, 8)

        renewed = driver.video(video.id)
        assert (renewed.status, renewed.failure, renewed.run) == ("registered", None, 2)
        assert driver.finish(renewed).status == "ready"

    @pytest.mark.reliability("B27")
    def test_the_same_generation_does_not_revive_what_was_deleted(self, driver: VideoDriver) -> None:
        video = driver.upload(generation=7)
        driver.delete(video)

        assert register(driver, 7).run == 1
        assert driver.repository.get(video.id) is None
        assert driver.try_claim(video, "ingest") == Declined(reason="deleted")


class TestReplay:
    def test_it_reuses_what_earlier_stages_left(self, driver: VideoDriver) -> None:
        video = driver.finish(driver.upload())
        renewed = driver.replay(video, "analyze")

        assert (renewed.run, renewed.status, renewed.media) == (2, "segmented", video.media)
        kept = ("ingest", "transcode", "segment")
        assert dict(renewed.results) == {stage: video.results[stage] for stage in kept}
        assert events(driver)[-1] == ("video-segmented", 2)
        assert driver.claim(renewed, "analyze").key == "r2/analyze-6"

    def test_it_starts_where_the_video_failed(self, driver: VideoDriver) -> None:
        failed = driver.fail(driver.claim(driver.commit(driver.claim(driver.upload(), "ingest")), "transcode"))
        renewed = driver.replay(failed)

        assert (renewed.status, renewed.failure) == ("ingested", None)

    def test_without_a_failure_it_starts_from_scratch(self, driver: VideoDriver) -> None:
        renewed = driver.replay(driver.finish(driver.upload()))

        assert (renewed.status, renewed.results, renewed.media) == ("registered", {}, None)
        assert events(driver)[-2:] == [("video-registered", 2), ("upload-finalized", 2)]

    def test_it_ends_the_attempt_under_way(self, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest")
        driver.replay(video)

        assert outcomes(driver, video) == [("ingest", "superseded", 1)]
        with pytest.raises(LeaseLost):
            driver.commit(claim)

    def test_it_cant_reuse_what_is_not_there(self, driver: VideoDriver) -> None:
        video = driver.commit(driver.claim(driver.upload(), "ingest"))

        with pytest.raises(PermanentError, match=r"nothing_to_reuse.*transcode, segment left no results"):
            driver.replay(video, "analyze")
        assert driver.video(video.id) == video

    def test_a_video_that_is_not_there_cant_be_replayed(self, driver: VideoDriver) -> None:
        video = driver.upload()
        driver.delete(video)

        for missing in (video, replace(video, id="v")):
            with pytest.raises(NotFound):
                driver.replay(missing)


class TestDelete:
    @pytest.mark.reliability("B27")
    def test_nothing_is_left_and_nothing_comes_back(self, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(driver.commit(driver.claim(video, "ingest")), "transcode")
        gone = driver.delete(video)

        assert (gone.status, gone.results, gone.media, gone.lease) == ("deleted", {}, None, None)
        with pytest.raises(LeaseLost):
            driver.commit(claim)
        assert driver.try_claim(video, "transcode") == Declined(reason="deleted")
        assert driver.lifecycle.redrive(gone) is None

    def test_what_is_not_there_cant_be_deleted(self, driver: VideoDriver) -> None:
        video = driver.upload()
        driver.delete(video)

        for missing in (video, replace(video, id="v")):
            with pytest.raises(NotFound):
                driver.delete(missing)


class TestSweeping:
    @pytest.mark.reliability("B25")
    def test_every_unfinished_video_waits_for_an_event(self, driver: VideoDriver) -> None:
        video = driver.upload()
        for spec in driver.flow.stages:
            event = driver.lifecycle.redrive(video)
            assert event is not None
            assert (event.type, event.run, event.trace) == (spec.consumes, 1, video.trace)
            video = driver.commit(driver.claim(video, spec.stage))

        assert driver.lifecycle.redrive(video) is None

    def test_a_redriven_event_is_the_same_event(self, driver: VideoDriver) -> None:
        video = driver.commit(driver.claim(driver.upload(), "ingest"))
        driver.clock.advance(600.0)
        driver.repository.update(video.id, driver.lifecycle.mark_redriven(video, driver.clock.now()))
        event = driver.lifecycle.redrive(driver.video(video.id))

        assert event == driver.repository.outbox()[-1]

    @pytest.mark.reliability("B26")
    def test_a_video_that_moved_on_is_not_marked_swept(self, driver: VideoDriver) -> None:
        seen = driver.finish(driver.upload())
        renewed = driver.replay(seen, "tag")
        driver.repository.update(seen.id, driver.lifecycle.mark_swept(seen))
        assert driver.video(seen.id) == renewed

        done = driver.finish(renewed)
        driver.repository.update(seen.id, driver.lifecycle.mark_swept(done))
        assert driver.video(seen.id).swept
