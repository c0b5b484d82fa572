"""Bad input: a clear error with file, element and position, within a second, and never a crash."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.decisions.engine.models import HEAD, document, inputs, literal, text
from yingshang import decisions
from yingshang.decisions import DecisionError, EvaluationError, ModelError, ParseError, feel, limits


@pytest.fixture(autouse=True)
def _within_seconds() -> Iterator[None]:
    """Every refusal takes well under a second; the margin is for machines that are busy."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 3


BOMB = (
    '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + f"]>{HEAD}&i;</definitions>"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not well-formed XML"),
        (b"<definitions", "not well-formed XML"),
        (b"\x00\x01\x02", "not well-formed XML"),
        (b"\xff\xfe<\x00d\x00", "not well-formed XML"),
        (b"<html/>", "not a DMN document"),
        (b'<definitions xmlns="urn:other"/>', "not a DMN document"),
        (BOMB.encode(), "document types and entities are refused|not well-formed"),
        (
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{HEAD}&e;</definitions>'.encode(),
            "document types and entities are refused",
        ),
        (f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">{HEAD}</definitions>'.encode(), "document types"),
        ((HEAD + "<a>" * 5000 + "</a>" * 5000 + "</definitions>").encode(), "not well-formed XML: Excessive depth"),
        (b"<definitions>" + b" " * (limits.DOCUMENT_BYTES + 1), "larger than 20 MB"),
    ],
    ids=["empty", "cut", "zeros", "utf-16", "html", "namespace", "bomb", "entity", "dtd", "deep", "large"],
)
def test_documents_that_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        decisions.load(content)


def test_the_file_of_an_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret", encoding="utf-8")
    content = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>{HEAD}<decision name="&e;"/></definitions>'
    with pytest.raises(DecisionError) as caught:
        decisions.load(content.encode())
    assert "top secret" not in str(caught.value)


def boxes(depth: int) -> str:
    return "<list>" * depth + text("literalExpression", "1") + "</list>" * depth


NEEDS = '<informationRequirement><requiredDecision href="#{}"/></informationRequirement>'
REFUSED = [
    ("circle", literal("a", "1", NEEDS.format("b")) + literal("b", "1", NEEDS.format("a")), "in a circle: a → b → a"),
    ("itself", literal("a", "a", NEEDS.format("a")), "in a circle: a → a"),
    ("nothing", literal("a", "1", NEEDS.format("z")), "#z does not exist .*element a"),
    ("far away", literal("a", "1", NEEDS.format("x").replace("#x", "urn:no#x")), "urn:no#x does not exist"),
    ("twins", literal("a", "1") + literal("a", "2").replace('id="a"', 'id="b"'), "two elements are called a"),
    ("ids", literal("a", "1") + literal("b", "2").replace('id="b"', 'id="a"'), "two elements have the id a"),
    ("nameless", '<decision id="d"/>', "a name is missing .*element d"),
    ("deep boxes", f'<decision id="d" name="d">{boxes(60)}</decision>', "nested more than 40 levels"),
    (
        "own type",
        '<itemDefinition name="t"><typeRef>u</typeRef></itemDefinition>'
        '<itemDefinition name="u"><typeRef>t</typeRef></itemDefinition>',
        "is made of itself",
    ),
    (
        "own list",
        '<itemDefinition name="t" isCollection="true"><typeRef>t</typeRef></itemDefinition>',
        "is made of itself",
    ),
    (
        "two types",
        '<itemDefinition name="t"><typeRef>number</typeRef></itemDefinition>' * 2,
        "two item definitions are called t",
    ),
    (
        "two parameters",
        '<businessKnowledgeModel id="b" name="b"><encapsulatedLogic><formalParameter name="x"/>'
        '<formalParameter name="x"/></encapsulatedLogic></businessKnowledgeModel>',
        "two parameters have one name",
    ),
    ("no output", '<decisionService id="s" name="s"/>', "a decision service without an output decision"),
    (
        "two in one place",
        f'<decision id="d" name="d">{text("literalExpression", "1") * 2}</decision>',
        "more than one expression in one place",
    ),
    (
        "row",
        '<decision id="d" name="d"><relation><column name="a"/><row/></relation></decision>',
        "a row of 0 cells in a relation of 1 columns",
    ),
    ("no condition", '<decision id="d" name="d"><conditional/></decision>', "conditional without an expression for if"),
]


