"""The reference models against the tables beside them: one row a case, inputs on the left, decisions behind an arrow."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from yingshang import decisions
from yingshang.decisions import checks, feel
from yingshang.decisions.feel.builtins.conversion import text_of
from yingshang.decisions.feel.types import Simple, resolve
from yingshang.decisions.values import from_python

FOLDER = Path(decisions.__file__).parent / "models"
MODELS = sorted(FOLDER.glob("*.dmn"))
MSME = Path(__file__).parents[4] / "shared" / "requirements" / "msme-2017.md"
ARROW = "→ "
DRAWN = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


def given(text: str, kind: Any) -> Any:
    """A cell of a case: empty is missing, a text stands for itself, everything else is FEEL."""
    if not text:
        return None
    return text if isinstance(resolve(kind), Simple) and str(resolve(kind)) == "string" else feel.evaluate(text)


def shown(value: Any) -> str:
    return "" if value is None else text_of(from_python(value))


def test_every_model_has_cases() -> None:
    assert MODELS
    assert {m.stem for m in MODELS} == {c.name.removesuffix(".cases.csv") for c in FOLDER.glob("*.cases.csv")}


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_cases(path: Path) -> None:
    model = decisions.load(path)
    types = model.input_types
    with path.with_suffix("").with_suffix(".cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    asked = [c for c in rows[0] if c.startswith(ARROW)]
    assert {c.removeprefix(ARROW) for c in asked} <= model.decisions.keys()
    wrong = []
    for number, row in enumerate(rows, 2):
        inputs = {n: v for n in types if (v := given(row[n], types[n])) is not None}
        for column in asked:
            got = shown(model.evaluate(column.removeprefix(ARROW), inputs))
            if got != row[column]:
                wrong.append(f"line {number}, {column}: {got!r} and not {row[column]!r}")
    assert wrong == []


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_nothing_is_wrong_with_it(path: Path) -> None:
    assert [f"{f.table}: {f.zh}" for f in checks.check(decisions.load(path)) if f.severity != "info"] == []


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_it_can_be_drawn(path: Path) -> None:
    root = etree.parse(path).getroot()
    drawn = {e.get("dmnElementRef") for e in root.iter("{*}DMNShape", "{*}DMNEdge")}
    elements = {e.get("id") for e in root if etree.QName(e).localname in DRAWN}
    lines = {e.get("id") for e in root.iter("{*}informationRequirement", "{*}knowledgeRequirement")}
    assert drawn == elements | lines
    everything = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(everything) == len(set(everything))
    boxes = [
        tuple(float(bounds.get(k)) for k in ("x", "y", "width", "height"))
        for shape in root.iter("{*}DMNShape")
        if not shape.get("id").startswith("shape_service_")
        for bounds in shape.iter("{*}Bounds")
    ]
    for n, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[:n]:
            assert x >= x2 + w2 or x2 >= x + w or y >= y2 + h2 or y2 >= y + h


# --- the size classes against the published table ---------------------------------------------------------------------

INDICATORS = {"persons": "从业人员", "income": "营业收入", "assets": "资产总额"}
CLASSES = ["大型", "中型", "小型", "微型"]


def published(text: str) -> dict[str, dict[str, list[Decimal]]]:
    """Industry → indicator → lower bounds of large, medium and small, as the document's table has them."""
    found: dict[str, dict[str, list[Decimal]]] = {}
    industry = ""
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) != 6 or cells[2] not in INDICATORS:
            continue
        industry = cells[0] or industry
        bounds = [Decimal(c.replace(",", "")) for c in cells[3:]]
        found.setdefault(industry, {})[INDICATORS[cells[2]]] = bounds
    return found


CODES = {
    "农、林、牧、渔业": ["A0111"], "工业": ["B0610", "C26", "D4411"], "建筑业": ["E4710"], "批发业": ["F51"], "零售业": ["F5299"],
    "交通运输业": ["G54", "G55", "G5631", "G57", "G58", "G591", "G5910"], "仓储业": ["G592", "G5990"], "邮政业": ["G60"],
    "住宿业": ["H61"], "餐饮业": ["H6210"], "信息传输业": ["I63", "I6450"], "软件和信息技术服务业": ["I6513"],
    "房地产开发经营": ["K701", "K7010"], "物业管理": ["K702"], "租赁和商务服务业": ["L", "L7211"],
    "其他未列明行业": ["M", "N7", "O80", "R8810", "Q85", "Q8521", "K703", "K7040", "K709"],
}  # fmt: skip


