"""What a large model sees, hears and makes of it all."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from functions.analyze.interview import Interview, Topic
from functions.analyze.prompts import instructions
from functions.analyze.prompts import whole as whole_prompt
from functions.analyze.prompts import window as window_prompt
from functions.analyze.prompts.answer import schema_of
from functions.analyze.prompts.leaks import Leaks
from functions.analyze.prompts.whole import WholeAnswer
from functions.analyze.prompts.window import WindowAnswer
from functions.analyze.windows import Window, halves_of, windows_of
from shared.domain.errors import PermanentError
from shared.domain.plain_text import plain_text
from shared.domain.records import Finding, Modality
from shared.processors.analyzer import AnalysisInput, Analyzer, Keyframe
from shared.processors.strategy import StrategyPorts

__all__ = ["GeminiAnalyzer"]

_SHORTEST_WINDOW_S: Final = 30.0  # whoever has more to say about less than that is running in circles
_LONGEST_SOUND_S: Final = 600.0  # about 10 MB, which can be sent along
_SHORTEST_SPAN_S: Final = 1.0  # what starts and ends in the same second was there for about that second
_SURE: Final = 0.9  # the model does not say how sure it is of words, and it is right more often than not
_ADDRESS: Final = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was said about a window; no answer for one that the model refuses."""

    window: Window
    answer: WindowAnswer | None
    refusal: str = ""


class GeminiAnalyzer(Analyzer):
    """Asks a vision model about windows of the video, several at a time, then about the whole.

    What a model has said is kept, so that neither another try nor a replay pays for it again. A window that it
    refuses is left out, and people are told; one that it answers wrongly twice fails the stage.
    """

    name: ClassVar[str] = "gemini"
    version: ClassVar[str] = "1"

    def __init__(self, ports: StrategyPorts) -> None:
        self._model = ports.vision_model
        self._media_tool = ports.media_tool

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        leaks = Leaks(map(instructions, (window_prompt.PROMPT, whole_prompt.PROMPT)))
        return leaks.taken_out(self._found(video), video.caveat)

    def _found(self, video: AnalysisInput) -> Iterator[Finding]:
        if video.download is None:
            raise PermanentError(
                "not_transcoded", "The video has no rendition to watch. Replay it from transcode."
            )
        if not self._model.priced:
            video.caveat(
                "model_price_unknown",
                f"No list price is known for {self._model.name} there: its tokens are on the bill without one.",
            )
        is_sound = video.media.kind == "audio"
        longest_s = min(self._model.longest_s, _LONGEST_SOUND_S) if is_sound else self._model.longest_s
        windows = windows_of(video.segments, video.media.duration_s, longest_s)
        excerpt = partial(self._heard, video) if is_sound else None
        with Interview(self._model, video, video.download, excerpt) as interview:
            seen = self._watch(windows, interview, video)
            answered = [part.answer for part in seen if part.answer is not None]
            _tell_refusals(seen, video)
            asked = window_prompt.PROMPT if len(answered) == 1 else whole_prompt.PROMPT
            yield from self._about_whole(_whole(answered, interview), asked, video)
        for part in seen:
            if part.answer is not None:
                yield from self._findings(part.window, part.answer, video)

    def _heard(self, video: AnalysisInput, span: tuple[float, float]) -> bytes:
        """Returns a stretch of a recording as a file."""
        if video.sound is None:
            raise PermanentError("not_transcoded", "The recording has no sound left. Replay it from transcode.")
        path = video.folder / f"{span[0]:.3f}-{span[1]:.3f}.m4a"
        self._media_tool.excerpt(video.sound, span, path, video.session)
        content = path.read_bytes()
        path.unlink()
        return content

    def _watch(self, windows: Sequence[Window], interview: Interview, video: AnalysisInput) -> Sequence[_Seen]:
        """Asks about all windows; when one can't be answered now, no other is begun."""
        given_up = threading.Event()

        def look(window: Window) -> Sequence[_Seen]:
            if given_up.is_set():
                return ()
            try:
                return _ask(window, interview, video)
            except BaseException:
                given_up.set()
                raise

        with ThreadPoolExecutor(self._model.parallel, "gemini") as pool:
            waiting = [pool.submit(look, window) for window in windows]
            try:
                for done, looked in enumerate(as_completed(waiting), 1):
                    looked.result()
                    video.session.progress(done / (len(windows) + 1))
            except BaseException:
                given_up.set()
                raise
            return [part for looked in waiting for part in looked.result()]

    def _about_whole(self, about: WholeAnswer, prompt: str, video: AnalysisInput) -> Iterator[Finding]:
        everything, sense = (0.0, video.media.duration_s), _sense(video)
        yield from self._finding("summary", sense, _own_words(about.summary), everything, prompt=prompt)
        yield from self._finding("suggested_title", sense, _own_words(about.title), everything, prompt=prompt)

    def _findings(self, window: Window, answer: WindowAnswer, video: AnalysisInput) -> Iterator[Finding]:
        sense = _sense(video)
        for description in answer.descriptions:
            scene = window.scenes[description.scene]
            shot = _shot_at(scene[0], video.keyframes)
            yield from self._finding("description", sense, _own_words(description.text), scene, shot=shot)
        for label in answer.labels:
            span = _placed(window, label.start_s, label.end_s)
            shot = _shot_at(span[0], video.keyframes)
            name = _own_words(label.name).casefold()
            yield from self._finding("label", sense, name, span, label.confidence, shot=shot)
        for said in answer.spoken:
            yield from self._finding("words", "speech", said.text, _placed(window, said.start_s, said.end_s))
        for shown in answer.shown:
            yield from self._finding("text", "text", shown.text, _placed(window, shown.start_s, shown.end_s))
        for chapter in answer.chapters:
            span = _placed(window, chapter.start_s, window.length_s)
            yield from self._finding("chapter", sense, _own_words(chapter.title), span)

    def _finding(
        self,
        name: str,
        modality: Modality,
        value: str,
        span: tuple[float, float],
        confidence: float = _SURE,
        *,
        shot: Keyframe | None = None,
        prompt: str = window_prompt.PROMPT,
    ) -> Iterator[Finding]:
        if value:
            yield Finding(
                name=name,
                modality=modality,
                value=value,
                start_s=span[0],
                end_s=span[1],
                confidence=confidence,
                producer=self.name,
                producer_version=f"{self.version} {self._model.name}",
                prompt_version=prompt,
                shot=shot.shot.index if shot else None,
                frame=shot.object if shot else None,
            )


