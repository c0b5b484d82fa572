"""Checks of schemas, indicators and stories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from yingshang.scenarios import loader
from yingshang.scenarios.problems import Folder, Problem


def schemas(f: Folder) -> Iterator[Problem]:
    """Forms and records are JSON Schema 2020-12, titled in both languages, and a layout names every field once."""
    for kind, found in (("forms", f.spec.forms), ("records", f.spec.records)):
        for stem in found:
            file = f"{kind}/{stem}.json"
            try:
                schema = found[stem]
                Draft202012Validator.check_schema(schema)
            except (ValueError, SchemaError) as error:
                message = str(error).splitlines()[0]
                yield f.problem(file, "", f"不是有效的 JSON Schema:{message}", f"not a valid JSON Schema: {message}",
                                "按 JSON Schema 2020-12 改正", "mend it as JSON Schema 2020-12")  # fmt: skip
                continue
            yield from _titles(f, file, "", schema)
            if kind == "forms":
                yield from _layout(f, file, schema)


def _titles(f: Folder, file: str, key: str, schema: Mapping[str, Any]) -> Iterator[Problem]:
    if not schema.get("title") or not schema.get("x-title-en"):
        yield f.problem(file, key, "缺中文或英文标题", "lacks its Chinese or English title",
                        "补 title 和 x-title-en", "add title and x-title-en")  # fmt: skip
    if "description" in schema and not schema.get("x-description-en"):
        yield f.problem(
            file, key, "说明缺英文", "its description lacks English", "补 x-description-en", "add x-description-en"
        )
    if "enum" in schema and len(schema.get("x-enum-en", [])) != len(schema["enum"]):
        yield f.problem(file, key, "选项的英文与中文个数不同", "as many English options as Chinese ones are needed",
                        "补齐 x-enum-en", "complete x-enum-en")  # fmt: skip
    for name, field in schema.get("properties", {}).items():
        yield from _titles(f, file, f"{key}.{name}".lstrip("."), field)
    if "items" in schema and "properties" in schema["items"]:
        for name, field in schema["items"]["properties"].items():
            yield from _titles(f, file, f"{key}[].{name}", field)


def _layout(f: Folder, file: str, schema: Mapping[str, Any]) -> Iterator[Problem]:
    fields: list[str] = []
    for part in schema.get("x-layout", []):
        fields += [part] if isinstance(part, str) else part.get("fields", [])
    given = set(schema.get("properties", {}))
    for name in sorted({*given, *fields}):
        if fields.count(name) != 1 or name not in given:
            yield f.problem(file, f"x-layout.{name}", "应在版式里恰好出现一次,且是表单的字段",
                            "must be a field and stand in the layout once", "改 x-layout", "mend x-layout")  # fmt: skip


def indicators(f: Folder) -> Iterator[Problem]:
    """One SELECT each over a period, a direction, no id twice."""
    seen: set[str] = set()
    for i in loader.read_indicators(f.path):
        where = (loader.INDICATORS, i.id)
        if i.id in seen:
            yield f.problem(*where, "编号重复", "id twice", "改一个编号", "rename one")
        seen.add(i.id)
        if i.direction not in ("up", "down"):
            yield f.problem(
                *where, "方向应为 up 或 down", "direction must be up or down", "改 direction", "mend direction"
            )
        if not re.match(r"\s*(SELECT|WITH)\b", i.sql) or ";" in i.sql:
            yield f.problem(*where, "应是一条 SELECT", "must be one SELECT", "改 sql", "mend sql")
        if "%(until)s" not in i.sql:
            yield f.problem(*where, "没有用到期间的终点", "does not use the end of the period",
                            "用 %(since)s 和 %(until)s 限定期间", "bound it by %(since)s and %(until)s")  # fmt: skip


def stories(f: Folder) -> Iterator[Problem]:
    """Stories are Gherkin; needs the parser that comes with the development packages."""
    for path in sorted((f.path / "stories").glob("*.feature")):
        for message in gherkin_errors(path):
            yield f.problem(f"stories/{path.name}", "", f"不是有效的 Gherkin:{message}", f"not valid Gherkin: {message}",
                            "按 Gherkin(zh-CN)改正", "mend it as Gherkin")  # fmt: skip


def can_check_stories() -> bool:
    """Whether the Gherkin parser is installed (it is wherever the tests can run)."""
    try:
        import gherkin.parser  # noqa: F401
    except ImportError:
        return False
    return True


def gherkin_errors(path: Path) -> list[str]:
    """What the parser says against one file; nothing when the parser is not installed."""
    if not can_check_stories():
        return []
    from gherkin.errors import ParserError
    from gherkin.parser import Parser

    try:
        Parser().parse(path.read_text(encoding="utf-8"))
    except ParserError as error:
        return [str(error).splitlines()[-1].strip()]
    return []
