"""Models on Vertex AI through google-genai: watching video, and embedding texts for search."""

from __future__ import annotations

from shared.adapters.gemini.client import GeminiClient
from shared.adapters.gemini.embedder import GeminiEmbedder
from shared.adapters.gemini.vision_model import GeminiVisionModel, Staging

__all__ = ["GeminiClient", "GeminiEmbedder", "GeminiVisionModel", "Staging"]
