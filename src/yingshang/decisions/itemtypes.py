"""Item definitions: the types that a model names (DMN 1.5, 7.3.2, 7.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from yingshang.decisions import xml
from yingshang.decisions.errors import ModelError, ParseError
from yingshang.decisions.feel import compile as compile_feel
from yingshang.decisions.feel import scanner
from yingshang.decisions.feel.types import (
    ANY,
    BUILT_IN,
    Constrained,
    ContextType,
    FunctionType,
    ListOfType,
    Reference,
    Type,
)
from yingshang.decisions.spending import NOW, PARTS_A_STEP, through
from yingshang.decisions.xml import Element


class ItemTypes:
    """The types of one model, those of its imports under ``prefix.name``.

    Attributes:
        named: types by name.
        members: names of all components, known behind a dot.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.named: dict[str, Type] = {}
        self.members: set[str] = set()

    def read(self, root: Element) -> None:
        """Read the item definitions of a document.

        Raises:
            ModelError: two of one name, or one that is made of itself.
            ParseError: allowed values that are no unary tests.
        """
        for element in xml.children(root, "itemDefinition"):
            name = scanner.normal(element.get("name") or "")
            if name in self.named:
                raise ModelError(
                    f"two item definitions are called {name}", file=self.file, element=xml.label_of(element)
                )
            self.named[name] = self._item(element, 0)
        for name, kind in self.named.items():
            self._refuse_circle(name, kind)

    def adopt(self, prefix: str, other: ItemTypes) -> None:
        """Take over the types of an imported model."""
        for name, kind in other.named.items():
            self.named[f"{prefix}.{name}" if prefix else name] = kind
        self.members |= other.members

    def named_type(self, reference: str | None, element: Element) -> Type | None:
        """The type that a ``typeRef`` names; None where it names none.

        ``feel:number``, ``feel.number`` and plain ``number`` are the same; other prefixes name imports (1.2 and later)
        or namespaces (1.1), of which the model's own needs none.
        """
        if not reference:
            return None
        name = scanner.normal(reference.strip("{}"))
        if name in self.named:
            return self.named[name]
        for separator in (":", "."):
            prefix, found, rest = name.partition(separator)
            if (
                found
                and prefix in ("feel", "tns", *(p for p in element.nsmap if p))
                and (rest in self.named or rest in BUILT_IN)
            ):
                name = rest
        return self.named.get(name) or BUILT_IN.get(name) or Reference(name, self.named)

    def _item(self, element: Element, depth: int) -> Type:
        if depth > 50:
            raise ModelError("item components are nested too deeply", file=self.file, element=xml.label_of(element))
        name = scanner.normal(element.get("name") or "")
        base = self._base(element, depth)
        if element.get("isCollection", "").lower() in ("true", "1"):
            # Allowed values are those of the items, a type constraint that of the whole list (7.3.3).
            inner = self._constrained(element, "allowedValues", name, base)
            return self._constrained(element, "typeConstraint", name, ListOfType(inner))
        return self._constrained(
            element, "typeConstraint", name, self._constrained(element, "allowedValues", name, base)
        )

    def _base(self, element: Element, depth: int) -> Type:
        components = list(xml.children(element, "itemComponent"))
        if components:
            entries = {scanner.normal(c.get("name") or ""): self._item(c, depth + 1) for c in components}
            self.members |= entries.keys()
            return ContextType(entries)
        function = xml.child(element, "functionItem")
        if function is not None:
            parameters = [self.named_type(p.get("typeRef"), p) or ANY for p in xml.children(function, "parameters")]
            return FunctionType(tuple(parameters), self.named_type(function.get("outputTypeRef"), function) or ANY)
        reference = xml.text_of(element, "typeRef")
        # A type that is defined further below is not there yet.
        kind = self.named_type(reference, element) or ANY
        return kind

    def _constrained(self, element: Element, tag: str, name: str, base: Type) -> Type:
        text = xml.text_of(xml.child(element, tag))
        if not text:
            return Constrained(name, base)
        return Constrained(name, base, self._allows(text, element), text)

    def _allows(self, text: str, element: Element) -> Callable[[Any], bool]:
        try:
            tests = compile_feel(text, unary=True, members=self.members, types=self.named)
        except ParseError as error:
            raise ParseError(
                error.message, file=self.file, element=xml.label_of(element), position=error.position
            ) from None

        def allows(value: Any) -> bool:
            through(PARTS_A_STEP)
            return tests.execute({}, value, NOW.budget) is True

        return allows

    def _refuse_circle(self, name: str, kind: Type) -> None:
        """A context may hold itself in a component; a type that is nothing but itself is none."""
        seen = {name}
        while isinstance(kind, (Constrained, Reference, ListOfType)):
            if isinstance(kind, Reference):
                if kind.name in seen:
                    raise ModelError(f"the item definition {name} is made of itself", file=self.file)
                seen.add(kind.name)
                kind = kind.target or ANY
            else:
                kind = kind.base if isinstance(kind, Constrained) else kind.of


def unknown_types(kind: Type | None, depth: int = 0) -> Iterator[str]:
    """Names in a type that stand for nothing."""
    match kind:
        case Reference():
            if kind.target is None:
                yield kind.name
        case Constrained():
            yield from unknown_types(kind.base, depth + 1)
        case ListOfType():
            yield from unknown_types(kind.of, depth + 1)
        case ContextType() if depth < 20:
            for inner in kind.entries.values():
                yield from unknown_types(inner, depth + 1)
