"""Having a model watch a video in windows, as finely as budgets allow, several windows at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final, TypeVar

from functions.analyze.interview import Interview, Told, Topic
from functions.analyze.prompts import Prompts
from functions.analyze.prompts import whole as whole_prompt
from functions.analyze.prompts import window as window_prompt
from functions.analyze.prompts.answer import schema_of
from functions.analyze.prompts.whole import WholeAnswer
from functions.analyze.prompts.window import WindowAnswer
from functions.analyze.windows import Window, halves_of
from shared.domain.errors import PermanentError
from shared.domain.spending import usd_text
from shared.ports.vision_model import VisionModel
from shared.processors.allowance import BudgetExceeded
from shared.processors.analyzer import AnalysisInput

__all__ = ["WHOLE", "WINDOW", "Seen", "Watching"]

A = TypeVar("A")

WINDOW: Final = "window"
WHOLE: Final = "whole"

_SHORTEST_WINDOW_S: Final = 30.0  # whoever has more to say about less than that is running in circles


@dataclass(frozen=True, slots=True)
class Seen:
    """What was said about a window; no answer for one that the model refuses, or that nobody can pay for."""

    window: Window
    answer: WindowAnswer | None
    by: str = ""
    refusal: str = ""
    is_paid: bool = True


class Watching:
    """Asks about windows and the whole in one way: the finest that the budgets allow.

    The order is: as the settings say; with fewer pictures; with a cheaper model, too; not at all. What was
    answered before in any of these ways is kept: nobody pays for it again, not even for a finer answer.

    Args:
        model: The model; it names the cheaper ways.
        interview: Asks.
        prompts: What is asked.
        video: About what.
    """

    def __init__(self, model: VisionModel, interview: Interview, prompts: Prompts, video: AnalysisInput) -> None:
        self._ways = tuple(_ways(model)) if video.allowance.limited else (model,)
        self._way: VisionModel | None = model
        self._shortage = ""
        self._interview = interview
        self._prompts = prompts
        self._video = video

    def watch(self, windows: Sequence[Window]) -> Sequence[Seen]:
        """Asks about all windows; when one can't be answered now, no other is begun.

        Args:
            windows: In time order.

        Raises:
            PermanentError: ``model_refused``, ``model_answer_invalid`` or ``model_answer_too_long``.
            TransientError: The model or the store can't be reached now.
        """
        self._choose(windows)
        given_up = threading.Event()

        def look(window: Window) -> Sequence[Seen]:
            if given_up.is_set():
                return ()
            try:
                return self._look(window)
            except BaseException:
                given_up.set()
                raise

        with ThreadPoolExecutor(self._ways[0].parallel, "gemini") as pool:
            waiting = [pool.submit(look, window) for window in windows]
            try:
                for done, looked in enumerate(as_completed(waiting), 1):
                    looked.result()
                    self._video.session.progress(done / (len(windows) + 1))
            except BaseException:
                given_up.set()
                raise
            seen = [part for looked in waiting for part in looked.result()]
        self._tell(seen)
        return seen

    def whole(self, summaries: Sequence[str]) -> Told[WholeAnswer] | None:
        """Returns what the video is about, given what is known of its parts; None if that can't be paid for."""
        topic = Topic(
            prompt=self._prompts.name(WHOLE),
            instructions=self._prompts.instructions(WHOLE),
            schema=schema_of(WholeAnswer),
            question=whole_prompt.ask_about_whole(summaries),
            span=None,
            read=whole_prompt.read_whole,
        )
        try:
            return self._told(topic)
        except BudgetExceeded:
            return None

    def _choose(self, windows: Sequence[Window]) -> None:
        """Chooses the way to ask and holds what that costs."""
        allowance = self._video.allowance
        if not allowance.limited or not self._ways[0].priced:
            return
        missing = [part for window in windows for part in self._unanswered(window)]
        asked = [(part.start_s, part.end_s) for part in missing]
        refusal: BudgetExceeded | None = None
        for way in self._ways:
            about_whole = self._interview.expected_usd(None, way) if len(windows) > 1 and missing else 0.0
            usd = sum((self._interview.expected_usd(span, way) for span in asked), about_whole)
            try:
                allowance.hold(usd)
            except BudgetExceeded as refused:
                refusal = refusal or refused
                continue
            self._way = way
            if refusal is not None:
                self._tell_cheaper(way, usd, refusal)
            return
        self._way = None
        self._shortage = refusal.shortage if refusal else ""

    def _unanswered(self, window: Window) -> Iterator[Window]:
        """Yields the parts of a window that have not been answered in any way."""
        told = self._kept(self._topic(window))
        if told is None:
            yield window
        elif told.reply.outcome == "too_long" and window.length_s >= 2 * _SHORTEST_WINDOW_S:
            for half in halves_of(window, self._video.segments):
                yield from self._unanswered(half)

    def _look(self, part: Window) -> Sequence[Seen]:
        """Asks about a window, or about its halves when there is too much in it to say at once."""
        try:
            told = self._told(self._topic(part))
        except BudgetExceeded as exceeded:
            return [Seen(part, None, refusal=exceeded.shortage, is_paid=False)]
        if told is None:
            return [Seen(part, None, refusal=self._shortage, is_paid=False)]
        if told.reply.outcome != "too_long":
            return [Seen(part, told.answer, told.by, told.reply.reason)]
        if part.length_s < 2 * _SHORTEST_WINDOW_S:
            raise PermanentError(
                "model_answer_too_long",
                f"The model never comes to an end about {part.start_s:.0f} to {part.end_s:.0f} s. Raise "
                "AUTOMATIONS_GEMINI__MAX_OUTPUT_TOKENS or choose another model, then replay from analyze.",
            )
        return [seen for half in halves_of(part, self._video.segments) for seen in self._look(half)]

    def _topic(self, part: Window) -> Topic[WindowAnswer]:
        return Topic(
            prompt=self._prompts.name(WINDOW),
            instructions=self._prompts.instructions(WINDOW),
            schema=schema_of(WindowAnswer),
            question=window_prompt.ask_about(part),
            span=(part.start_s, part.end_s),
            read=lambda text: window_prompt.read_window(text, part),
        )

    def _told(self, topic: Topic[A]) -> Told[A] | None:
        """Returns what was or is said about a topic; None if nobody may be asked."""
        told = self._kept(topic) if len(self._ways) > 1 else None
        if told is None and self._way is not None:
            return self._interview.ask(topic, self._way)
        return told

    def _kept(self, topic: Topic[A]) -> Told[A] | None:
        return next(filter(None, (self._interview.kept(topic, way) for way in self._ways)), None)

    def _tell_cheaper(self, way: VisionModel, usd: float, refusal: BudgetExceeded) -> None:
        self._video.caveat(
            "budget_degraded",
            f"{_name(self._ways[0])} would have cost about {usd_text(refusal.wanted_usd)}, and "
            f"{refusal.shortage}. The video was shown to {_name(way)} instead, for about {usd_text(usd)}.",
        )

    def _tell(self, seen: Sequence[Seen]) -> None:
        """Says what was left out. Raises PermanentError ``model_refused`` when that is everything."""
        refused = [part for part in seen if part.answer is None and part.is_paid]
        if refused and len(refused) == len(seen):
            raise PermanentError(
                "model_refused",
                f"The model refuses to describe any of the video ({refused[0].refusal}). Take gemini out of the "
                "analyzers or choose another model, then replay from analyze.",
            )
        for part in refused:
            self._video.caveat(
                "model_refused_part",
                f"Nothing is known from the model about {part.window.start_s:.0f} to {part.window.end_s:.0f} s: "
                f"it refuses to describe that ({part.refusal}).",
            )
        unpaid = [part for part in seen if not part.is_paid]
        if unpaid:
            missing_s = sum(part.window.length_s for part in unpaid)
            self._video.caveat(
                "budget_exceeded",
                f"{missing_s:.0f} of {self._video.media.duration_s:.0f} s were not shown to any model: "
                f"{unpaid[-1].refusal}. What was found on the device is there. Raise AUTOMATIONS_BUDGET or wait "
                "for another day, then replay from analyze.",
            )


def _ways(model: VisionModel) -> Iterator[VisionModel]:
    """Yields the ways to ask, finest first, as far as their prices are known."""
    yield model
    while model.cheaper is not None:
        model = model.cheaper
        if model.priced:
            yield model


def _name(way: VisionModel) -> str:
    return f"{way.name} ({way.parameters})"
