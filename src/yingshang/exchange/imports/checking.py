"""From the texts of a row to a demand, or to what is wrong with it cell by cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from yingshang.accounts.models import Unit
from yingshang.cases import catalog, forms
from yingshang.cases.actions.opening import TEXT_LIMIT
from yingshang.cases.catalog import Text
from yingshang.cases.models import Case, Category
from yingshang.exchange.imports import columns
from yingshang.exchange.imports.bulk import Demand
from yingshang.exchange.imports.problems import Cell, Line, in_both
from yingshang.registry import uscc
from yingshang.registry.models import Business

#: A zero, and halves of characters that stand alone.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
#: The same businesses write again and again; a code that is wrong is looked at anew each time.
_normal = lru_cache(maxsize=20_000)(uscc.normalize)

YES, NO = {"是", "yes", "true", "1", "y", "√", "对"}, {"否", "no", "false", "0", "n", "×", "不是"}


class Checker:
    """Checks rows of one service. What a batch needs of the register is looked up at once by :meth:`look_up`."""

    def __init__(self, spec: catalog.ScenarioSpec, service: str) -> None:
        self.spec, self.form = spec, spec.services[service].form
        self.columns = {c.key: c for c in columns.for_service(spec, service)}
        self.categories: dict[str, Category] = {}
        for c in Category.objects.filter(scenario=spec.id, active=True):
            for name in (c.code, c.name, c.name_en):
                self.categories.setdefault(columns.plain_heading(name), c)
        self.places = {kind: _by_name(kind) for kind in (Unit.Kind.STREET, Unit.Kind.PLATFORM)}
        self.units = {u.pk: u for units in self.places.values() for u in units.values()}
        self._businesses: dict[str, Business] = {}
        self._named: dict[str, list[Business]] = {}
        self._empty_form = self._against_form({})

    def look_up(self, batch: list[Line]) -> None:
        """Fetch the businesses that the batch names, in two queries."""
        codes = {line.values.get("uscc", "").upper() for line in batch} - {""}
        rows = Business.objects.only("id", "uscc", "name", "street_id", "platform_id")
        self._businesses = {b.uscc: b for b in rows.filter(uscc__in=codes)} if codes else {}
        names = {line.values.get("business", "") for line in batch if not line.values.get("uscc")} - {""}
        self._named = {}
        for b in rows.filter(name__in=names) if names else ():
            self._named.setdefault(b.name, []).append(b)

    def demand(self, line: Line) -> Demand | None:
        """The demand of a row; None when something is wrong, which is then in ``line.problems``."""
        v = line.values
        for key, text in v.items():
            if _UNSTORABLE.search(text):
                self._wrong(
                    line, key, "含有无法保存的字符,请删去后再导入", "holds a character that cannot be stored: remove it"
                )
        title = v.get("title", "")
        if not title:
            self._wrong(line, "title", "请用一句话写明要办的事", "say in one sentence what it is about")
        elif len(title) > 120:
            self._wrong(
                line,
                "title",
                f"标题有 {len(title)} 字,请控制在 120 字以内,细节写到内容里",
                f"{len(title)} characters: at most 120 here, the details go into the text",
            )
        text = v.get("text", "")
        if len(text) > TEXT_LIMIT:
            self._wrong(
                line,
                "text",
                f"内容有 {len(text)} 字,请控制在 {TEXT_LIMIT} 字以内",
                f"{len(text)} characters: at most {TEXT_LIMIT}",
            )
        for key in ("contact_name", "contact_phone", "external_id"):
            limit = Case._meta.get_field(key).max_length or 0
            if len(v.get(key, "")) > limit:
                self._wrong(line, key, f"请控制在 {limit} 字以内", f"at most {limit} characters")
        business = self._business(line)
        street, platform = self._place(line, Unit.Kind.STREET), self._place(line, Unit.Kind.PLATFORM)
        data = self._data(line)
        category = self._category(line)
        if line.problems:
            return None
        return Demand(
            title=title,
            text=text,
            category=category,
            business_id=business.pk if business else None,
            # As open_case does: the place of the business where the row names none.
            street=street or self._unit(business.street_id if business else None),
            platform=platform or self._unit(business.platform_id if business else None),
            contact_name=v.get("contact_name", ""),
            contact_phone=v.get("contact_phone", ""),
            data=data,
            external_id=v.get("external_id", ""),
        )

    def _unit(self, unit_id: int | None) -> Unit | None:
        if unit_id is None:
            return None
        if unit_id not in self.units:
            self.units[unit_id] = Unit.objects.get(pk=unit_id)
        return self.units[unit_id]

    def _wrong(self, line: Line, key: str, zh: str, en: str) -> None:
        line.problems.append(Cell(self.columns[key].heading, Text(zh, en)))

    def _category(self, line: Line) -> Category | None:
        name = line.values.get("category")
        if not name:
            return None
        found = self.categories.get(columns.plain_heading(name))
        if found is None:
            held = list(dict.fromkeys(self.categories.values()))
            zh, en = "、".join(c.name for c in held), ", ".join(c.name_en for c in held)
            self._wrong(
                line,
                "category",
                f"没有「{name[:40]}」这个分类,可留空或改为:{zh[:220]}",
                f"no category “{name[:40]}”: leave it empty or write one of {en[:320]}",
            )
        return found

    def _business(self, line: Line) -> Business | None:
        code, name = line.values.get("uscc", ""), line.values.get("business", "")
        if code:
            try:
                normal = _normal(code)
            except uscc.CodeError as e:
                self._wrong(line, "uscc", e.zh, e.en)
                return None
            found = self._businesses.get(normal)
            if found is None:
                self._wrong(
                    line,
                    "uscc",
                    "库里没有这家企业,请核对代码,或留空并在内容里写明企业",
                    "not in the register: check the code, or leave it empty and name the business in the text",
                )
            return found
        if name:
            named = self._named.get(name, [])
            if len(named) == 1:
                return named[0]
            many = (
                f"有 {len(named)} 家同名企业,请填写统一社会信用代码",
                f"{len(named)} businesses of that name: give the credit code",
            )
            none = (
                "库里没有这个名称的企业,请填写统一社会信用代码,或核对全称",
                "no business of that name: give the credit code, or check the full name",
            )
            self._wrong(line, "business", *(many if named else none))
        return None

    def _place(self, line: Line, kind: str) -> Unit | None:
        name = line.values.get(str(kind))
        if not name:
            return None
        found = self.places[Unit.Kind(kind)].get(columns.plain_heading(name))
        if found is None:
            held = list(dict.fromkeys(self.places[Unit.Kind(kind)].values()))
            zh, en = "、".join(u.name for u in held), ", ".join(u.name_en or u.name for u in held)
            self._wrong(
                line,
                str(kind),
                f"没有「{name[:40]}」,可填:{zh[:240]}",
                f"no “{name[:40]}”: write one of {en[:340]}",
            )
        return found

    def _data(self, line: Line) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, text in line.values.items():
            if key.startswith("form."):
                data[key[5:]] = _typed(self.columns[key].form or {}, text)
        for name, reason in (self._against_form(data) if data else self._empty_form).items():
            column = self.columns.get(f"form.{name.split('.')[0]}")
            line.problems.append(Cell(column.heading if column else Text(name, name), reason))
        return data

    def _against_form(self, data: dict[str, Any]) -> dict[str, Text]:
        """Field → what the form's schema says is wrong."""
        if not forms.check(self.spec, self.form, data):
            return {}
        zh, en = in_both(lambda: forms.check(self.spec, self.form, data))
        return {name: Text(zh[name], en[name]) for name in zh}


def _typed(prop: Mapping[str, Any], text: str) -> Any:
    """A cell's text as the form's schema wants it; what does not fit stays text, and the schema says what is wrong."""
    kind = prop.get("type")
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            number = float(text)
            return number if number - number == 0 else text
    except ValueError:
        return text
    if kind == "boolean":
        return True if text.lower() in YES else False if text.lower() in NO else text
    if kind == "array":
        return [part.strip() for part in text.replace(";", ";").replace("、", ";").split(";") if part.strip()]
    return text


def _by_name(kind: str) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for unit in Unit.objects.filter(kind=kind, active=True):
        for name in (unit.code, unit.name, unit.short_name, unit.name_en):
            if name:
                found.setdefault(columns.plain_heading(name), unit)
    return found