@pytest.mark.parametrize("industry", sorted(CODES))
def test_size_classes_follow_the_published_bounds(industry: str) -> None:
    """Every bound, met exactly and missed by the least, with every combination of classes of the other indicator."""
    bounds = published(MSME.read_text() if MSME.exists() else TABLE)
    assert bounds.keys() == CODES.keys()
    model = decisions.load(FOLDER / "size_class.dmn")
    limits = bounds[industry]

    def values(name: str) -> list[Decimal]:
        least = Decimal(1) if name == "从业人员" else Decimal("0.0001")
        return [v for bound in limits[name] for v in (bound, bound - least)] + [Decimal(10) ** 9]

    first, *others = limits
    for code in CODES[industry]:
        for a in values(first):
            for b in values(others[0]) if others else [None]:
                figures = {first: a, **({others[0]: b} if others and b is not None else {})}
                worst = max(next((n for n, low in enumerate(limits[k]) if v >= low), 3) for k, v in figures.items())
                got = model.evaluate("企业规模", {"行业代码": code, **figures})
                assert got == CLASSES[worst], (code, figures)


def test_missing_figures_matter_only_where_they_could_change_the_class() -> None:
    model = decisions.load(FOLDER / "size_class.dmn")
    ask = lambda **given: model.evaluate("企业规模", given)  # noqa: E731
    assert ask(行业代码="C26", 从业人员=19) == "微型"
    assert ask(行业代码="C26", 营业收入=299) == "微型"
    assert ask(行业代码="C26", 从业人员=20) is None
    assert ask(行业代码="M", 从业人员=300) == "大型"
    assert ask(行业代码="J66") == "不适用"
    assert ask(从业人员=5, 营业收入=5, 资产总额=5) is None


#: The bounds once more, for where the requirement is not at hand; industry, indicator, large, medium, small.
TABLE = re.sub(
    r"(?m)^(\S*) (\w+) (\S+) (\S+) (\S+)$",
    r"| \1 | x | \2 | \3 | \4 | \5 |",
    """
农、林、牧、渔业 income 20000 500 50
工业 persons 1000 300 20
 income 40000 2000 300
建筑业 income 80000 6000 300
 assets 80000 5000 300
批发业 persons 200 20 5
 income 40000 5000 1000
零售业 persons 300 50 10
 income 20000 500 100
交通运输业 persons 1000 300 20
 income 30000 3000 200
仓储业 persons 200 100 20
 income 30000 1000 100
邮政业 persons 1000 300 20
 income 30000 2000 100
住宿业 persons 300 100 10
 income 10000 2000 100
餐饮业 persons 300 100 10
 income 10000 2000 100
信息传输业 persons 2000 100 10
 income 100000 1000 100
软件和信息技术服务业 persons 300 100 10
 income 10000 1000 50
房地产开发经营 income 200000 1000 100
 assets 10000 5000 2000
物业管理 persons 1000 300 100
 income 5000 1000 500
租赁和商务服务业 persons 300 100 10
 assets 120000 8000 100
其他未列明行业 persons 300 100 10
""",
)


def test_the_bounds_here_are_those_of_the_requirement() -> None:
    ours = published(TABLE)
    assert len(ours) == 16
    assert sum(len(i) for i in ours.values()) == 30
    if MSME.exists():
        assert ours == published(MSME.read_text())


def test_the_price_of_a_loan_is_a_service_of_its_own() -> None:
    model = decisions.load(FOLDER / "lending.dmn")
    priced = model.evaluate_service("贷款定价", {"风险等级": "中", "贷款金额": 50, "贷款期限": 24})
    assert priced == {"年利率": Decimal("0.0425"), "月还款": Decimal("2.1768")}
