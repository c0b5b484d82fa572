"""The service points: brought in from the district's folder as records, found by item, and the nearest first.

Points are records and not a table of their own: officials correct them on the records' pages with a reason, every revision
stays, and a few hundred rows are read and sorted faster than a spatial index is asked. Catalogue A039; the distance of
schematic positions is one on the drawing, and every page that shows it says so.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from yingshang.accounts.models import Unit, localized
from yingshang.cases import records
from yingshang.districts.service_points import KINDS, Network
from yingshang.registry.models import Record

POINT, STATION, AGENT = (
    "service_network_1_2_7_6.point",
    "embedded_service_station.station",
    "proxy_agent_team.agent",
)
#: Item that every window takes where there is no distinction of items (无差别一窗受理, L414).
WINDOW = "window"
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Item:
    """A kind of errand; ``group`` says which counters take it, ``source`` is "" for what we added."""

    name: str
    group: str
    source: str


@cache
def items() -> tuple[Item, ...]:
    """The kinds of errand of ``items.toml``, in its order."""
    held = tomllib.loads((Path(__file__).parent / "items.toml").read_text(encoding="utf-8"))
    return tuple(Item(i["name"], i["group"], i.get("source", "")) for i in held["items"])


@dataclass(frozen=True)
class Point:
    """A service point as its record tells it."""

    pk: int
    code: str
    data: Mapping[str, Any]
    agents: int

    @property
    def name(self) -> str:
        return localized(str(self.data["name"]), str(self.data.get("name_en", "")))

    @property
    def kind(self) -> str:
        return str(self.data["kind"])

    @property
    def street(self) -> str:
        return str(self.data.get("street", ""))

    @property
    def at(self) -> tuple[float, float] | None:
        """Its position, None where none is recorded."""
        if not self.data.get("x") or not self.data.get("y"):
            return None
        return float(self.data["x"]), float(self.data["y"])

    @property
    def exact(self) -> bool:
        """Whether its position is in real coordinates."""
        return bool(self.data.get("exact"))

    @property
    def sample(self) -> bool:
        """Nothing of it is told by the source."""
        return not self.data.get("source")

    def handles(self, item: str) -> bool:
        """Whether an errand can be done here: it is on its list, or a window that takes any errand takes it."""
        if item in self.data.get("items", ()):
            return True
        return bool(self.data.get("any_item")) and any(i.name == item and i.group == WINDOW for i in items())


@dataclass(frozen=True)
class Place:
    """Where somebody is: a street at least, a position where it is known; ``exact``: in real coordinates, not on the drawing."""

    street: str = ""
    at: tuple[float, float] | None = None
    exact: bool = False


@dataclass(frozen=True)
class Found:
    """A point with its distance in km, None where a position is unknown or one is real and the other drawn.

    ``exact``: both positions are real coordinates; else the distance is one on the drawing.
    """

    point: Point
    km: float | None
    exact: bool
    same_street: bool


def every() -> list[Point]:
    """All points, in the order of their kinds and codes; two queries."""
    agents = Counter(
        Record.objects.filter(type=AGENT, deleted_at__isnull=True).values_list("data__point", flat=True).order_by()
    )
    rows = Record.objects.filter(type=POINT, deleted_at__isnull=True).only("pk", "key", "data")
    found = [Point(r.pk, r.key, r.data, agents[r.key]) for r in rows]
    return sorted(found, key=_order)


def _order(point: Point) -> tuple[int, str]:
    return (KINDS.index(point.kind), point.code)


def distance(a: tuple[float, float], b: tuple[float, float], exact: bool) -> float:
    """Kilometres in a straight line: over the earth for real coordinates (longitude, latitude), on the plane of a drawing else."""
    if not exact:
        return math.dist(a, b)
    (lon1, lat1), (lon2, lat2) = (tuple(map(math.radians, p)) for p in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


def nearest(points: Iterable[Point], place: Place, item: str = "", kind: str = "") -> list[Found]:
    """Points that handle an item, nearest first.

    Without a position the order is: the same street first, then by kind; no distance is given, since none is known.
    """
    found = []
    for point in points:
        if (item and not point.handles(item)) or (kind and point.kind != kind):
            continue
        known = place.at and point.at and place.exact == point.exact
        km = distance(place.at, point.at, point.exact) if known else None
        found.append(Found(point, km, point.exact, bool(place.street) and point.street == place.street))
    return sorted(found, key=lambda f: (f.km is None, f.km or 0.0, not f.same_street, _order(f.point)))


@transaction.atomic
def install(network: Network, *, samples: bool) -> Counter[str]:
    """Bring the folder's points, stations and agents in as records; safe to repeat.

    A record that an official has corrected is left as it is. ``samples``: whether rows without a source come in, too.

    Returns:
        How many records of each type were added or brought up to date.
    """
    units = {u.code: u for u in Unit.objects.only("id", "code")}
    done: Counter[str] = Counter()
    for type_, rows in ((POINT, network.points), (STATION, network.stations), (AGENT, network.agents)):
        held = {r.key: r for r in Record.objects.filter(type=type_).exclude(key="")}
        for key, data in rows.items():
            if not samples and not data.get("source"):
                continue
            if key not in held:
                code = data.get("unit") or data.get("platform") or network.points[data["point"]]["unit"]
                records.create(type_, data, None, key=key, unit=units.get(code))
            elif held[key].data != data and not held[key].revisions.filter(by__isnull=False).exists():
                records.correct(held[key], data, None, reason="区数据文件更新", seen=held[key].revision)
            else:
                continue
            done[type_] += 1
    return done
