"""What an action answers when it cannot be done: a sentence for the person, and a code for programs."""

from __future__ import annotations


class ActionError(Exception):
    """Base: ``message`` says what is wrong and how to mend it, in the reader's language where possible."""

    code = "invalid"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = str(message)
        self.details = details


class NotAllowed(ActionError):
    """The person may not do this."""

    code = "not_allowed"


class Conflict(ActionError):
    """The case has moved on: somebody else was first, or it is in another status. Says who did what."""

    code = "conflict"


class Invalid(ActionError):
    """What was handed in is incomplete or wrong; ``details["fields"]`` maps field to message where known."""

    code = "invalid"
