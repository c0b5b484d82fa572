"""Runs test cases in the format of the DMN Technology Compatibility Kit.

A case file names a model beside it, gives values to inputs, and says what decisions, business knowledge models or
services then are. Numbers count as equal within 1e-8, as far as the kit's expected values, written from binary floating
point, go; everything else has to be equal. A case whose logic has an external function (Java, PMML) counts as failed,
even where null is expected: the engine refuses to run it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

from lxml import etree

from yingshang.decisions import temporal
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.externals import externals
from yingshang.decisions.feel.builtins.conversion import text_of
from yingshang.decisions.feel.scanner import normal
from yingshang.decisions.model import Model
from yingshang.decisions.nodes import Need
from yingshang.decisions.reading import load
from yingshang.decisions.run import Run
from yingshang.decisions.session import Session
from yingshang.decisions.values import equal, from_python
from yingshang.decisions.xml import Element

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_CLOSE = Decimal("1e-8")


@dataclass(frozen=True)
class Failure:
    """A result that differs from what is expected, or an error."""

    file: str
    case: str
    node: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.file} {self.case} {self.node}: expected {self.expected}, actual {self.actual}"


@dataclass(frozen=True)
class Case:
    """The outcome of one test case."""

    file: str
    id: str
    failures: list[Failure]


def run(directory: Path) -> Iterator[Case]:
    """Run all case files below a directory, or the one that ``directory`` is.

    Args:
        directory: where ``.xml`` files with ``testCases`` and the models that they name are.
    """
    files = [directory] if directory.is_file() else sorted(directory.rglob("*.xml"))
    for path in files:
        root = cases_of(path)
        if root is not None:
            yield from _run_file(path, root, directory)


def cases_of(path: Path) -> Element | None:
    """The ``testCases`` of a file; None for a file that is something else."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.parse(path, parser).getroot()
    except etree.XMLSyntaxError:
        return None
    return root if etree.QName(root).localname == "testCases" else None


def model_name(root: Element) -> str:
    """The file of the model that cases are about; it lies beside theirs."""
    named = _child(root, "modelName")
    return Path((named.text or "").strip() if named is not None else "").name


def decided(root: Element) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Inputs of each case that asks for decisions, and which."""
    for case in _children(root, "testCase"):
        if (case.get("type") or "decision") == "decision":
            yield _inputs(case), [normal(r.get("name") or "") for r in _children(case, "resultNode")]


def _inputs(case: Element) -> dict[str, Any]:
    return {normal(i.get("name") or ""): value_of(i) for i in _children(case, "inputNode")}


def _run_file(path: Path, root: Element, directory: Path) -> Iterator[Case]:
    shown = str(path.relative_to(directory)) if path != directory else path.name
    model_file = path.parent / model_name(root)
    try:
        model: Model | DecisionError = load(model_file, lenient=True)
    except DecisionError as error:
        model = error
    for case in _children(root, "testCase"):
        name = case.get("id") or ""
        failures = []
        for result in _children(case, "resultNode"):
            node = result.get("name") or ""
            expected: Any = None
            try:
                expected = _expected(result)
                if isinstance(model, DecisionError):
                    raise model
                actual = _actual(model, case, node)
            except DecisionError as error:
                failures.append(Failure(shown, name, node, text_of(expected), str(error)))
            except Exception as error:
                # A fault of the engine fails this case, and must not hide the others.
                failures.append(Failure(shown, name, node, text_of(expected), f"{type(error).__name__}: {error}"))
            else:
                if not same(expected, actual):
                    failures.append(Failure(shown, name, node, text_of(expected), text_of(actual)))
        yield Case(shown, name, failures)


def _actual(model: Model, case: Element, node: str) -> Any:
    inputs = _inputs(case)
    kind = case.get("type") or "decision"
    need = model.find(
        {"bkm": "knowledge", "decisionService": "service"}.get(kind, "decision"),
        normal(node if kind == "decision" else case.get("invocableName") or node),
    )
    if foreign := sorted(externals(model, need)):
        raise DecisionError(f"external functions are refused: {', '.join(foreign)}", file=model.file)
    if kind == "decision":
        return model.execute(need.qualified, inputs, Run())
    return _invoked(Session(model, {}, Run()), need, inputs, node)


def _invoked(session: Session, need: Need, inputs: dict[str, Any], node: str) -> Any:
    function = session.value(need)
    if need.kind == "knowledge":
        return function.call_named(inputs)
    home = session.imported(need) if need.namespace else session
    service = home.model.services[need.name]
    result = home.serve(service, inputs)
    several = len(service.outputs) > 1 and isinstance(result, dict)
    return result[node] if several and node in result else result


# --- values -----------------------------------------------------------------------------------------------------------


def same(expected: Any, actual: Any) -> bool:
    """Whether two FEEL values are equal, numbers within 1e-8."""
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, Decimal):
        return bool(abs(expected - actual) <= _CLOSE)
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict):
        return expected.keys() == actual.keys() and all(same(v, actual[k]) for k, v in expected.items())
    return expected is actual or bool(equal(expected, actual))


def _expected(result: Element) -> Any:
    holder = _child(result, "expected")
    return None if holder is None else value_of(holder)


def value_of(holder: Element) -> Any:
    """The FEEL value in an ``inputNode``, ``expected``, ``item`` or ``component``.

    Raises:
        DecisionError: a value that its type does not have.
    """
    components = list(_children(holder, "component"))
    if components:
        return {normal(c.get("name") or ""): value_of(c) for c in components}
    listed = _child(holder, "list")
    if listed is not None:
        return [] if listed.get(f"{_XSI}nil") == "true" else [value_of(i) for i in _children(listed, "item")]
    value = _child(holder, "value")
    if value is None or value.get(f"{_XSI}nil") in ("true", "1"):
        return None
    return _typed(value.text or "", (value.get(f"{_XSI}type") or "string").rpartition(":")[2])


def _number(text: str) -> Any:
    try:
        return from_python(Decimal(text))
    except DecimalException:
        return None


_TYPES: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text,
    "boolean": lambda text: {"true": True, "1": True, "false": False, "0": False}.get(text),
    "date": temporal.parse_date,
    "time": temporal.parse_time,
    "dateTime": temporal.parse_date_time,
    "duration": temporal.parse_duration,
    "dayTimeDuration": temporal.parse_duration,
    "yearMonthDuration": temporal.parse_duration,
    **dict.fromkeys(("decimal", "double", "float", "integer", "int", "long", "short"), _number),
}


def _typed(text: str, kind: str) -> Any:
    value = _TYPES[kind](text if kind == "string" else text.strip()) if kind in _TYPES else None
    if value is None:
        raise DecisionError(f"{text!r} is no {kind}")
    return value


def _children(element: Element, name: str) -> Iterator[Element]:
    return (e for e in element if isinstance(e.tag, str) and etree.QName(e).localname == name)


def _child(element: Element, name: str) -> Element | None:
    return next(_children(element, name), None)
