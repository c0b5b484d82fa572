"""Reasons that the house itself gives, shown in the reader's language.

What a person or the bank gave as a reason is kept and shown as it was written. What the house says by itself is stored as
the sentence of the source, which stands for it like a code, and is translated when it is shown.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

BANK_SILENT = gettext_noop("银行未说明原因")
WITHDRAWN = gettext_noop("申报已撤回")
FIRST_WORDING = gettext_noop("发布时的条款")
_WHOLE = frozenset((BANK_SILENT, WITHDRAWN, FIRST_WORDING))
_UPHELD = gettext_noop("公示期间异议成立:%(a)s")
#: As it is stored, with either mark: earlier rows have the sentence as a Chinese page sets it.
_UPHELD_STORED = re.compile(r"公示期间异议成立[:：](.*)", re.DOTALL)


def upheld(answer: str) -> str:
    """An objection was upheld; ``answer`` is what the unit found."""
    return _UPHELD % {"a": answer}


def told(stored: str) -> str:
    """A stored reason in the reader's language."""
    if stored in _WHOLE:
        return _(stored)
    if found := _UPHELD_STORED.fullmatch(stored):
        return _("公示期间异议成立:%(a)s") % {"a": found[1]}
    return stored
