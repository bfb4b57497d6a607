"""What is wrong with picture and sound, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from functions.tag.advice.known import Known, clock
from shared.domain.encoding import MOST_GAIN_DB
from shared.domain.records import Finding, Recommendation, Segment
from shared.domain.timing import overlap

__all__ = ["fixes"]

_OFF_LU: Final = 2.0  # nobody hears less as too loud or too quiet
_SILENT_LUFS: Final = -70.0  # the gate: nothing to measure
_HIGHEST_DBTP: Final = -1.0
_LEAST_BLACK_S: Final = 1.0
_MOST_OF_A_KIND: Final = 20

_FIXES: Final[Mapping[str, str]] = {
    "frozen": "Cut out the stretch in which the picture hangs, or export it again from the recording.",
    "blurred": "Sharpen a little if the focus is slightly off; what is out of focus has to be replaced.",
    "noisy": "Reduce the noise before encoding: it also costs bits.",
    "overexposed": "Lower the highlights; what is white without detail can't be brought back.",
    "underexposed": "Raise the shadows, and reduce the noise that this brings up.",
    "sound_silent": "Check which track was exported: this one is silent. Add sound, or leave the track out.",
    "sound_clipping": "Restore the tops with a declipper, or export again at a lower level.",
    "sound_dc_offset": "Filter out what lies below 20 Hz.",
    "sound_channel_silent": "Copy the channel that sounds to the other, or mix down to mono.",
    "sound_out_of_phase": "Invert one of the two channels.",
    "sound_noise": "Reduce the noise with a profile from a pause.",
    "sound_hum": "Cut the mains frequency and its multiples out with notch filters.",
}
"""Finding -> what to do."""


def fixes(known: Known) -> Iterator[Recommendation]:
    """Yields what should be mended, each with its span: the sound's level first, then kind by kind in time."""
    yield from _loudness(known)
    yield from _bars(known)
    black = [span for segment in known.of_kind("black") for span in _without_text(segment, known.named("text"))]
    for start_s, end_s in [span for span in black if span[1] - span[0] >= _LEAST_BLACK_S][:_MOST_OF_A_KIND]:
        reason = f"The picture is black for {end_s - start_s:.1f} s."
        yield _fix("Cut the black stretch out, unless it is meant.", reason, 0.5, start_s, end_s)
    wrong = sorted((one for one in known.findings if one.name in _FIXES), key=lambda one: (one.name, one.start_s))
    for name, same in groupby(wrong, key=lambda one: one.name):
        for finding in list(same)[:_MOST_OF_A_KIND]:
            yield _fix(_FIXES[name], _measured(finding), finding.confidence, finding.start_s, finding.end_s)


def _loudness(known: Known) -> Iterator[Recommendation]:
    measured = {one.name: one.value for one in known.findings if isinstance(one.value, float)}
    lufs, peak_dbtp = measured.get("loudness_lufs"), measured.get("true_peak_dbtp")
    gain_db = 0.0
    if lufs is not None and lufs > _SILENT_LUFS and abs(known.loudness_lufs - lufs) >= _OFF_LU:
        gain_db = known.loudness_lufs - lufs
        if gain_db > MOST_GAIN_DB:
            reason = f"{lufs:.1f} LUFS is next to silence: "
            if known.leveled:
                reason += (
                    f"what is streamed was raised by {MOST_GAIN_DB:.0f} dB at most, for more brings up noise."
                )
            else:
                reason += f"{gain_db:.0f} dB of gain would bring up noise."
            what = "Check the recording level and which track was exported, or leave the sound out."
            yield _fix(what, reason, 1.0, 0.0, known.media.duration_s)
            return
        what = f"{'Raise' if gain_db > 0 else 'Lower'} the sound by {abs(gain_db):.1f} dB"
        what += f", from {lufs:.1f} to {known.loudness_lufs:g} LUFS"
        if peak_dbtp is not None and peak_dbtp + gain_db > _HIGHEST_DBTP:
            what += f", with a limiter: peaks would reach {peak_dbtp + gain_db:+.1f} dBTP"
        reason = f"The source is {'quieter' if gain_db > 0 else 'louder'} than it should be"
        if known.leveled:
            reason += f"; what is streamed was brought to {known.loudness_lufs:g} LUFS"
            reason += ", as far as its peaks allow" if gain_db > 0 else ""
        yield _fix(f"{what}.", f"{reason}.", min(abs(gain_db) / 20, 1.0), 0.0, known.media.duration_s)
    if peak_dbtp is not None and peak_dbtp > 0.0 and not gain_db:
        reason = f"Between samples it reaches {peak_dbtp:+.1f} dBTP, which distorts in players."
        yield _fix("Lower the gain until peaks stay below -1 dBTP.", reason, 0.5, 0.0, known.media.duration_s)


def _bars(known: Known) -> Iterator[Recommendation]:
    for name in ("letterbox", "pillarbox"):
        for finding in known.named(name)[:_MOST_OF_A_KIND]:
            if not isinstance(finding.value, float) or not finding.value:
                continue
            bar = finding.value / 2
            upright = name == "pillarbox"
            box = (bar, 0.0, 1 - 2 * bar, 1.0) if upright else (0.0, bar, 1.0, 1 - 2 * bar)
            where = "left and right" if upright else "above and below"
            yield Recommendation(
                kind="fix",
                value="Cut the bars off; players add their own.",
                reason=f"Bars {where} take {finding.value:.0%} of the frame.",
                score=finding.confidence,
                start_s=finding.start_s,
                end_s=finding.end_s,
                box=box,
            )


def _without_text(black: Segment, lines: Sequence[Finding]) -> Iterator[tuple[float, float]]:
    """Yields the parts of a black segment, start and end, in which no line was read.

    Args:
        black: The segment.
        lines: What was read in the video, in time order.
    """
    start_s = black.start_s
    for line in lines:
        if overlap(line, black):
            yield start_s, line.start_s
            start_s = max(start_s, line.end_s)
    yield start_s, black.end_s


def _measured(finding: Finding) -> str:
    if finding.reason:
        return finding.reason
    length_s = finding.end_s - finding.start_s
    is_length = finding.name == "frozen"
    value = f" ({finding.value:.2g})" if isinstance(finding.value, float) and not is_length else ""
    return f"{finding.name.capitalize()}{value} for {length_s:.1f} s from {clock(finding.start_s)}."


def _fix(value: str, reason: str, score: float, start_s: float, end_s: float) -> Recommendation:
    return Recommendation(
        kind="fix", value=value, reason=reason, score=round(score, 3), start_s=start_s, end_s=end_s
    )
