"""Reading a district's ``service_points.toml``: the points, what they handle, agents, and a drawing (no Django, no database).

What the file says of a kind of point (``street_points``, ``station_points``, ``community_points``) holds for every unit of
that kind without a point of its own; such points are placed evenly inside the street's outline, always the same way.
A district without the file has no points. Source: catalogue A039, A040, A035, A038.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from yingshang.districts.folder import District, UnitSpec
from yingshang.districts.problems import BadDistrict, Problem, Table, read

FILE = "service_points.toml"
KINDS = ("区级中心", "分中心", "街道", "平台驿站", "村社", "延伸点")
GEOMETRIES = ("schematic", "wgs84")
#: What is passed on to the record of a point as it is written.
_COPIED = ("items", "any_item", "self_service", "staff", "address", "hours", "source", "remark")

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Printed:
    """How many points of a kind the source prints, in its text and (where it differs) in its formula; None: not told."""

    kind: str
    count: int | None
    formula: int | None
    source: str


@dataclass(frozen=True)
class Network:
    """A district's service points as its folder tells them; rows are the data of records, by key."""

    geometry: str
    note: dict[str, str]
    formula: str
    formula_source: str
    printed: tuple[Printed, ...]
    areas: dict[str, Outline]
    points: dict[str, dict[str, Any]]
    stations: dict[str, dict[str, Any]]
    agents: dict[str, dict[str, Any]]


def load(district: District) -> Network | None:
    """Read and check the file; None when the district has none.

    Raises:
        BadDistrict: with every problem found.
    """
    if not (district.folder / FILE).exists():
        return None
    problems: list[Problem] = []
    table = read(district.folder, FILE, problems)
    geometry = table.text("geometry")
    if geometry not in GEOMETRIES:
        table.note("geometry", f"应为 {'、'.join(GEOMETRIES)} 之一", f"must be one of {', '.join(GEOMETRIES)}")
    head, note = table.table("formula"), table.table("note")
    areas = {a.text("unit"): _outline(a) for a in table.tables("areas")}
    for unit in areas:
        _unit(table, district, unit)
    network = Network(
        geometry=geometry,
        note={"zh": note.text("zh"), "en": note.text("en")},
        formula=head.text("label"),
        formula_source=head.text("source"),
        printed=tuple(_printed(t) for t in table.tables("printed")),
        areas=areas,
        points=_points(table, district, areas),
        stations={t.text("platform"): dict(t.data) for t in table.tables("stations")},
        agents={t.text("name"): dict(t.data) for t in table.tables("agents")},
    )
    for agent in network.agents.values():
        if agent.get("point") not in network.points:
            table.note("agents", f"没有服务点 {agent.get('point')}", f"there is no point {agent.get('point')}")
    if problems:
        raise BadDistrict(district.folder, problems)
    return network


def _printed(t: Table) -> Printed:
    kind = t.text("kind")
    if kind not in KINDS:
        t.note("kind", f"应为 {'、'.join(KINDS)} 之一", f"must be one of {', '.join(KINDS)}")
    return Printed(kind, t.data.get("count"), t.data.get("formula"), t.text("source"))


def _outline(t: Table) -> Outline:
    corners = t.data.get("outline", [])
    if not isinstance(corners, list) or len(corners) < 3 or not all(_is_place(c) for c in corners):
        t.note("outline", "应为三个以上 [x, y]", "must be three or more [x, y]")
        return ()
    return tuple((float(x), float(y)) for x, y in corners)


def _is_place(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value)


def _unit(t: Table, district: District, code: str) -> UnitSpec | None:
    found = district.by_code.get(code)
    if found is None:
        t.note("unit", f"没有单位 {code},请用 units.toml 里的编码", f"no unit {code}; use a code of units.toml")
    return found


