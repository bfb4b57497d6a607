"""The matrix of source files, as data: container x codec x feature, made by the bundled FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

PATCH = (0x30, 0x60, 0xA0)
"""The colour in the middle of every picture, as BT.709 RGB."""

MARK_S = 1.0
"""When a white picture flashes in one corner and a tone begins."""

_BT709 = ("bt709", "bt709", "bt709")
_NTSC = ("smpte170m", "smpte170m", "smpte170m")


_BT601 = "scale=out_color_matrix=bt601:out_range=tv:flags=accurate_rnd+full_chroma_int"
_NOTHING = "setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown"
_UNSAID = f"{_BT601},format=yuv420p,{_NOTHING}"
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
    look: str = _UNSAID
    sound: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    shown: tuple[int, int] | None = None
    corner: tuple[int, int] | None = (0, 0)
    color: tuple[float, float, float] = PATCH
    tolerance: float = 3.0
    tags: tuple[str, str, str] = _NTSC
    max_fps: int | None = None
    combed: bool = False
    piped: bool = False

    def arguments(self) -> tuple[str, ...]:
        """Returns FFmpeg's, but for the output."""
        sound = ()
        if self.sound:
            beep = f"aevalsrc='if(gte(t,{MARK_S}),0.6*sin(2*PI*1000*t),0)':d={self.seconds}:s=48000"
            sound = ("-f", "lavfi", "-i", beep)
        return (*self.before, "-f", "lavfi", "-i", self._picture(), *sound, *self.codecs, *self.sound)

    def _picture(self) -> str:
        width, height = self.size
        red, green, blue = PATCH
        frame_s = 1 / float(self.rate.split("/")[0]) * float((self.rate.split("/") + ["1"])[1])
        shown_s = frame_s * (2 if self.combed else 1)
        flash = f"between(t,{MARK_S}-{frame_s / 2},{MARK_S}+{shown_s - frame_s / 2})"
        return (
            f"color=0x{red:02x}{green:02x}{blue:02x}:s={width}x{height}:r={self.rate}:d={self.seconds},format=gbrp,"
            f"drawbox=c=red:w={width // 4}:h={height // 4}:t=fill,"
            f"drawbox=c=white:x=iw*3/4:y=ih*3/4:w={width // 4}:h={height // 4}:t=fill:enable='{flash}',"
            f"{self.look}"
        )


_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:crf=12")
_AV1 = ("-c:v", "libsvtav1", "-preset", "12", "-crf", "20")
_VP8 = ("-c:v", "libvpx", "-cpu-used", "8", "-b:v", "2M", "-qmin", "0", "-qmax", "20")
_VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-crf", "12", "-b:v", "0")
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")
_MPEG4 = ("-c:v", "mpeg4", "-q:v", "2")
_DNX = ("-c:v", "dnxhd", "-profile:v", "dnxhr_sq")
_THEORA = ("-c:v", "libtheora", "-q:v", "10")
_AAC, _MP3, _OPUS = ("-c:a", "aac"), ("-c:a", "libmp3lame"), ("-c:a", "libopus")
_VORBIS, _FLAC, _AC3 = ("-c:a", "libvorbis"), ("-c:a", "flac"), ("-c:a", "ac3")
_EAC3, _MP2, _PCM = ("-c:a", "eac3"), ("-c:a", "mp2"), ("-c:a", "pcm_s16le")
_PCM24 = ("-c:a", "pcm_s24le")
_YUV422 = _UNSAID.replace("yuv420p", "yuv422p10le")


