"""What a file is, by its first bytes, before any tool may look at it. Names and content types are not believed."""

from __future__ import annotations

from pathlib import Path

from shared.adapters.ffmpeg.sound_frames import demuxer_of_frames, id3_bytes
from shared.domain.errors import PermanentError

__all__ = ["sniff"]

_HEAD_BYTES = 4096
_TS_PACKET_BYTES = 188

# FFmpeg's demuxer -> where its files begin with what. Only these demuxers are ever run.
_CONTAINERS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "mov": tuple((4, kind) for kind in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")),
    "matroska": ((0, b"\x1a\x45\xdf\xa3"),),
    "avi": ((8, b"AVI "), (8, b"AVIX")),
    "flv": ((0, b"FLV\x01"),),
    "ogg": ((0, b"OggS"),),
    "asf": ((0, bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")),),
    "mxf": ((0, bytes.fromhex("060e2b34020501010d0102")),),
    "mpeg": ((0, b"\x00\x00\x01\xba"),),
    "wav": ((8, b"WAVE"),),
    "aiff": ((8, b"AIFF"), (8, b"AIFC")),
    "flac": ((0, b"fLaC"),),
}
_PICTURES = (
    *((0, magic) for magic in (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")),
    (8, b"WEBP"),
    *((8, brand) for brand in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")),
)
# Texts that name other files or programs; a tool that opened one would go and fetch them.
_REFERENCES = (
    *(b"#extm3u", b"ffconcat", b"<mpd", b"<smil", b"<svg", b"<?xml", b"v=0", b"webvtt"),
    *(b"[playlist]", b"#!"),
)
# Begins like a script, but is a phone's voice memo. In 3GP the same sound is accepted.
_AMR = b"#!AMR"


def sniff(path: Path) -> str:
    """Returns the name of the FFmpeg demuxer for a file.

    Raises:
        PermanentError: ``not_video`` or ``unsupported_container``.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(id3_bytes(head))
        after_tag = file.read(_HEAD_BYTES)
    if not head:
        raise PermanentError("not_video", "The file is empty. Upload it again.")
    if _begins(head, _PICTURES):
        raise PermanentError("not_video", "The file is a picture, still or animated. Upload a video.")
    for demuxer, magics in _CONTAINERS.items():
        if _begins(head, magics):
            return demuxer
    if _is_transport_stream(head):
        return "mpegts"
    # Only sound comes after such a tag: anything else behind one is there to be overlooked.
    if sound := _sound(after_tag):
        return sound
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_REFERENCES) and not head.startswith(_AMR):
        raise PermanentError(
            "unsupported_container",
            "The file is a playlist or another text that refers to media. Upload the video itself.",
        )
    raise PermanentError(
        "not_video",
        "The file is not a video or a recording of a kind that is accepted: "
        "MP4, MOV, MKV, WebM, AVI, MPEG-TS, M2TS, MPEG, FLV, 3GP, OGV, WMV or MXF, "
        "or for sound MP3, M4A, AAC, WAV, FLAC, AIFF, OGG, Opus, MKA, WMA or AC-3.",
    )


def _sound(head: bytes) -> str | None:
    """Returns the demuxer of sound that may come after an ID3 tag; some writers leave room for a longer tag."""
    head = head.lstrip(b"\0")
    return "flac" if head.startswith(b"fLaC") else demuxer_of_frames(head)


def _begins(head: bytes, magics: tuple[tuple[int, bytes], ...]) -> bool:
    return any(head.startswith(magic, offset) for offset, magic in magics)


def _is_transport_stream(head: bytes) -> bool:
    """Packets of 188 bytes that begin with ``G``; M2TS puts 4 bytes of time before each."""
    return any(
        all(head[at : at + 1] == b"G" for at in range(first, first + 4 * packet, packet))
        for first, packet in ((0, _TS_PACKET_BYTES), (4, _TS_PACKET_BYTES + 4))
    )
