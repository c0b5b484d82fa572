"""Reading XES (IEEE 1849) as a stream: what is in memory is one case, however long the log.

A document type is refused, so there are no entities to blow up; nesting, the length of one attribute and of the whole
are bounded. The order of the events of a case is that of the file, as the standard has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat

from yingshang.insight import due
from yingshang.insight.errors import BadLog
from yingshang.insight.moments import Moments
from yingshang.insight.rows import Attribute, CaseRow, EventRow
from yingshang.insight.store import Note
from yingshang.insight.writing import MOST_EVENTS_OF_A_CASE

CHUNK = 1 << 18
MOST_DEPTH = 32
#: Bytes that may come without a single tag being closed: longer than any attribute of a real log.
MOST_UNPARSED = 16 << 20
TYPES = frozenset({"string", "date", "int", "float", "boolean", "id", "list", "container"})
_WITHOUT_VALUE = frozenset({"list", "container"})
_BOOLEAN = {"true": True, "false": False, "1": True, "0": False}


class XesReader:
    """Reads one log; :meth:`cases` yields its cases, and fills in the note what the log says of itself.

    Args:
        stream: the XML.
        note: where extensions, classifiers and the like are put.
        activity: attribute of events that names what was done.
    """

    def __init__(self, stream: IO[bytes], note: Note, activity: str = "concept:name") -> None:
        self._stream, self._note, self._activity = stream, note, activity
        self._moments = Moments()
        self._done: list[CaseRow] = []
        self._case: CaseRow | None = None
        self._in_event = self._seen_root = self._closed = False
        self._open: list[list[Any]] = []
        self._log: list[Attribute] = []
        self._names: dict[str, str] = {}
        self._strays = self._nameless = self._unnamed_cases = 0
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def cases(self) -> Iterator[CaseRow]:
        """The cases in the order of the file.

        Raises:
            BadLog: not XES, not well-formed, cut off, or a value that is not what it says; with the line.
        """
        parser, fed = self._parser, 0
        try:
            while chunk := self._stream.read(CHUNK):
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > MOST_UNPARSED:
                    raise self._bad(
                        "一个属性长得不像办件记录，已停止读取", "one attribute is longer than any of a real log"
                    )
                yield from self._done
                self._done = []
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self._not_well_formed(error) from None
        except BadLog:
            raise
        except (LookupError, ValueError) as error:  # an encoding that Python, or expat, does not know
            raise self._bad(
                f"不是合法的 XML({error})，请存为 UTF-8", f"not well-formed XML ({error}): save it as UTF-8"
            ) from None
        yield from self._done
        self._remark()

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._parser.CurrentLineNumber

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
            self._case = CaseRow("")
            self._open.append([])
        elif name == "log" and not self._seen_root:
            self._seen_root = True
            self._note.about.update({k: v for k, v in attrs.items() if not k.startswith("xmlns")})
            self._open.append(self._log)
        elif not self._seen_root:
            raise self._not_xes()
        elif name in ("object-types", "event-types"):
            raise self._bad(
                "这是 OCEL 的 XML 文件，请改用 OCEL 2.0 的 JSON 或 SQLite",
                "this is OCEL as XML: take OCEL 2.0 as JSON or SQLite",
            )
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
                    raise self._bad(
                        f"一个办件的事件超过 {MOST_EVENTS_OF_A_CASE:,} 条",
                        f"one case has more than {MOST_EVENTS_OF_A_CASE:,} events",
                    )
        elif name == "trace" and self._case is not None:
            self._tell_case(self._case, found)
            self._done.append(self._case)
            self._case = None
        elif name == "log":
            self._closed = True
            self._note.about["attributes"] = found
        elif name == "global":
            self._note.about["globals"][-1]["attributes"] = found

    def _doctype(self, *_: object) -> None:
        raise self._bad(
            "文件含有 DOCTYPE，日志不需要它，请删去", "it has a document type, which a log does not need: remove it"
        )

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
                int(value)
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
            elif key == "cost:total" and kind in ("float", "int"):
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
        if not case.name:
            self._unnamed_cases += 1

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
        ):
            if count:
                self._note.notes.append((f"{count:,} {zh}", f"{count:,} {en}"))

    # --- what is wrong -------------------------------------------------------------------------------------------------

    def _bad(self, zh: str, en: str) -> BadLog:
        return BadLog(zh, en, line=self._parser.CurrentLineNumber)

    def _not_xes(self) -> BadLog:
        return self._bad("不是 XES 日志，最外层应为 log", "not an XES log: the root must be <log>")

    def _not_well_formed(self, error: expat.ExpatError) -> BadLog:
        what = expat.ErrorString(error.code) or str(error)
        cut = error.code in (
            expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
            expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
            expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
        )
        if cut and self._seen_root:
            return BadLog("文件在这里断了，不完整，请重新导出或下载", "the file is cut off here: export or download it again",
                          line=error.lineno)  # fmt: skip
        return BadLog(f"不是合法的 XML({what})", f"not well-formed XML ({what})", line=error.lineno)
