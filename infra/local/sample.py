"""Renders the sample clip: 25 s that give every stage something to find, the same bytes every time."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ffmpeg

from infra.local.scenery import HEIGHT, SCENES, WIDTH, Scene, caption
from shared.domain.errors import ConfigurationError

__all__ = ["DISSOLVE_AFTER", "FADE_AFTER", "render_sample"]

FPS = 25
DISSOLVE_AFTER, DISSOLVE_S = 1, 1.0
"""The scene that dissolves into the next one, and how long both are seen."""

FADE_AFTER, FADE_S = 4, 0.6
"""The scene that goes to black before the next one comes from there, and how long each way takes."""

SOUND = "if(lt(t,{quiet_from})+gt(t,{quiet_to})*lt(t,{end}), 0.16*sin(2*PI*t*{base}) + 0.1*sin(2*PI*t*{third}), 0)"
"""A chord that changes every second: a tone for the meters, and silence in between and at the end to be found."""


def render_sample(program: Path, destination: Path) -> None:
    """Renders the clip.

    Args:
        program: FFmpeg.
        destination: The MP4 file to write; appears when it is complete.

    Raises:
        ConfigurationError: ``sample_failed``: this FFmpeg can't do it; its log is in the error.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=destination.parent, prefix=".sample-") as folder:
        finished = Path(folder) / "sample.mp4"
        command = [str(program), *_graph(Path(folder), finished).get_args()]
        run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            raise ConfigurationError(
                "sample_failed",
                f"{program} can't render the sample clip; try `automations doctor`.",
                log_tail=run.stderr[-2000:],
                command=tuple(command),
            )
        finished.replace(destination)


def _graph(folder: Path, destination: Path) -> Any:
    shots = [_shot(scene, folder / f"{index}") for index, scene in enumerate(SCENES)]
    shots[FADE_AFTER] = shots[FADE_AFTER].filter(
        "fade", type="out", start_time=SCENES[FADE_AFTER].duration_s - FADE_S, duration=FADE_S
    )
    shots[FADE_AFTER + 1] = shots[FADE_AFTER + 1].filter("fade", type="in", duration=FADE_S)
    both = shots[DISSOLVE_AFTER : DISSOLVE_AFTER + 2]
    offset_s = SCENES[DISSOLVE_AFTER].duration_s - DISSOLVE_S
    dissolve = ffmpeg.filter(both, "xfade", transition="fade", duration=DISSOLVE_S, offset=offset_s)
    picture = ffmpeg.concat(*shots[:DISSOLVE_AFTER], dissolve, *shots[DISSOLVE_AFTER + 2 :])
    duration_s = sum(scene.duration_s for scene in SCENES) - DISSOLVE_S
    return ffmpeg.output(
        picture,
        _sound(duration_s),
        str(destination),
        vcodec="libx264",
        preset="veryfast",
        crf=20,
        pix_fmt="yuv420p",
        acodec="aac",
        **{"b:a": "128k"},
        t=duration_s,
        map_metadata=-1,
        movflags="+faststart",
        # The same bytes every time: no version strings or times in the file, and encoders
        # whose result does not depend on how many cores there are.
        fflags="+bitexact",
        **{"flags:v": "+bitexact", "flags:a": "+bitexact"},
        threads=2,
    ).global_args("-hide_banner", "-nostdin", "-y")


def _shot(scene: Scene, prefix: Path) -> Any:
    """Paints a scene's layers to files and returns its moving picture."""
    far, near = (
        _still(layer, prefix.with_name(f"{prefix.name}-{number}.png"), scene.duration_s).filter(
            # Both layers move to the left; the near one, which is wider, faster.
            "crop",
            WIDTH,
            HEIGHT,
            x=f"(in_w-out_w)*t/{scene.duration_s}",
            y=0,
        )
        for number, layer in enumerate(scene.layers())
    )
    words = _still(caption(scene), prefix.with_name(f"{prefix.name}-words.png"), scene.duration_s)
    return far.overlay(near).overlay(words).filter("format", "yuv420p").filter("settb", f"1/{FPS}")


def _still(image: Any, path: Path, duration_s: float) -> Any:
    image.save(path, compress_level=1)
    # The pixel format that is encoded, and the filter that repeats, come first: so each picture is decoded and
    # converted once, not once a frame.
    pixels = "yuva420p" if image.mode == "RGBA" else "yuv420p"
    still = ffmpeg.input(str(path), framerate=FPS).filter("format", pixels).filter("loop", loop=-1, size=1)
    return still.filter("trim", duration=duration_s)


def _sound(duration_s: float) -> Any:
    starts = [0.0]
    for scene in SCENES:
        starts.append(starts[-1] + scene.duration_s)
    quiet_from, quiet_to = (start - DISSOLVE_S for start in starts[3:5])
    note = "pow(2\\,mod(floor(t)*7\\,12)/12)"
    expression = SOUND.format(
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        end=starts[6] - DISSOLVE_S,
        base=f"220*{note}",
        third=f"275*{note}",
    )
    return ffmpeg.input(f"aevalsrc='{expression}':sample_rate=48000:duration={duration_s}", format="lavfi")
