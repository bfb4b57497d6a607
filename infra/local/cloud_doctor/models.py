"""Whether the models that the settings choose can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import Deployment

__all__ = ["check_models"]


def check_models(deployment: Deployment) -> Iterator[Check]:
    """Has a word counted by each model, which costs nothing."""
    settings = deployment.wiring.settings
    chosen = [settings.gemini.model] if "gemini" in settings.analyzers else []
    chosen += [settings.gemini.embedding_model] if settings.embedder == "gemini" else []
    location = settings.gemini.location
    api = "aiplatform" if location == "global" else f"{location}-aiplatform"
    for model in chosen:
        place = f"projects/{deployment.project}/locations/{location}/publishers/google/models/{model}"
        question = {"contents": [{"role": "user", "parts": [{"text": "doctor"}]}]}
        deployment.apis.ask(api, f"v1/{place}:countTokens", question)
        yield verdict_on(f"Model {model}", f"answers in {location}")