def _codecs() -> Iterator[Row]:
    yield Row("h264-aac.mp4", _H264, sound=_AAC)
    yield Row("hevc-aac.mp4", _HEVC, sound=_AAC)
    yield Row("av1-opus.mp4", _AV1, sound=_OPUS)
    yield Row("vp9-flac.mp4", _VP9, sound=_FLAC)
    yield Row("mpeg4-mp3.mp4", _MPEG4, sound=_MP3)
    yield Row("mpeg2-ac3.mp4", _MPEG2, sound=_AC3)
    hd422 = _made(*_BT709, "yuv422p")
    yield Row("prores422-pcm24.mov", ("-c:v", "prores_ks"), look=_YUV422, sound=_PCM24)
    yield Row("dnxhr-pcm.mov", _DNX, look=hd422, sound=_PCM, tags=_BT709)
    yield Row("mjpeg-pcm.mov", ("-c:v", "mjpeg", "-q:v", "2"), sound=_PCM, tags=("bt470bg", "bt709", "bt709"))
    yield Row("h264-alac.mov", _H264, sound=("-c:a", "alac"))
    yield Row("h264-flac.mkv", _H264, sound=_FLAC)
    yield Row("hevc-eac3.mkv", _HEVC, sound=_EAC3)
    yield Row("mpeg2-ac3.mkv", _MPEG2, sound=_AC3)
    yield Row("mpeg4-vorbis.mkv", _MPEG4, sound=_VORBIS)
    yield Row("theora-mp3.mkv", _THEORA, sound=_MP3)
    yield Row("av1-opus.mkv", _AV1, sound=_OPUS)
    yield Row("vp8-vorbis.webm", _VP8, sound=_VORBIS)
    yield Row("vp9-opus.webm", _VP9, sound=_OPUS)
    yield Row("av1-opus.webm", _AV1, sound=_OPUS)
    yield Row("mpeg4-mp3.avi", _MPEG4, sound=_MP3)
    yield Row("h264-ac3-without-times.avi", (*_H264, "-bf", "2"), sound=_AC3)
    yield Row("mjpeg-pcm.avi", ("-c:v", "mjpeg", "-q:v", "2"), sound=_PCM, tags=("bt470bg", "bt709", "bt709"))
    yield Row("msmpeg4-mp3.avi", ("-c:v", "msmpeg4", "-q:v", "2"), sound=_MP3)
    yield Row("h264-aac.ts", _H264, sound=_AAC)
    yield Row("mpeg2-mp2.ts", _MPEG2, sound=_MP2)
    yield Row("hevc-eac3.ts", _HEVC, sound=_EAC3)
    yield Row("h264-ac3.m2ts", _H264, sound=_AC3)
    yield Row("hevc-aac.m2ts", _HEVC, sound=_AAC)
    yield Row("mpeg1-mp2.mpg", ("-c:v", "mpeg1video", "-q:v", "2"), sound=_MP2)
    yield Row("mpeg2-mp2.mpg", _MPEG2, sound=_MP2)
    yield Row("mpeg2-ac3-b-frames.mpg", (*_MPEG2, "-bf", "2", "-f", "vob"), sound=_AC3)
    yield Row("flv1-mp3.flv", ("-c:v", "flv", "-q:v", "2"), sound=(*_MP3, "-ar", "44100"))
    yield Row("h264-aac.flv", _H264, sound=_AAC)
    amr = ("-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1")
    yield Row("h263-amr.3gp", ("-c:v", "h263", "-q:v", "2"), size=(176, 144), sound=amr)
    yield Row("h264-aac.3gp", _H264, sound=_AAC)
    yield Row("mpeg4-aac.3gp", _MPEG4, sound=_AAC)
    yield Row("theora-vorbis.ogv", _THEORA, sound=_VORBIS)
    yield Row("theora-flac.ogv", _THEORA, sound=_FLAC)
    yield Row("wmv2-wma2.wmv", ("-c:v", "wmv2", "-q:v", "2"), sound=("-c:a", "wmav2"))
    yield Row("wmv1-wma1.wmv", ("-c:v", "wmv1", "-q:v", "2"), sound=("-c:a", "wmav1"))
    yield Row("mpeg2-pcm.mxf", _MPEG2, sound=_PCM)
    yield Row("dnxhr-pcm.mxf", _DNX, look=hd422, sound=_PCM, tags=_BT709)


