"""What may be decoded. Everything else in FFmpeg is attack surface that no upload needs."""

from __future__ import annotations

__all__ = ["DECODERS", "SOUND_CODECS", "VIDEO_CODECS", "reading_arguments", "reading_options"]

VIDEO_CODECS = frozenset(
    {
        *("av1", "dnxhd", "flv1", "h263", "h264", "hevc", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4"),
        *("msmpeg4v3", "prores", "theora", "vc1", "vp8", "vp9", "wmv1", "wmv2", "wmv3"),
    }
)
SOUND_CODECS = frozenset(
    {
        *("aac", "ac3", "alac", "amr_nb", "amr_wb", "dts", "eac3", "flac", "mp2", "mp3", "opus", "vorbis"),
        *("wmapro", "wmav1", "wmav2", "pcm_alaw", "pcm_bluray", "pcm_dvd", "pcm_mulaw", "pcm_s8", "pcm_u8"),
        *("pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le", "pcm_s16be", "pcm_s16le", "pcm_s24be"),
        *("pcm_s24le", "pcm_s32be", "pcm_s32le"),
    }
)
# Decoders whose names differ from their codecs'.
_ALIASES = ("amrnb", "amrwb", "dca", "flv", "libdav1d", "libvpx", "libvpx-vp9", "mp2float", "mp3float", "msmpeg4")
# ffprobe opens a decoder for every stream there is: subtitles and cover art must not make it give up.
_BESIDES = (
    *("ass", "cc_dec", "dvbsub", "dvdsub", "mov_text", "pgssub", "srt", "ssa", "subrip", "text", "webvtt", "xsub"),
    *("bmp", "gif", "png", "webp"),
)
DECODERS = ",".join(sorted({*VIDEO_CODECS, *SOUND_CODECS, *_ALIASES, *_BESIDES}))


def reading_options(demuxer: str) -> dict[str, str]:
    """Returns FFmpeg's input options for a stranger's file that sniffing found to be of a kind."""
    return {
        "f": demuxer,  # never guessed from content or name
        "format_whitelist": demuxer,  # also for what a demuxer opens inside the file
        "protocol_whitelist": "file",
        "codec_whitelist": DECODERS,
        # Checksums in MP3, AC-3, FLAC and HEVC are compared only when that is asked for.
        "err_detect": "crccheck",
    }


def reading_arguments(demuxer: str) -> tuple[str, ...]:
    """Returns the same as ffprobe's arguments."""
    return tuple(part for option, value in reading_options(demuxer).items() for part in (f"-{option}", value))
