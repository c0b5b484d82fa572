"""Reading OCEL 2.0 as XML, as a stream.

What stands where: ``object-types`` and ``event-types`` say which type an attribute's text has, ``objects`` and ``events``
hold what there is; inside of these, ``attributes`` hold values and ``objects`` what the thing is related to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import IO, Any

from yingshang.insight.errors import BadLog
from yingshang.insight.moments import Moments
from yingshang.insight.ocel_flat import Values
from yingshang.insight.ocel_gathering import Gathered
from yingshang.insight.rows import CaseRow
from yingshang.insight.store import Note
from yingshang.insight.xml_stream import Parsing

#: The parts of a log, what each is made of, and by what its items are known.
PARTS = {"object-types": "object-type", "event-types": "event-type", "objects": "object", "events": "event"}
#: Log, part, item, attributes or objects, attribute or relationship.
MOST_DEPTH = 5
MOST_TEXT = 1 << 20
#: What a relation is called: in the standard, and in files that were written before it was settled.
_RELATIONS = frozenset({"relationship", "object", "relobj"})
_BOOLEAN = {"true": True, "false": False, "1": True, "0": False}


def from_xml(stream: IO[bytes], note: Note, object_type: str = "") -> Iterator[CaseRow]:
    """The cases of an XML document.

    Raises:
        BadLog: not well-formed, cut off, not as the standard has it, with the line.
    """
    with closing(Gathered()) as gathered:
        OcelXml(stream, gathered).read()
        yield from gathered.cases(note, object_type)


class OcelXml:
    """Reads a document into what gathers it."""

    def __init__(self, stream: IO[bytes], gathered: Gathered) -> None:
        self._xml = Parsing(stream, self._start, self._end)
        self._xml.on_text(self._text)
        self._gathered, self._moments = gathered, Moments()
        self._path: list[str] = []
        #: (part, type, attribute) → what its text is.
        self._types: dict[tuple[str, str, str], str] = {}
        self._item: dict[str, str] = {}
        self._line = 0
        self._values: Values = []
        self._about: list[tuple[str, int]] = []
        self._attribute: dict[str, str] = {}
        self._said: list[str] | None = None
        self._long = 0

    def read(self) -> None:
        """Read to the end.

        Raises:
            BadLog: see :func:`from_xml`.
        """
        for _chunk in self._xml.chunks():
            pass

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        path, depth, name = self._path, len(self._path), tag.rpartition(":")[2]
        self._xml.seen_root = True
        if depth == 1 and name not in PARTS:
            raise self._misplaced(name)
        if depth == 2:
            if name != PARTS[path[1]]:
                raise self._misplaced(name)
            self._begin(path[1], attrs)
        elif depth == 3 and (name not in ("attributes", "objects") or (name == "objects" and path[1] not in _THINGS)):
            raise self._misplaced(name)
        elif depth == 4:
            self._inside(path[1], path[3], name, attrs)
        elif depth >= MOST_DEPTH:
            raise self._misplaced(name)
        path.append(name)

    def _begin(self, part: str, attrs: dict[str, str]) -> None:
        needed = {"objects": ("id", "type"), "events": ("id", "type", "time")}.get(part, ("name",))
        for key in needed:
            if key not in attrs:
                raise self._xml.bad(f"{PARTS[part]} 缺少 {key}", f"an {PARTS[part]} has no {key}")
        self._item, self._line, self._values, self._about = attrs, self._xml.line, [], []

    def _inside(self, part: str, group: str, name: str, attrs: dict[str, str]) -> None:
        if group == "objects":
            if name not in _RELATIONS:
                raise self._misplaced(name)
            if "object-id" not in attrs:
                raise self._xml.bad(f"{name} 缺少 object-id", f"a {name} has no object-id")
            self._about.append((attrs["object-id"], self._xml.line))
            return
        if name != "attribute":
            raise self._misplaced(name)
        if "name" not in attrs:
            raise self._xml.bad("attribute 缺少 name", "an attribute has no name")
        if part in _THINGS:
            self._attribute, self._said, self._long = attrs, [], 0
        else:
            self._types[part, self._item["name"], attrs["name"]] = attrs.get("type", "string").lower()

    def _text(self, text: str) -> None:
        if self._said is not None:
            self._long += len(text)
            if self._long > MOST_TEXT:
                raise self._xml.bad("一个属性长得不像办件记录", "one attribute is longer than any of a real log")
            self._said.append(text)
        elif text.strip():
            raise self._xml.bad(
                f"此处不应有文字“{text.strip()[:60]}”", f"no text may stand here: {text.strip()[:60]!r}"
            )

    def _end(self, _tag: str) -> None:
        path = self._path
        name = path.pop()
        if self._said is not None:
            key = self._attribute["name"]
            self._values.append((key, self._value(path[1], key, "".join(self._said))))
            self._said = None
        elif len(path) == 2 and name == "object":
            # How objects belong together is not asked: that of which they are not there is no fault of the cases.
            self._gathered.object(self._item["id"], self._item["type"], self._values, self._line)
        elif len(path) == 2 and name == "event":
            self._gathered.event(self._item["id"], self._item["type"], self._item["time"], self._values, self._line)
            for thing, line in self._about:
                self._gathered.about(self._item["id"], thing, line)

    def _value(self, part: str, key: str, text: str) -> Any:
        kind = self._types.get((_THINGS[part], self._item["type"], key), "string")
        plain = text.strip()
        if kind == "string":
            return text
        if not plain:
            return None
        try:
            if kind in ("integer", "int"):
                return int(plain)
            if kind in ("float", "double"):
                return float(plain)
            if kind == "boolean":
                return _BOOLEAN[plain.lower()]
            if kind in ("time", "date"):
                self._moments.read(plain)
        except (ValueError, KeyError):
            raise self._xml.bad(
                f"属性“{key}”应为 {kind}，写的是“{plain[:60]}”", f"attribute {key!r} is no {kind}: {plain[:60]!r}"
            ) from None
        return plain

    def _misplaced(self, name: str) -> BadLog:
        return self._xml.bad(f"不符合 OCEL 2.0：此处不应有 {name}", f"not as OCEL 2.0 has it: no {name} may stand here")


#: Parts that hold things, and those that hold their types.
_THINGS = {"objects": "object-types", "events": "event-types"}
