"""Follows lines from picture to picture, so that few pictures have to be read to know how long each is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions.analyze.reading.lines import Reading, coverage, is_made_of, is_part, is_same
from functions.analyze.reading.patches import Area, Gray, Likeness, Patch, Place
from shared.domain.framing import Box

__all__ = ["Appearance", "TextTracker"]

_REMEMBERED_S: Final = 5.0  # longer than between two readings
_LOST_S: Final = 0.7  # how long a line may be out of sight, such as in a flash
_DOUBTFUL: Final = 0.25  # likeness of the least like letter from which another may stand there at first
_DROP: Final = 0.75  # and later, as a share of the least there was
_PROVEN: Final = 0.4  # from which a line that changes is the same
_AS_LIKE: Final = 0.15  # what noise makes of a likeness
_OVERLAPPING: Final = 0.5
_MISSES: Final = 2  # readings that don't find what seems to be there


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A line and how long it was there.

    Attributes:
        reading: The best of it.
        start_s: When the first picture that shows it is shown.
        before_s: When the picture before that was; equal to start_s for the first there is.
        end_s: When the first picture that does not show it any more is shown.
        last_s: When the last picture that shows it is shown.
        moves: Whether its place changes.
    """

    reading: Reading
    start_s: float
    before_s: float
    end_s: float
    last_s: float
    moves: bool


@dataclass(slots=True, kw_only=True, eq=False)
class _Line:
    """A line that is there, or was a moment ago."""

    reading: Reading
    patch: Patch
    place: Place
    box: Box
    start_s: float
    before_s: float
    last_s: float
    missing_s: float | None = None
    missed_s: list[float]
    speed: tuple[float, float] = (0.0, 0.0)
    moves: bool = False
    weakest: float = 1.0
    usual: float | None = None

    @property
    def is_doubted(self) -> bool:
        least = _DOUBTFUL if self.usual is None else _DROP * self.usual
        return self.missing_s is not None or self.weakest < least

    def expected(self) -> Place:
        return round(self.place[0] + self.speed[0]), round(self.place[1] + self.speed[1])

    def observe(self, time_s: float, picture: Gray) -> None:
        found = self.patch.find(picture, self.expected())
        if found is None:
            self.missing_s = time_s if self.missing_s is None else self.missing_s
            return
        place, likeness = found
        step = (place[0] - self.place[0], place[1] - self.place[1])
        self.speed = (self.speed[0] + step[0]) / 2, (self.speed[1] + step[1]) / 2
        self.moves = self.moves or max(map(abs, self.speed)) >= 1
        rows, columns = picture.shape
        self.box = (self.box[0] + step[0] / columns, self.box[1] + step[1] / rows, *self.box[2:])
        self.place, self.last_s, self.missing_s, self.weakest = place, time_s, None, likeness.weakest
        if not self.is_doubted:
            self._get_used()
            if likeness.has_changed and likeness.weakest >= _PROVEN:
                self.patch = self.patch.moved(picture, place)

    def _get_used(self) -> None:
        self.usual = self.weakest if self.usual is None else min(self.usual, self.weakest)

    def confirm(self, reading: Reading, patch: Patch) -> None:
        self._get_used()
        self.reading = max(self.reading, reading, key=lambda one: one.legibility)
        self.patch, self.place, self.box = patch, patch.place, reading.box
        self.last_s, self.missing_s, self.weakest = reading.time_s, None, 1.0
        self.missed_s.clear()

    def ended(self, end_s: float) -> Appearance:
        return Appearance(
            reading=self.reading,
            start_s=self.start_s,
            before_s=self.before_s,
            end_s=end_s,
            last_s=min(self.last_s, end_s),
            moves=self.moves,
        )


