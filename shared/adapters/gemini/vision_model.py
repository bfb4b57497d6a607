"""Gemini watching video."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from google import genai
from google.genai import types

from shared.adapters.gemini.client import GeminiClient
from shared.adapters.gemini.prices import price_of
from shared.domain.errors import PermanentError
from shared.domain.records import ObjectRef
from shared.domain.video import Cost
from shared.ports.blob_store import BlobStore
from shared.ports.tool_session import ToolSession
from shared.ports.vision_model import Clip, Footage, Question, Reply, VisionModel

__all__ = ["GeminiVisionModel", "Staging"]

_INLINE_BYTES: Final = 14_000_000
"""A request holds 20 MB, and base64 makes 4 bytes of 3."""

_PICTURE_TOKENS: Final = {"low": 70, "medium": 70, "high": 280}
"""https://ai.google.dev/gemini-api/docs/media-resolution, of Gemini 3, for a picture of a video."""

_SOUND_TOKENS_S: Final = 32  # https://ai.google.dev/gemini-api/docs/tokens
_QUESTION_TOKENS: Final = 1500  # instructions, scenes and schema
_ANSWER_TOKENS_S: Final = 8  # what is said and shown is written down, thoughts included
_LEAST_ANSWER_TOKENS: Final = 500

_REFUSALS: Final = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"}
)


@dataclass(frozen=True, slots=True)
class Staging:
    """A bucket in Cloud Storage that videos from elsewhere are copied to while the model watches them."""

    blobs: BlobStore
    bucket: str


