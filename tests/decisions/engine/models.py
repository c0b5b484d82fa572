"""Small models for tests."""

from __future__ import annotations

from xml.sax.saxutils import escape

from yingshang import decisions

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="urn:m">'


def document(inside: str) -> bytes:
    return f"{HEAD}{inside}</definitions>".encode()


def text(tag: str, content: str, **attributes: str) -> str:
    given = "".join(f' {k}="{escape(v)}"' for k, v in attributes.items())
    return f"<{tag}{given}><text>{escape(content)}</text></{tag}>"


def literal(name: str, content: str, needs: str = "") -> str:
    """A decision with a literal expression."""
    return f'<decision id="{name}" name="{name}">{needs}{text("literalExpression", content)}</decision>'


def inputs(*names: str, types: dict[str, str] | None = None) -> tuple[str, str]:
    """Input data, and the requirements of all of them."""
    of = types or {}
    data = "".join(
        f'<inputData id="i{n}" name="{n}"><variable name="{n}"'
        + (f' typeRef="{escape(of[n])}"' if n in of else "")
        + "/></inputData>"
        for n in names
    )
    needs = "".join(f'<informationRequirement><requiredInput href="#i{n}"/></informationRequirement>' for n in names)
    return data, needs


def table(
    columns: list[tuple[str, str, str]],
    outputs: list[tuple[str, str, str]],
    rules: list[tuple[list[str], list[str]]],
    policy: str = "UNIQUE",
    aggregation: str = "",
) -> decisions.Model:
    """A model of one table ``d``.

    Args:
        columns: name, type, allowed values of each input.
        outputs: name, allowed values, default of each output.
        rules: conditions and results.
    """
    data, needs = inputs(*(c[0] for c in columns), types={c[0]: c[1] for c in columns if c[1]})
    heads = "".join(
        f"<input>{text('inputExpression', n)}{text('inputValues', allowed) if allowed else ''}</input>"
        for n, _, allowed in columns
    )
    results = "".join(
        f'<output name="{n}">{text("outputValues", allowed) if allowed else ""}'
        f"{text('defaultOutputEntry', default) if default else ''}</output>"
        for n, allowed, default in outputs
    )
    rows = "".join(
        f"<rule>{''.join(text('inputEntry', c) for c in conditions)}{''.join(text('outputEntry', r) for r in found)}"
        f"<annotationEntry><text>第{n}条</text></annotationEntry></rule>"
        for n, (conditions, found) in enumerate(rules, 1)
    )
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    return decisions.load(
        document(
            f'{data}<decision id="d" name="d">{needs}<decisionTable id="t" hitPolicy="{policy}"{extra}>{heads}{results}'
            f"{rows}</decisionTable></decision>"
        )
    )
