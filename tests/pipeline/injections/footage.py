"""Makes the videos of the corpus: short, small, and each with its order where it belongs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import cv2
from PIL import Image, ImageDraw, ImageFont

from shared.adapters.binaries import bundled
from tests.pipeline.injections.corpus import Injection
from tests.requirement import missing

__all__ = ["make_video"]

_SIZE: Final = (480, 270)
_LENGTH_S: Final = 1.0


def make_video(injection: Injection, folder: Path) -> Path:
    """Renders a video with an order in it and returns the file, which may be named by the order."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / "picture.png"
    _draw(injection).save(picture)
    command = [
        str(bundled("ffmpeg")),
        "-v",
        "error",
        "-nostdin",
        "-loop",
        "1",
        "-framerate",
        "5",
        "-i",
        str(picture),
    ]
    output = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-shortest"]
    maps = ["-map", "0:v"]
    if injection.carrier == "speech":
        spoken = _spoken(injection.text, folder / "spoken.wav")
        command += ["-i", str(spoken)]
        maps += ["-map", "1:a"]
        output += ["-c:a", "aac"]
    else:
        output += ["-t", str(_LENGTH_S)]
    if injection.carrier == "subtitles":
        captions = folder / "captions.srt"
        captions.write_text(f"1\n00:00:00,000 --> 00:00:00,900\n{injection.text}\n")
        command += ["-i", str(captions)]
        maps += ["-map", "1:s"]
        output += ["-c:s", "mov_text"]
    if injection.carrier == "metadata":
        field, words = injection.words
        output += ["-metadata", f"{field}={words}"]
    path = folder / (injection.text if injection.carrier == "file name" else f"clip-{injection.number}.mp4")
    subprocess.run([*command, *maps, *output, f"file:{path}"], check=True)
    return path


def _draw(injection: Injection) -> Image.Image:
    picture = Image.new("RGB", _SIZE, (24, 60, 88))
    draw = ImageDraw.Draw(picture)
    if injection.carrier == "picture":
        for number, line in enumerate(injection.words):
            draw.text((20, 60 + 48 * number), line, "white", ImageFont.load_default(20))
    elif injection.carrier == "QR code":
        code = Image.fromarray(cv2.QRCodeEncoder.create().encode(injection.text))
        draw.rectangle((130, 25, 350, 245), "white")
        picture.paste(code.resize((200, 200), Image.Resampling.NEAREST), (140, 35))
    else:
        draw.ellipse((180, 70, 300, 190), "orange")
    return picture


def _spoken(text: str, destination: Path) -> Path:
    program = shutil.which("espeak-ng")
    if program is None:
        missing("espeak-ng is not installed")
    subprocess.run([program, "-s", "150", "-w", str(destination), text], check=True)
    return destination
