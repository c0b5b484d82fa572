"""Names of a model's elements: read as FEEL reads them, and refused where two could not be told apart by eye.

DMN 1.5, 10.3.1.2 (names) leaves Unicode open; what a reviewer sees must be what the engine runs, so names that hide
characters, turn the direction of writing, mix look-alike scripts in one word or are no normal form C are errors.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from yingshang.decisions.feel.scanner import hidden_at, normal
from yingshang.decisions.limits import NAME_CHARACTERS

#: Letters of other scripts that look like Latin ones.
_LOOKS = {
    ord(a): b
    for a, b in zip(
        "аеорсухѕіјԁһӏАВЕКМНОРСТХЅІЈԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανιρυ",
        "aeopcyxsijdhlABEKMHOPCTXSIJQWABEZHIKMNOPTYXoavipu",
        strict=True,
    )
}
_SCRIPTS = ("LATIN ", "CYRILLIC ", "GREEK ")


def problem_of(name: str) -> str:
    """What is wrong with a name, or nothing."""
    if not name:
        return "a name is missing"
    if len(name) > NAME_CHARACTERS:
        return f"a name is longer than {NAME_CHARACTERS} characters"
    for c in name:
        if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Cn") and c not in "\t\n\r":
            return f"the name {name!a} holds the character U+{ord(c):04X}, which cannot be seen"
    if hidden_at(name) is not None or "\u200b" in name:
        return f"the name {name!a} holds a character that cannot be seen"
    if not unicodedata.is_normalized("NFC", name):
        return f"the name {name!a} is not in Unicode's normal form C"
    for word in normal(name).split(" "):
        scripts = {s for c in word for s in _SCRIPTS if unicodedata.name(c, "").startswith(s)}
        if len(scripts) > 1 and _skeleton(word) != word and any(ord(c) in _LOOKS for c in word):
            return f"the name {name!a} mixes scripts whose letters look alike in one word"
    return ""


def alike(names: Iterable[str]) -> tuple[str, str] | None:
    """Two different names that look the same, if there are any."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(_skeleton(name), name)
        if other != name:
            return other, name
    return None


def _skeleton(name: str) -> str:
    return unicodedata.normalize("NFKC", name).translate(_LOOKS)
