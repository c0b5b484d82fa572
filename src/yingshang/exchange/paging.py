"""Pages of a list by key, not by offset: the thousandth page costs what the first one does."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yingshang.cases.errors import Invalid

#: Rows of a page when the caller does not say, and at most.
DEFAULT, MOST = 50, 200
#: Largest key of a table.
LARGEST = 2**63 - 1


def encode(*keys: object) -> str:
    """An opaque cursor from the last row's sort keys."""
    plain = [k.isoformat() if isinstance(k, datetime) else k for k in keys]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The sort keys in a cursor, of these types (``datetime`` may be None).

    Raises:
        Invalid: it is not a cursor that this list has given.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(found, list) or len(found) != len(kinds):
            raise ValueError
        return [_as(value, kind) for value, kind in zip(found, kinds, strict=True)]
    except (ValueError, binascii.Error, RecursionError):
        raise Invalid(_("翻页位置无效,请从第一页重新开始。"), fields={"after": _("无效")}) from None


def _as(value: Any, kind: type) -> Any:
    if kind is datetime:
        if value is None:
            return None
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None or at.tzinfo is None:
            raise ValueError
        return at
    if type(value) is not kind or (kind is int and not 0 <= value <= LARGEST) or (kind is str and "\0" in value):
        raise ValueError
    return value