def _shapes() -> Iterator[Row]:
    for turn, corner in (("90", (1, 0)), ("180", (1, 1)), ("270", (0, 1))):
        upright = (320, 180) if turn == "180" else (180, 320)
        again = ("-display_rotation", turn)
        yield Row(f"turned{turn}.mp4", _H264, sound=_AAC, again=again, shown=upright, corner=corner)
    yield Row("turned90.mkv", _VP9, again=("-display_rotation", "90"), shown=(180, 320), corner=(1, 0))
    yield Row("mirrored.mp4", _H264, again=("-display_hflip",), corner=(0, 1))
    yield Row("mirrored-turned.mov", _H264, again=("-display_rotation", "90", "-display_hflip"), shown=(180, 320),
              corner=(1, 1))
    yield Row("askew.mp4", _H264, again=("-display_rotation", "3"))
    wide = replace(Row("anamorphic.mpg", _MPEG2), size=(240, 180), shown=(320, 180))
    yield replace(wide, look=f"{wide.look},setsar=4/3", sound=_MP2)
    yield Row("anamorphic-turned.mov", _H264, look=f"{wide.look},setsar=1/2", again=("-display_rotation", "90"),
              shown=(180, 160), corner=(1, 0))
    yield Row("impossible-aspect.mp4", _H264, look=f"{wide.look},setsar=1/1000")
    yield Row("odd.webm", _VP9, size=(321, 181), shown=(318, 180))
    yield Row("odd.avi", ("-c:v", "mjpeg", "-q:v", "2"), size=(161, 121), shown=(158, 120),
              tags=("bt470bg", "bt709", "bt709"))
    yield Row("tiny.mkv", _H264, size=(16, 16), seconds=0.4)
    yield Row("4k.mp4", (*_H264, "-g", "5"), size=(3840, 2160), seconds=0.2, shown=(1920, 1080), tags=_BT709,
              look="scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p")


def _times() -> Iterator[Row]:
    yield Row("one-frame.mp4", _H264, seconds=0.04)
    yield Row("one-frame.webm", _VP9, seconds=0.04)
    yield Row("tenth.mp4", _H264, seconds=0.1, rate="30", sound=_AAC)
    yield Row("1fps.mp4", _H264, rate="1", seconds=6)
    yield Row("120fps.mp4", _H264, rate="120", max_fps=60, sound=_AAC)
    yield Row("90fps.mkv", _H264, rate="90", max_fps=60)
    yield Row("ntsc-film.mkv", _H264, size=(480, 270), rate="24000/1001", seconds=9, sound=_AC3)
    yield Row("two-rungs.mp4", _H264, size=(480, 270), seconds=9, sound=_AAC)
    uneven = "setpts='(N/25+0.013*mod(N\\,3))/TB'"
    yield Row("vfr.mp4", (*_H264, "-fps_mode", "passthrough"), look=f"{Row.look},{uneven}", sound=_AAC)
    slower = "setpts='if(lt(N,30),N/25,1.2+(N-30)*0.12)/TB'"
    yield Row("vfr-two-rungs.mkv", (*_H264, "-fps_mode", "passthrough"), size=(480, 270), seconds=3.2,
              look=f"{Row.look},{slower}")
    yield Row("late-picture.mkv", _H264, before=("-itsoffset", "0.5"), sound=_PCM)
    yield Row("late-picture.mp4", _H264, before=("-itsoffset", "0.5"), sound=_AAC)
    yield Row("clock-from-1h.ts", (*_MPEG2, "-output_ts_offset", "3600"), sound=_MP2)
    yield Row("clock-from-2s.mkv", (*_H264, "-output_ts_offset", "2"), sound=_OPUS)
    yield Row("head-cut-off.mp4", (*_H264, "-g", "100"), seconds=2.4, sound=_AAC, again=("-ss", "0.6"))
    yield Row("head-cut-off.mov", (*_H264, "-g", "100", "-bf", "2"), seconds=2.4, sound=_PCM, again=("-ss", "0.6"))
    yield Row("recorded-live.webm", (*_VP8, "-f", "webm"), sound=_OPUS, piped=True)
    yield Row("recorded-live.mkv", (*_H264, "-f", "matroska"), sound=_AAC, piped=True)
    yield Row("recorded-live.flv", (*_H264, "-f", "flv"), sound=_AAC, piped=True)
    yield Row("fragmented.mp4", (*_H264, "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"), sound=_AAC,
              piped=True)
    yield Row("recorded-live.ogv", (*_THEORA, "-f", "ogg"), sound=_VORBIS, piped=True)


