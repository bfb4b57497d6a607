"""Measuring prompts and models by what people say about tags; nothing of it is written into any video."""
