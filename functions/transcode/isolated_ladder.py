"""A ladder from outside, with the usual one in its place where it fails: without any, nothing could be played."""

from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import replace
from threading import Thread
from typing import Final

from functions.transcode.strategies import LADDERS, USUAL_LADDER
from shared.domain.codec import decode_json, encode_json
from shared.domain.encoding import EncodingSettings, Look
from shared.domain.media import MediaInfo
from shared.domain.records import Choice
from shared.logs import logger
from shared.processors.isolation import blame
from shared.processors.ladder import Ladder, LadderPlanner
from shared.processors.strategy import StrategyPorts

__all__ = ["IsolatedLadder", "chosen_ladder"]

_PLANNING_S: Final = 10.0  # it only reckons

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
"""What files and objects can be named after."""


def chosen_ladder(name: str, ports: StrategyPorts) -> LadderPlanner:
    """Returns the ladder that settings name, as videos may be encoded by it. Raises ConfigurationError."""
    ladder = LADDERS.create(name, ports)
    return IsolatedLadder(ladder, LADDERS.create(USUAL_LADDER, ports)) if ladder.package else ladder


class IsolatedLadder(LadderPlanner):
    """Plans as a ladder from outside does.

    Args:
        ladder: That.
        usual: Takes its place for a video that it fails for.
    """

    def __init__(self, ladder: LadderPlanner, usual: LadderPlanner) -> None:
        self._ladder = ladder
        self._usual = usual

    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        told = look if "look" in self._ladder.inputs else None
        try:
            planned = decode_json(Ladder, encode_json(self._answer(media, told, settings)))
            _check(planned, media)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # Whatever a package's code does, there is something to play.
            logger().warning(
                "plugin_failed", plugin=self._ladder.name, package=self._ladder.package, exc_info=error
            )
            instead, reason = self._usual.plan(media, look, settings), blame(self._ladder, error)
            choice = Choice(subject="ladder", value="the usual one", reason=reason)
            return replace(instead, choices=(choice, *instead.choices), caveat=reason)
        return planned

    def _answer(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        """Returns what it plans. Raises TimeoutError if it does not come back: its thread is left behind."""
        answer: Future[Ladder] = Future()

        def plan() -> None:
            try:
                answer.set_result(self._ladder.plan(media, look, settings))
            except BaseException as error:
                answer.set_exception(error)

        Thread(target=plan, name="ladder", daemon=True).start()
        return answer.result(_PLANNING_S)


def _check(planned: Ladder, media: MediaInfo) -> None:
    """Raises ValueError for a ladder that nothing can be made of."""
    if not planned.rungs or planned.rungs[0].codec != "h264":
        raise ValueError("a ladder has at least one rung, and those in H.264 first")
    names = [rung.name for rung in planned.rungs]
    if len({*names}) < len(names) or not all(map(_NAME.fullmatch, names)):
        raise ValueError(f"rungs have names of their own, of letters and digits: {', '.join(names)}")
    width, height = media.video[0].display_size
    if wrong := [
        rung.name for rung in planned.rungs if not (_is_side(rung.width, width) and _is_side(rung.height, height))
    ]:
        raise ValueError(f"rungs have even sides, none longer than the source's: {', '.join(wrong)}")


def _is_side(pixels: int, most: int) -> bool:
    return pixels % 2 == 0 and 2 <= pixels <= most + 1  # an odd one of the source may be made even
