"""What finds things in a video, one algorithm a file.

Names of findings, which taggers rely on. Those after ``dominant_colors`` are there only where something holds, one
a stretch, with that stretch's span; a confidence of 0.5 is that of a borderline case. Black is a segment.

| name | modality | value |
|---|---|---|
| ``text`` | text | a line as it stands in the picture; with a box from OCR, without one from a model |
| ``text_language`` | text | ISO 639-1 code of the lines' language, such as ``de``; absent if they don't tell |
| ``qr_code`` | text | what a QR code says; a text like others, whatever it looks like |
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
| ``still`` | picture | seconds for which nothing moves, at least one: a slide, a title, a still picture |
| ``frozen`` | picture | seconds for which footage hangs that moves before and after |
| ``letterbox`` | picture | share of the height that black bars above and below take together |
| ``pillarbox`` | picture | share of the width that black bars on both sides take together |
| ``overexposed`` | picture | share of the picture that is white without detail; mean over the stretch |
| ``underexposed`` | picture | luma that 99 of 100 pixels stay below, 0..1; mean over the stretch |
| ``blurred`` | picture | sharpness, as above, of a stretch that is out of focus |
| ``noisy`` | picture | standard deviation of luma that noise makes, 0..1 |
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
