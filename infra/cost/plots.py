"""The pictures of infra/README.md, drawn from ``results.json``; each says of which, so stale ones are noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FOLDER", "PLOTS", "digest_of", "draw"]

FOLDER: Final = Path(__file__).with_name("plots")
PLOTS: Final = ("limits", "instances", "ready")


def digest_of(stored: Mapping[str, Any]) -> str:
    """Returns what tells results apart from others."""
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()[:16]


def draw(stored: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Draws all pictures into a folder."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams |= {
        "svg.hashsalt": "automations",
        "svg.fonttype": "none",
        "font.size": 9,
        "figure.autolayout": True,
    }
    folder.mkdir(exist_ok=True)
    for name, paint in zip(PLOTS, (_limits, _instances, _ready), strict=True):
        figure, axes = plt.subplots(figsize=(9, 4.2))
        paint(axes, stored)
        metadata = {"Date": None, "Creator": None, "Description": f"results {digest_of(stored)}"}
        figure.savefig(folder / f"{name}.svg", metadata=metadata)
        plt.close(figure)
        _trim(folder / f"{name}.svg")


def _trim(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")


def _limits(axes: Axes, stored: Mapping[str, Any]) -> None:
    largest = stored["scales"][-1]
    reached = sorted(largest["needs"], key=lambda need: float(need["reached_at"]))
    places = range(len(reached))
    axes.barh(places, [need["reached_at"] for need in reached], color="#3b6ea5")
    axes.set_yticks(places, [need["what"] for need in reached])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.invert_yaxis()
    axes.axvline(largest["videos"], color="#b03a2e", linewidth=1)
    axes.text(
        largest["videos"],
        1.03,
        f"{largest['videos']:,} a day",
        transform=axes.get_xaxis_transform(),
        color="#b03a2e",
        horizontalalignment="center",
    )
    axes.set_xlabel("reached at so many videos a day")


def _instances(axes: Axes, stored: Mapping[str, Any]) -> None:
    series: Mapping[str, Sequence[float]] = stored["scales"][-1]["over_the_day"]
    count = len(next(iter(series.values())))
    hours = [24 * place / count for place in range(count)]
    axes.stackplot(hours, list(series.values()), labels=list(series))
    axes.set_xlim(0, 24 * (count - 1) / count)
    axes.set_xlabel("hour of a day with a million videos")
    axes.set_ylabel("instances and executions at work")
    axes.legend(loc="upper left", frameon=False)


def _ready(axes: Axes, stored: Mapping[str, Any]) -> None:
    # Broad and pale below narrow and dark: one line nearly covers the other.
    drawn = (("#3b6ea5", "-", 1.5), ("#f2b56b", "-", 6), ("black", "--", 1.2))
    for scale, (color, dashes, width) in zip(stored["scales"], drawn, strict=True):
        minutes = [each / 60 for each in scale["ready_s_by_share"]]
        axes.plot(
            minutes,
            range(1, len(minutes) + 1),
            color=color,
            linestyle=dashes,
            linewidth=width,
            label=f"{scale['videos']:,} a day",
        )
    axes.set_xscale("log")
    axes.set_xticks([0.2, 0.5, 1, 2, 5, 10, 20], ["0.2", "0.5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()
    axes.set_xlabel("minutes from the upload until it is ready, with instances enough")
    axes.set_ylabel("% of the videos")
    axes.legend(frameon=False)
