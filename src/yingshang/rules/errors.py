"""What the room of rules refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class RuleRefused(Exception):
    """Something that may not be done with a rule; ``message`` says why and what to do instead, ``findings`` what is wrong
    with its model."""

    def __init__(self, message: str, findings: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.findings = list(findings)
