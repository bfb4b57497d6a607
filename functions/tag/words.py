"""Text as words that can be compared, and the words that say nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

__all__ = ["QUANTITIES", "STOP_WORDS", "parts", "singular", "word_list"]

_ADDRESS: Final = re.compile(r"\S*(?:://|www\.|@)\S*", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*(?:\+\+|#)?")  # noqa: RUF001  # both apostrophes occur
_SEPARATOR: Final = re.compile(r"[|•·:;,/()\[\]\"“”]|\s[-–—]\s")  # noqa: RUF001  # dashes of all lengths occur

STOP_WORDS: Final = frozenset(
    # English
    """a about above across actually after again against ago all almost along already also although always am among
    an and another any anybody anyone anything are aren't around as ask at away back be became because become been
    before began behind being below best better between both bring but by call called came can can't cannot come
    comes coming could couldn't day did didn't different do does doesn't doing don't done down during each either
    else enough even ever every everybody everyone everything exactly far few find for found from full gave get
    gets getting give given gives go goes going gone gonna good got gotta great had hardly has hasn't have haven't
    having he he'd he'll he's hello her here here's hers herself hey hi him himself his how however huh i i'd i'll
    i'm i've if in indeed inside instead into is isn't it it'd it'll it's its itself just keep kept kind knew know
    known knows last later least less let let's like likely little look looking looks lot lots made make makes
    making many may maybe me mean means might mine more most much must my myself near need needs neither never new
    next no nobody none nor not nothing now of off often oh ok okay old on once one ones only onto or other others
    our ours ourselves out over own part perhaps please point put quite rather really right said same saw say
    saying says see seem seems seen several shall she she'd she'll she's should shouldn't show shown side
    simply since so some somebody someone something sometimes soon still such sure take taken takes taking talk
    tell than thank thanks that that'll that's the their theirs them themselves then there there's these they
    they'd they'll they're they've thing things think this those though thought three through thus time times to
    today together too took toward tried true try trying turn two uh um under until up upon us use used uses using
    usually very want wanted wants was wasn't way ways we we'd we'll we're we've welcome well went were weren't
    what what's whatever when where whether which while who who's whoever whole whom whose why will with within
    without won't word would wouldn't yeah year years yes yet you you'd you'll you're you've your yours yourself
    check click copyright created directed featuring presented presents produced reserved rights starring subscribe
    written www http https com org net vs etc ie eg per via inc
    """.split()  # noqa: SIM905  # a list of literals would be twice as long and harder to read
    # German
    + """aber alle als also am an auch auf aus bei beim bin bis bist da damit dann das dass dein dem den der des
    dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einige
    er erkannt es etwas euch euer folgende folgenden für gegen gemacht genannt haben habe hat hatte hier hinter ich
    ihm ihn ihnen ihr ihre ihrem ihren im in ist ja jede jedem jeden jeder jedes kann kein keine können man mehr
    mein mich mit muss müssen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine sich sie sind so
    soll sollen sondern sonst über um und uns unser unter viel vom von vor war waren was weil welche wenn werden
    werde wie wieder will wir wird wo würde zu zum zur zwar zwischen""".split()  # noqa: SIM905  # as above
    # French
    + """alors au aucun aussi autre aux avec avoir ce cela ces cet cette ceux chaque ci comme dans de des donc du
    elle elles en encore est et eu fait faire font il ils je la là le les leur leurs lui mais me même mes moi mon
    ne nos notre nous ou où par pas peu peut plus pour pourquoi quand que quel quelle qui sa sans se ses si sont
    sous sur ta tes toi ton tous tout toute très trop tu un une vos votre vous y été être""".split()  # noqa: SIM905  # as above
    # Spanish
    + """al algo algunos ante antes como con contra cual cuando del desde donde durante e el ella ellas ellos era
    eres es esa ese eso esta está estas este esto estos fue ha hasta hay la las le les lo los más me mi mis mucho
    muy nada ni no nos nosotros o os otra otro para pero poco por porque que quien se ser si sí sin sobre son su
    sus también tanto te tiene todo todos tu tus un una uno unos y ya yo""".split()  # noqa: SIM905  # as above
)

QUANTITIES: Final = frozenset(
    """first second third fourth fifth sixth seventh eighth ninth tenth zero four five six seven eight nine ten
    eleven twelve hundred thousand million half amount
    minute hour week weekend month season decade century daily weekly monthly yearly
    morning noon afternoon evening night midnight tonight yesterday tomorrow
    monday tuesday wednesday thursday friday saturday sunday
    january february march april june july august september october november december
    millimetre millimeter centimetre centimeter metre meter kilometre kilometer inch inche mile gram kilogram kilo
    ounce litre liter millilitre milliliter gallon tablespoon teaspoon percent
    montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember
    minuten stunde stunden woche wochen monat monate jahr jahre uhr morgen abend erste zweite dritte prozent
    lundi mardi mercredi jeudi vendredi samedi dimanche lune marte miércole jueve vierne sábado domingo""".split()  # noqa: SIM905  # as above
)
"""Words, as singular() has them, that only say when or how much."""


def word_list(text: str) -> Sequence[str]:
    """Returns the words of a text as they are written, without signs and addresses."""
    return _WORD.findall(_ADDRESS.sub(" ", text))


def parts(text: str) -> Sequence[Sequence[str]]:
    """Returns the words of each part of a text; parts end at punctuation, brackets, dashes and addresses."""
    return [_WORD.findall(part) for part in _SEPARATOR.split(_ADDRESS.sub("|", text))]


def singular(word: str) -> str:
    """Returns a word in small letters without an English plural ending: good enough to compare, not to show."""
    small = word.casefold()
    if len(small) > 4 and small.endswith("ies"):
        return small[:-3] + "y"
    if len(small) > 3 and small.endswith("s") and not small.endswith(("ss", "us", "is")):
        return small[:-1]
    return small
