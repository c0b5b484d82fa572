"""DMN documents to models: imports, types, the requirements graph, logic (DMN 1.5, chapters 6, 7.3 and 13)."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from yingshang.decisions import documents, xml
from yingshang.decisions.boxed import Definition, Missing
from yingshang.decisions.boxreading import Reader
from yingshang.decisions.collecting import without_collecting
from yingshang.decisions.documents import Resolve
from yingshang.decisions.errors import ModelError
from yingshang.decisions.feel import scanner
from yingshang.decisions.feel.types import FunctionType, Type, resolve
from yingshang.decisions.itemtypes import ItemTypes
from yingshang.decisions.limits import EVALUATION_STEPS, IMPORTS
from yingshang.decisions.model import Model
from yingshang.decisions.names import alike, problem_of
from yingshang.decisions.nodes import Decision, InputData, Knowledge, Need, Service
from yingshang.decisions.table import Table
from yingshang.decisions.xml import Element

#: Elements of the graph, and what a requirement of them is called.
KINDS = {
    "inputData": "input",
    "decision": "decision",
    "businessKnowledgeModel": "knowledge",
    "decisionService": "service",
}
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")


@without_collecting
def load(source: str | Path | bytes, *, resolve: Resolve | None = None, lenient: bool = False) -> Model:
    """Read a DMN 1.1–1.5 document and what it imports.

    Args:
        source: a path, or the document itself as bytes.
        resolve: gives imported documents by namespace and location; without it they are looked for among the ``.dmn``
            files beside ``source``, and a document given as bytes can import nothing.
        lenient: an expression that is not well-formed has no value, where it is an error otherwise.

    Raises:
        ModelError: malformed XML, a document type or entities, not DMN, an import that is not there or imports itself,
            requirements in a circle, names that are taken or misleading, and whatever else makes a model unusable.
        ParseError: a FEEL expression that is not well-formed; names file, element and position.
    """
    with _uncollected():
        if isinstance(source, bytes):
            return _Loader(resolve, lenient).load(source, "", ())
        path = Path(source)
        loader = _Loader(resolve or documents.beside(path), lenient)
        return loader.load(documents.load_bytes(path), path.name, ())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: a model is many objects that all stay, and the search takes as long as the reading."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class _Loader:
    """Loads a document and its imports, each of them once."""

    def __init__(self, resolve: Resolve | None, lenient: bool) -> None:
        self.resolve = resolve
        self.lenient = lenient
        self.models: dict[str, Model] = {}

    def load(self, document: bytes, file: str, around: tuple[str, ...]) -> Model:
        root = xml.read(document, file)
        namespace = root.get("namespace") or ""
        try:
            return _Reading(root, file, self, (*around, namespace)).model()
        except RecursionError:
            raise ModelError("the document is nested too deeply", file=file) from None

    def imported(self, element: Element, file: str, around: tuple[str, ...]) -> Model:
        """The model that an ``import`` names."""
        namespace = element.get("namespace") or ""
        if namespace in around:
            circle = " → ".join([*around[around.index(namespace) :], namespace])
            raise ModelError(f"the model imports itself: {circle}", file=file, element=xml.label_of(element))
        if namespace not in self.models:
            if len(self.models) >= IMPORTS:
                raise ModelError(f"more than {IMPORTS} models are imported", file=file)
            found = self.resolve(namespace, element.get("locationURI") or "") if self.resolve else None
            if found is None:
                raise ModelError(
                    f"the imported model {namespace} is not there", file=file, element=xml.label_of(element)
                )
            name = found.name if isinstance(found, Path) else namespace
            content = documents.load_bytes(found) if isinstance(found, Path) else found
            model = self.load(content, name, around)
            if model.namespace != namespace:
                raise ModelError(f"the imported model is {model.namespace} and not {namespace}", file=file)
            self.models[namespace] = model
        return self.models[namespace]


class _Reading:
    """Reads one document."""

    def __init__(self, root: Element, file: str, loader: _Loader, around: tuple[str, ...]) -> None:
        self.root = root
        self.file = file
        self.lenient = loader.lenient
        self.loader = loader
        self.around = around
        self.namespace = around[-1]
        self.types = ItemTypes(file)
        self.budget = [EVALUATION_STEPS]
        self.result = Model(file, root.get("name") or "", self.namespace, self.types)

    def fail(self, message: str, element: Element) -> ModelError:
        return ModelError(message, file=self.file, element=xml.label_of(element))

    def model(self) -> Model:
        self._read_imports()
        self.types.read(self.root)
        self.types.members.update(_written_names(self.root))
        self._register()
        model = self.result
        for element in xml.children(self.root, "inputData"):
            name, kind = self._named(element)
            model.input_data[name] = InputData(element.get("id") or "", name, kind, _line(element))
        # Types first: logic is read knowing those of what it requires.
        elements = [e for e in self.root if xml.local(e) in ("decision", "businessKnowledgeModel")]
        services = {self._named(e)[0]: self._service(e) for e in xml.children(self.root, "decisionService")}
        model.services.update(services)
        types = {self._named(e)[0]: self._named(e)[1] for e in elements}
        for element in elements:
            needs = self._needs(element)
            reader = self._reader(element, needs, types, model)
            if xml.local(element) == "decision":
                decision = self._decision(element, needs, reader)
                model.decisions[decision.name] = decision
            else:
                knowledge = self._knowledge(element, needs, reader)
                model.knowledge[knowledge.name] = knowledge
        _refuse_circles(model)
        return model

    # --- imports, names -----------------------------------------------------------------------------------------------

    def _read_imports(self) -> None:
        for element in documents.imports_of(self.root):
            name = element.get("name") or ""
            if name and (problem := problem_of(name)):
                raise self.fail(problem, element)
            prefix = scanner.normal(name)
            if prefix and prefix in self.result.prefixes.values():
                raise self.fail(f"two imports are called {prefix}", element)
            model = self.loader.imported(element, self.file, self.around)
            self.result.imports[model.namespace] = model
            self.result.prefixes[model.namespace] = prefix
            self.types.adopt(prefix, model.types)
            self.types.members.update(n.name for n in model.elements.values())

    def _register(self) -> None:
        """Know the elements of the graph by id.

        Raises:
            ModelError: two of one id or name, or names that look alike.
        """
        names: dict[str, str] = {}
        for element in self.root:
            kind = KINDS.get(xml.local(element))
            if kind is None:
                continue
            name, _ = self._named(element)
            if name in names:
                raise self.fail(f"two elements are called {name}", element)
            names[name] = element.get("id") or ""
            identity = element.get("id") or ""
            if identity and identity in self.result.elements:
                raise self.fail(f"two elements have the id {identity}", element)
            self.result.elements[identity or f" {name}"] = Need(kind, name)
        if twins := alike(names):
            raise ModelError(f"the names {twins[0]!a} and {twins[1]!a} look the same", file=self.file)

    def _named(self, element: Element) -> tuple[str, Type | None]:
        """Name of an element of the graph, and the type of its variable."""
        name = element.get("name") or ""
        if problem := problem_of(name):
            raise self.fail(problem, element)
        variable = xml.child(element, "variable")
        kind = None if variable is None else self.types.named_type(variable.get("typeRef"), variable)
        return scanner.normal(name), kind

    def _need(self, href: str, element: Element) -> Need:
        """The element that a reference names: ``#id``, or ``namespace#id``."""
        namespace, _, identity = href.rpartition("#")
        if namespace in ("", self.namespace):
            found = self.result.elements.get(identity)
        else:
            model = self.result.imports.get(namespace)
            need = None if model is None else model.elements.get(identity)
            found = None if need is None else need._replace(prefix=self.result.prefixes[namespace], namespace=namespace)
        if found is None:
            raise self.fail(f"{href} does not exist", element)
        return found

    def _needs(self, element: Element) -> list[Need]:
        needs: dict[Need, None] = {}
        for requirement in element:
            if not xml.local(requirement).endswith("Requirement"):
                continue
            for reference in requirement:
                if xml.local(reference) in _REQUIRED:
                    needs[self._need(reference.get("href") or "", element)] = None
        return list(needs)

    # --- logic --------------------------------------------------------------------------------------------------------

    def _reader(self, element: Element, needs: list[Need], types: Mapping[str, Type | None], model: Model) -> Reader:
        names: dict[str, Type | None] = {}
        for need in needs:
            if need.prefix:
                names[need.prefix] = None
            elif need.namespace:
                names[need.name] = model.node(need).type
            elif need.kind == "input":
                names[need.name] = model.input_data[need.name].type
            else:
                names[need.name] = types.get(need.name) if need.kind == "decision" else None
        if xml.local(element) == "businessKnowledgeModel":
            names.setdefault(scanner.normal(element.get("name") or ""), None)
        language = self.root.get("expressionLanguage") or ""
        return Reader(self.file, self.types, language, self.lenient, names, budget=self.budget)

    def _decision(self, element: Element, needs: list[Need], reader: Reader) -> Decision:
        name, kind = self._named(element)
        logic = reader.only(element)
        if isinstance(logic, Table):
            logic.name = logic.name or name
        question = xml.text_of(element, "question")
        return Decision(element.get("id") or "", name, kind, _line(element), logic, question, needs=needs)

    def _knowledge(self, element: Element, needs: list[Need], reader: Reader) -> Knowledge:
        name, declared = self._named(element)
        logic = xml.child(element, "encapsulatedLogic")
        definition = Definition(name, [], Missing(name)) if logic is None else reader.definition(logic, name)
        if isinstance(definition.body, Table):
            definition.body.name = definition.body.name or name
        # The variable's type is that of the function, or in DMN 1.1 that of its result.
        shape = None if declared is None else resolve(declared)
        if definition.result is None:
            definition.result = shape.result if isinstance(shape, FunctionType) else declared
        return Knowledge(
            element.get("id") or "", name, definition.result, _line(element), needs=needs, definition=definition
        )

    def _service(self, element: Element) -> Service:
        name, declared = self._named(element)
        shape = None if declared is None else resolve(declared)
        references = {
            tag: [self._need(e.get("href") or "", element) for e in xml.children(element, tag)]
            for tag in ("inputDecision", "inputData", "outputDecision", "encapsulatedDecision")
        }
        if not references["outputDecision"]:
            raise self.fail("a decision service without an output decision", element)
        for tag, kind in (("inputData", "input"), ("inputDecision", "decision"), ("outputDecision", "decision")):
            for need in references[tag]:
                if need.kind != kind:
                    raise self.fail(f"{need.qualified} is no {kind}", element)
        return Service(
            element.get("id") or "",
            name,
            shape.result if isinstance(shape, FunctionType) else declared,
            _line(element),
            [*references["inputData"], *references["inputDecision"]],
            references["outputDecision"],
            references["encapsulatedDecision"],
        )