class GeminiVisionModel:
    """Implements VisionModel with Gemini on Vertex AI.

    Args:
        client: The connection.
        name: Model.
        window_s: Seconds of video a question may be about; many models take up to 45 min with sound.
        parallel: Questions at the same time.
        fps: Pictures a second that it looks at.
        media_resolution: How finely it looks at each.
        max_output_tokens: Longest answer, thoughts included.
        in_cloud: Whether stored videos lie in Cloud Storage, where the model reads them by itself.
        staging: Where to put those that don't and are too large to be sent along; None for nowhere.
        cheaper: The next cheaper way to ask.
    """

    def __init__(
        self,
        client: GeminiClient,
        name: str,
        *,
        window_s: float = 600.0,
        parallel: int = 4,
        fps: float = 1.0,
        media_resolution: Literal["low", "medium", "high"] = "low",
        max_output_tokens: int = 32768,
        in_cloud: bool = False,
        staging: Staging | None = None,
        cheaper: VisionModel | None = None,
    ) -> None:
        self.name = name
        self.longest_s = window_s
        self.parallel = parallel
        self.cheaper = cheaper
        self.parameters = f"fps={fps:g} media={media_resolution} output={max_output_tokens}"
        self._client = client
        self._price = price_of(name, client.location)
        self._fps = fps
        self._picture_tokens = _PICTURE_TOKENS[media_resolution]
        self._media_resolution = types.MediaResolution(f"MEDIA_RESOLUTION_{media_resolution.upper()}")
        self._max_output_tokens = max_output_tokens
        self._in_cloud = in_cloud
        self._staging = staging

    @property
    def priced(self) -> bool:
        return self._price is not None

    def expected_usd(self, clip_s: float, *, sound_only: bool = False) -> float | None:
        return None if self._price is None else self._price.usd(*self._expected_tokens(clip_s, sound_only))

    @contextmanager
    def footage(self, video: ObjectRef, fetch: Callable[[], Path]) -> Iterator[Footage]:
        if self._in_cloud:
            yield Footage(content_type=video.content_type, uri=f"gs://{video.bucket}/{video.name}")
        elif video.size_bytes <= _INLINE_BYTES:
            yield Footage(content_type=video.content_type, content=fetch().read_bytes())
        elif self._staging is not None:
            blobs, bucket = self._staging.blobs, self._staging.bucket
            # Its own name: another attempt that is ending may be deleting its copy.
            copy = blobs.put(bucket, f"watching/{uuid.uuid4().hex}.mp4", fetch(), video.content_type)
            try:
                yield Footage(content_type=video.content_type, uri=f"gs://{copy.bucket}/{copy.name}")
            finally:
                blobs.delete(copy.bucket, copy.name)
        else:
            raise PermanentError(
                "too_large_for_model",
                f"The video has {video.size_bytes / 1e6:.0f} MB; more than {_INLINE_BYTES / 1e6:.0f} MB can't be "
                "sent along to Gemini. Name a Cloud Storage bucket in AUTOMATIONS_GEMINI__BUCKET, then replay "
                "from analyze.",
            )

    def ask(self, question: Question, session: ToolSession) -> Reply:
        parts = [types.Part(text=question.text)]
        if question.clip is not None:
            parts.insert(0, self._part(question.clip))
        contents = types.Content(role="user", parts=parts)

        def send(sdk: genai.Client, options: types.HttpOptions) -> types.GenerateContentResponse:
            config = self._config(question, options)
            answer: types.GenerateContentResponse = sdk.models.generate_content(
                model=self.name, contents=contents, config=config
            )
            return answer

        response = self._client.request(send, session, subject=self.name)
        self._charge(response.usage_metadata, question.clip, session)
        return _reply(response)

    def _expected_tokens(self, clip_s: float, sound_only: bool) -> tuple[int, int]:
        """Returns how many tokens a question is expected to have, and its answer."""
        seen = 0.0 if sound_only else self._fps * self._picture_tokens
        read = _QUESTION_TOKENS + clip_s * (seen + _SOUND_TOKENS_S)
        return round(read), round(max(clip_s * _ANSWER_TOKENS_S, _LEAST_ANSWER_TOKENS))

    def _part(self, clip: Clip) -> types.Part:
        footage = clip.footage
        metadata = None
        if not _is_sound(footage):  # which is cut already: the offsets are for video alone
            metadata = types.VideoMetadata(
                start_offset=f"{clip.start_s:.3f}s", end_offset=f"{clip.end_s:.3f}s", fps=self._fps
            )
        if footage.uri:
            data = types.FileData(file_uri=footage.uri, mime_type=footage.content_type)
            return types.Part(file_data=data, video_metadata=metadata)
        blob = types.Blob(data=footage.content, mime_type=footage.content_type)
        return types.Part(inline_data=blob, video_metadata=metadata)

    def _config(self, question: Question, options: types.HttpOptions) -> types.GenerateContentConfig:
        return types.GenerateContentConfig(
            http_options=options,
            system_instruction=question.instructions,
            response_mime_type="application/json",
            response_schema=dict(question.schema),
            media_resolution=self._media_resolution,
            max_output_tokens=self._max_output_tokens,
            # Without it a model can't tell when something is said in sound alone.
            audio_timestamp=True if question.clip and _is_sound(question.clip.footage) else None,
            # Looking and listening needs little thought, and thoughts cost as much as answers.
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW),
            automatic_continuation=False,  # further requests that nobody would count
        )

    def _charge(
        self, usage: types.GenerateContentResponseUsageMetadata | None, clip: Clip | None, session: ToolSession
    ) -> None:
        if usage is not None and (usage.prompt_token_count or 0) > 0:
            read = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
            written = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
        elif clip is not None:  # an answer that does not say what it cost was not for nothing
            read, written = self._expected_tokens(clip.end_s - clip.start_s, _is_sound(clip.footage))
        else:
            read, written = self._expected_tokens(0.0, sound_only=True)
        usd = self._price.usd(read, written) if self._price else 0.0
        session.charge(Cost(input_tokens=read, output_tokens=written, model_usd=usd))


def _is_sound(footage: Footage) -> bool:
    return footage.content_type.startswith("audio/")


def _reply(response: types.GenerateContentResponse) -> Reply:
    """Reads an answer without trusting it: a refused or cut one comes without any error."""
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        return Reply(outcome="refused", reason=f"the request was blocked: {feedback.block_reason.value}")
    candidate = response.candidates[0] if response.candidates else None
    if candidate is None:
        return Reply(outcome="complete")
    finish = candidate.finish_reason.value if candidate.finish_reason else ""
    if finish in _REFUSALS:
        return Reply(outcome="refused", reason=finish)
    content = candidate.content
    said = [part.text for part in (content.parts if content else None) or () if part.text and not part.thought]
    return Reply(outcome="too_long" if finish == "MAX_TOKENS" else "complete", text="".join(said))
