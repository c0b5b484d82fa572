"""Where imported models come from: DMN files beside the importing one, or what a caller's ``resolve`` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lxml import etree

from yingshang.decisions import xml
from yingshang.decisions.errors import ModelError
from yingshang.decisions.limits import DIRECTORY_FILES, DOCUMENT_BYTES
from yingshang.decisions.xml import Element

#: Gives the document of a namespace, or None; the second argument is the import's ``locationURI``.
Resolve = Callable[[str, str], "bytes | Path | None"]


def load_bytes(path: Path) -> bytes:
    """A file's content.

    Raises:
        ModelError: no such file, or one that is too large.
    """
    try:
        if path.stat().st_size > DOCUMENT_BYTES:
            raise ModelError(f"the document is larger than {DOCUMENT_BYTES >> 20} MB", file=path.name)
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", file=path.name) from None


def beside(path: Path) -> Resolve:
    """Resolve among the ``.dmn`` files of a document's own directory, and nowhere else."""
    known: dict[str, list[Path]] = {}

    def resolve(namespace: str, location: str) -> Path | None:
        if not known:
            known[""] = []
            for other in _files(path.parent):
                known.setdefault(_namespace(other), []).append(other)
        found = [p for p in known.get(namespace, ()) if p != path]
        named = [p for p in found if p.name == location]
        return next(iter(named or found), None)

    return resolve


def _files(directory: Path) -> Iterator[Path]:
    for n, path in enumerate(sorted(directory.glob("*.dmn"))):
        if n >= DIRECTORY_FILES:
            return
        if path.is_file() and not path.is_symlink():
            yield path


def _namespace(path: Path) -> str:
    """The target namespace of a document, of which no more than the start is read; empty where it is none."""
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        with path.open("rb") as file:
            while part := file.read(4096):
                parser.feed(part)
                for _, root in parser.read_events():
                    return root.get("namespace", "") if xml.local(root) == "definitions" else ""
    except (etree.XMLSyntaxError, OSError):
        pass
    return ""


def imports_of(root: Element) -> Iterator[Element]:
    """The imports of other DMN models; those of anything else (PMML, XML Schema) bring nothing that is evaluated."""
    for element in xml.children(root, "import"):
        if "/DMN/" in (element.get("importType") or "/DMN/"):
            yield element
