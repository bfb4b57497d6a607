"""Which videos are about the same things."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from shared.domain.records import Recommendation, Tag
from shared.ports.video_repository import RelatedVideo

__all__ = ["related_videos"]

_TELLING: Final = frozenset({"object", "topic", "text", "person-mentioned", "category"})


def related_videos(
    tags: Iterable[Tag], sharing: Callable[[Sequence[str]], Sequence[RelatedVideo]]
) -> Sequence[Recommendation]:
    """Returns the videos about the same things, most alike first.

    Looks and sound alone relate nothing: two dark videos are not about the same.

    Args:
        tags: A video's tags.
        sharing: Finds the owner's other videos that share labels.
    """
    weights = {tag.label: tag.confidence for tag in tags if tag.kind in _TELLING}
    if not weights:
        return ()
    total = sum(weights.values())
    found = [
        Recommendation(
            kind="related",
            value=other.video_id,
            reason=f"Both are about: {', '.join(sorted(other.labels, key=lambda label: -weights[label]))}",
            score=min(sum(weights[label] for label in other.labels) / total, 1.0),
        )
        for other in sharing(tuple(weights))
    ]
    return sorted(found, key=lambda related: -related.score)
