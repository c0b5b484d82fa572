"""Reading XES (IEEE 1849) as a stream: what is in memory is one case, however long the log.

A document type is refused, so there are no entities to blow up; nesting, the length of one attribute and of the whole
are bounded. The order of the events of a case is that of the file, as the standard has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO, Any

from yingshang.insight import due
from yingshang.insight.errors import BadLog
from yingshang.insight.moments import Moments
from yingshang.insight.ocel_xml_reading import PARTS
from yingshang.insight.rows import Attribute, CaseRow, EventRow
from yingshang.insight.store import Note
from yingshang.insight.writing import MOST_EVENTS_OF_A_CASE, too_long
from yingshang.insight.xml_stream import Parsing

MOST_DEPTH = 32
TYPES = frozenset({"string", "date", "int", "float", "boolean", "id", "list", "container"})
_WITHOUT_VALUE = frozenset({"list", "container"})
_BOOLEAN = {"true": True, "false": False, "1": True, "0": False}


class OcelAsXml(Exception):
    """The document is no XES but OCEL 2.0."""


class XesReader:
    """Reads one log; :meth:`cases` yields its cases, and fills in the note what the log says of itself.

    Args:
        stream: the XML.
        note: where extensions, classifiers and the like are put.
        activity: attribute of events that names what was done.
    """

    def __init__(self, stream: IO[bytes], note: Note, activity: str = "concept:name") -> None:
        self._xml = Parsing(stream, self._start, self._end)
        self._note, self._activity = note, activity
        self._moments = Moments()
        self._done: list[CaseRow] = []
        self._case: CaseRow | None = None
        self._in_event = self._seen_root = self._any = False
        self._open: list[list[Any]] = []
        self._log: list[Attribute] = []
        self._names: dict[str, str] = {}
        self._strays = self._nameless = self._unnamed_cases = self._empty = 0

    def cases(self) -> Iterator[CaseRow]:
        """The cases in the order of the file.

        Raises:
            BadLog: not XES, not well-formed, cut off, or a value that is not what it says; with the line.
        """
        for _chunk in self._xml.chunks():
            yield from self._done
            self._done = []
        self._remark()

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._xml.line

    # --- what the parser tells -----------------------------------------------------------------------------------------

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = tag.rpartition(":")[2]
        if name in TYPES:
            if not self._open:
                raise self._not_xes()
            if len(self._open) > MOST_DEPTH:
                raise self._bad(f"属性嵌套超过 {MOST_DEPTH} 层", f"attributes are nested more than {MOST_DEPTH} deep")
            children: list[Any] = []
            self._open[-1].append(self._attribute(name, attrs, children))
            self._open.append(children)
        elif name == "event":
            if self._in_event or not self._seen_root or len(self._open) > 2:
                raise self._bad("event 写在了不该有的地方", "an event stands where none may be")
            if self._case is None:
                self._strays += 1
            self._in_event = True
            self._open.append([])
        elif name == "trace":
            if len(self._open) != 1 or self._case is not None:
                raise self._bad("trace 写在了不该有的地方", "a trace stands where none may be")
            self._any, self._case = True, CaseRow("")
            self._open.append([])
        elif name == "log" and not self._seen_root:
            self._seen_root = self._xml.seen_root = True
            self._note.about.update({k: v for k, v in attrs.items() if not k.startswith("xmlns")})
            self._open.append(self._log)
        elif not self._seen_root:
            raise self._not_xes()
        elif name in PARTS and len(self._open) == 1 and not self._any:
            raise OcelAsXml
        else:
            self._describe(name, attrs)
            self._open.append(self._open[-1] if name == "values" else [])

    def _end(self, tag: str) -> None:
        found = self._open.pop()
        name = self._names[tag]
        if name in TYPES:
            return
        if name == "event":
            self._in_event = False
            if self._case is not None:
                self._case.events.append(self._event(found))
                if len(self._case.events) > MOST_EVENTS_OF_A_CASE:
                    raise too_long().placed("", self.line)
        elif name == "trace" and self._case is not None:
            self._tell_case(self._case, found)
            self._done.append(self._case)
            self._case = None
        elif name == "log":
            self._note.about["attributes"] = found
        elif name == "global":
            self._note.about["globals"][-1]["attributes"] = found

    # --- rows ----------------------------------------------------------------------------------------------------------

    def _attribute(self, kind: str, attrs: dict[str, str], children: list[Any]) -> Attribute:
        key, value = attrs.get("key"), attrs.get("value")
        if key is None:
            raise self._bad(f"{kind} 缺少 key", f"a {kind} has no key")
        if value is None:
            if kind not in _WITHOUT_VALUE:
                raise self._bad(f"属性“{key}”缺少 value", f"attribute {key!r} has no value")
            value = ""
        try:
            if kind == "date":
                self._moments.read(value)
            elif kind == "int":
                # What is no number that can be added up either.
                float(int(value))
            elif kind == "float":
                float(value)
            elif kind == "boolean":
                _BOOLEAN[value.strip().lower()]
        except (ValueError, KeyError, OverflowError):
            raise self._bad(
                f"属性“{key}”应为 {kind}，写的是“{value[:60]}”", f"attribute {key!r} is no {kind}: {value[:60]!r}"
            ) from None
        return kind, key, value, children

    def _event(self, found: list[Attribute]) -> EventRow:
        row = EventRow("")
        others = row.attributes
        for attribute in found:
            kind, key, value, children = attribute
            if children:
                others.append(attribute)
            if key == self._activity:
                row.activity = value
            elif key == "time:timestamp" and kind == "date":
                row.time = self._moments.read(value)
            elif key == "org:resource":
                row.resource = value
            elif key == "org:group":
                row.unit = value
            elif key == "lifecycle:transition":
                row.lifecycle = value.lower()
                if not children and value != row.lifecycle:
                    others.append(attribute)
            elif key == "concept:instance":
                row.instance = value
            elif key == "cost:total" and kind in ("float", "int") and math.isfinite(float(value)):
                row.cost = float(value)
            else:
                if kind == "date" and due.of_event(key):
                    row.due = self._moments.read(value)
                elif key == "ys:element":
                    row.step = value
                if not children:
                    others.append(attribute)
        if not row.activity:
            self._nameless += 1
        return row

    def _tell_case(self, case: CaseRow, found: list[Attribute]) -> None:
        for attribute in found:
            kind, key, value, _children = attribute
            if key == "concept:name":
                case.name = value
            elif kind == "date" and due.closes(key):
                case.closed = self._moments.read(value)
            elif key == "ys:ended" and kind == "boolean":
                case.ended = _BOOLEAN[value.strip().lower()]
        case.due = self._due_of([a for a in found if a[0] == "date" and due.of_case(a[1])])
        case.attributes = [a for a in found if a[1] != "concept:name" or a[3]]
        self._unnamed_cases += not case.name
        self._empty += not case.events

    def _due_of(self, found: list[Attribute]) -> int | None:
        return self._moments.read(min(found, key=lambda a: due.rank(a[1]))[2]) if found else None

    def _describe(self, name: str, attrs: dict[str, str]) -> None:
        about = self._note.about
        if name == "extension":
            about.setdefault("extensions", []).append(attrs)
        elif name == "classifier":
            about.setdefault("classifiers", []).append(attrs)
        elif name == "global":
            about.setdefault("globals", []).append({"scope": attrs.get("scope", "event")})

    def _remark(self) -> None:
        for count, zh, en in (
            (self._strays, "条事件不属于任何办件，未计入", "events belong to no case and were left out"),
            (self._nameless, "条事件没有写明做了什么", "events do not say what was done"),
            (self._unnamed_cases, "个办件没有编号", "cases have no name"),
            (self._empty, "个办件没有任何事件，未计入", "cases have no event and were left out"),
        ):
            if count:
                self._note.notes.append((f"{count:,} {zh}", f"{count:,} {en}"))
        if self._moments.any_local:
            self._note.notes.append(
                ("有的时间没有写时区，按北京时间计", "some times have no zone and are taken as Beijing's")
            )

    # --- what is wrong -------------------------------------------------------------------------------------------------

    def _bad(self, zh: str, en: str) -> BadLog:
        return self._xml.bad(zh, en)

    def _not_xes(self) -> BadLog:
        return self._bad("不是 XES 日志，最外层应为 log", "not an XES log: the root must be <log>")
