from collections.abc import Iterable

from shared.domain.records import Evidence, Tag
from shared.processors.tagger import Tagger, TaggingInput


class LongTakes(Tagger):
    """Tags videos by a shot that lasts at least five seconds."""

    name = "long-takes"
    version = "1"
    inputs = frozenset({"segments"})
    outputs = frozenset({"style"})

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        shots = [segment for segment in video.segments if segment.kind == "shot"]
        longest = max(shots, key=lambda shot: shot.end_s - shot.start_s)
        if longest.end_s - longest.start_s >= 5:
            evidence = Evidence(
                start_s=longest.start_s,
                end_s=longest.end_s,
                modality="picture",
                confidence=1.0,
                producer=self.name,
                quote=f"one shot of {longest.end_s - longest.start_s:.0f} s",
            )
            yield Tag(
                label="long take",
                kind="style",
                confidence=1.0,
                evidence=(evidence,),
                producer=self.name,
                producer_version=self.version,
            )
