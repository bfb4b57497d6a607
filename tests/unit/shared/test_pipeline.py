"""The flow's file: read whole, or refused with what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import ConfigurationError
from shared.pipeline import DEFAULT_PIPELINE, load_flow


def test_the_shipped_flow_is_a_chain_to_ready() -> None:
    flow = load_flow()

    assert [spec.stage for spec in flow.stages] == ["ingest", "transcode", "segment", "analyze", "tag"]
    assert flow.stages[-1].status == "ready"
    assert flow.failed_topic not in {topic for spec in flow.stages for topic in (spec.consumes, spec.emits)}


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"bad_pipeline.*nowhere\.json"):
        load_flow(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda flow: flow["stages"].clear(), "must leave the status 'ready'"),
        (lambda flow: flow["stages"].pop(), "must leave the status 'ready'"),
        (lambda flow: flow["stages"].pop(1), "segment consumes video-transcoded, but ingest before it emits"),
        (lambda flow: flow["stages"][0].pop("timeout_s"), "timeout_s"),
        (lambda flow: flow["stages"][0].update(max_attempts="many"), "max_attempts"),
        (lambda flow: flow.pop("failed_topic"), "failed_topic"),
    ],
)
def test_a_flow_that_is_no_chain_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    flow = json.loads(DEFAULT_PIPELINE.read_text())
    change(flow)
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(flow))

    with pytest.raises(ConfigurationError, match=message):
        load_flow(path)
