"""Functions of lists (DMN 1.5, 10.3.4.4), sorting among them (10.3.4.8). Positions count from 1, from the end where negative."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key, partial
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.limits import LIST_ITEMS
from yingshang.decisions.spending import through
from yingshang.decisions.values import Function, Identities, compare, equal

List = list[Any]


def limited(items: List) -> List:
    if len(items) > LIST_ITEMS:
        raise EvaluationError(f"a list of more than {LIST_ITEMS} items")
    return items


def same(a: Any, b: Any) -> bool:
    return equal(a, b) is True


def index(position: Decimal, length: int) -> int | None:
    """The Python index of a FEEL position, None where there is no such item."""
    at = int(position)
    if at == 0 or abs(at) > length:
        return None
    return at - 1 if at > 0 else length + at


@builtin("list contains", "list: list, element: any")
def list_contains(items: List, element: Any) -> bool:
    kind = type(element)
    if kind is str:
        return element in items
    if kind is Decimal:
        return any(type(i) is Decimal and i == element for i in items)
    return any(same(i, element) for i in items)


@builtin("count", "list: list", variadic=True)
def count(items: List) -> Decimal:
    return Decimal(len(items))


def _extreme(items: List, op: str) -> Any:
    if not items:
        return None
    best = items[0]
    for item in items:
        verdict = compare(op, item, best)
        if verdict is None:
            return None
        best = item if verdict else best
    return best


@builtin("min", "list: list", variadic=True)
def minimum(items: List) -> Any:
    return _extreme(items, "<")


@builtin("max", "list: list", variadic=True)
def maximum(items: List) -> Any:
    return _extreme(items, ">")


@builtin("all", "list: list", variadic=True)
def all_(items: List) -> bool | None:
    if any(i is False for i in items):
        return False
    return True if all(i is True for i in items) else None


@builtin("any", "list: list", variadic=True)
def any_(items: List) -> bool | None:
    if any(i is True for i in items):
        return True
    return False if all(i is False for i in items) else None


@builtin("sublist", "list: list, start position: number, length?: number")
def sublist(items: List, start: Decimal, length: Decimal | None = None) -> List | None:
    begin = index(start, len(items))
    if begin is None:
        return None
    if length is None:
        return items[begin:]
    end = begin + int(length)
    return items[begin:end] if int(length) >= 1 and end <= len(items) else None


@builtin("append", "list: list, item: any", variadic=True)
def append(items: List, added: List) -> List:
    return limited([*items, *added])


@builtin("concatenate", "list: any", variadic=True)
def concatenate(lists: List) -> List | None:
    if any(part is None for part in lists):
        return None
    return limited([i for part in lists for i in (part if type(part) is list else [part])])


@builtin("insert before", "list: list, position: number, newItem: any")
def insert_before(items: List, position: Decimal, new: Any) -> List | None:
    at = index(position, len(items))
    return None if at is None else [*items[:at], new, *items[at:]]


@builtin("remove", "list: list, position: number")
def remove(items: List, position: Decimal) -> List | None:
    at = index(position, len(items))
    return None if at is None else [*items[:at], *items[at + 1 :]]


@builtin("list replace", "list: list, position: number, newItem: any")
def list_replace(items: List, position: Decimal, new: Any) -> List | None:
    at = index(position, len(items))
    return None if at is None else [*items[:at], new, *items[at + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any")
def list_replace_matching(items: List, match: Function, new: Any) -> List | None:
    if len(match.parameters) != 2:
        return None
    verdicts = [match.call(i, new) for i in items]
    if not all(isinstance(v, bool) for v in verdicts):
        return None
    return [new if v else i for i, v in zip(items, verdicts, strict=True)]


@builtin("reverse", "list: list")
def reverse(items: List) -> List:
    return items[::-1]


@builtin("index of", "list: list, match: any")
def index_of(items: List, match: Any) -> List:
    return [Decimal(n) for n, i in enumerate(items, 1) if same(i, match)]


def _distinct(items: List) -> List:
    """The items without those that are equal to one before."""
    identities = Identities()
    kept: dict[int, Any] = {}
    for item in items:
        kept.setdefault(identities.of(item), item)
    return list(kept.values())


@builtin("union", "list: any", variadic=True)
def union(lists: List) -> List | None:
    items = concatenate(lists)
    return None if items is None else _distinct(items)


@builtin("distinct values", "list: list")
def distinct_values(items: List) -> List:
    return _distinct(items)


@builtin("flatten", "list: list")
def flatten(items: List) -> List:
    flat: List = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            if type(item) is list:
                through(2 + len(item))
                stack.append(iter(item))
                break
            flat.append(item)
        else:
            stack.pop()
        limited(flat)
    return flat


@builtin("sort", "list: list, precedes?: function")
def sort(items: List, precedes: Function | None = None) -> List | None:
    before: Callable[[Any, Any], Any]
    if precedes is None:
        before = partial(compare, "<")
    elif len(precedes.parameters) == 2:
        before = precedes.call
    else:
        return None

    if precedes is None and len({type(i) for i in items}) == 1 and type(items[0]) in (Decimal, str):
        return sorted(items)

    def order(a: Any, b: Any) -> int:
        if before(a, b) is True:
            return -1
        return 1 if before(b, a) is True else 0

    return sorted(items, key=cmp_to_key(order))
