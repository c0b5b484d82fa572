"""What the three ways of writing OCEL 2.0 have in common: attributes of objects and events to columns of rows."""

from __future__ import annotations

import math
from typing import Any

from yingshang.insight import due
from yingshang.insight.moments import Moments
from yingshang.insight.rows import Attribute, CaseRow, EventRow

_RESOURCE = frozenset({"resource", "org:resource"})
_UNIT = frozenset({"unit", "org:group", "group"})
#: Values as the format has them, by name.
Values = list[tuple[str, Any]]


class Flat:
    """Makes rows out of objects and events."""

    def __init__(self) -> None:
        self.moments = Moments()

    def case(self, name: str, attributes: Values) -> CaseRow:
        """The row of an object, without its events."""
        row, held = CaseRow(name), len(due.OF_CASE)
        for key, value in attributes:
            if key == "ended":
                row.ended = str(value).lower() in ("true", "1")
                continue
            attribute, moment = self._attribute(key, value)
            if moment is not None and due.of_case(key) and due.rank(key) < held:
                row.due, held = moment, due.rank(key)
            if moment is not None and due.closes(key):
                row.closed = moment
            row.attributes.append(attribute)
        return row

    def event(self, kind: str, time: int, attributes: Values) -> EventRow:
        """The row of an event."""
        row = EventRow(kind, time)
        for key, value in attributes:
            text = "" if value is None else str(value)
            if key in _RESOURCE:
                row.resource = text
            elif key in _UNIT:
                row.unit = text
            elif key == "lifecycle":
                row.lifecycle = text.lower()
            elif key == "instance":
                row.instance = text
            elif key == "element":
                row.step = text
            elif key == "cost" and (cost := _number(value)) is not None:
                row.cost = cost
            else:
                attribute, moment = self._attribute(key, value)
                if key == "begun" and moment is not None:
                    row.begun = moment
                    continue
                if moment is not None and due.of_event(key):
                    row.due = moment
                row.attributes.append(attribute)
        return row

    def _attribute(self, key: str, value: Any) -> tuple[Attribute, int | None]:
        if isinstance(value, bool):
            return ("boolean", key, str(value).lower(), []), None
        if isinstance(value, int | float):
            return ("int" if isinstance(value, int) else "float", key, str(value), []), None
        text = "" if value is None else str(value)
        if len(text) >= 10 and text[4] == text[7] == "-" and text[:4].isdigit():
            try:
                return ("date", key, text, []), self.moments.read(text)
            except ValueError:
                pass
        return ("string", key, text, []), None


def _number(value: Any) -> float | None:
    """A finite number, also where it is written as text."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None
