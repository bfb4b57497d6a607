"""How good a prompt and a model are, and whether another pair is worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.local.evaluation.cases import Case
from shared.domain.labels import Verdict
from shared.domain.records import Finding

__all__ = ["Change", "Outcome", "Scores", "changes", "scored", "worse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one video.

    Attributes:
        case: The video, and what people say.
        labels: The labels that it would be tagged with.
        quotes: What the model quoted; each is verified or not.
        calls: Questions asked.
        invalid: Answers that could not be used.
        usd: What they cost.
        failure: Why there is no answer, as an error code; empty when there is one.
    """

    case: Case
    labels: frozenset[str]
    quotes: Sequence[Finding]
    calls: int
    invalid: int
    usd: float
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All outcomes of one prompt and model.

    Attributes:
        right: Tags that people say are right and that were found.
        wrong: Tags that people say are wrong and that were found.
        missed: Tags that people say are right and that were not found.
        quotes: Lines and phrases that the model quoted.
        unverified: Those that were not read or heard on the device.
        calls: Questions asked.
        invalid: Answers that could not be used.
        failed: Videos without an answer.
        usd: What it cost at list price.
    """

    right: int
    wrong: int
    missed: int
    quotes: int
    unverified: int
    calls: int
    invalid: int
    failed: int
    usd: float

    @property
    def precision(self) -> float:
        """Share of the judged tags that were found which are right; 1 where none was found."""
        return _share(self.right, self.right + self.wrong, 1.0)

    @property
    def recall(self) -> float:
        """Share of the right tags which were found; 1 where there is none."""
        return _share(self.right, self.right + self.missed, 1.0)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed, 1.0)

    @property
    def invented(self) -> float:
        """Share of the quotes that are not verified."""
        return _share(self.unverified, self.quotes, 0.0)

    @property
    def unusable(self) -> float:
        """Share of the answers that could not be used."""
        return _share(self.invalid, self.calls, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A judged tag that only one of two finds.

    Attributes:
        video_id: The video.
        title: What it is called.
        label: The tag.
        verdict: What people say about it.
        found: Whether the second finds it, instead of the first.
    """

    video_id: str
    title: str
    label: str
    verdict: Verdict
    found: bool

    @property
    def is_better(self) -> bool:
        """Whether the second is right about it."""
        return self.found == (self.verdict != "rejected")


def scored(outcomes: Sequence[Outcome]) -> Scores:
    """Returns the scores of outcomes."""
    judged = [
        (label.verdict != "rejected", label.label in one.labels) for one in outcomes for label in one.case.labels
    ]
    quotes = [quote for one in outcomes for quote in one.quotes]
    return Scores(
        right=judged.count((True, True)),
        wrong=judged.count((False, True)),
        missed=judged.count((True, False)),
        quotes=len(quotes),
        unverified=sum(quote.verified is False for quote in quotes),
        calls=sum(one.calls for one in outcomes),
        invalid=sum(one.invalid for one in outcomes),
        failed=sum(bool(one.failure) for one in outcomes),
        usd=sum(one.usd for one in outcomes),
    )


def changes(first: Sequence[Outcome], second: Sequence[Outcome]) -> Iterator[Change]:
    """Yields the judged tags that only one of two finds, of the same videos in the same order."""
    for before, after in zip(first, second, strict=True):
        for label in before.case.labels:
            if (label.label in before.labels) != (label.label in after.labels):
                yield Change(
                    video_id=label.video_id,
                    title=before.case.video.title,
                    label=label.label,
                    verdict=label.verdict,
                    found=label.label in after.labels,
                )


def worse(first: Scores, second: Scores, tolerance: float) -> Sequence[str]:
    """Returns in what the second is worse than the first.

    Args:
        first: What there is.
        second: What is to come in its place.
        tolerance: By how much F1 may be less, and the shares of invented quotes and unusable answers greater.
    """
    measures = (
        ("F1", first.f1, second.f1, first.f1 - second.f1),
        ("the share of invented quotes", first.invented, second.invented, second.invented - first.invented),
        ("the share of unusable answers", first.unusable, second.unusable, second.unusable - first.unusable),
    )
    found = [
        f"{name} is {after:.3f} instead of {before:.3f}"
        for name, before, after, loss in measures
        if loss > tolerance
    ]
    if second.failed > first.failed:
        found.append(f"{second.failed} video(s) instead of {first.failed} have no answer")
    return found


def _share(part: float, whole: float, of_nothing: float) -> float:
    return part / whole if whole else of_nothing
