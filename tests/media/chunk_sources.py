"""What is encoded in chunks in tests: each of eight seconds, with what makes it hard to cut."""

from __future__ import annotations

__all__ = ["EXACT", "LIKE_SOURCE", "OPEN_ENDED", "REFUSED", "X264", "moving"]

_MOVING = "testsrc2=s=160x120:d=8:r="
X264 = ("-c:v", "libx264", "-preset", "veryfast")


def moving(fps: str) -> tuple[str, ...]:
    """Returns FFmpeg's arguments for eight seconds in which everything moves."""
    return ("-f", "lavfi", "-i", _MOVING + fps)


def _only(kept: str) -> tuple[str, ...]:
    """Returns its arguments for leaving frames out."""
    return ("-vf", f"select='{kept}'", "-fps_mode", "passthrough")


# As a phone records: about thirty times a second.
_JITTERY = (
    *moving("30"),
    *("-vf", "settb=1/90000,setpts=N*3003+mod(N*1237\\,1700)", "-fps_mode", "passthrough"),
    *("-enc_time_base", "1/90000"),
)


EXACT = {
    "25.mp4": (*moving("25"), *X264, "-g", "40", "-bf", "0"),
    "ntsc.mp4": (*moving("30000/1001"), *X264, "-g", "50"),
    "open-gop.mp4": (*moving("25"), *X264, "-g", "40", "-bf", "3", "-x264-params", "open-gop=1"),
    "irregular.mp4": (*moving("25"), *X264, "-g", "1000", "-force_key_frames", "0.2,1.1,1.3,3.9,4.02,6.6"),
    "fast.mp4": (*moving("120"), *X264, "-g", "100"),
    "interlaced.mkv": (*moving("50"), "-vf", "interlace,setfield=tff", *X264, "-flags", "+ildct+ilme", "-g", "30"),
    "late.mp4": ("-itsoffset", "3", *moving("25"), "-f", "lavfi", "-i", "sine=d=11", *X264, "-g", "40"),
    "late-sound.mkv": (*moving("25"), "-itsoffset", "0.7", "-f", "lavfi", "-i", "sine=d=6", *X264, "-g", "40"),
    "rotated.mp4": ("-display_rotation", "90", "-i", "{open-gop.mp4}", "-c", "copy"),
    "mirrored.mp4": ("-display_rotation", "90", "-display_hflip", "-i", "{open-gop.mp4}", "-c", "copy"),
    "trimmed.mp4": ("-ss", "0.5", "-i", "{25.mp4}", "-c", "copy"),
    "trimmed-open-gop.mp4": ("-ss", "0.5", "-i", "{open-gop.mp4}", "-c", "copy"),
    "mpeg2.mkv": (*moving("25"), "-c:v", "mpeg2video", "-bf", "2", "-g", "15"),
    "vp8.webm": (*moving("25"), "-c:v", "libvpx", "-g", "40"),
    "hevc.mp4": (*moving("25"), "-c:v", "libx265", "-x265-params", "log-level=error:keyint=40"),
    "stream.ts": (*moving("25"), "-f", "lavfi", "-i", "sine=d=8", *X264, "-g", "40", "-bf", "2"),
    "film.mxf": (*moving("25"), "-c:v", "mpeg2video", "-bf", "2", "-g", "15"),
    "clip.wmv": (*moving("25"), "-c:v", "wmv2", "-g", "40"),
    "prores.mov": (*moving("25"), "-c:v", "prores"),
    "clip.flv": (*moving("25"), "-f", "lavfi", "-i", "sine=r=44100:d=8", *X264, "-g", "40", "-bf", "2"),
    "phone.flv": (*_JITTERY, *X264, "-g", "30"),
    "clip.ogv": (
        *moving("25"),
        "-f",
        "lavfi",
        "-i",
        "sine=d=8",
        "-c:v",
        "libtheora",
        "-c:a",
        "libvorbis",
        "-g",
        "40",
    ),
    "camera.avi": (*moving("25"), "-c:v", "mjpeg", "-q:v", "3"),
    "xvid.avi": (*moving("30000/1001"), "-c:v", "mpeg4", "-q:v", "3", "-g", "40"),
    "dropped.mp4": (*moving("25"), *_only("not(mod(n,7))+not(mod(n,3))"), *X264, "-g", "20"),
    "phone.mp4": (*_JITTERY, *X264, "-g", "30", "-bf", "2"),
    "phone.mkv": (*_JITTERY, *X264, "-g", "30", "-bf", "2"),
    "phone.ts": (*_JITTERY, *X264, "-g", "30"),
    "phone.webm": (*_JITTERY, "-c:v", "libvpx", "-g", "40"),
    # Nothing new for longer than a key frame interval, and for longer than a chunk.
    "screen.mp4": (*moving("25"), *_only("not(between(t,1,2.2))*not(between(t,3,6.3))"), *X264, "-g", "30"),
    "late-phone.mp4": ("-itsoffset", "3", "-i", "{phone.mp4}", "-f", "lavfi", "-i", "sine=d=11", "-c:v", "copy"),
    "interlaced-phone.mkv": (*_JITTERY, *X264, "-flags", "+ildct+ilme", "-x264-params", "tff=1", "-g", "30"),
}


LIKE_SOURCE = ("25.mp4", "ntsc.mp4", "open-gop.mp4", "irregular.mp4", "vp8.webm")
"""Those whose frames and times are those of the result, so that both can be compared."""


OPEN_ENDED = ("phone.flv", "phone.ts")
"""Those that leave open for how long their last frame is shown: any length is a guess."""


REFUSED = {
    "doubled.mp4": (
        (
            *(*moving("25"), "-vf", "settb=1/1000000,setpts=(N-0.9996*mod(N\\,2))*40000"),
            *("-fps_mode", "passthrough", "-enc_time_base", "1/1000000", "-video_track_timescale", "1000000"),
            *(*X264, "-g", "40"),
        ),
        "at the same time",
    ),
    "fast-phone.mp4": (
        (*moving("120"), *_only("mod(n,5)*not(between(t,3,4.2))"), *X264, "-g", "100"),
        "some of them are dropped",
    ),
    "clip.mpg": ((*moving("25"), "-c:v", "mpeg2video", "-bf", "2", "-g", "15"), "of every frame"),
    "b-frames.avi": ((*moving("25"), *X264, "-g", "40"), "of every frame"),
    "short.mp4": ((*moving("25"), "-t", "2", *X264), "too short"),
    "one-key-frame.mp4": ((*moving("25"), *X264, "-g", "1000", "-sc_threshold", "0"), "so far apart"),
}
