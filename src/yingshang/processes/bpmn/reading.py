"""Reading BPMN XML safely: no entities, no document type, no network, bounded size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
YS = "urn:yingshang:bpmn"
MOST_BYTES = 2 * 1024 * 1024
MOST_ELEMENTS = 20_000


class UnreadableXml(ValueError):
    """The text is not a BPMN document that we read; ``line`` is 1-based, 0 when not known."""

    def __init__(self, zh: str, en: str, mend_zh: str, mend_en: str, line: int = 0) -> None:
        super().__init__(f"{zh},{mend_zh} / {en}; {mend_en}")
        self.zh, self.en, self.mend_zh, self.mend_en, self.line = zh, en, mend_zh, mend_en, line


def read(xml: bytes) -> etree._Element:
    """Parse a BPMN document.

    Raises:
        UnreadableXml: too large, malformed, with a document type, or not BPMN 2.0.
    """
    if len(xml) > MOST_BYTES:
        raise UnreadableXml(
            f"流程图文件超过 {MOST_BYTES >> 20} MB",
            f"the file is larger than {MOST_BYTES >> 20} MB",
            "请检查是否选错了文件",
            "check that it is the right file",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        what = getattr(error, "msg", None) or str(error) or "empty"
        raise UnreadableXml(
            f"第 {line} 行不是合法的 XML({what})" if line else f"不是合法的 XML({what})",
            f"line {line} is not well-formed XML ({what})" if line else f"not well-formed XML ({what})",
            "请用流程图编辑器重新导出",
            "export it again from the diagram editor",
            line,
        ) from None
    # Asked of the parsed document: in another encoding the words would not be found in the bytes.
    if root.getroottree().docinfo.internalDTD is not None or any(True for _ in root.iter(etree.Entity)):
        raise UnreadableXml(
            "流程图含有 DOCTYPE 或实体定义", "it has a document type or entities", "请删去", "remove them", 1
        )
    if root.tag != f"{{{BPMN}}}definitions":
        raise UnreadableXml(
            "不是 BPMN 2.0 文件，最外层应为 bpmn:definitions",
            "not BPMN 2.0: the root must be bpmn:definitions",
            "请选择流程图文件(.bpmn)",
            "choose a diagram (.bpmn)",
            int(root.sourceline or 0),
        )
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise UnreadableXml(
            f"流程图的元素超过 {MOST_ELEMENTS} 个",
            f"the diagram has more than {MOST_ELEMENTS} elements",
            "请拆成几个流程",
            "split it into several procedures",
        )
    return root


def local(element: etree._Element) -> str:
    """Tag name without namespace; ``""`` for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def namespace(name: str) -> str:
    """The namespace of a tag or attribute name in lxml's notation, ``""`` without."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def ys_attributes(element: etree._Element) -> dict[str, str]:
    """The element's ``ys:*`` attributes without their prefix."""
    prefix = f"{{{YS}}}"
    return {str(k)[len(prefix) :]: str(v) for k, v in element.attrib.items() if str(k).startswith(prefix)}


#: Attributes that mean the same when they are left out; editors add and drop them.
_DEFAULTS = {
    ("cancelActivity", "true"), ("isInterrupting", "true"), ("isSequential", "false"), ("parallelMultiple", "false"),
    ("triggeredByEvent", "false"), ("instantiate", "false"), ("eventGatewayType", "Exclusive"), ("isForCompensation", "false"),
    ("startQuantity", "1"), ("completionQuantity", "1"), ("gatewayDirection", "Unspecified"), ("isExecutable", "true"),
}  # fmt: skip
#: Elements that only repeat what the flows say, or belong to editors.
_SILENT = {"incoming", "outgoing", "extensionElements"}


def digest(root: etree._Element) -> str:
    """SHA-256 (hex) of what runs and what it is called.

    The same before and after shapes were moved, an editor wrote the file anew, or prefixes and blanks changed. The
    order of flow nodes means nothing; that of flows does (conditions are asked in order).
    """
    parts = [p for kind in ("process", "message") for e in root.findall(f"{{{BPMN}}}{kind}") for p in _canonical(e)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _canonical(element: etree._Element) -> Iterator[str]:
    attributes = sorted(
        (str(k), str(v)) for k, v in element.attrib.items()
        if namespace(str(k)) in ("", YS) and (str(k), str(v)) not in _DEFAULTS and not (k == "id" and _nameless(element))
    )  # fmt: skip
    yield f"({local(element)} {attributes} {(element.text or '').strip()!r}"
    children = [c for c in element if namespace(str(c.tag)) == BPMN and local(c) not in _SILENT]
    flows = [c for c in children if local(c) == "sequenceFlow"]
    others = sorted(
        (c for c in children if local(c) != "sequenceFlow"), key=lambda c: (local(c), c.get("id", ""), c.text or "")
    )
    for child in (*others, *flows):
        yield from _canonical(child)
    yield ")"


def _nameless(element: etree._Element) -> bool:
    """Whether the id is one that editors make up: nothing refers to it."""
    return local(element).endswith(("EventDefinition", "LoopCharacteristics", "Expression", "laneSet")) or local(element) in (
        "timeDuration", "timeDate", "loopCardinality", "completionCondition",
    )  # fmt: skip
