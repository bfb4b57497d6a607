"""The matrix, what is about pictures: their shape, their fields and their colours."""

from __future__ import annotations

from collections.abc import Iterator

from tests.media.matrix_row import (
    AAC,
    AV1,
    BT601,
    BT709,
    GREY,
    H264,
    HALF,
    HEVC,
    MP2,
    MPEG2,
    MPEG4,
    NOTHING,
    NTSC,
    OPUS,
    PATCH,
    UNSAID,
    VP8,
    VP9,
    Row,
    made,
    named,
)


def shapes() -> Iterator[Row]:
    """Rotation, pixel shape and size."""
    for turn, corner in (("90", (1, 0)), ("180", (1, 1)), ("270", (0, 1))):
        upright = (320, 180) if turn == "180" else (180, 320)
        again = ("-display_rotation", turn)
        yield Row(f"turned{turn}.mp4", H264, sound=AAC, again=again, shown=upright, corner=corner)
    yield Row("turned90.mkv", VP9, again=("-display_rotation", "90"), shown=(180, 320), corner=(1, 0))
    yield Row("mirrored.mp4", H264, again=("-display_hflip",), corner=(0, 1))
    yield Row(
        "mirrored-turned.mov",
        H264,
        again=("-display_rotation", "90", "-display_hflip"),
        shown=(180, 320),
        corner=(1, 1),
    )
    yield Row("askew.mp4", H264, again=("-display_rotation", "3"))
    yield Row("anamorphic.mpg", MPEG2, size=(240, 180), look=f"{Row.look},setsar=4/3", sound=MP2, shown=(320, 180))
    yield Row(
        "anamorphic-turned.mov",
        H264,
        look=f"{Row.look},setsar=1/2",
        again=("-display_rotation", "90"),
        shown=(180, 160),
        corner=(1, 0),
    )
    yield Row("impossible-aspect.mp4", H264, look=f"{Row.look},setsar=1/1000")
    yield Row("odd.webm", VP9, size=(321, 181), shown=(318, 180))
    yield Row(
        "odd.avi",
        ("-c:v", "mjpeg", "-q:v", "2"),
        size=(161, 121),
        shown=(158, 120),
        tags=("bt470bg", "bt709", "bt709"),
    )
    yield Row("tiny.mkv", H264, size=(16, 16), seconds=0.4)
    yield Row(
        "4k.mp4",
        (*H264, "-g", "5"),
        size=(3840, 2160),
        seconds=0.2,
        shown=(1920, 1080),
        tags=BT709,
        look="scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p",
    )


def fields() -> Iterator[Row]:
    """Frames of two moments, and frames that only say so."""
    moving = (
        "null[still];color=white:s=60x45:r=50:d=1.6[box];"
        "[still][box]overlay=x='85+mod(n*5,120)':y=130:format=gbrp:eof_action=pass"
    )
    for order, mode in (("tff", "interleave_top"), ("bff", "interleave_bottom")):
        weave = f"{moving},{UNSAID},tinterlace={mode}"
        flags = ("-flags", "+ildct+ilme")
        yield Row(f"interlaced-{order}.mpg", (*MPEG2, *flags), rate="50", look=weave, sound=MP2, combed=True)
        yield Row(f"interlaced-{order}-unsaid.mp4", H264, rate="50", look=f"{weave},setfield=prog", combed=True)
    weave = f"{moving},{UNSAID},tinterlace=interleave_top"
    yield Row(
        "interlaced-paff.ts", (*H264, "-flags", "+ildct+ilme"), rate="50", look=weave, sound=AAC, combed=True
    )
    whole = f"{moving},{UNSAID},setfield=tff"
    yield Row(
        "progressive-said-interlaced.ts", (*MPEG2, "-flags", "+ildct+ilme"), rate="50", look=whole, sound=MP2
    )
    yield Row("progressive-said-interlaced.mp4", (*H264, "-flags", "+ildct+ilme"), look=whole)


