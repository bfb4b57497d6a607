"""What finds things in a video, one algorithm a file.

Names of findings, which taggers rely on. Those of problems and stretches are there only where something holds,
one a stretch, with that stretch's span; a confidence of 0.5 is that of a borderline case. A problem of the sound
says in ``reason`` what is wrong. What a model quotes is ``verified`` or not. What it says
itself, from ``summary`` to ``chapter``, has the modality ``sound`` for a recording. Black is a segment:

| name | modality | value |
|---|---|---|
| ``text`` | text | a line as it stands in the picture; with a box from OCR, without one from a model |
| ``text_language`` | text | ISO 639-1 code of the lines' language, such as ``de``; absent if they don't tell |
| ``qr_code`` | text | what a QR code says; a text like others, whatever it looks like |
| ``words`` | speech | a phrase as it was heard |
| ``speech_language`` | speech | ISO 639-1 code of what is said, where that can be heard; else absent |
| ``summary`` | picture | what the whole is about, in a few sentences of the model's |
| ``suggested_title`` | picture | a name for the whole |
| ``description`` | picture | what is seen and heard in a scene |
| ``label`` | picture | a thing, place, activity or topic, where it is seen or heard |
| ``chapter`` | picture | the title of a part that begins at its start |
| ``loudness_lufs`` | sound | integrated loudness (ITU-R BS.1770); -70.0, the gate, for anything quieter |
| ``loudness_range_lu`` | sound | loudness range (EBU Tech 3342) |
| ``true_peak_dbtp`` | sound | highest peak, between samples too; absent for digital silence |
| ``sound_silent`` | sound | highest peak in dBFS of a sound track on which there is nothing to hear |
| ``sound_too_quiet`` | sound | integrated loudness in LUFS, if that is too little |
| ``sound_clipping`` | sound | share of samples on tops that were cut off, at most |
| ``sound_dc_offset`` | sound | mean of the samples, 1 is full scale, if that is far from 0 |
| ``sound_channel_silent`` | sound | ``left`` or ``right``, if only the other one is heard |
| ``sound_out_of_phase`` | sound | correlation of left and right, if they are opposite |
| ``sound_noise`` | sound | level of noise in dBFS, if that is high for what is said |
| ``sound_hum`` | sound | frequency in Hz of a hum from the mains, 50.0 or 60.0 |
| ``motion`` | picture | mean change of luma between pictures 0.1 s apart, 0..1; one a shot |
| ``focus`` | picture | share of what moves, or stands out, inside the box, a window of 9:16; one a shot |
| ``brightness`` | picture | mean luma, 0 black .. 1 white; one a shot |
| ``sharpness`` | picture | share of the keyframe's fine detail a blur would destroy, 0..1; none if flat |
| ``dominant_colors`` | picture | the keyframe's main colours while they stay, largest first; confidence = share |
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
        "levels": "functions.analyze.strategies.levels:LevelsAnalyzer",
        "noise": "functions.analyze.strategies.noise:NoiseAnalyzer",
        "gemini": "functions.analyze.strategies.gemini:GeminiAnalyzer",
        "pictures": "functions.analyze.strategies.pictures:PicturesAnalyzer",
    },
)
