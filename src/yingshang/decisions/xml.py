"""DMN documents as XML, read without entities, document types and network, and within limits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from yingshang.decisions.errors import ModelError
from yingshang.decisions.limits import DOCUMENT_BYTES

#: The versions of DMN and their namespaces.
NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}

Element = etree._Element


def read(document: bytes, file: str) -> Element:
    """The ``definitions`` of a document.

    Raises:
        ModelError: too large, not well-formed, with a document type or entities, or not DMN.
    """
    if len(document) > DOCUMENT_BYTES:
        raise ModelError(f"the document is larger than {DOCUMENT_BYTES >> 20} MB", file=file)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise ModelError(f"not well-formed XML: {error.msg}", file=file, position=error.lineno) from None
    if root.getroottree().docinfo.doctype:
        raise ModelError("document types and entities are refused", file=file)
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        known = ", ".join(NAMESPACES.values())
        raise ModelError(
            f"not a DMN document: the root must be the definitions of DMN {known}", file=file, element=name.text
        )
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for what is not DMN's (extensions, diagrams)."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    namespace, _, name = tag.rpartition("}")
    return name if namespace[1:] in NAMESPACES or not namespace else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """The DMN children of this name."""
    return (e for e in element if local(e) == name)


def child(element: Element, name: str) -> Element | None:
    return next(children(element, name), None)


def text_of(element: Element | None, name: str = "text") -> str:
    """The text of the child ``name``, without the spaces around."""
    held = child(element, name) if element is not None else None
    return "" if held is None else "".join(held.itertext()).strip()


def label_of(element: Element) -> str:
    """What to call an element in errors: its id or name, else that of the closest element around that has one."""
    around: Element | None = element
    while around is not None and around.getparent() is not None:
        if found := around.get("id") or around.get("name"):
            return found
        around = around.getparent()
    return local(element)
