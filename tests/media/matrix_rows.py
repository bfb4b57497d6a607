"""The matrix of source files, as data: container x codec x feature, made by the bundled FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator

from tests.media.matrix_pictures import colors, fields, shapes
from tests.media.matrix_row import (
    AAC,
    AC3,
    AV1,
    BT709,
    DNX,
    EAC3,
    FLAC,
    H264,
    HEVC,
    MP2,
    MP3,
    MPEG2,
    MPEG4,
    OPUS,
    PCM,
    PCM24,
    THEORA,
    VORBIS,
    VP8,
    VP9,
    YUV422,
    Row,
    made,
)


def _codecs() -> Iterator[Row]:
    yield Row("h264-aac.mp4", H264, sound=AAC)
    yield Row("hevc-aac.mp4", HEVC, sound=AAC)
    yield Row("av1-opus.mp4", AV1, sound=OPUS)
    yield Row("vp9-flac.mp4", VP9, sound=FLAC)
    yield Row("mpeg4-mp3.mp4", MPEG4, sound=MP3)
    yield Row("mpeg2-ac3.mp4", MPEG2, sound=AC3)
    hd422 = made(*BT709, "yuv422p")
    yield Row("prores422-pcm24.mov", ("-c:v", "prores_ks"), look=YUV422, sound=PCM24)
    yield Row("dnxhr-pcm.mov", DNX, look=hd422, sound=PCM, tags=BT709)
    yield Row("mjpeg-pcm.mov", ("-c:v", "mjpeg", "-q:v", "2"), sound=PCM, tags=("bt470bg", "bt709", "bt709"))
    yield Row("h264-alac.mov", H264, sound=("-c:a", "alac"))
    yield Row("h264-flac.mkv", H264, sound=FLAC)
    yield Row("hevc-eac3.mkv", HEVC, sound=EAC3)
    yield Row("mpeg2-ac3.mkv", MPEG2, sound=AC3)
    yield Row("mpeg4-vorbis.mkv", MPEG4, sound=VORBIS)
    yield Row("theora-mp3.mkv", THEORA, sound=MP3)
    yield Row("av1-opus.mkv", AV1, sound=OPUS)
    yield Row("vp8-vorbis.webm", VP8, sound=VORBIS)
    yield Row("vp9-opus.webm", VP9, sound=OPUS)
    yield Row("av1-opus.webm", AV1, sound=OPUS)
    yield Row("mpeg4-mp3.avi", MPEG4, sound=MP3)
    yield Row("h264-ac3-without-times.avi", (*H264, "-bf", "2"), sound=AC3)
    yield Row("mpeg4-mp3-without-times.avi", (*MPEG4, "-bf", "2"), sound=MP3)
    yield Row("mjpeg-pcm.avi", ("-c:v", "mjpeg", "-q:v", "2"), sound=PCM, tags=("bt470bg", "bt709", "bt709"))
    yield Row("msmpeg4-mp3.avi", ("-c:v", "msmpeg4", "-q:v", "2"), sound=MP3)
    yield Row("h264-aac.ts", H264, sound=AAC)
    yield Row("mpeg2-mp2.ts", MPEG2, sound=MP2)
    yield Row("hevc-eac3.ts", HEVC, sound=EAC3)
    yield Row("h264-ac3.m2ts", H264, sound=AC3)
    yield Row("hevc-aac.m2ts", HEVC, sound=AAC)
    yield Row("mpeg1-mp2.mpg", ("-c:v", "mpeg1video", "-q:v", "2"), sound=MP2)
    yield Row("mpeg2-mp2.mpg", MPEG2, sound=MP2)
    yield Row("mpeg2-ac3-b-frames.mpg", (*MPEG2, "-bf", "2", "-f", "vob"), sound=AC3)
    yield Row("flv1-mp3.flv", ("-c:v", "flv", "-q:v", "2"), sound=(*MP3, "-ar", "44100"))
    yield Row("h264-aac.flv", H264, sound=AAC)
    amr = ("-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1")
    yield Row("h263-amr.3gp", ("-c:v", "h263", "-q:v", "2"), size=(176, 144), sound=amr)
    yield Row("h264-aac.3gp", H264, sound=AAC)
    yield Row("mpeg4-aac.3gp", MPEG4, sound=AAC)
    yield Row("theora-vorbis.ogv", THEORA, sound=VORBIS)
    yield Row("theora-flac.ogv", THEORA, sound=FLAC)
    yield Row("wmv2-wma2.wmv", ("-c:v", "wmv2", "-q:v", "2"), sound=("-c:a", "wmav2"))
    yield Row("wmv1-wma1.wmv", ("-c:v", "wmv1", "-q:v", "2"), sound=("-c:a", "wmav1"))
    yield Row("mpeg2-pcm.mxf", MPEG2, sound=PCM)
    yield Row("dnxhr-pcm.mxf", DNX, look=hd422, sound=PCM, tags=BT709)


def _times() -> Iterator[Row]:
    yield Row("one-frame.mp4", H264, seconds=0.04)
    yield Row("one-frame.webm", VP9, seconds=0.04)
    yield Row("tenth.mp4", H264, seconds=0.1, rate="30", sound=AAC)
    yield Row("1fps.mp4", H264, rate="1", seconds=6)
    yield Row("120fps.mp4", H264, rate="120", max_fps=60, sound=AAC)
    yield Row("90fps.mkv", H264, rate="90", max_fps=60)
    yield Row("ntsc-film.mkv", H264, size=(480, 270), rate="24000/1001", seconds=9, sound=AC3)
    yield Row("two-rungs.mp4", H264, size=(480, 270), seconds=9, sound=AAC)
    uneven = "setpts='(N/25+0.013*mod(N\\,3))/TB'"
    yield Row("vfr.mp4", (*H264, "-fps_mode", "passthrough"), look=f"{Row.look},{uneven}", sound=AAC)
    slower = "setpts='if(lt(N,30),N/25,1.2+(N-30)*0.12)/TB'"
    yield Row(
        "vfr-two-rungs.mkv",
        (*H264, "-fps_mode", "passthrough"),
        size=(480, 270),
        seconds=3.2,
        look=f"{Row.look},{slower}",
    )
    yield Row("late-picture.mkv", H264, before=("-itsoffset", "0.5"), sound=PCM)
    yield Row("late-picture.mp4", H264, before=("-itsoffset", "0.5"), sound=AAC)
    yield Row("clock-from-1h.ts", (*MPEG2, "-output_ts_offset", "3600"), sound=MP2)
    yield Row("clock-from-2s.mkv", (*H264, "-output_ts_offset", "2"), sound=OPUS)
    yield Row("head-cut-off.mp4", (*H264, "-g", "100"), seconds=2.4, sound=AAC, again=("-ss", "0.6"))
    yield Row("head-cut-off.mov", (*H264, "-g", "100", "-bf", "2"), seconds=2.4, sound=PCM, again=("-ss", "0.6"))
    yield Row("recorded-live.webm", (*VP8, "-f", "webm"), sound=OPUS, piped=True)
    yield Row("recorded-live.mkv", (*H264, "-f", "matroska"), sound=AAC, piped=True)
    yield Row("recorded-live.flv", (*H264, "-f", "flv"), sound=AAC, piped=True)
    yield Row(
        "fragmented.mp4", (*H264, "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"), sound=AAC, piped=True
    )
    yield Row("recorded-live.ogv", (*THEORA, "-f", "ogg"), sound=VORBIS, piped=True)


def _sounds() -> Iterator[Row]:
    yield Row("no-sound.mov", H264)
    yield Row("surround.mkv", H264, sound=("-c:a", "ac3", "-ac", "6"))
    yield Row("mono-8k.mov", H264, sound=("-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"))


ROWS = (*_codecs(), *shapes(), *_times(), *fields(), *colors(), *_sounds())
