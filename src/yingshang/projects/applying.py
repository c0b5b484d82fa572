"""Which items apply to a project: each folder's table is asked with the project's facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from yingshang import decisions
from yingshang.projects.items import ListOfItems

#: How the tables name a kind of project, by the code of :class:`yingshang.projects.models.Project.Kind`.
KINDS = {
    "new_land": "新出让用地新建",
    "own_land": "自有用地扩建、技改",
    "purchase": "购置厂房改造",
    "lease": "租赁厂房装修",
    "housing": "房地产开发",
}


@lru_cache(maxsize=64)
def _model(document: str) -> decisions.Model:
    return decisions.load(document.encode())


def applicable(listed: ListOfItems, facts: Mapping[str, Any]) -> list[str]:
    """The codes of the items that apply, in the order of the list.

    Args:
        facts: the project's facts by the names that the tables ask; a name that is missing is null to them.

    Raises:
        LookupError: a table names an item that the list does not hold.
    """
    named: set[str] = set()
    for table in listed.applies:
        model = _model(table.document)
        known = {name: facts.get(name) for name in model.inputs}
        answer = model.evaluate(table.name, known)
        named.update(answer or ())
    if unknown := sorted(named - listed.items.keys()):
        raise LookupError(f"the tables name items that are not listed: {', '.join(unknown)}")
    return [code for code in listed.items if code in named]