def _fields() -> Iterator[Row]:
    moving = (
        "null[still];color=white:s=60x45:r=50:d=1.6[box];"
        "[still][box]overlay=x='85+mod(n*5,120)':y=130:format=gbrp:eof_action=pass"
    )
    for order, mode in (("tff", "interleave_top"), ("bff", "interleave_bottom")):
        weave = f"{moving},{_UNSAID},tinterlace={mode}"
        flags = ("-flags", "+ildct+ilme")
        yield Row(f"interlaced-{order}.mpg", (*_MPEG2, *flags), rate="50", look=weave, sound=_MP2, combed=True)
        yield Row(f"interlaced-{order}-unsaid.mp4", _H264, rate="50", look=f"{weave},setfield=prog", combed=True)
    weave = f"{moving},{_UNSAID},tinterlace=interleave_top"
    yield Row("interlaced-paff.ts", (*_H264, "-flags", "+ildct+ilme"), rate="50", look=weave, sound=_AAC, combed=True)
    whole = f"{moving},{_UNSAID},setfield=tff"
    yield Row("progressive-said-interlaced.ts", (*_MPEG2, "-flags", "+ildct+ilme"), rate="50", look=whole, sound=_MP2)
    yield Row("progressive-said-interlaced.mp4", (*_H264, "-flags", "+ildct+ilme"), look=whole)


def _named(matrix: str, primaries: str, transfer: str, reach: str = "tv") -> str:
    return f"setparams=colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}:range={reach}"


def _made(matrix: str, primaries: str, transfer: str, pixels: str, reach: str = "tv", white: int = 203) -> str:
    """BT.709 RGB made other colours by zimg."""
    to = f"matrix={matrix}:primaries={primaries}:transfer={transfer}:range={reach}:npl={white}"
    return f"format=gbrp12le,{_named('gbr', 'bt709', 'bt709', 'pc')},zscale={to},format={pixels}"