@pytest.mark.parametrize(("inside", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_models_that_are_refused(inside: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        decisions.load(document(inside))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 +", r"a value expected.*\(element d, position 3\)"),
        ("(", "position 1"),
        ('"abc', "the closing quote is missing"),
        ("1" * (limits.EXPRESSION_CHARACTERS + 1), "longer than 100000 characters"),
        ("(" * 10_000 + "1" + ")" * 10_000, "nested"),
        ("[" * 10_000, "nested"),
        ("{a:" * 10_000, "nested"),
        ("if true then " * 5_000, "nested"),
        ("function() " * 5_000 + "1", "nested"),
        ("[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1..[1", "position"),
        ("not(" * 200, "nested|position"),
        ("a.b" * 1 + ".c" * 10_000, "too many paths"),
        ("1 < 2" + " < 3" * 10_000, "too many comparisons"),
        ("1e99999", "beyond 10"),
        ("a \u202e b", r"U\+202E turns the direction of writing"),
        ('"\u2066x"', r"U\+2066 turns the direction of writing"),
    ],
    ids=range(16),
)
def test_expressions_that_are_refused(content: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        decisions.load(document(literal("d", content)))


def test_ten_megabytes_of_an_expression() -> None:
    with pytest.raises(ParseError, match="longer than"):
        feel.compile("1+" * 5_000_000 + "1")


def test_the_longest_expression_is_read() -> None:
    assert feel.evaluate("1" + "+1" * 49_000) == 49_001


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\u200bb", "cannot be seen"),
        ("a\u202eb", "cannot be seen"),
        ("a\u2060b", "cannot be seen"),
        ("\ufeffa", "cannot be seen"),
        ("e\u0301", "normal form C"),
        ("p\u0430y", "mixes scripts"),
        ("\u0391mount", "mixes scripts"),
        ("n" * 2000, "longer than 1000 characters"),
        ("", "a name is missing"),
    ],
)
def test_names_that_mislead(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        decisions.load(document(literal("d", "1").replace('name="d"', f'name="{name}"')))


def test_names_that_look_alike() -> None:
    twins = literal("pay", "1") + literal("x", "2").replace('name="x"', 'name="\u0440\u0430\u0443"')
    with pytest.raises(ModelError, match=r"'pay' and '\\u0440\\u0430\\u0443' look the same"):
        decisions.load(document(twins))
    wide = literal("A1", "1") + literal("x", "2").replace('name="x"', 'name="\uff21\uff11"')
    with pytest.raises(ModelError, match="look the same"):
        decisions.load(document(wide))


@pytest.mark.parametrize("name", ["研发 占比(%)", "Сумма", "Ποσό", "naïve", "Größe", "税额2026", "p-value", "α粒子"])
def test_names_that_are_honest(name: str) -> None:
    model = decisions.load(document(literal("d", "1").replace('name="d"', f'name="{name}"')))
    assert model.evaluate(name, {}) == 1


# --- imports ----------------------------------------------------------------------------------------------------------


def importing(namespace: str, *imported: str) -> str:
    imports = "".join(f'<import name="i{n}" namespace="{i}"/>' for n, i in enumerate(imported))
    return f"{HEAD.replace('urn:m', namespace)}{imports}</definitions>"


def test_a_model_that_imports_itself(tmp_path: Path) -> None:
    (tmp_path / "a.dmn").write_text(importing("urn:a", "urn:a"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"imports itself: urn:a → urn:a \(a.dmn, element i0\)"):
        decisions.load(tmp_path / "a.dmn")


def test_models_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.dmn").write_text(importing("urn:a", "urn:b"), encoding="utf-8")
    (tmp_path / "b.dmn").write_text(importing("urn:b", "urn:a"), encoding="utf-8")
    with pytest.raises(ModelError, match="imports itself: urn:a → urn:b → urn:a"):
        decisions.load(tmp_path / "a.dmn")


def test_imports_come_from_the_same_directory_only(tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "b.dmn").write_text(importing("urn:b"), encoding="utf-8")
    (tmp_path / "up" / "link.dmn").symlink_to(tmp_path / "b.dmn")
    above = importing("urn:a", "urn:b").replace('namespace="urn:b"', 'namespace="urn:b" locationURI="../b.dmn"')
    (tmp_path / "up" / "a.dmn").write_text(above, encoding="utf-8")
    with pytest.raises(ModelError, match="the imported model urn:b is not there"):
        decisions.load(tmp_path / "up" / "a.dmn")


def test_a_document_in_bytes_imports_what_resolve_gives() -> None:
    content = importing("urn:a", "urn:b").encode()
    with pytest.raises(ModelError, match="urn:b is not there"):
        decisions.load(content)
    model = decisions.load(content, resolve=lambda namespace, _: importing(namespace).encode())
    assert list(model.imports) == ["urn:b"]
    with pytest.raises(ModelError, match="the imported model is urn:c and not urn:b"):
        decisions.load(content, resolve=lambda *_: importing("urn:c").encode())


def test_a_broken_import_names_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "a.dmn").write_text(importing("urn:a", "urn:b"), encoding="utf-8")
    broken = importing("urn:b").replace("</definitions>", literal("d", "1 +") + "</definitions>")
    (tmp_path / "b.dmn").write_text(broken, encoding="utf-8")
    with pytest.raises(ParseError, match=r"\(b.dmn, element d, position 3\)"):
        decisions.load(tmp_path / "a.dmn")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read: No such file or directory \(none.dmn\)"):
        decisions.load(tmp_path / "none.dmn")


# --- evaluation -------------------------------------------------------------------------------------------------------


def knowledge(body: str, *parameters: str) -> str:
    formal = "".join(f'<formalParameter name="{p}"/>' for p in parameters)
    return (
        f'<businessKnowledgeModel id="b" name="f"><encapsulatedLogic>{formal}{text("literalExpression", body)}'
        "</encapsulatedLogic></businessKnowledgeModel>"
    )


CALL = '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>'


@pytest.mark.parametrize(
    "body",
    [
        "f(x)",
        "f(x + 1) + 1",
        "[f(x)]",
        "{a: f(x)}",
        "for i in [1, 2] return f(x)",
        "f(f(x))",
        "sort([2, 1], function(a, b) f(x))",
    ],
)
def test_recursion_without_end(body: str) -> None:
    model = decisions.load(document(knowledge(body, "x") + literal("d", "f(1)", CALL)))
    with pytest.raises(EvaluationError, match=r"nested too deeply|too many steps") as caught:
        model.evaluate("d", {})
    assert caught.value.element == "d"
    with pytest.raises(EvaluationError):
        model.explain("d", {})
    with pytest.raises(EvaluationError):
        model.invoke("f", {"x": 1})


def test_recursion_with_an_end() -> None:
    model = decisions.load(document(knowledge("if x = 0 then 0 else f(x - 1)", "x") + literal("d", "f(40)", CALL)))
    assert model.evaluate("d", {}) == 0


EXPENSIVE = [
    "for i in 1..1000000000 return i",
    "for i in 1..1000000, j in 1..1000000 return 1",
    "some i in 1..1000000, j in 1..1000000 satisfies false",
    "for i in 1..500000 return count(partial)",
    "(for i in 1..900000 return i)[item > 0][item > 0]",
    "{l: for i in 1..100000 return i, r: for i in 1..100000 return list contains(l, -i)}.r",
    "{l: for i in 1..100000 return i, m: for i in 1..100000 return i, r: for i in 1..100000 return l = m}.r",
    '{t: "' + "a" * 1000 + '", r: for i in 1..1000000 return upper case(t)}.r',
    '{t: "' + "a" * 40 + '", r: for i in 1..100000 return matches(t, "(a|aa)+$b")}.r',
    *(
        "{l: for i in 1..30000 return i, m: for i in 1..30000 return i, a: [[l]], b: [[m]], "
        f"f: function(x: list<number>) 1, r: for i in 1..100000 return {work}}}.r"
        for work in (
            "f(l)",
            "a instance of list<list<list<number>>>",
            "a = b",
            "a in [b]",
            "is(a, b)",
            "list contains([a], b)",
            "index of([a], b)",
            "distinct values([a, b])",
            "a.x",
            "{x: l} = {x: m}",
            "-1 in [[l]]",
            "stddev(l)",
        )
    ),
    *(
        f"{{c: context(for i in 1..20000 return {{key: string(i), value: i}}), r: for i in 1..100000 return {work}}}.r"
        for work in (
            'context put({x: c}, ["x", "y"], 1)',
            "context merge([c, c])",
            '{x: c} = {x: context put(c, "1", 1)}',
        )
    ),
    *(
        f"for i in 1..100000 return {work}"
        for work in (
            "log(1.23456789012345678901234567890)",
            'range("[1..2]")',
            f'range("[{"(" * 80}1{")" * 80}..2]")',
            "+".join(["1"] * 5000),
            "**".join([".1"] * 1000),
            f"[{', '.join(['1'] * 10_000)}]",
        )
    ),
    '{t: "' + "a" * 90000 + '", r: for i in 1..100000 return t + "b" < t + "c"}.r',
    '{t: "' + "a" * 40000 + '", u: [t, t, t, t], r: for i in 1..100000 return string join(u, t)}.r',
    "{" + ", ".join(["a0: [1, 1]", *(f"a{n}: concatenate(a{n - 1}, a{n - 1})" for n in range(1, 40))]) + "}.a39",
    "{" + ", ".join(['a0: "ab"', *(f"a{n}: a{n - 1} + a{n - 1}" for n in range(1, 40))]) + "}.a39",
]


@pytest.mark.parametrize("expression", EXPENSIVE, ids=range(len(EXPENSIVE)))
def test_work_without_end(expression: str) -> None:
    with pytest.raises(EvaluationError):
        feel.evaluate(expression)


LONG = "count(for x in 1..60000 return x) > 1"


def test_work_without_end_in_allowed_values() -> None:
    """What a type allows is asked of every item, at the cost of the evaluation."""
    types = (
        f'<itemDefinition name="n"><typeRef>number</typeRef>{text("allowedValues", LONG)}</itemDefinition>'
        '<itemDefinition name="ns" isCollection="true"><typeRef>n</typeRef></itemDefinition>'
    )
    data, needs = inputs("x", types={"x": "ns"})
    model = decisions.load(document(types + data + literal("d", "count(x)", needs)))
    assert model.evaluate("d", {"x": [1, 2]}) == 2
    with pytest.raises(EvaluationError, match="too many steps"):
        model.evaluate("d", {"x": list(range(1000))})


def test_work_without_end_while_reading() -> None:
    values = ", ".join(f"count(for x in 1..200000 return {n})" for n in range(50))
    inside = f'<decisionTable><output name="o">{text("outputValues", values)}</output></decisionTable>'
    with pytest.raises(ModelError, match="too many steps"):
        decisions.load(document(f'<decision id="d" name="d">{inside}</decision>'))


@pytest.mark.parametrize("cell", ["< y", "-1", f"< {'+'.join(['y'] * 100)}"])
def test_a_long_table_that_is_asked_without_end(cell: str) -> None:
    """What a table costs grows with the cells that are gone through."""
    rules = f"<rule>{text('inputEntry', cell)}{text('outputEntry', '1')}</rule>" * 400
    bkm = (
        '<businessKnowledgeModel id="b" name="f"><encapsulatedLogic><formalParameter name="x"/><formalParameter name="y"/>'
        f'<decisionTable hitPolicy="COLLECT"><input>{text("inputExpression", "x")}</input><output name="o"/>{rules}'
        "</decisionTable></encapsulatedLogic></businessKnowledgeModel>"
    )
    loop = "for i in 1..200000 return count(f(i, 0))"
    model = decisions.load(document(bkm + literal("d", loop, CALL) + literal("e", "count(f(1, 0))", CALL)))
    assert model.evaluate("e", {}) == 0
    with pytest.raises(EvaluationError, match="too many steps"):
        model.evaluate("d", {})


def doubled(last: str) -> str:
    return "{" + ", ".join(["a0: [1, 1]", *(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 60))]) + f"}}{last}"


