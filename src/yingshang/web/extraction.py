"""Every sentence that is shown: out of Python sources and templates, for keeping the English catalogue complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1]
NAMES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "gettext_noop", "L", "_n"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def of_python(path: Path) -> Iterator[str]:
    """Literal first arguments of the translation functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in NAMES:
                yield from _literals(node.args[0])


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def of_template(path: Path) -> Iterator[str]:
    """Sentences of trans and blocktrans tags."""
    yield from (sentence for sentence, _plural in _of_template(path))


def plurals(package: Path = PACKAGE) -> dict[str, str]:
    """Sentences of templates that tell one from many, which need two in English → the first file that shows them."""
    found: dict[str, str] = {}
    for path in _sources(package, ".html"):
        for sentence, plural in _of_template(path):
            if plural and _CHINESE.search(sentence):
                found.setdefault(sentence, str(path.relative_to(package)))
    return found


def _of_template(path: Path) -> Iterator[tuple[str, bool]]:
    text = re.sub(r"^[ \t]+", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    # Without indentation: what is left of a template is read as Python, whose lines may not begin just anywhere.
    source = templatize(text, origin=str(path))
    words = {"gettext": None, "_": None, "ngettext": (1, 2)}
    for _, message, _, _ in extract("python", BytesIO(source.encode()), keywords=words):
        yield (message, False) if isinstance(message, str) else (message[0], True)


def sentences(package: Path = PACKAGE) -> dict[str, str]:
    """Chinese sentence → the first file that shows it."""
    found: dict[str, str] = {}
    for path in _sources(package, ".py", ".html"):
        for sentence in of_python(path) if path.suffix == ".py" else of_template(path):
            if _CHINESE.search(sentence):
                found.setdefault(sentence, str(path.relative_to(package)))
    return found


def _sources(package: Path, *suffixes: str) -> Iterator[Path]:
    for path in sorted(package.rglob("*")):
        if path.suffix in suffixes and not {"static_build", "node_modules", "migrations"} & set(path.parts):
            yield path