def _line(element: Element) -> int:
    return int(element.sourceline or 0)


def _written_names(root: Element) -> Iterator[str]:
    """Names of entries that the document writes: of boxed contexts, relations, outputs, and contexts in FEEL texts."""
    for element in root.iter():
        tag = xml.local(element)
        if tag in ("variable", "column", "output", "formalParameter") and (name := element.get("name")):
            yield scanner.normal(name)
        elif tag == "text" and element.text and "{" in element.text:
            yield from (scanner.normal(m[1]) for m in scanner.KEY.finditer(element.text))


def _refuse_circles(model: Model) -> None:
    """Raise where decisions require each other in a circle; knowledge may call itself."""
    done: set[str] = set()
    for start in model.decisions:
        # (name, the requirements still to visit); a stack of our own, for chains may be long.
        path: list[tuple[str, Iterator[Need]]] = [(start, iter(model.decisions[start].needs))]
        on_path = {start}
        while path:
            name, needs = path[-1]
            need = next((n for n in needs if n.kind == "decision" and not n.namespace and n.name not in done), None)
            if need is None:
                done.add(name)
                on_path.discard(name)
                path.pop()
            elif need.name in on_path:
                names = [n for n, _ in path]
                circle = " → ".join([*names[names.index(need.name) :], need.name])
                raise ModelError(
                    f"decisions require each other in a circle: {circle}",
                    file=model.file,
                    element=model.decisions[need.name].id or need.name,
                )
            else:
                on_path.add(need.name)
                path.append((need.name, iter(model.decisions[need.name].needs)))
