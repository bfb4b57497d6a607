"""What finds things in a video, one algorithm a file.

Names of findings, which taggers rely on:

| name | modality | value |
|---|---|---|
| ``text`` | text | a line as it stands in the picture; with a box from OCR, without one from a model |
| ``words`` | speech | a phrase as it was heard |
| ``summary`` | picture | what the whole is about, in a few sentences of the model's |
| ``suggested_title`` | picture | a name for the whole |
| ``description`` | picture | what is seen and heard in a scene |
| ``label`` | picture | a thing, place, activity or topic, where it is seen or heard |
| ``chapter`` | picture | the title of a part that begins at its start |
| ``loudness_lufs`` | sound | integrated loudness (ITU-R BS.1770); -70.0, the gate, for anything quieter |
| ``loudness_range_lu`` | sound | loudness range (EBU Tech 3342) |
| ``true_peak_dbtp`` | sound | highest peak, between samples too; absent for digital silence |
| ``motion`` | picture | mean change of luma between pictures 0.1 s apart, 0..1; one a shot |
| ``brightness`` | picture | mean luma, 0 black .. 1 white; one a shot |
| ``sharpness`` | picture | share of the keyframe's fine detail a blur would destroy, 0..1; none if flat |
| ``dominant_colors`` | picture | the keyframe's main colours by name, largest first; confidence = their share |
"""

from __future__ import annotations

from shared.processors.analyzer import Analyzer
from shared.processors.registry import Registry

__all__ = ["ANALYZERS"]

ANALYZERS = Registry(
    "automations.analyzers",
    Analyzer,  # type: ignore[type-abstract]  # the registry only checks against it
    {
        "text": "functions.analyze.strategies.text:TextAnalyzer",
        "words": "functions.analyze.strategies.words:WordsAnalyzer",
        "loudness": "functions.analyze.strategies.loudness:LoudnessAnalyzer",
        "gemini": "functions.analyze.strategies.gemini:GeminiAnalyzer",
        "pictures": "functions.analyze.strategies.pictures:PicturesAnalyzer",
    },
)
