"""How orders to whoever describes a video are worded."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["PATTERNS", "SQUEEZED"]

_VIDEO: Final = (
    r"(?:this|the|that|every|each|all)\s+(?:\w+\s+)?"
    r"(?:videos?|clips?|films?|movies?|footage|files?|recordings?|content|scenes?)"
)
_RULES: Final = (
    r"(?:instruct\w*|prompts?|rules?|guidelines?|directives?|orders|commands?|messages?|polic(?:y|ies)|training"
    r"|constraints?|anweisung\w*|regeln|instruccion\w*|consignes)"
)
_CONFIDENCES: Final = (
    r"(?:pass\s?words?|pass\s?phrases?|pass\s?codes?|secrets?|secret\s(?:words?|codes?|keys?)|api[ _-]?keys?"
    r"|credentials?|environment\svariables?|signing\skeys?|access\stokens?"
    r"|(?:system|hidden|initial|your)\s(?:prompt|instructions?|rules|message|settings|environment|configuration)"
    r"|geheimnis|passwort|contraseña|mot\sde\spasse)"
)
_MACHINE: Final = (
    r"(?:ai|a\.i\.|llms?|assistants?|chat\s?bots?|chatgpt|gpt|gemini|claude|language\smodels?|taggers?)"
)
_ALL_OR_YOURS: Final = (
    r"(?:previous|prior|earlier|above|preceding|former|all|any|every|your|these|vorherigen|bisherigen|anteriores"
    r"|précédentes)"
)
_CLASSIFY: Final = r"(?:tag|label|classify|categori[sz]e)"

_FORGET: Final = (
    r"(?:\b(?:ignor\w*|zignoruj\w*|oubli\w*|olvid\w*|esque[cç]\w*|descons\w*|dimentic\w*|negeer\w*|vergeet|vergiss"
    r"|pomiń|zapomnij|glöm|glem|unut\w*|yok\s?say\w*|игнорир\w*|проигнорир\w*|забудь\w*|تجاهل\w*|התעלמ?ם?\w*)"
    r"|忽略|无视|無視|忘记|忘れ|무시|अनदेख)"
)
_THE_FORMER: Final = (
    r"(?:\b(?:tod[ao]s|toutes|tous|tutt[ei]|alle|alla|wszystk\w*|все[хм]?|anterior\w*|précédent\w*|precedent[ei]\w*"
    r"|vorherig\w*|bisherig\w*|eerdere|vorige|poprzedni\w*|предыдущ\w*|прежни\w*|tidigare|tidligere|tüm|önceki"
    r"|جميع|السابقة|כל|הקודמות)|之前|以前|前の|上面|所有|すべて|全て|모든|이전|सभी|पिछल)"
)
_TOLD: Final = (
    r"(?:\b(?:instru[ckç]\w*|istruzion\w*|anweisung\w*|aanwijzing\w*|anvisning\w*|poleceni\w*|consign\w*|regras"
    r"|reg[eo]l[enas]\w*|règles|zasad\w*|talimat\w*|инструкц\w*|указани\w*|правил\w*|التعليمات|تعليمات|הוראות|ההוראות)"
    r"|指令|指示|命令|规则|規則|지시|명령|지침|निर्देश)"
)
_CALL_IT: Final = (
    r"(?:\b(?:etichett\w*|etiquet\w*|étiquet\w*|tagg?\w*|marque|kennzeichn\w*|markier\w*|oznacz\w*|пометь\w*"
    r"|отметь\w*))"
)
_THE_VIDEO: Final = r"(?:\b(?:v[ií]d[ée]o\w*|видео|clipe?)|视频|影片|動画|동영상|비디오)"
_AS: Final = r"\b(?:como|comme|come|als|jako|как|som)\b"


def _joined(lines: str) -> re.Pattern[str]:
    """Returns the pattern that is written over several lines; space at their ends is none of it."""
    return re.compile("".join(line.strip() for line in lines.splitlines()), re.IGNORECASE)


PATTERNS: Final = tuple(
    map(
        _joined,
        (
            # away with what was said before
            rf"""\b(?:ignor\w*|disregard\w*|forget|override|overrule|bypass|vergiss|olvida|oublie\w*)\b
            .{{0,40}}\b{_ALL_OR_YOURS}\b.{{0,30}}\b{_RULES}\b""",
            rf"\b(?:ignor\w*|disregard\w*|oublie\w*)\b.{{0,30}}\b{_RULES}\b.{{0,20}}\b{_ALL_OR_YOURS}\b",
            # here is something new
            r"\b(?:updated|hidden|secret|urgent|override)\s+(?:instructions?|directives?|prompts?)\b",
            r"\bnew\s+(?:instructions?|directives?|orders?)\s*[:!]",
            # somebody else speaks now
            r"\bsystem\s+(?:prompt|override|instructions?)\b|(?:^|[\[<(.;!]\s*)(?:system|assistant|ai)\s*[:>\]]",
            r"<\|?/?(?:im_start|im_end|tool\w*|system|inst)\b|\[/?inst\]|\bbegin\s(?:system|prompt)",
            # be somebody else
            r"""\byou\sare\snow\s+(?:an?\s+)?
            (?:unrestricted|ai|assistant|admin\w*|developer|dan|free|in|no\slonger)\b""",
            r"\bdeveloper\smode\b|\bjailbreak\b|\bdo\sanything\snow\b",
            r"\bfrom\snow\son,?\s+(?:you|always|only|answer|tag)\b",
            rf"\b(?:act\sas|pretend\sto\sbe|you\sare)\s+(?:an?\s+|the\s+)?(?:{_MACHINE}|admin\w*|root)\b",
            # to whom it may concern
            rf"""\b(?:dear|hey|attention|hello|hi|note\s(?:to|for)|message\s(?:to|for)|to\s(?:the|any|all|every))\s+
            (?:\w+\s+)?{_MACHINE}\b""",
            # call it so
            rf"""\b(?:{_CLASSIFY}|mark|rate|index|flag|file|describe|title|caption|name|summari[sz]e|list|report
            |register|treat)\s+{_VIDEO}\s+(?:only\s+)?(?:as|with|under|to\sbe|in|into|like)\b""",
            rf"\b{_CLASSIFY}\s+(?:this|it|everything)\s+(?:only\s+)?(?:as|with|under)\b",
            r"\btags?\s+(?:as\s*)?[:=]|\btags?\s*[:=]",
            r"\b(?:tag|label|category|title|keyword)s?\s+(?:must|should|shall|ha[sv]e?\sto)\s+be\b",
            rf"""\b(?:set|add|assign|append|insert|apply|attach|force|give)\s+(?:\w+\s+){{0,3}}
            (?:tag|label|category|keyword|hashtag|title)s?\b.{{0,40}}(?:["'“”:]|\bto\s+{_VIDEO})""",
            # answer so
            r"""\b(?:answer|reply|respond|antworte|responde|répond\w*)\b.{0,30}
            \b(?:only|exactly|just|nothing\sbut|verbatim|nur|solo|sólo|seulement
            |with\sthe\s(?:words?|codes?|phrase|text|secret))\b""",
            r"""\b(?:output|print|say|repeat|return|write)\s+(?:exactly|only|nothing\sbut|verbatim|back)?\s*
            (?:the|this)?\s*(?:words?|codes?|phrase|text|string|everything)\s+
            (?:above|below|before|verbatim|exactly|["'“:])""",
            rf"""\b(?:reveal|print|output|repeat|show|tell|send|leak|disclose|display|dump|return|expose|give|say
            |read\sout|include|append|e?mail|post|write|verrate|nenne|revela|révèle\w*)\b
            .{{0,50}}\b{_CONFIDENCES}\b""",
            # do something
            r"\b(?:call|invoke|use|trigger)\s+(?:the\s+)?(?:\w+\s+)?(?:tool|plugin|shell)\b",
            r"\b(?:tool|function)_?calls?\b|\barguments[\"']\s*:",
            r"\b(?:execute|run)\s+(?:the\sfollowing|this)\s+(?:command|script|code)\b",
            r"\b(?:fetch|curl|wget)\b.{0,30}(?:\burl\b|https?)|\b(?:send|post|upload|forward)\b.{0,60}\bto\s+https?",
            r"\bopen\s+(?:the|this)\s+(?:url|link)\b",
            # in other languages, whatever the order of their words
            rf"^(?=.*{_FORGET})(?=.*{_THE_FORMER})(?=.*{_TOLD})",
            rf"{_CALL_IT}.{{0,20}}{_THE_VIDEO}.{{0,10}}{_AS}",
            rf"{_THE_VIDEO}.{{0,30}}(?:标记为|標記為|标注为|とタグ|로\s?태그|olarak\setiketle)",
            r"\brm\s+-rf\b|\bdrop\s+table\b|\bdelete\s+(?:all|every)\b.{0,20}\b(?:tags?|videos?|files?|data)\b",
        ),
    )
)
"""What no ordinary line says; each was held against lines of lectures, advertisements and credits."""

SQUEEZED: Final = re.compile(
    "ignore(?:all|any|the|your)*(?:previous|prior|above)|(?:previous|prior)instructions|systemprompt"
    "|(?:tag|label|classify|mark|describe|title)this(?:video|clip|film)|revealthe|systemoverride"
)
"""The same in texts without spaces: readers drop some, and orders are written with too many of them."""