class TextTracker:
    """Gets the outlines of every picture, and of some also what can be read in them.

    What it remembers does not grow with the video: the outlines of some seconds, and the lines that are there.
    """

    def __init__(self) -> None:
        self._pictures: deque[tuple[float, Gray]] = deque()
        self._lines: list[_Line] = []

    @property
    def in_doubt(self) -> bool:
        """Whether a line has gone or may have become another, which only reading can tell."""
        return any(line.is_doubted for line in self._lines)

    @property
    def in_motion(self) -> bool:
        """Whether a line moves, as credits do: others will follow it."""
        return any(max(map(abs, line.speed)) >= 1 for line in self._lines)

    @property
    def certain(self) -> Iterator[Area]:
        """Where lines are that have not changed since they were read."""
        return ((*line.place, *line.patch.size) for line in self._lines if not line.is_doubted)

    def observe(self, time_s: float, picture: Gray) -> Iterator[Appearance]:
        """Takes the next picture's outlines; yields the lines that have been gone for too long."""
        self._pictures.append((time_s, picture))
        while time_s - self._pictures[0][0] > _REMEMBERED_S:
            self._pictures.popleft()
        for line in self._lines:
            line.observe(time_s, picture)
        for line in list(self._lines):
            if line.missing_s is not None and time_s - line.missing_s > _LOST_S:
                yield self._end(line, line.missing_s)

    def take(self, readings: Sequence[Reading]) -> Iterator[Appearance]:
        """Takes all that is read in the picture that was observed last; yields the lines that have gone."""
        time_s, picture = self._pictures[-1]
        unseen = list(self._lines)
        unknown = []
        for reading in readings:
            line = _best(reading, unseen)
            if line is None:
                unknown.append(reading)
            else:
                unseen.remove(line)
                line.confirm(reading, _patch(reading, picture))
        new = []
        for reading in unknown:
            if known := self._pieces(reading):
                unseen = [line for line in unseen if line not in known]
                continue
            rivals = [line for line in unseen if _overlap(line.box, reading.box) >= _OVERLAPPING]
            added = self._begin(reading, _patch(reading, picture), rivals)
            new.append(added)
            for line in rivals:
                unseen.remove(line)
                yield self._end(line, min(added.start_s, line.missing_s or added.start_s))
        for line in unseen:
            line.missed_s.append(time_s)
            if line.missing_s is not None or len(line.missed_s) >= _MISSES:
                yield self._end(line, line.missed_s[0] if line.missing_s is None else line.missing_s)
        self._lines += new

    def finish(self, end_s: float) -> Iterator[Appearance]:
        """Yields the lines that are there until the end."""
        for line in list(self._lines):
            yield self._end(line, end_s if line.missing_s is None else line.missing_s)

    def _end(self, line: _Line, end_s: float) -> Appearance:
        self._lines.remove(line)
        return line.ended(end_s)

    def _pieces(self, reading: Reading) -> Sequence[_Line]:
        """Returns the lines that are there and of which a reading is a piece, or which are the pieces of it."""
        there = [line for line in self._lines if line.missing_s is None]
        for line in there:
            if coverage(reading.box, line.box) >= _OVERLAPPING and is_part(reading, line.reading):
                return [line]
        inside = [line for line in there if coverage(line.box, reading.box) >= _OVERLAPPING]
        inside.sort(key=lambda line: line.box[0])
        return inside if is_made_of(reading, [line.reading for line in inside]) else []

    def _begin(self, reading: Reading, patch: Patch, rivals: Iterable[_Line]) -> _Line:
        """Returns a new line, which began when no picture since was without it."""
        line = _Line(
            reading=reading,
            patch=patch,
            place=patch.place,
            box=reading.box,
            start_s=reading.time_s,
            before_s=reading.time_s,
            last_s=reading.time_s,
            missed_s=[],
        )
        seen, place, absent = patch, patch.place, 0
        for time_s, picture in list(self._pictures)[-2::-1]:
            found = seen.find(picture, place)
            if found is None or _is_rather(rivals, picture, found[1]):
                absent += 1
                if absent == 1:
                    line.before_s = time_s
                else:
                    break
            else:
                place, likeness = found
                if likeness.has_changed and likeness.weakest >= _PROVEN:
                    seen = seen.moved(picture, place)
                line.start_s = line.before_s = time_s
                absent = 0
        return line


def _patch(reading: Reading, picture: Gray) -> Patch:
    rows, columns = picture.shape
    x, y, width, height = reading.box
    return Patch(picture, (round(x * columns), round(y * rows), round(width * columns), round(height * rows)))


def _best(reading: Reading, lines: Iterable[_Line]) -> _Line | None:
    """Returns the line that a reading is another one of."""
    near = [line for line in lines if is_same(line.reading, reading) and _is_near(line.box, reading.box)]
    return max(near, key=lambda line: _overlap(line.box, reading.box), default=None)


def _is_near(one: Box, other: Box) -> bool:
    x, y, width, height = one
    around = (x - height, y - height, width + 2 * height, 3 * height)
    return coverage(other, around) >= _OVERLAPPING


def _overlap(one: Box, other: Box) -> float:
    return max(coverage(one, other), coverage(other, one))


def _is_rather(rivals: Iterable[_Line], picture: Gray, likeness: Likeness) -> bool:
    """Says whether a picture shows another line in the place of a new one."""
    for rival in rivals:
        there = rival.patch.at(picture, rival.place)
        if there is not None and there.is_present and likeness.weakest < there.weakest - _AS_LIKE:
            return True
    return False
