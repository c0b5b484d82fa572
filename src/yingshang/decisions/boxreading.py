"""Boxed expressions from XML (DMN 1.5, 10.2); everything but tables, which :mod:`tablereading` reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from yingshang.decisions import tablereading, xml
from yingshang.decisions.boxed import (
    Boxed,
    BoxedList,
    Conditional,
    Context,
    Definition,
    Filter,
    Invocation,
    Iterator,
    Literal,
    Missing,
    Relation,
)
from yingshang.decisions.errors import ModelError, ParseError
from yingshang.decisions.feel import Expression, scanner
from yingshang.decisions.feel import compile as compile_feel
from yingshang.decisions.feel.types import FunctionType, Type, resolve
from yingshang.decisions.itemtypes import ItemTypes
from yingshang.decisions.limits import BOXED_DEPTH, EVALUATION_STEPS
from yingshang.decisions.names import problem_of
from yingshang.decisions.xml import Element

#: Elements that are boxed expressions.
EXPRESSIONS = frozenset(
    "literalExpression decisionTable context relation list invocation functionDefinition conditional filter for some"
    " every".split()
)


@dataclass(frozen=True)
class Reader:
    """Reads the logic of one element, or of one place inside of it.

    Attributes:
        file: name of the document, for errors.
        types: of the model.
        language: of expressions that name none.
        lenient: an expression that is not well-formed is one without a value, and no error.
        names: variables in scope, with their types where they are known.
        depth: boxed expressions around.
        budget: steps left for what is evaluated while the document is read.
    """

    file: str
    types: ItemTypes
    language: str
    lenient: bool
    names: dict[str, Type | None]
    depth: int = 0
    budget: list[int] = field(default_factory=lambda: [EVALUATION_STEPS])

    def inside(self, names: Iterable[tuple[str, Type | None]] = ()) -> Reader:
        """A reader one level deeper, with more names in scope."""
        return replace(self, names={**self.names, **dict(names)}, depth=self.depth + 1)

    def fail(self, message: str, element: Element) -> ModelError:
        return ModelError(message, file=self.file, element=xml.label_of(element))

    def type_of(self, element: Element) -> Type | None:
        """The type that the element's ``typeRef`` names."""
        return self.types.named_type(element.get("typeRef"), element)

    def name_of(self, element: Element) -> str:
        """The element's name.

        Raises:
            ModelError: none, or one that cannot be told from others by eye.
        """
        name = element.get("name") or ""
        if problem := problem_of(name):
            raise self.fail(problem, element)
        return scanner.normal(name)

    def variable(self, element: Element) -> tuple[str, Type | None]:
        """Name and type of a ``variable``, parameter or column."""
        return self.name_of(element), self.type_of(element)

    def compile(self, text: str, element: Element, *, unary: bool = False) -> Expression | None:
        """A FEEL text; None where it is not well-formed and that is not an error.

        Raises:
            ParseError: with the element and the position in the text.
        """
        try:
            return compile_feel(text, unary=unary, names=self.names, members=self.types.members, types=self.types.named)
        except ParseError as error:
            if self.lenient:
                return None
            raise ParseError(
                error.message, file=self.file, element=xml.label_of(element), position=error.position
            ) from None

    # --- one place ----------------------------------------------------------------------------------------------------

    def only(self, element: Element) -> Boxed | None:
        """The one expression directly below an element; None where there is none.

        Raises:
            ModelError: several, or nested too deeply.
        """
        found = [e for e in element if xml.local(e) in EXPRESSIONS]
        if len(found) > 1:
            raise self.fail("more than one expression in one place", element)
        return self.boxed(found[0]) if found else None

    def needed(self, element: Element, tag: str) -> Boxed:
        """The expression inside the child ``tag``; without one it has no value."""
        holder = xml.child(element, tag)
        held = None if holder is None else self.only(holder)
        if held is None:
            raise self.fail(f"{xml.local(element)} without an expression for {tag}", element)
        return held

    def boxed(self, element: Element) -> Boxed:
        """Any boxed expression.

        Raises:
            ModelError: malformed, or nested too deeply.
            ParseError: a FEEL text that is not well-formed.
        """
        if self.depth > BOXED_DEPTH:
            raise self.fail(f"expressions are nested more than {BOXED_DEPTH} levels", element)
        match xml.local(element):
            case "literalExpression":
                read = self._literal(element)
            case "decisionTable":
                read = tablereading.table(self, element)
            case "context":
                read = self._context(element)
            case "relation":
                read = self._relation(element)
            case "list":
                inner = self.inside()
                read = BoxedList([inner.boxed(e) for e in element if xml.local(e) in EXPRESSIONS])
            case "invocation":
                read = self._invocation(element)
            case "functionDefinition":
                read = self.definition(element, element.get("label") or xml.label_of(element))
            case "conditional":
                inner = self.inside()
                read = Conditional(*(inner.needed(element, tag) for tag in ("if", "then", "else")))
            case "filter":
                read = self._filter(element)
            case _:
                read = self._iterator(element)
        read.id = element.get("id") or ""
        if not isinstance(read, Definition):
            read.type = self.type_of(element)
        return read

    def _literal(self, element: Element) -> Boxed:
        label = xml.label_of(element)
        language = element.get("expressionLanguage") or self.language
        if xml.child(element, "importedValues") is not None:
            return Missing(label, "importedValues")
        if language and "FEEL" not in language.upper():
            return Missing(label, language)
        text = xml.text_of(element)
        return self.literal(text, element) if text else Missing(label)

    def literal(self, text: str, element: Element) -> Boxed:
        """A FEEL text as a boxed expression."""
        expression = self.compile(text, element)
        return Missing(text, "broken") if expression is None else Literal(expression, id=element.get("id") or "")

    # --- structures ---------------------------------------------------------------------------------------------------

    def _context(self, element: Element) -> Boxed:
        entries: list[tuple[str, Type | None, Boxed]] = []
        reader = self.inside()
        for entry in xml.children(element, "contextEntry"):
            variable = xml.child(entry, "variable")
            name, kind = ("", None) if variable is None else self.variable(variable)
            if any(name == n for n, _, _ in entries):
                raise self.fail(f"two entries of a context are called {name}" if name else "two results", entry)
            # A function may call itself by the name of its entry.
            itself = reader.inside([(name, kind)]) if xml.child(entry, "functionDefinition") is not None else reader
            boxed = replace(itself, depth=reader.depth).only(entry)
            if isinstance(boxed, Definition):
                boxed.name = name or boxed.name
            entries.append((name, kind, boxed or Missing(name or xml.label_of(entry))))
            if name:
                reader = replace(reader, names={**reader.names, name: kind})
        return Context(entries)

    def _relation(self, element: Element) -> Boxed:
        columns = [self.variable(c) for c in xml.children(element, "column")]
        if len({n for n, _ in columns}) < len(columns):
            raise self.fail("two columns of a relation have one name", element)
        reader = self.inside()
        rows = []
        for row in xml.children(element, "row"):
            cells = [reader.boxed(e) for e in row if xml.local(e) in EXPRESSIONS]
            if len(cells) != len(columns):
                raise self.fail(f"a row of {len(cells)} cells in a relation of {len(columns)} columns", row)
            rows.append(cells)
        return Relation(columns, rows)

    def _invocation(self, element: Element) -> Boxed:
        reader = self.inside()
        called = reader.only(element)
        if called is None:
            raise self.fail("an invocation of nothing", element)
        bindings: list[tuple[str, Type | None, Boxed]] = []
        for binding in xml.children(element, "binding"):
            parameter = xml.child(binding, "parameter")
            if parameter is None:
                raise self.fail("a binding without a parameter", binding)
            name, kind = self.variable(parameter)
            if any(name == n for n, _, _ in bindings):
                raise self.fail(f"two bindings of {name}", binding)
            bindings.append((name, kind, reader.only(binding) or Missing(name)))
        name = called.expression.text if isinstance(called, Literal) else xml.label_of(element)
        return Invocation(called, name, bindings)

    def definition(self, element: Element, name: str) -> Definition:
        """A function definition, or the ``encapsulatedLogic`` of a business knowledge model."""
        parameters = [self.variable(p) for p in xml.children(element, "formalParameter")]
        if len({n for n, _ in parameters}) < len(parameters):
            raise self.fail("two parameters have one name", element)
        kind = element.get("kind") or "FEEL"
        body: Boxed | None = None
        if kind == "FEEL":
            body = self.inside(parameters).only(element) or Missing(name)
        declared = self.type_of(element)
        shape = None if declared is None else resolve(declared)
        result = shape.result if isinstance(shape, FunctionType) else declared
        return Definition(name, parameters, body, kind, result, id=element.get("id") or "")

    def _filter(self, element: Element) -> Boxed:
        reader = self.inside()
        source = reader.needed(element, "in")
        match = reader.inside([("item", None), *((m, None) for m in self.types.members)]).needed(element, "match")
        return Filter(source, match)

    def _iterator(self, element: Element) -> Boxed:
        kind = xml.local(element)
        name = element.get("iteratorVariable") or ""
        if problem := problem_of(name):
            raise self.fail(problem, element)
        name = scanner.normal(name)
        reader = self.inside()
        source = reader.needed(element, "in")
        # The type at ``in`` is that of the list, or that of its items.
        holder = xml.child(element, "in")
        declared = None if holder is None else self.type_of(holder)
        if declared is not None and declared.element is not None:
            source.type = source.type or declared
            declared = declared.element
        more: list[tuple[str, Type | None]] = [(name, declared)]
        if kind == "for":
            more.append(("partial", None))
        body = reader.inside(more).needed(element, "return" if kind == "for" else "satisfies")
        return Iterator(kind, name, declared, source, body)
