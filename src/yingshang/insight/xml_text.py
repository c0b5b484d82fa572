"""Text as XML can hold it."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

#: Line ends inside an attribute would be read back as blanks.
_BLANKS = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
#: What XML 1.0 has no way to write, not even as a reference.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def attribute(value: object) -> str:
    """A value between quotation marks; what XML cannot hold becomes U+FFFD."""
    return quoteattr(_possible(str(value)), _BLANKS)


def content(value: object) -> str:
    """Text between tags."""
    return escape(_possible(str(value)), {"\r": "&#13;"})


def _possible(text: str) -> str:
    return _IMPOSSIBLE.sub("\ufffd", text)
