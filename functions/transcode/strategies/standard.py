"""The usual sizes, as far as the source has them, and as many bits as its content needs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import ClassVar

from functions.transcode.compliance import hindrance
from functions.transcode.rates import CRF, SHARE, Demand, ceiling_bps, typical_bps
from shared.domain.encoding import Codec, EncodingSettings, Look, Rung
from shared.domain.media import MediaInfo
from shared.domain.records import Choice
from shared.processors.ladder import Ladder, LadderPlanner

__all__ = ["StandardLadder"]

_SHORT_SIDES = (1080, 720, 480, 360, 240)
# A source this much larger than the largest usual size it can fill keeps its own size as the top rung.
_NATIVE_ABOVE = 1.1
# A rung that takes at least this share of the kept one above, or hardly fewer bits, spares no player anything.
_NEARLY = 0.8
_HARDLY_BPS = 60_000
# Below, H.264's pictures are small already, and another codec's work would save few bits.
_NEW_CODECS_FROM = 720
_CODEC_NAMES: dict[Codec, str] = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1"}

_Size = tuple[int, int]


class StandardLadder(LadderPlanner):
    """1080p, 720p, 480p, 360p and 240p by the short side of the upright picture; never larger than the source.

    Between two of them, and below the smallest, the source's own size is the top rung. Every rung is encoded at
    one quality up to a cap, which follows the content. HEVC and AV1 rungs, where wanted, stand beside H.264's.
    """

    name: ClassVar[str] = "standard"
    version: ClassVar[str] = "1"

    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        video = media.video[0]
        sizes = [_size(side, video.display_size) for side in _short_sides(_even(min(video.display_size)))]
        if look is None or look.bits_per_pixel is None:
            reason = "typical content is taken for granted: nothing of it could be looked at"
            rungs = [_rung(size, typical_bps(size, video.fps), settings) for size in sizes]
            choices = [_cap_choice(rung, reason) for rung in rungs]
        else:
            demand = Demand(look, video.fps, settings.preset)
            kept, choices = _worthwhile(sizes, demand)
            rungs = [_rung(size, demand.cap_bps(size), settings) for size in kept]
            choices = [*(_cap_choice(rung, _needs(rung, demand, look, video.fps)) for rung in rungs), *choices]
        others, more = _other_codecs(rungs, settings)
        if look is not None:
            rungs[0], choices[0] = _copied_if_compliant(media, look, rungs[0], choices[0])
        return Ladder(rungs=(*rungs, *others), choices=(*choices, *more))


def _short_sides(source: int) -> list[int]:
    sides = [side for side in _SHORT_SIDES if side <= source]
    if not sides or (source < _SHORT_SIDES[0] and source > sides[0] * _NATIVE_ABOVE):
        sides.insert(0, source)
    return sides


def _size(side: int, source: _Size) -> _Size:
    longer = _even(max(source) * Fraction(side, min(source)))
    return (longer, side) if source[0] >= source[1] else (side, longer)


def _rung(size: _Size, cap_bps: int, settings: EncodingSettings) -> Rung:
    width, height = size
    crf = CRF[settings.preset]["h264"]
    return Rung(name=f"{min(size)}p", width=width, height=height, max_bitrate_bps=cap_bps, crf=crf)


def _worthwhile(sizes: list[_Size], demand: Demand) -> tuple[list[_Size], list[Choice]]:
    """Returns the sizes that give players a choice, and why the others don't; the ends of the list stay."""
    kept, left_out = sizes[:1], []
    for size in sizes[1:]:
        above_bps, bps = demand.mean_bps(kept[-1]), demand.mean_bps(size)
        if size != sizes[-1] and (bps > _NEARLY * above_bps or above_bps - bps < _HARDLY_BPS):
            saved = f"it would take about {_mbit(bps)} where {min(kept[-1])}p takes {_mbit(above_bps)}"
            left_out.append(Choice(subject=f"rung {min(size)}p", value="left out", reason=f"{saved}."))
        else:
            kept.append(size)
    return kept, left_out


def _needs(rung: Rung, demand: Demand, look: Look, fps: Fraction) -> str:
    size = (rung.width, rung.height)
    mean_bps, ceiling = demand.mean_bps(size), ceiling_bps(size, fps)
    seen = f"{look.seconds:.1f} s that were looked at ask for about {_mbit(mean_bps)} at rate factor {rung.crf:g}"
    if mean_bps > ceiling:
        return f"{seen}, more than the most there is, {_mbit(ceiling)}: the most demanding moments lose quality"
    if rung.max_bitrate_bps == ceiling:
        return f"{seen}, and the most demanding moments for all that this size may have"
    return f"{seen}"


def _cap_choice(rung: Rung, reason: str) -> Choice:
    return Choice(subject=f"rung {rung.name}", value=f"{_mbit(rung.max_bitrate_bps)} at most", reason=f"{reason}.")


def _other_codecs(rungs: list[Rung], settings: EncodingSettings) -> tuple[list[Rung], list[Choice]]:
    """Returns the rungs in newer codecs, and why there are none where there are none."""
    large = [rung for rung in rungs if min(rung.width, rung.height) >= _NEW_CODECS_FROM]
    wanted = [codec for codec in dict.fromkeys(settings.codecs) if codec != "h264"]
    others, choices = [], []
    for codec in wanted:
        share, name = SHARE[codec], _CODEC_NAMES[codec]
        reason = f"{name} takes about {share:.0%} of H.264's bits; below {_NEW_CODECS_FROM}p that saves too few."
        value = ", ".join(rung.name for rung in large) or "not used"
        choices.append(Choice(subject=f"codec {codec}", value=value, reason=reason))
        others += [
            replace(
                rung,
                name=f"{rung.name}-{codec}",
                codec=codec,
                crf=CRF[settings.preset][codec],
                max_bitrate_bps=round(rung.max_bitrate_bps * share / 1000) * 1000,
            )
            for rung in large
        ]
    return others, choices


def _copied_if_compliant(media: MediaInfo, look: Look, rung: Rung, choice: Choice) -> tuple[Rung, Choice]:
    wrong = hindrance(media, look, rung)
    if wrong is not None:
        return rung, replace(choice, reason=f"{choice.reason} The source is not streamed as it is: {wrong}.")
    reason = (
        "The source's own pictures are what every player understands, with a key frame at every segment's start, "
        f"and take less than {_mbit(rung.max_bitrate_bps)}: they are streamed as they are."
    )
    return replace(rung, copy=True), replace(choice, value="the source's own stream", reason=reason)


def _mbit(bps: float) -> str:
    return f"{bps / 1e6:.2f} Mbit/s"


def _even(length: Fraction | int) -> int:
    """Rounds down, for up could be larger than the source; no picture is smaller than two pixels."""
    return max(int(length) // 2 * 2, 2)
