"""The English catalogue: JSON files by area, Chinese sentence → English sentence, compiled for gettext when they change.

Where English tells one from many, the English side is a list of two. Chinese is the language of the source, so a
missing entry shows Chinese; a test keeps the catalogue complete.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo

FOLDER = Path(__file__).resolve().parents[1] / "locale" / "en"
COMPILED = FOLDER / "LC_MESSAGES" / "django.mo"


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


def compile_if_stale() -> bool:
    """Compile when a JSON file is newer than the compiled catalogue; returns whether it did."""
    newest = max((f.stat().st_mtime for f in FOLDER.glob("*.json")), default=0.0)
    if COMPILED.exists() and COMPILED.stat().st_mtime >= newest:
        return False
    catalog = Catalog(locale="en")
    for zh, en in entries().items():
        catalog.add((zh, zh), tuple(en)) if isinstance(en, list) else catalog.add(zh, en)
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=COMPILED.parent)
    with os.fdopen(handle, "wb") as out:
        write_mo(out, catalog)
    os.chmod(draft, 0o644)
    os.replace(draft, COMPILED)
    return True
