"""Reading BPMN XML safely: no entities, no document type, no network, bounded size."""

from __future__ import annotations

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
YS = "urn:yingshang:bpmn"
MOST_BYTES = 2 * 1024 * 1024
MOST_ELEMENTS = 20_000


class UnreadableXml(ValueError):
    """The text is not a BPMN document that we read; ``line`` is 1-based, 0 when not known."""

    def __init__(self, zh: str, en: str, line: int = 0) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en, self.line = zh, en, line


def read(xml: bytes) -> etree._Element:
    """Parse a BPMN document.

    Raises:
        UnreadableXml: too large, malformed, with a document type, or not BPMN 2.0.
    """
    if len(xml) > MOST_BYTES:
        raise UnreadableXml(
            f"流程图文件超过 {MOST_BYTES >> 20} MB,请检查是否选错文件", f"the file is larger than {MOST_BYTES >> 20} MB"
        )
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise UnreadableXml("流程图不得含有 DOCTYPE 或实体定义,请删去", "DOCTYPE and entities are refused; remove them")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableXml(
            f"第 {error.lineno} 行不是合法的 XML:{error.msg}",
            f"line {error.lineno} is not well-formed XML: {error.msg}",
            error.lineno or 0,
        ) from None
    if root.tag != f"{{{BPMN}}}definitions":
        raise UnreadableXml(
            "不是 BPMN 2.0 文件:最外层应为 bpmn:definitions", "not BPMN 2.0: the root must be bpmn:definitions", 1
        )
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise UnreadableXml("流程图元素过多", "the diagram has too many elements")
    return root


def local(element: etree._Element) -> str:
    """Tag name without namespace; ``""`` for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def ys_attributes(element: etree._Element) -> dict[str, str]:
    """The element's ``ys:*`` attributes without their prefix."""
    prefix = f"{{{YS}}}"
    return {str(k)[len(prefix) :]: str(v) for k, v in element.attrib.items() if str(k).startswith(prefix)}
