"""One source of the matrix, and what its pictures and sound are made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

PATCH = (0x30, 0x60, 0xA0)
"""The colour in the middle of every picture, as BT.709 RGB."""

MARK_S = 1.0
"""When a white picture flashes in one corner and a tone begins."""

HALF = (PATCH[0] / 2, PATCH[1] / 2, PATCH[2] / 2)
GREY = 0.299 * PATCH[0] + 0.587 * PATCH[1] + 0.114 * PATCH[2]
BT709 = ("bt709", "bt709", "bt709")
NTSC = ("smpte170m", "smpte170m", "smpte170m")


BT601 = "scale=out_color_matrix=bt601:out_range=tv:flags=accurate_rnd+full_chroma_int"
NOTHING = "setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown"
UNSAID = f"{BT601},format=yuv420p,{NOTHING}"
"""BT.601, as players take small pictures for where nothing is said."""


@dataclass(frozen=True)
class Row:
    """One source, and what must become of it.

    Attributes:
        name: File name; its suffix is the container's usual one.
        codecs: FFmpeg's output options.
        size: Of the coded pictures.
        rate: Frames a second of the pictures as they are made.
        seconds: How long they last.
        look: Filters between the picture, in RGB, and the encoder: what its colours become.
        sound: A second input, and the options for it; empty for none.
        before: Options before the first input.
        again: Options of a second pass that copies the streams; empty for none.
        shown: Width and height of the top rung; None for the size.
        corner: Where the red quarter comes out: row and column, 0 or 1; None where red is like the rest.
        color: What the middle shows in RGB.
        tolerance: By how much it may be off.
        tags: Matrix, primaries and transfer of the rungs.
        max_fps: Frames a second of the rungs where they have fewer than the source.
        combed: Whether its frames hold two moments.
        piped: Whether it is written to a pipe, so that the muxer can't go back and write how long it is.
    """

    name: str
    codecs: tuple[str, ...]
    size: tuple[int, int] = (320, 180)
    rate: str = "25"
    seconds: float = 1.6
    look: str = UNSAID
    sound: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    shown: tuple[int, int] | None = None
    corner: tuple[int, int] | None = (0, 0)
    color: tuple[float, float, float] = PATCH
    tolerance: float = 3.0
    tags: tuple[str, str, str] = NTSC
    max_fps: int | None = None
    combed: bool = False
    piped: bool = False

    def arguments(self) -> tuple[str, ...]:
        """Returns FFmpeg's, but for the output."""
        sound: tuple[str, ...] = ()
        if self.sound:
            beep = f"aevalsrc='if(gte(t,{MARK_S}),0.6*sin(2*PI*1000*t),0)':d={self.seconds}:s=48000"
            sound = ("-f", "lavfi", "-i", beep)
        return (*self.before, "-f", "lavfi", "-i", self._picture(), *sound, *self.codecs, *self.sound)

    def _picture(self) -> str:
        width, height = self.size
        red, green, blue = PATCH
        frame_s = 1 / float(Fraction(self.rate))
        shown_s = frame_s * (2 if self.combed else 1)
        flash = f"between(t,{MARK_S}-{frame_s / 2},{MARK_S}+{shown_s - frame_s / 2})"
        return (
            f"color=0x{red:02x}{green:02x}{blue:02x}:s={width}x{height}:r={self.rate}:d={self.seconds},format=gbrp,"
            f"drawbox=c=red:w={width // 4}:h={height // 4}:t=fill,"
            f"drawbox=c=white:x=iw*3/4:y=ih*3/4:w={width // 4}:h={height // 4}:t=fill:enable='{flash}',"
            f"{self.look}"
        )


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:crf=12")
AV1 = ("-c:v", "libsvtav1", "-preset", "12", "-crf", "20")
VP8 = ("-c:v", "libvpx", "-cpu-used", "8", "-b:v", "2M", "-qmin", "0", "-qmax", "20")
VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-crf", "12", "-b:v", "0")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "2")
DNX = ("-c:v", "dnxhd", "-profile:v", "dnxhr_sq")
THEORA = ("-c:v", "libtheora", "-q:v", "10")
AAC, MP3, OPUS = ("-c:a", "aac"), ("-c:a", "libmp3lame"), ("-c:a", "libopus")
VORBIS, FLAC, AC3 = ("-c:a", "libvorbis"), ("-c:a", "flac"), ("-c:a", "ac3")
EAC3, MP2, PCM = ("-c:a", "eac3"), ("-c:a", "mp2"), ("-c:a", "pcm_s16le")
PCM24 = ("-c:a", "pcm_s24le")
YUV422 = UNSAID.replace("yuv420p", "yuv422p10le")


def named(matrix: str, primaries: str, transfer: str, reach: str = "tv") -> str:
    """Writes colours on pictures, whatever they are."""
    return f"setparams=colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}:range={reach}"


def made(matrix: str, primaries: str, transfer: str, pixels: str, reach: str = "tv", white: int = 203) -> str:
    """BT.709 RGB made other colours by zimg."""
    to = f"matrix={matrix}:primaries={primaries}:transfer={transfer}:range={reach}:npl={white}"
    return f"format=gbrp12le,{named('gbr', 'bt709', 'bt709', 'pc')},zscale={to},format={pixels}"
