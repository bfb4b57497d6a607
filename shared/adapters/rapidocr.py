"""Reading text with RapidOCR, whose models lie inside its wheel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NoReturn

from shared.domain.errors import ConfigurationError, TransientError
from shared.domain.framing import Box
from shared.ports.text_reader import TextLine

__all__ = ["RapidOcrTextReader"]

_MODELS: Final = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}


class RapidOcrTextReader:
    """Implements TextReader on the device; never touches the network.

    Args:
        threads: CPU threads of each model. The default is what the analyze function gets in pipeline.json; more
            than the machine has are ignored.

    Raises:
        ConfigurationError: ``ocr_model_missing``.
    """

    name = "rapidocr"

    def __init__(self, threads: int = 2) -> None:
        self.version = version("rapidocr")
        self._threads = threads
        self._models = {task: _model(file) for task, file in _MODELS.items()}

    @cached_property
    def _engine(self) -> Any:
        import rapidocr
        from rapidocr.utils.download_file import DownloadFile

        # RapidOCR fetches whatever it misses. Its models are named below, so nothing should be missed; what a
        # later version might still ask for must fail here rather than be fetched while a video is processed.
        DownloadFile.run = _refuse
        return rapidocr.RapidOCR(
            params={
                **{f"{task}.model_path": str(model) for task, model in self._models.items()},
                # It would turn lines found upside down; in video those are mostly misread upright ones.
                "Global.use_cls": False,
                # Every picture without text is a warning to it.
                "Global.log_level": "error",
                "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
            }
        )

    def read(self, image: Path) -> Sequence[TextLine]:
        import cv2

        picture = cv2.imread(str(image))
        if picture is None:
            raise TransientError("picture_unreadable", f"The picture {image.name} can't be read; trying again.")
        found: Any = self._engine(picture)
        if found.boxes is None:
            return ()
        height, width = picture.shape[:2]
        lines = [
            TextLine(text=text, confidence=min(max(float(score), 0.0), 1.0), box=_box(corners, width, height))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]
        return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


def _model(name: str) -> Path:
    package = find_spec("rapidocr")
    places = package.submodule_search_locations if package else None
    path = next((path for place in places or () if (path := Path(place) / "models" / name).is_file()), None)
    if path is None:
        raise ConfigurationError(
            "ocr_model_missing",
            f"The installed rapidocr has no {name}; install the version that requirements.txt names.",
        )
    return path


def _box(corners: Any, width: int, height: int) -> Box:
    xs = [min(max(float(x) / width, 0.0), 1.0) for x, _ in corners]
    ys = [min(max(float(y) / height, 0.0), 1.0) for _, y in corners]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _refuse(*_: object) -> NoReturn:
    raise ConfigurationError(
        "ocr_model_missing",
        "RapidOCR wanted to download a model; install the version that requirements.txt names.",
    )