def colors() -> Iterator[Row]:
    """Depth, subsampling, range, alpha, gamut and HDR."""
    yield Row("bt709.mp4", H264, look=made(*BT709, "yuv420p"), tags=BT709)
    yield Row("bt709-full.mp4", H264, look=made(*BT709, "yuv420p", "pc"), tags=BT709)
    yield Row(
        "bt601-full-ten-bit.mkv",
        HEVC,
        look=made(*NTSC[:1], "bt709", "bt709", "yuv420p10le", "pc"),
        tags=("smpte170m", "bt709", "bt709"),
    )
    pal = ("bt470bg", "bt470bg", "bt470bg")
    yield Row("bt601-pal.mp4", H264, look=f"{Row.look},{named(*pal)}", tags=pal)
    yield Row("pal-unsaid.mkv", MPEG4, size=(352, 288), tags=("bt470bg", "bt470bg", "smpte170m"), shown=(352, 288))
    yield Row(
        "hd-unsaid.mkv",
        H264,
        size=(1280, 720),
        seconds=0.2,
        tags=BT709,
        look=f"{made(*BT709, 'yuv420p')},{NOTHING}",
    )
    yield Row("ten-bit.mkv", H264, look=made(*BT709, "yuv420p10le"), tags=BT709)
    yield Row("4-2-2.mov", H264, look=made(*BT709, "yuv422p"), tags=BT709)
    yield Row("4-4-4-ten-bit.mkv", H264, look=made(*BT709, "yuv444p10le"), tags=BT709)
    yield Row("4-4-4-twelve-bit.mp4", HEVC, look=made(*BT709, "yuv444p12le"), tags=BT709)
    yield Row("rgb.mkv", ("-c:v", "libx264rgb", "-preset", "ultrafast", "-crf", "8"), look="null", tags=BT709)
    yield Row("rgb-vp9.webm", VP9, look="format=gbrp", tags=BT709)
    yield Row(
        "grey.mkv",
        H264,
        look="scale=out_color_matrix=bt601:out_range=pc,format=gray",
        color=(GREY, GREY, GREY),
        corner=None,
    )
    faint = (
        "format=gbrap,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(lt(abs(X-W/2),W/5)*lt(abs(Y-H/2),H/5),128,255)'"
    )
    alpha = f"{faint},{BT601}"
    yield Row(
        "alpha-prores.mov",
        ("-c:v", "prores_ks", "-profile:v", "4444"),
        look=f"{alpha},format=yuva444p10le,{NOTHING}",
        color=HALF,
    )
    yield Row("alpha-vp9.webm", VP9, look=f"{alpha},format=yuva420p,{NOTHING}", color=HALF, sound=OPUS)
    yield Row(
        "alpha-vp8.webm", (*VP8, "-auto-alt-ref", "0"), look=f"{alpha},format=yuva420p,{NOTHING}", color=HALF
    )
    wide = ("bt2020nc", "bt2020")
    yield Row("bt2020-sdr.mp4", HEVC, look=made(*wide, "bt2020-10", "yuv420p10le"), tags=BT709)
    yield Row("p3.mp4", HEVC, look=made("bt709", "smpte432", "bt709", "yuv420p10le"), tags=BT709)
    yield Row("smpte240m.mkv", H264, look=made("smpte240m", "smpte240m", "smpte240m", "yuv420p"), tags=BT709)
    yield Row("hdr10.mp4", HEVC, look=made(*wide, "smpte2084", "yuv420p10le"), tags=BT709, tolerance=5)
    yield Row("hdr10-av1.webm", AV1, look=made(*wide, "smpte2084", "yuv420p10le"), tags=BT709, tolerance=5)
    yield Row(
        "hdr10-bright.mkv",
        HEVC,
        look=made(*wide, "smpte2084", "yuv420p10le", white=1000),
        tags=BT709,
        color=tone_mapped(1000),
        tolerance=8,
    )
    yield Row("hlg.mp4", HEVC, look=made(*wide, "arib-std-b67", "yuv420p10le"), tags=BT709, tolerance=5)
    half_said = f"{made(*wide, 'smpte2084', 'yuv420p10le')},{named('unknown', 'unknown', 'smpte2084')}"
    yield Row("hdr10-half-said.mkv", HEVC, look=half_said, tags=BT709, tolerance=5)
    # BT.601's numbers, taken for what is written, where that is possible. The last two colours follow from the
    # matrices, primaries and curves that are written, shown on a display of BT.1886.
    for matrix, primaries, transfer, tags, color, tolerance in (
        ("smpte2085", "smpte428", "smpte428", NTSC, PATCH, 3),
        ("ycgco", "film", "log100", BT709, (39.8, 76.7, 127.9), 3),
        ("ictcp", "bt2020", "linear", BT709, (53.5, 176.3, 217.0), 8),
    ):
        wrong = f"{Row.look},{named(matrix, primaries, transfer)}"
        yield Row(f"wrong-{matrix}.mkv", H264, look=wrong, tags=tags, color=color, tolerance=tolerance)


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
