"""The models that come with the packages, on real footage, without a network."""

from __future__ import annotations

import socket
import subprocess
from difflib import SequenceMatcher
from pathlib import Path
from typing import NoReturn

import imageio_ffmpeg
import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.adapters.rapidocr import RapidOcrTextReader
from shared.adapters.sphinx import SphinxTranscriber
from shared.domain.errors import ConfigurationError
from shared.ports.speech import SpokenSpan
from shared.testing.stage_context import FakeStageContext


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **_: object) -> NoReturn:
        raise AssertionError(f"a connection was tried: {args}")

    for function in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, function, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    ("file", "at_s", "expected"),
    [
        ("audiovideo.mov", 5.0, ["Path Expressions", "XQuery includes XPath (not just embedded)"]),
        ("slidechanges.mov", 3.0, ["Titel der Veranstaltung", "Startfolie, auch Titelfolie genannt"]),
        ("slidechanges.mov", 24.0, ["Folie nummer drei"]),
        ("pixel8_en_combo_0_v.mp4", 0.4, ["Authorised Retailer Flipkart"]),
    ],
)
def test_text_on_real_pictures_is_read(
    real_media: Path, tmp_path: Path, file: str, at_s: float, expected: list[str]
) -> None:
    (still,) = FfmpegMediaTool().stills(real_media / file, [at_s], tmp_path, FakeStageContext(tmp_path))
    lines = [line.text for line in RapidOcrTextReader().read(still)]
    for text in expected:
        assert max(SequenceMatcher(None, text, line).ratio() for line in lines) >= 0.95, lines


def test_what_rapidocr_misses_is_not_fetched() -> None:
    assert RapidOcrTextReader()._engine
    import rapidocr

    another = {
        "Rec.ocr_version": rapidocr.OCRVersion.PPOCRV5,
        "Rec.model_type": rapidocr.ModelType.MOBILE,
        "Rec.lang_type": rapidocr.LangRec.CYRILLIC,
        "Global.log_level": "error",
    }
    with pytest.raises(ConfigurationError, match="wanted to download"):
        rapidocr.RapidOCR(params=another).recognize_txt([])


def test_a_model_missing_from_the_wheel_is_the_deployments_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    with pytest.raises(ConfigurationError, match="ocr_model_missing"):
        RapidOcrTextReader()


def test_a_spoken_slogan_is_heard_with_low_confidence(real_media: Path, tmp_path: Path) -> None:
    """The advert ends: "The only AI phone engineered by Google"."""
    audio = tmp_path / "audio.wav"
    source = str(real_media / "pixel8_en_combo_0_v.mp4")
    to_wav = ("-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", str(audio))
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", source, *to_wav], check=True)
    spans = [SpokenSpan(start_s=7.5, end_s=15.2)]
    said = list(SphinxTranscriber().transcribe(audio, spans, FakeStageContext(tmp_path)))
    words = " ".join(phrase.text for phrase in said).split()
    assert {"the", "only", "phone", "by"} <= set(words)
    assert all(7.5 <= phrase.start_s < phrase.end_s <= 15.2 for phrase in said)
    assert max(phrase.confidence for phrase in said) <= 0.4