def _sense(video: AnalysisInput) -> Modality:
    """Returns through which sense a model finds what it describes."""
    return "picture" if video.media.kind == "video" else "sound"


def _ask(part: Window, interview: Interview, video: AnalysisInput) -> Sequence[_Seen]:
    """Asks about a window, or about its halves when there is too much in it to say at once."""
    topic = Topic(
        prompt=window_prompt.PROMPT,
        instructions=instructions(window_prompt.PROMPT),
        schema=schema_of(WindowAnswer),
        question=window_prompt.ask_about(part),
        span=(part.start_s, part.end_s),
        read=lambda text: window_prompt.read_window(text, part),
    )
    told = interview.ask(topic)
    if told.reply.outcome != "too_long":
        return [_Seen(part, told.answer, told.reply.reason)]
    if part.length_s < 2 * _SHORTEST_WINDOW_S:
        raise PermanentError(
            "model_answer_too_long",
            f"The model never comes to an end about {part.start_s:.0f} to {part.end_s:.0f} s. Raise "
            "AUTOMATIONS_GEMINI__MAX_OUTPUT_TOKENS or choose another model, then replay from analyze.",
        )
    return [seen for half in halves_of(part, video.segments) for seen in _ask(half, interview, video)]


def _whole(answered: Sequence[WindowAnswer], interview: Interview) -> WholeAnswer:
    """Returns what the video is about; a video of one window has been asked about as a whole already."""
    if len(answered) == 1:
        return WholeAnswer(summary=answered[0].summary, title=answered[0].title)
    topic = Topic(
        prompt=whole_prompt.PROMPT,
        instructions=instructions(whole_prompt.PROMPT),
        schema=schema_of(WholeAnswer),
        question=whole_prompt.ask_about_whole([_own_words(answer.summary) for answer in answered]),
        span=None,
        read=whole_prompt.read_whole,
    )
    return interview.ask(topic).answer or WholeAnswer(summary="", title="")


def _tell_refusals(seen: Sequence[_Seen], video: AnalysisInput) -> None:
    """Says what was left out. Raises PermanentError ``model_refused`` when that is everything."""
    refused = [part for part in seen if part.answer is None]
    if len(refused) == len(seen):
        raise PermanentError(
            "model_refused",
            f"The model refuses to describe any of the video ({refused[0].refusal}). Take gemini out of the "
            "analyzers or choose another model, then replay from analyze.",
        )
    for part in refused:
        video.caveat(
            "model_refused_part",
            f"Nothing is known from the model about {part.window.start_s:.0f} to {part.window.end_s:.0f} s: it "
            f"refuses to describe that ({part.refusal}).",
        )


def _placed(window: Window, start_s: float, end_s: float) -> tuple[float, float]:
    """Returns a span of a window on the video's timeline, inside of the window."""
    end_s = min(max(end_s, start_s + _SHORTEST_SPAN_S), window.length_s)
    return window.start_s + start_s, window.start_s + end_s


def _shot_at(time_s: float, keyframes: Sequence[Keyframe]) -> Keyframe | None:
    return next((each for each in keyframes if each.shot.start_s <= time_s < each.shot.end_s), None)


def _own_words(text: str) -> str:
    """Returns what a model says itself as plain text without addresses: nobody is to be led anywhere by it."""
    return " ".join(_ADDRESS.sub(" ", plain_text(text)).split())
