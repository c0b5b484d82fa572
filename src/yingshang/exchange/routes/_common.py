"""What the routes share: typed texts, the problem answers, a page."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Path, Query, Schema
from pydantic import ConfigDict, StringConstraints

from yingshang.exchange.paging import DEFAULT, MOST
from yingshang.exchange.problems import Problem

#: A short text of one line, a long one, a code.
Line = Annotated[str, StringConstraints(max_length=300)]
Prose = Annotated[str, StringConstraints(max_length=8000)]
Code = Annotated[str, StringConstraints(max_length=64)]

#: A case number as :func:`yingshang.cases.actions.opening.number_of` makes them.
Number = Annotated[str, Path(pattern=r"^[A-Z0-9]{1,8}-?[0-9]{1,8}-[0-9]{1,12}$")]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]

After = Annotated[str, Query(max_length=400, description="上一页返回的 next / the `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
PAGE = DEFAULT


class Body(Schema):
    """A request body: a field that nobody knows is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


def answers(schema: Any, *statuses: int, created: bool = False) -> dict[int, Any]:
    """The responses of an operation: its result and the problems it may answer with."""
    return {201 if created else 200: schema, **dict.fromkeys((400, 401, 422, 429, *statuses), Problem)}
