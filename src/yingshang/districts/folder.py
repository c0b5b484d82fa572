"""Reading a district folder: ``district.toml``, ``units.toml``, ``people.toml`` (no Django, no database).

A folder has these files (``population.toml`` and ``named.toml``, which only shape the sample population, are read by
:mod:`yingshang.registry.population`):

``district.toml``   id, names, root unit, brand, slogans with their source, contact, leading industries
``units.toml``      ``[[units]]`` code, kind, parent, names, duties, source; ``[[sample_areas]]`` sample communities
``people.toml``     sample people, sample service officers and the demo sign-ins
``service_points.toml``  (may be left out) service points and a drawing of the streets, read by :mod:`.service_points`
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from yingshang.districts.people import Roster, read_roster
from yingshang.districts.problems import BadDistrict, Problem, Table, read

__all__ = ["BadDistrict", "District", "Problem", "UnitSpec", "load"]

HERE = Path(__file__).resolve().parent
KINDS = ("district", "department", "street", "platform", "community", "grid")
#: Which kinds a unit of each kind may hang under.
PARENTS = {
    "department": ("district", "department", "street", "platform"),
    "street": ("district",),
    "platform": ("district",),
    "community": ("street",),
    "grid": ("community",),
}


@dataclass(frozen=True)
class UnitSpec:
    """One unit as the folder tells it; ``parent`` is a unit code, "" for the root; ``source`` "" marks sample data."""

    code: str
    kind: str
    name: str
    name_en: str
    short_name: str
    parent: str
    duties: str
    phone: str
    source: str
    sort: int


@dataclass(frozen=True)
class Words:
    """A text in both languages and the line of the source that prints it ("" where the wording is ours)."""

    zh: str
    en: str
    source: str = ""


@dataclass(frozen=True)
class Industry:
    """A leading industry of the district (``Business.leading_industry`` holds the code)."""

    code: str
    name: Words


@dataclass(frozen=True)
class District:
    """A district folder, read and checked."""

    id: str
    folder: Path
    name: Words
    short_name: Words
    root: str
    division: str
    brand: Words
    slogans: tuple[Words, ...]
    address: Words
    phone: str
    phone_is_sample: bool
    industries: tuple[Industry, ...]
    units: tuple[UnitSpec, ...]
    """Parents before children; the order is the sort order of pages."""
    roster: Roster
    duties_note: str = ""
    by_code: dict[str, UnitSpec] = field(default_factory=dict, compare=False)

    def unit(self, code: str) -> UnitSpec:
        return self.by_code[code]


def load(name: str | Path = "qiantang") -> District:
    """Read and check a district: a folder name under ``districts/`` or a path.

    Raises:
        BadDistrict: with every problem found, each naming file and key and how to mend it.
    """
    folder = name if isinstance(name, Path) else HERE / name
    problems: list[Problem] = []
    if not folder.is_dir():
        known = ", ".join(sorted(p.parent.name for p in HERE.glob("*/district.toml")))
        missing = Problem(str(folder), "", f"没有这个文件夹;现有:{known}", f"no such folder; there are: {known}")
        raise BadDistrict(folder, [missing])
    head = read(folder, "district.toml", problems)
    body = read(folder, "units.toml", problems)
    root = head.text("root", limit=64)
    units = _in_tree_order(_units(body, root), head, body)
    by_code = {u.code: u for u in units}
    contact = head.table("contact")
    district = District(
        id=head.text("id"),
        folder=folder,
        name=_words(head, "name"),
        short_name=_words(head, "short_name"),
        root=root,
        division=head.text("division"),
        brand=_words(head.table("brand"), "name"),
        slogans=tuple(_words_of(t) for t in head.tables("slogans")),
        address=_words(contact, "address"),
        phone=contact.text("phone"),
        phone_is_sample=bool(contact.data.get("phone_is_sample", False)),
        industries=tuple(Industry(t.text("code", limit=24), _words(t, "name")) for t in head.tables("industries")),
        units=units,
        roster=read_roster(read(folder, "people.toml", problems), {u.code: u.kind for u in units}),
        duties_note=body.text("duties_note", ""),
        by_code=by_code,
    )
    if not (len(district.division) == 6 and district.division.isdigit()):
        head.note("division", '应为 6 位行政区划代码,如 "330114"', 'must be a 6-digit division code such as "330114"')
    if problems:
        raise BadDistrict(folder, problems)
    return district


def _words(table: Table, key: str) -> Words:
    return _words_of(table.table(key))


def _words_of(table: Table) -> Words:
    return Words(table.text("zh"), table.text("en"), table.text("source", ""))


def _units(body: Table, root: str) -> list[UnitSpec]:
    units: list[UnitSpec] = []
    seen: set[str] = set()
    for t in body.tables("units"):
        kind = t.text("kind")
        if kind not in KINDS:
            t.note("kind", f"“{kind}”不是单位类别,应为 {'、'.join(KINDS)} 之一", f"must be one of {', '.join(KINDS)}")
        spec = UnitSpec(
            code=t.text("code", limit=64),
            kind=kind,
            name=t.text("name", limit=80),
            name_en=t.text("name_en", limit=160),
            short_name=t.text("short_name", "", limit=24),
            parent=t.text("parent", "" if kind == "district" else root, limit=64),
            duties=t.text("duties", ""),
            phone=t.text("phone", "", limit=40),
            source=t.text("source", "", limit=120),
            sort=len(units),
        )
        if kind in ("department", "street", "platform") and not spec.duties:
            t.note("duties", "缺少职责描述,文字推荐需要它", "is missing; the routing suggestion needs it")
        if not spec.source and "示例" not in spec.name:
            t.note(
                "source", "没有出处的单位是示例数据,名称里须写明“示例”", "without a source the name must contain 示例"
            )
        if spec.code in seen:
            t.note("code", f"编码 {spec.code} 重复,请改用未用过的编码", f"{spec.code} is used twice; choose another")
            continue
        seen.add(spec.code)
        units.append(spec)
    return units + _sample_areas(body, units)


def _sample_areas(body: Table, units: list[UnitSpec]) -> list[UnitSpec]:
    """Fill each street up to its number of communities with sample ones, each with sample grids."""
    streets = {u.code: u for u in units if u.kind == "street"}
    added: list[UnitSpec] = []
    blank: dict[str, Any] = {"duties": "", "phone": "", "source": ""}
    for t in body.tables("sample_areas"):
        code = t.text("street")
        if code not in streets:
            known = "、".join(streets)
            t.note("street", f"没有编码为 {code} 的街道;现有:{known}", f"no street {code}; there are: {known}")
            continue
        stem, label = code.partition(".")[2], streets[code].short_name.removesuffix("街道")
        english = streets[code].name_en.removesuffix(" Street")
        named = sum(u.kind == "community" and u.parent == code for u in units)
        for n in range(1, t.number("communities") - named + 1):
            community = UnitSpec(
                code=f"community.{stem}.s{n:02}",
                kind="community",
                name=f"{label}示例{n:02}社区",
                name_en=f"{english} Sample Community {n:02}",
                short_name="",
                parent=code,
                sort=1000 + len(added),
                **blank,
            )
            added.append(community)
            for g in range(1, t.number("grids") + 1):
                grid = replace(
                    community,
                    code=f"grid.{stem}.s{n:02}.{g}",
                    kind="grid",
                    name=f"{community.name}第{g}网格",
                    name_en=f"{community.name_en} Grid {g}",
                    parent=community.code,
                    sort=1000 + len(added),
                )
                added.append(grid)
    return added


def _in_tree_order(units: list[UnitSpec], head: Table, body: Table) -> tuple[UnitSpec, ...]:
    """Return parents before children; note missing, misplaced and circular parents."""
    by_code = {u.code: u for u in units}
    root = head.data.get("root")
    roots = [u.code for u in units if u.kind == "district"]
    if roots != [root]:
        found = "、".join(roots) or "无"
        head.note(
            "root",
            f"“{root}”须是 units.toml 里唯一的 district 单位,该文件里有:{found}",
            f"{root!r} must be the only district unit of units.toml; found there: {found}",
        )
        return tuple(units)
    children: dict[str, list[UnitSpec]] = {}
    for u in units:
        if u.kind == "district":
            continue
        where = Table(body.file, f"units[{u.code}]", {}, body.problems)
        if u.parent not in by_code:
            where.note("parent", f"上级 {u.parent} 不存在,请核对编码", f"parent {u.parent} does not exist")
            continue
        above = by_code[u.parent].kind
        if u.kind in PARENTS and above not in PARENTS[u.kind]:
            allowed = "、".join(PARENTS[u.kind])
            where.note(
                "parent",
                f"{u.kind} 不能挂在 {above} 之下,只能挂在 {allowed} 之下",
                f"a {u.kind} cannot be under a {above}, only under {', '.join(PARENTS[u.kind])}",
            )
        children.setdefault(u.parent, []).append(u)
    ordered: list[UnitSpec] = [by_code[c] for c in roots]
    for u in ordered:  # grows while it is walked: breadth first
        ordered += children.get(u.code, [])
    for code in sorted(by_code.keys() - {u.code for u in ordered}):
        if by_code[code].parent in by_code:
            body.note(
                f"units[{code}].parent",
                "上级关系成环,到不了区级单位",
                "its parents form a circle and never reach the root",
            )
    return tuple(ordered)
