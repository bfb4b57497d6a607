"""What understands pictures, sound and words."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.deployment import Deployment
from shared.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.adapters.gemini import GeminiClient, Staging
    from shared.ports.embedder import Embedder
    from shared.ports.speech import SpeechDetector, Transcriber
    from shared.ports.text_reader import TextReader
    from shared.ports.vision_model import VisionModel

__all__ = ["Models"]


class Models(Deployment):
    """Models on the device, and Gemini wherever a project may use it."""

    @cached_property
    def text_reader(self) -> TextReader:
        """OCR on the device."""
        from shared.adapters.rapidocr import RapidOcrTextReader

        return RapidOcrTextReader()

    @cached_property
    def speech_detector(self) -> SpeechDetector:
        """Speech activity on the device."""
        from shared.adapters.silero import SileroSpeechDetector

        return SileroSpeechDetector()

    @cached_property
    def transcriber(self) -> Transcriber:
        """What writes speech down: the offline default, or the model the settings name."""
        if self.settings.transcriber == "whisper":
            from shared.adapters.whisper import WhisperTranscriber

            if self.settings.whisper_model is None:
                raise ConfigurationError(
                    "whisper_model_missing",
                    "The transcriber 'whisper' needs AUTOMATIONS_WHISPER_MODEL, a faster-whisper model's folder.",
                )
            return WhisperTranscriber(self.settings.whisper_model)
        from shared.adapters.sphinx import SphinxTranscriber

        return SphinxTranscriber()

    @cached_property
    def vision_model(self) -> VisionModel:
        """The model that watches videos, and the cheaper ways to ask for when a budget does not allow it."""
        chosen = self.settings.gemini
        cheapest = self._watcher(chosen.cheaper_model, sparse=True) if chosen.cheaper_model else None
        return self._watcher(chosen.model, cheaper=self._watcher(chosen.model, sparse=True, cheaper=cheapest))

    def vision_model_named(self, name: str) -> VisionModel:
        """Returns a model that watches videos as the settings say, with no cheaper way to ask."""
        return self._watcher(name)

    def _watcher(self, name: str, *, sparse: bool = False, cheaper: VisionModel | None = None) -> VisionModel:
        from shared.adapters.gemini import GeminiVisionModel

        chosen = self.settings.gemini
        return GeminiVisionModel(
            self._gemini,
            name,
            window_s=chosen.window_s,
            parallel=chosen.parallel,
            fps=min(chosen.sparse_fps, chosen.fps) if sparse else chosen.fps,
            media_resolution="low" if sparse else chosen.media_resolution,
            max_output_tokens=chosen.max_output_tokens,
            in_cloud=self.settings.platform == "google",
            staging=self._staging,
            cheaper=cheaper,
        )

    @cached_property
    def embedder(self) -> Embedder | None:
        """What makes videos searchable by meaning; None where nothing does."""
        if self.settings.embedder == "none":
            return None
        from shared.adapters.gemini import GeminiEmbedder

        chosen = self.settings.gemini
        return GeminiEmbedder(
            self._gemini,
            chosen.embedding_model,
            dimensions=chosen.embedding_dimensions,
            parallel=chosen.parallel,
        )

    @cached_property
    def _gemini(self) -> GeminiClient:
        from shared.adapters.gemini import GeminiClient

        chosen = self.settings.gemini
        return GeminiClient(
            self._project,
            chosen.location,
            endpoint=chosen.endpoint,
            timeout_s=chosen.timeout_s,
            tries=chosen.tries,
        )

    @property
    def _staging(self) -> Staging | None:
        bucket = self.settings.gemini.bucket
        if bucket is None or self.settings.platform == "google":
            return None
        from shared.adapters.gcs import GcsBlobStore
        from shared.adapters.gemini import Staging

        return Staging(GcsBlobStore(self._project), bucket)
