"""Reads the flow from pipeline.json and checks that it is a chain."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shared.domain.errors import ConfigurationError
from shared.domain.flow import Flow

__all__ = ["DEFAULT_PIPELINE", "load_flow"]

DEFAULT_PIPELINE = Path(__file__).with_name("pipeline.json")


def load_flow(path: Path = DEFAULT_PIPELINE) -> Flow:
    """Returns the flow written in a JSON file.

    Raises:
        ConfigurationError: The file is missing or malformed, or its rows do not form one chain that ends with
            the status ``ready``.
    """
    try:
        flow = msgspec.json.decode(path.read_bytes(), type=Flow)
    except (OSError, ValueError) as error:
        raise ConfigurationError("bad_pipeline", f"{path} can't be read as a pipeline: {error}") from error
    for spec, following in zip(flow.stages, flow.stages[1:], strict=False):
        if following.consumes != spec.emits:
            raise ConfigurationError(
                "bad_pipeline",
                f"{path}: {following.stage} consumes {following.consumes}, but {spec.stage} before it "
                f"emits {spec.emits}; make the two the same.",
            )
    if not flow.stages or flow.stages[-1].status != "ready":
        raise ConfigurationError("bad_pipeline", f"{path}: the last stage must leave the status 'ready'.")
    return flow
