"""What a large model sees, hears and makes of it all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import ClassVar, Final, TypeAlias

from functions.analyze.interview import Interview
from functions.analyze.prompts import CURRENT, Prompts
from functions.analyze.prompts.leaks import Leaks
from functions.analyze.prompts.whole import WholeAnswer
from functions.analyze.prompts.window import WindowAnswer
from functions.analyze.statements import Title, chapter_spans, united
from functions.analyze.watching import WHOLE, WINDOW, Seen, Watching
from functions.analyze.windows import Window, longest_window_s, windows_of
from shared.domain.errors import PermanentError
from shared.domain.plain_text import plain_text
from shared.domain.records import Finding, Modality
from shared.processors.analyzer import AnalysisInput, Analyzer, Keyframe
from shared.processors.strategy import StrategyPorts

__all__ = ["GeminiAnalyzer"]

_SHORTEST_SPAN_S: Final = 1.0  # what starts and ends in the same second was there for about that second
_SURE: Final = 0.9  # the model does not say how sure it is of words, and it is right more often than not
_ADDRESS: Final = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)

_Answered: TypeAlias = tuple[Seen, WindowAnswer]


class GeminiAnalyzer(Analyzer):
    """Asks a vision model about windows of the video, several at a time, then about the whole.

    What a model has said is kept, so that neither another try nor a replay pays for it again. A window that it
    refuses, or that no budget allows, is left out, and people are told; one that it answers wrongly twice fails
    the stage. What it says of several windows is one where it is the same.

    Args:
        ports: Capabilities.
        prompts: Their version.
        tell_wrong: Told of every answer that can't be used.
    """

    name: ClassVar[str] = "gemini"
    version: ClassVar[str] = "2"

    def __init__(
        self, ports: StrategyPorts, prompts: int = CURRENT, tell_wrong: Callable[[], None] = lambda: None
    ) -> None:
        self._model = ports.vision_model
        self._media_tool = ports.media_tool
        self._prompts = prompts
        self._tell_wrong = tell_wrong

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        prompts = Prompts(version=self._prompts, kind=video.media.kind)
        leaks = Leaks(map(prompts.instructions, (WINDOW, WHOLE)))
        return leaks.taken_out(self._found(video, prompts), video.caveat)

    def _found(self, video: AnalysisInput, prompts: Prompts) -> Iterator[Finding]:
        if video.download is None:
            raise PermanentError(
                "not_transcoded", "The video has no rendition to watch. Replay it from transcode."
            )
        if not self._model.priced:
            video.caveat(
                "model_price_unknown",
                f"No list price is known for {self._model.name} there: its tokens are on the bill without one, "
                "and no budget counts them.",
            )
        longest_s = longest_window_s(self._model.longest_s, video.media.kind)
        excerpt = partial(self._heard, video) if video.media.kind == "audio" else None
        with Interview(video, video.download, excerpt, self._tell_wrong) as interview:
            watching = Watching(self._model, interview, prompts, video)
            seen = watching.watch(windows_of(video.segments, video.media.duration_s, longest_s))
            answered = [(part, part.answer) for part in seen if part.answer is not None]
            if answered:
                yield from self._about_whole(answered, watching, prompts, video)
        prompt = prompts.name(WINDOW)
        yield from united([[*self._findings(*part, prompt, video)] for part in answered])
        yield from self._chapters(answered, prompt, video)

    def _heard(self, video: AnalysisInput, span: tuple[float, float]) -> bytes:
        """Returns a stretch of a recording as a file."""
        if video.sound is None:
            raise PermanentError("not_transcoded", "The recording has no sound left. Replay it from transcode.")
        path = video.folder / f"{span[0]:.3f}-{span[1]:.3f}.m4a"
        self._media_tool.excerpt(video.sound, span, path, video.session)
        content = path.read_bytes()
        path.unlink()
        return content

    def _about_whole(
        self, answered: Sequence[_Answered], watching: Watching, prompts: Prompts, video: AnalysisInput
    ) -> Iterator[Finding]:
        """Yields what it is all about; a video of one window has been asked about as a whole already."""
        everything, sense = (0.0, video.media.duration_s), _sense(video)
        (part, answer), *more = answered
        about: WindowAnswer | WholeAnswer | None = answer
        prompt, by = prompts.name(WINDOW), part.by
        if more:
            told = watching.whole([_own_words(each.summary) for _, each in answered])
            about, prompt, by = (told.answer, prompts.name(WHOLE), told.by) if told else (None, "", "")
        if about is not None:
            yield from self._finding("summary", sense, _own_words(about.summary), everything, prompt, by)
            yield from self._finding("suggested_title", sense, _own_words(about.title), everything, prompt, by)

    def _findings(self, seen: Seen, answer: WindowAnswer, prompt: str, video: AnalysisInput) -> Iterator[Finding]:
        window, by = seen.window, seen.by
        sense = _sense(video)
        for description in answer.descriptions:
            scene = window.scenes[description.scene]
            shot = _shot_at(scene[0], video.keyframes)
            yield from self._finding(
                "description", sense, _own_words(description.text), scene, prompt, by, shot=shot
            )
        for label in answer.labels:
            span = _placed(window, label.start_s, label.end_s)
            shot = _shot_at(span[0], video.keyframes)
            name = _own_words(label.name).casefold()
            yield from self._finding("label", sense, name, span, prompt, by, label.confidence, shot=shot)
        for said in answer.spoken:
            span = _placed(window, said.start_s, said.end_s)
            yield from self._finding("words", "speech", said.text, span, prompt, by)
        for shown in answer.shown:
            span = _placed(window, shown.start_s, shown.end_s)
            yield from self._finding("text", "text", shown.text, span, prompt, by)

    def _chapters(self, answered: Sequence[_Answered], prompt: str, video: AnalysisInput) -> Iterator[Finding]:
        titles = (
            Title(text=_own_words(chapter.title), start_s=part.window.start_s + chapter.start_s, by=part.by)
            for part, answer in answered
            for chapter in answer.chapters
        )
        for title, end_s in chapter_spans(titles, video.media.duration_s):
            span = (title.start_s, end_s)
            yield from self._finding("chapter", _sense(video), title.text, span, prompt, title.by)

    def _finding(
        self,
        name: str,
        modality: Modality,
        value: str,
        span: tuple[float, float],
        prompt: str,
        by: str,
        confidence: float = _SURE,
        *,
        shot: Keyframe | None = None,
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
                producer_version=f"{self.version} {by}",
                prompt_version=prompt,
                shot=shot.shot.index if shot else None,
                frame=shot.object if shot else None,
            )


def _sense(video: AnalysisInput) -> Modality:
    """Returns through which sense a model finds what it describes."""
    return "picture" if video.media.kind == "video" else "sound"


def _placed(window: Window, start_s: float, end_s: float) -> tuple[float, float]:
    """Returns a span of a window on the video's timeline, inside of the window."""
    end_s = min(max(end_s, start_s + _SHORTEST_SPAN_S), window.length_s)
    return window.start_s + start_s, window.start_s + end_s


def _shot_at(time_s: float, keyframes: Sequence[Keyframe]) -> Keyframe | None:
    return next((each for each in keyframes if each.shot.start_s <= time_s < each.shot.end_s), None)


def _own_words(text: str) -> str:
    """Returns what a model says itself as plain text without addresses: nobody is to be led anywhere by it."""
    return " ".join(_ADDRESS.sub(" ", plain_text(text)).split())
