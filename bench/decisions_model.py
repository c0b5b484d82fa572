"""The model that decisions are measured with, once as data, and from that as DMN, SQL, JDM (zen-engine) and OpenFisca.

Tables of 20 rules over 5 inputs with the hit policy FIRST, thresholds all over the inputs' ranges, the last rule for
whatever is left; odd tables answer with a text, even ones with an amount. All four say the same, and the measurements
compare what comes out.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

NUMBERS = ("persons", "income", "assets", "rnd_share")
TEXT = "industry"
INPUTS = (*NUMBERS, TEXT)
#: Ranges of the numbers, in steps that 24 bits can hold: OpenFisca computes in float32.
RANGES = {"persons": (0, 3000), "income": (0, 120_000), "assets": (0, 150_000), "rnd_share": (0, 20)}
STEPS = {"persons": Decimal(1), "income": Decimal("0.25"), "assets": Decimal("0.25"), "rnd_share": Decimal("0.25")}
INDUSTRIES = [f"{c}{n}" for c in "ABCDEFGHIJ" for n in (1, 2)]
LABELS = ("优先支持", "支持", "一般", "观察", "不支持")
ALL = "全部"
NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


@dataclass(frozen=True)
class Cell:
    """A condition: ``[low..high)`` with either end open, one of some texts, or anything."""

    low: Decimal | None = None
    high: Decimal | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    cells: tuple[Cell, ...]
    output: str | Decimal


@dataclass(frozen=True)
class Table:
    name: str
    rules: tuple[Rule, ...]


def tables(count: int, rules: int = 20, seed: int = 4754) -> list[Table]:
    """Tables by chance, the same ones every time."""
    dice = random.Random(seed)
    return [_table(f"t{n:03d}", n, rules, dice) for n in range(1, count + 1)]


def _table(name: str, number: int, rules: int, dice: random.Random) -> Table:
    made = [Rule(tuple(_cell(i, dice) for i in INPUTS), _output(number, dice)) for _ in range(rules - 1)]
    return Table(name, (*made, Rule((Cell(),) * len(INPUTS), _output(number, dice))))


def _output(number: int, dice: random.Random) -> str | Decimal:
    return dice.choice(LABELS) if number % 2 else Decimal(dice.randrange(4, 400)) / 4


def _cell(column: str, dice: random.Random) -> Cell:
    if dice.random() < 0.15:
        return Cell()
    if column == TEXT:
        return Cell(texts=tuple(sorted(dice.sample(INDUSTRIES, dice.randrange(6, 15)))))
    low, high = RANGES[column]
    step = STEPS[column]
    a, b = sorted(Decimal(dice.randrange(int(low / step), int(high / step))) * step for _ in range(2))
    shape = dice.randrange(3)
    if shape == 0:
        return Cell(low=a)
    if shape == 1:
        return Cell(high=b)
    return Cell(low=a, high=max(b, a + (Decimal(high) - low) / 4))


# --- DMN --------------------------------------------------------------------------------------------------------------


def dmn(all_tables: list[Table]) -> bytes:
    """A DMN document with one decision a table, and one that has all of them as a context."""
    parts = [f'<definitions xmlns="{NAMESPACE}" id="bench" name="bench" namespace="urn:yingshang:bench">']
    for i in INPUTS:
        kind = "string" if i == TEXT else "number"
        parts.append(f'<inputData id="i_{i}" name="{i}"><variable id="v_{i}" name="{i}" typeRef="{kind}"/></inputData>')
    parts += [_decision(t) for t in all_tables]
    needs = "".join(
        f'<informationRequirement id="n_{t.name}"><requiredDecision href="#d_{t.name}"/></informationRequirement>'
        for t in all_tables
    )
    entries = "".join(
        f'<contextEntry id="e_{t.name}"><variable id="ev_{t.name}" name="{t.name}"/>'
        f'<literalExpression id="el_{t.name}"><text>{t.name}</text></literalExpression></contextEntry>'
        for t in all_tables
    )
    parts.append(f'<decision id="all" name="{ALL}"><variable id="all_v" name="{ALL}"/>{needs}')
    parts.append(f'<context id="all_c">{entries}</context></decision></definitions>')
    return "".join(parts).encode()


def _decision(table: Table) -> str:
    kind = "string" if isinstance(table.rules[0].output, str) else "number"
    needs = "".join(
        f'<informationRequirement id="{table.name}_n_{i}"><requiredInput href="#i_{i}"/></informationRequirement>'
        for i in INPUTS
    )
    kinds = {i: "string" if i == TEXT else "number" for i in INPUTS}
    columns = "".join(
        f'<input id="{table.name}_{i}" label="{i}">'
        f'<inputExpression id="{table.name}_{i}_e" typeRef="{kinds[i]}"><text>{i}</text></inputExpression></input>'
        for i in INPUTS
    )
    rules = "".join(
        f'<rule id="{table.name}_r{n}">'
        + "".join(
            f'<inputEntry id="{table.name}_r{n}_{k}"><text>{escape(feel(c))}</text></inputEntry>'
            for k, c in enumerate(rule.cells)
        )
        + f'<outputEntry id="{table.name}_r{n}_o"><text>{quoted(rule.output)}</text></outputEntry></rule>'
        for n, rule in enumerate(table.rules, 1)
    )
    return (
        f'<decision id="d_{table.name}" name="{table.name}"><variable id="{table.name}_v" name="{table.name}" typeRef="{kind}"/>{needs}'
        f'<decisionTable id="{table.name}_t" hitPolicy="FIRST">{columns}<output id="{table.name}_out" typeRef="{kind}"/>{rules}'
        "</decisionTable></decision>"
    )


def feel(cell: Cell) -> str:
    if cell.texts:
        return ", ".join(f'"{t}"' for t in cell.texts)
    if cell.low is not None and cell.high is not None:
        return f"[{cell.low}..{cell.high})"
    return f">= {cell.low}" if cell.low is not None else f"< {cell.high}" if cell.high is not None else "-"


def quoted(output: str | Decimal) -> str:
    return f'"{output}"' if isinstance(output, str) else str(output)


# --- SQL, as one writes it by hand --------------------------------------------------------------------------------------


def sql(all_tables: list[Table], source: str) -> str:
    """One CASE expression a table."""
    return f"SELECT id, {', '.join(f'{_case(t)} AS {t.name}' for t in all_tables)} FROM read_parquet('{source}')"


def _case(table: Table) -> str:
    branches = []
    for rule in table.rules:
        conditions = " AND ".join(c for i, cell in zip(INPUTS, rule.cells, strict=True) if (c := _condition(i, cell)))
        output = f"'{rule.output}'" if isinstance(rule.output, str) else str(rule.output)
        branches.append(f"WHEN {conditions or 'true'} THEN {output}")
    return f"CASE {' '.join(branches)} END"


def _condition(column: str, cell: Cell) -> str:
    if cell.texts:
        texts = ", ".join(f"'{t}'" for t in cell.texts)
        return f"{column} IN ({texts})"
    ends = [
        f"{column} >= {cell.low}" if cell.low is not None else "",
        f"{column} < {cell.high}" if cell.high is not None else "",
    ]
    return " AND ".join(e for e in ends if e)


# --- JDM ----------------------------------------------------------------------------------------------------------------


def jdm(all_tables: list[Table]) -> str:
    """A decision graph for zen-engine: every table between the input and the output."""
    nodes: list[dict[str, object]] = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
        {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 0, "y": 0}},
    ]
    edges: list[dict[str, str]] = []
    for t in all_tables:
        rules = [
            {
                "_id": f"{t.name}r{n}",
                **{f"{t.name}{k}": jdm_cell(c) for k, c in enumerate(rule.cells)},
                f"{t.name}o": quoted(rule.output),
            }
            for n, rule in enumerate(t.rules)
        ]
        content = {
            "hitPolicy": "first",
            "inputs": [{"id": f"{t.name}{k}", "name": i, "field": i} for k, i in enumerate(INPUTS)],
            "outputs": [{"id": f"{t.name}o", "name": t.name, "field": t.name}],
            "rules": rules,
        }
        nodes.append(
            {
                "id": t.name,
                "name": t.name,
                "type": "decisionTableNode",
                "position": {"x": 0, "y": 0},
                "content": content,
            }
        )
        edges += [
            {"id": f"{t.name}a", "sourceId": "in", "targetId": t.name, "type": "edge"},
            {"id": f"{t.name}b", "sourceId": t.name, "targetId": "out", "type": "edge"},
        ]
    return json.dumps({"nodes": nodes, "edges": edges})


def jdm_cell(cell: Cell) -> str:
    """The same cell; an empty one is met by anything."""
    text = feel(cell)
    return "" if text == "-" else text
