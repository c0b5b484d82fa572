"""Lists of items for the small district: as many as are wanted, handled by its own units."""

from __future__ import annotations

from typing import Any

from yingshang.cases.catalog import Text
from yingshang.projects import actions, listing
from yingshang.projects.items import Applies, DocumentSpec, ItemsFile, ItemSpec, Time
from yingshang.projects.models import ItemList, Project

FACTS: dict[str, Any] = {"area": 12000, "environment": "报告表", "energy": 300}
UNITS = ("dept.commerce", "dept.economy", "dept.approval", "dept.education")
_MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="applies" name="适用事项" namespace="urn:yingshang:tests">
  <decision id="items" name="items"><variable id="v" name="items"/>
    <literalExpression id="e"><text>[{codes}]</text></literalExpression></decision>
</definitions>"""


def publish(count: int) -> ItemList:
    """A list of ``count`` items that all apply: every fifth begins with a document, the others wait for one before them."""
    codes = [f"item_{n}" for n in range(count)]
    documents = [
        DocumentSpec(f"paper_{n}", Text(f"材料{n}", f"Document {n}"), True, "small") for n in range(0, count, 5)
    ]
    items = [
        ItemSpec(
            code=code,
            name=Text(f"事项{n}", f"Item {n}"),
            unit=UNITS[n % len(UNITS)],
            folder="small",
            inputs=() if n % 5 else (f"paper_{n}",),
            after=(f"item_{n - 1}",) if n % 5 else (f"item_{n - 12}",) if n >= 40 else (),
            promised=Time(n % 7 + 1, "示例"),
            source="示例",
        )
        for n, code in enumerate(codes)
    ]
    applies = Applies("small", "items", _MODEL.format(codes=", ".join(f'"{c}"' for c in codes)))
    return listing.publish([ItemsFile("small", tuple(documents), tuple(items), applies)], None)


def project(world: Any, count: int) -> Project:
    """A project of the small district's first firm with a list of so many items."""
    publish(count)
    return actions.open_project(
        world.firm1, business=world.business, name="示例项目", kind="own_land", facts=FACTS, synthetic=True
    )