def _colors() -> Iterator[Row]:
    yield Row("bt709.mp4", _H264, look=_made(*_BT709, "yuv420p"), tags=_BT709)
    yield Row("bt709-full.mp4", _H264, look=_made(*_BT709, "yuv420p", "pc"), tags=_BT709)
    yield Row("bt601-full-ten-bit.mkv", _HEVC, look=_made(*_NTSC[:1], "bt709", "bt709", "yuv420p10le", "pc"),
              tags=("smpte170m", "bt709", "bt709"))
    pal = ("bt470bg", "bt470bg", "bt470bg")
    yield Row("bt601-pal.mp4", _H264, look=f"{Row.look},{_named(*pal)}", tags=pal)
    yield Row("pal-unsaid.mkv", _MPEG4, size=(352, 288), 
              tags=("bt470bg", "bt470bg", "smpte170m"), shown=(352, 288))
    yield Row("hd-unsaid.mkv", _H264, size=(1280, 720), seconds=0.2, tags=_BT709,
              look=f"{_made(*_BT709, 'yuv420p')},{_NOTHING}")
    yield Row("ten-bit.mkv", _H264, look=_made(*_BT709, "yuv420p10le"), tags=_BT709)
    yield Row("4-2-2.mov", _H264, look=_made(*_BT709, "yuv422p"), tags=_BT709)
    yield Row("4-4-4-ten-bit.mkv", _H264, look=_made(*_BT709, "yuv444p10le"), tags=_BT709)
    yield Row("4-4-4-twelve-bit.mp4", _HEVC, look=_made(*_BT709, "yuv444p12le"), tags=_BT709)
    yield Row("rgb.mkv", ("-c:v", "libx264rgb", "-preset", "ultrafast", "-crf", "8"), look="null", tags=_BT709)
    yield Row("rgb-vp9.webm", _VP9, look="format=gbrp", tags=_BT709)
    grey = sum(share * part for share, part in zip((0.299, 0.587, 0.114), PATCH, strict=True))
    yield Row("grey.mkv", _H264, look="scale=out_color_matrix=bt601:out_range=pc,format=gray", color=(grey,) * 3, corner=None)
    half = tuple(part / 2 for part in PATCH)
    faint = "format=gbrap,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(lt(abs(X-W/2),W/5)*lt(abs(Y-H/2),H/5),128,255)'"
    alpha = f"{faint},{_BT601}"
    yield Row("alpha-prores.mov", ("-c:v", "prores_ks", "-profile:v", "4444"), look=f"{alpha},format=yuva444p10le,{_NOTHING}",
              color=half)
    yield Row("alpha-vp9.webm", _VP9, look=f"{alpha},format=yuva420p,{_NOTHING}", color=half, sound=_OPUS)
    yield Row("alpha-vp8.webm", (*_VP8, "-auto-alt-ref", "0"), look=f"{alpha},format=yuva420p,{_NOTHING}", color=half)
    wide = ("bt2020nc", "bt2020")
    yield Row("bt2020-sdr.mp4", _HEVC, look=_made(*wide, "bt2020-10", "yuv420p10le"), tags=_BT709)
    yield Row("p3.mp4", _HEVC, look=_made("bt709", "smpte432", "bt709", "yuv420p10le"), tags=_BT709)
    yield Row("smpte240m.mkv", _H264, look=_made("smpte240m", "smpte240m", "smpte240m", "yuv420p"), tags=_BT709)
    yield Row("hdr10.mp4", _HEVC, look=_made(*wide, "smpte2084", "yuv420p10le"), tags=_BT709, tolerance=5)
    yield Row("hdr10-av1.webm", _AV1, look=_made(*wide, "smpte2084", "yuv420p10le"), tags=_BT709, tolerance=5)
    yield Row("hdr10-bright.mkv", _HEVC, look=_made(*wide, "smpte2084", "yuv420p10le", white=1000), tags=_BT709,
              color=tone_mapped(1000), tolerance=8)
    yield Row("hlg.mp4", _HEVC, look=_made(*wide, "arib-std-b67", "yuv420p10le"), tags=_BT709, tolerance=5)
    half_said = f"{_made(*wide, 'smpte2084', 'yuv420p10le')},{_named('unknown', 'unknown', 'smpte2084')}"
    yield Row("hdr10-half-said.mkv", _HEVC, look=half_said, tags=_BT709, tolerance=5)
    for tags in (("ycgco", "film", "log100"), ("smpte2085", "smpte428", "smpte428"), ("ictcp", "bt2020", "linear")):
        # What these would look like nobody can say; but it is said, and must not stop anything.
        wrong = f"{Row.look},{_named(*tags)}"
        named = _NTSC if tags[0] == "smpte2085" else _BT709
        yield Row(f"wrong-{tags[0]}.mkv", _H264, look=wrong, tags=named, tolerance=255)


def tone_mapped(white: int) -> tuple[float, float, float]:
    """What the patch becomes if its white is as bright as this, in cd/m2: Moebius above 0.3 of diffuse white."""
    knee, peak = 0.3, 1000 / 203
    light = [(part / 255) ** 2.4 * white / 203 for part in PATCH]
    top = max(light)
    a = -(knee**2) * (peak - 1) / (knee**2 - 2 * knee + peak)
    b = (knee**2 - 2 * knee * peak + peak) / (peak - 1)
    bent = top if top <= knee else (b**2 + 2 * b * knee + knee**2) / (b - a) * (top + a) / (top + b)
    red, green, blue = ((part * bent / top) ** (1 / 2.4) * 255 for part in light)
    return red, green, blue


def _sounds() -> Iterator[Row]:
    yield Row("no-sound.mov", _H264)
    yield Row("surround.mkv", _H264, sound=("-c:a", "ac3", "-ac", "6"))
    yield Row("mono-8k.mov", _H264, sound=("-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"))


ROWS = (*_codecs(), *_shapes(), *_times(), *_fields(), *_colors(), *_sounds())