def _points(table: Table, district: District, areas: dict[str, Outline]) -> dict[str, dict[str, Any]]:
    """Every point by its code: those that are written out, then those of the kinds."""
    points: dict[str, dict[str, Any]] = {}
    for t in table.tables("points"):
        code = t.text("code", limit=80)
        if code in points:
            t.note("code", f"编码 {code} 重复", f"{code} is used twice")
        _unit(t, district, t.text("unit"))
        _unit(t, district, t.text("street"))
        if t.text("kind") not in KINDS:
            t.note("kind", f"应为 {'、'.join(KINDS)} 之一", f"must be one of {', '.join(KINDS)}")
        if not _is_place(t.data.get("at")):
            t.note("at", "应为 [x, y]", "must be [x, y]")
            continue
        if not t.text("source", "") and "示例" not in t.text("name"):
            t.note("source", "没有出处的服务点是示例,名称里须写明“示例”", "without a source the name must contain 示例")
        points[code] = _row(t, t.text("name"), t.text("name_en"), t.text("kind"), t.text("unit"), t.text("street"))
        points[code] |= _at(t.data["at"], table.data.get("geometry"))
    for kind, name, units in _of_kinds(table, district):
        t = table.table(name)
        missing = [(u, street) for u, street in units if not any(p["unit"] == u.code for p in points.values())]
        for street, outline in areas.items():
            here = [u for u, s in missing if s == street and outline]
            spots = spread(outline, len(here), 0.5 if kind in ("街道", "平台驿站") else 0)
            for u, spot in zip(here, spots, strict=True):
                called = t.text("name").format(unit=u.name.removesuffix("办事处").removesuffix("管理办公室"))
                row = _row(t, called, t.text("name_en").format(unit=u.name_en), kind, u.code, street)
                points[u.code] = row | _at(spot, table.data.get("geometry"))
    return points


def _of_kinds(table: Table, district: District) -> list[tuple[str, str, list[tuple[UnitSpec, str]]]]:
    """(kind, key of the file, its units with their streets) for the kinds that the file describes as a whole."""
    found: list[tuple[str, str, list[tuple[UnitSpec, str]]]] = []
    by_kind: dict[str, list[tuple[UnitSpec, str]]] = {
        "street": [(u, u.code) for u in district.units if u.kind == "street"],
        "community": [(u, u.parent) for u in district.units if u.kind == "community"],
    }
    stations = table.table("station_points")
    pairs = zip(stations.texts("platforms"), stations.texts("streets"), strict=False)
    platforms = [(u, s) for p, s in pairs if (u := _unit(stations, district, p)) and _unit(stations, district, s)]
    for kind, key, units in (
        ("街道", "street_points", by_kind["street"]),
        ("平台驿站", "station_points", platforms),
        ("村社", "community_points", by_kind["community"]),
    ):
        if key in table.data:
            found.append((kind, key, units))
    return found


def _row(t: Table, name: str, name_en: str, kind: str, unit: str, street: str) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "name_en": name_en, "kind": kind, "unit": unit, "street": street}
    return row | {k: t.data[k] for k in _COPIED if k in t.data}


def _at(spot: Any, geometry: Any) -> dict[str, Any]:
    """A position as a record holds it: figures as text, and whether they are real coordinates."""
    x, y = spot
    places = 6 if geometry == "wgs84" else 3
    return {"x": f"{float(x):.{places}f}", "y": f"{float(y):.{places}f}", "exact": geometry == "wgs84"}


def inside(outline: Outline, x: float, y: float) -> bool:
    """Whether a place lies inside an outline (even-odd rule)."""
    crossed = False
    for (x1, y1), (x2, y2) in zip(outline, outline[1:] + outline[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossed = not crossed
    return crossed


def spread(outline: Outline, count: int, shift: float = 0) -> list[tuple[float, float]]:
    """``count`` places inside an outline, evenly on a grid and always the same; ``shift`` moves the grid by that share of a cell."""
    if not count:
        return []
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    cell = math.sqrt(wide * high / (count + 1))
    for _try in range(40):
        held = []
        for row in range(int(high / cell) + 1):
            for column in range(int(wide / cell) + 1):
                # Every other row half a cell to the right: no columns that look like a street plan.
                x = min(xs) + cell * (column + 0.5 + shift / 2 + (row % 2) / 2)
                y = min(ys) + cell * (row + 0.5 + shift / 2)
                if inside(outline, x, y):
                    held.append((round(x, 3), round(y, 3)))
        if len(held) >= count:
            step = len(held) / count
            return [held[int(i * step)] for i in range(count)]
        cell *= 0.9
    raise ValueError(f"an outline too thin for {count} places")
