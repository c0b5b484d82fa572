"""The two catalogues, compiled for gettext when their sources change.

English comes from JSON files by area, Chinese sentence → English sentence; where English tells one from many, the English
side is a list of two. Chinese is the language of the source, so a missing entry shows Chinese; a test keeps the catalogue
complete. The Chinese catalogue holds the same sentences typeset: sources are typed with the punctuation of a plain
keyboard, pages show the full-width marks of GB/T 15834.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo

FOLDER = Path(__file__).resolve().parents[1] / "locale" / "en"
COMPILED = FOLDER / "LC_MESSAGES" / "django.mo"
TYPESET = FOLDER.parent / "zh_Hans" / "LC_MESSAGES" / "django.mo"

_MARKS = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_HAN = r"\u3400-\u9fff"
#: A mark that belongs to Chinese text: after a character, a closing mark or a placeholder, or before a character.
_MARK = re.compile(rf"(?<=[{_HAN}”」』》）)])[,;:?!]|(?<=\)[sd])[,;:?!]|[,;:?!](?=[{_HAN}“「『《（])")
#: Brackets around or beside Chinese text, innermost; those of a placeholder are not meant.
_BRACKETS = re.compile(r"(?<!%)\(((?:%\(\w+\)[sd]|[^()])*)\)")


def entries() -> dict[str, str | list[str]]:
    """All translations; a sentence translated in two files must be translated alike.

    Raises:
        ValueError: a file is not JSON, or two files disagree.
    """
    found: dict[str, str | list[str]] = {}
    for file in sorted(FOLDER.glob("*.json")):
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"{file.name}:{error.lineno}: {error.msg}") from None
        for zh, en in held.items():
            if found.setdefault(zh, en) != en:
                raise ValueError(f"{file.name}: {zh!r} is translated otherwise in another file")
    return found


def typeset(sentence: str) -> str:
    """A Chinese sentence with full-width marks where they belong; Latin text, figures and placeholders stay."""
    if not re.search(f"[{_HAN}]", sentence):
        # A mark by itself stands between two texts of the page.
        return _MARKS.get(sentence, sentence)

    def brackets(found: re.Match[str]) -> str:
        beside = sentence[max(found.start() - 1, 0) : found.start()] + sentence[found.end() : found.end() + 1]
        return f"（{found[1]}）" if re.search(f"[{_HAN}]", found[1] + beside) else found[0]

    return _MARK.sub(lambda m: _MARKS[m[0]], _BRACKETS.sub(brackets, sentence))


def compile_if_stale() -> bool:
    """Compile when a JSON file (or this one) is newer than a compiled catalogue; returns whether it did."""
    sources = [Path(__file__), *FOLDER.glob("*.json")]
    newest = max(f.stat().st_mtime for f in sources)
    if all(c.exists() and c.stat().st_mtime >= newest for c in (COMPILED, TYPESET)):
        return False
    english, chinese = Catalog(locale="en"), Catalog(locale="zh_Hans")
    for zh, en in entries().items():
        if isinstance(en, list):
            english.add((zh, zh), tuple(en))
            chinese.add((zh, zh), (typeset(zh),))
        else:
            english.add(zh, en)
            chinese.add(zh, typeset(zh))
    _write(english, COMPILED)
    _write(chinese, TYPESET)
    return True


def _write(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        write_mo(out, catalog)
    os.chmod(draft, 0o644)
    os.replace(draft, path)