@pytest.mark.parametrize("last", ["", ".a59"])
def test_values_whose_parts_repeat(last: str) -> None:
    with pytest.raises(EvaluationError, match="parts"):
        feel.evaluate(doubled(last))


def test_values_whose_parts_repeat_are_compared_part_by_part() -> None:
    twice = doubled(".a59")
    assert feel.evaluate(f"{{x: {twice}, y: {twice}, r: x = y}}.r") is True
    assert feel.evaluate(f"{{x: {twice}, y: {twice}, r: count(distinct values([x, y]))}}.r") == 1
    assert feel.evaluate(f"{twice} instance of list<list<Any>>") is True
    for expression in (f"string({twice})", f"count(flatten({twice}))"):
        with pytest.raises(EvaluationError, match=r"more than|too many steps"):
            feel.evaluate(expression)


def test_a_recursive_type_of_values_whose_parts_repeat() -> None:
    tree = (
        '<itemDefinition name="tree"><itemComponent name="of" isCollection="true"><typeRef>tree</typeRef>'
        "</itemComponent></itemDefinition>"
    )
    steps = ", ".join(["a0: {of: []}", *(f"a{n}: {{of: [a{n - 1}, a{n - 1}]}}" for n in range(1, 50))])
    model = decisions.load(document(tree + literal("d", f"{{{steps}}}.a49 instance of tree")))
    assert model.evaluate("d", {}) is True


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_data_that_goes_too_deep_or_round() -> None:
    model = decisions.load(document('<inputData id="i" name="x"/>' + literal("d", "1")))
    assert model.evaluate("d", {"x": nested(90)}) == 1
    with pytest.raises(DecisionError, match="nested more than 100 levels"):
        model.evaluate("d", {"x": nested(100_000)})
    ring: list[Any] = []
    ring += [ring, ring]
    with pytest.raises(DecisionError, match=r"nested more than|parts"):
        model.evaluate("d", {"x": ring})


def test_python_objects_stay_outside() -> None:
    with pytest.raises(EvaluationError, match="none of FEEL's"):
        feel.evaluate("x", {"x": object()})
    for path in ("x.__class__", "x.denominator", '"a".upper', "[].append", "x._sign"):
        assert feel.evaluate(path, {"x": 1}) in (None, [])
