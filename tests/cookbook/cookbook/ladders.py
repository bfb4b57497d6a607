from shared.domain.encoding import EncodingSettings, Look, Rung
from shared.domain.media import MediaInfo
from shared.domain.records import Choice
from shared.processors.ladder import Ladder, LadderPlanner


class TwoRungs(LadderPlanner):
    """The source's own size, and a quarter of its pixels."""

    name = "two-rungs"
    version = "1"
    inputs = frozenset[str]()  # what the pictures look like does not matter

    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        width, height = media.video[0].display_size
        large, small = _rung(width, height), _rung(width // 2, height // 2)
        choice = Choice(subject="ladder", value="two rungs", reason="That is what the ladder two-rungs is for.")
        return Ladder(rungs=(large, small), choices=(choice,))


def _rung(width: int, height: int) -> Rung:
    width, height = width // 2 * 2, height // 2 * 2
    return Rung(
        name=f"{min(width, height)}p",
        width=width,
        height=height,
        max_bitrate_bps=max(200_000, 4 * width * height),
        crf=23,
    )
