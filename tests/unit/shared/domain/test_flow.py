"""The shape of the flow and the statuses that follow from it."""

from __future__ import annotations

import pytest

from shared.domain.flow import Flow
from shared.domain.status import AT_REST, DELETED, FAILED, READY, transitions
from shared.pipeline import load_flow


@pytest.fixture
def flow() -> Flow:
    return load_flow()


def test_a_stage_is_found_by_name(flow: Flow) -> None:
    assert flow.stage("segment").consumes == "video-transcoded"
    with pytest.raises(KeyError, match=r"'blur'.*ingest, transcode, segment, analyze, tag"):
        flow.stage("blur")


def test_every_function_is_there_and_messages_do_not_start_those_that_wait_for_none(flow: Flow) -> None:
    assert flow.needs["transcode"] is flow.stage("transcode")
    assert set(flow.needs) - set(flow.message_functions) == {"sweep", "api", "encode"}


def test_the_stages_before_one(flow: Flow) -> None:
    assert [spec.stage for spec in flow.before("segment")] == ["ingest", "transcode"]
    assert flow.before("ingest") == ()


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("uploading", None),
        ("registered", "ingest"),
        ("ingested", "transcode"),
        ("analyzed", "tag"),
        ("ready", None),
        ("failed", None),
        ("deleted", None),
    ],
)
def test_a_status_says_what_the_video_waits_for(flow: Flow, status: str, stage: str | None) -> None:
    spec = flow.next_after_status(status)

    assert (spec.stage if spec else None) == stage


def test_what_may_follow_what(flow: Flow) -> None:
    assert transitions(flow) == {
        "uploading": {"registered", FAILED, DELETED},
        "registered": {"ingested", FAILED, DELETED},
        "ingested": {"transcoded", FAILED, DELETED},
        "transcoded": {"segmented", FAILED, DELETED},
        "segmented": {"analyzed", FAILED, DELETED},
        "analyzed": {READY, FAILED, DELETED},
        READY: {DELETED},
        FAILED: {DELETED},
        DELETED: set(),
    }


def test_a_video_in_the_pipeline_waits_for_a_stage(flow: Flow) -> None:
    for status in transitions(flow):
        assert (flow.next_after_status(status) is None) == (status in AT_REST)
