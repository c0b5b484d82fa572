"""Service points: where an errand can be done, the nearest first; open to everybody. And the desk's page to keep them.

Catalogue A039. Positions are schematic unless a record says they are real; the page says which.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yingshang import districts
from yingshang.accounts.models import Unit, localized
from yingshang.cases import records
from yingshang.districts.service_points import KINDS, Network, load
from yingshang.scenarios.service_network_1_2_7_6 import points as network
from yingshang.scenarios.service_network_1_2_7_6.points import Found, Place, Point
from yingshang.web.views.desk_support import official, others, person_of
from yingshang.web.views.portal import businesses_of
from yingshang.web.views.portal_policies.notices import base_of

#: The geometry whose positions are longitude and latitude.
REAL = "wgs84"
#: Points shown at first: more than people compare.
SHOWN = 6
#: Rows of the desk's list before all are asked for.
DESK_SHOWN = 40
#: Where a point's errands are started online, by its kind; others have no service of their own.
_STARTS = {"平台驿站": ("embedded_service_station", "errand")}
_ANY_ITEM = ("service_network_1_2_7_6", "any_item")


@dataclass(frozen=True)
class Row:
    """One point as the list shows it."""

    found: Found
    number: int
    kind: str
    street: str
    items: list[tuple[str, bool]]
    """What it handles, and whether that is what was asked for."""
    start: tuple[str, str] | None


def _words(field: str) -> dict[str, str]:
    """The choices of a field of the point's record in the reader's language."""
    prop = records.schema_of(network.POINT)["properties"][field]
    prop = prop.get("items", prop)
    return {zh: localized(zh, en) for zh, en in zip(prop["enum"], prop["x-enum-en"], strict=True)}


def _told() -> Network | None:
    """What the district's folder says of the network: the drawing and the printed figures."""
    return load(districts.load(settings.DISTRICT))


@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """Where can this be done near me? By street, by community, or by a place on the drawing."""
    items, kinds = _words("items"), _words("kind")
    held = network.every()
    streets = {u.code: u for u in Unit.objects.filter(kind=Unit.Kind.STREET, active=True)}
    item = request.GET.get("item", "") if request.GET.get("item", "") in items else ""
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in kinds else ""
    told = _told()
    place, chosen = _place(request, held, real=bool(told and told.geometry == REAL))
    found = network.nearest(held, place, item, kind)
    whole = bool(request.GET.get("all"))
    may_start = request.user.is_authenticated and not person_of(request).is_official
    rows = [
        Row(
            found=f,
            number=n,
            kind=kinds.get(f.point.kind, f.point.kind),
            street=streets[f.point.street].label if f.point.street in streets else "",
            items=[(items.get(i, i), i == item) for i in f.point.data.get("items", ())],
            start=_STARTS.get(f.point.kind, _ANY_ITEM) if may_start and _can_start(f.point) else None,
        )
        for n, f in enumerate(found if whole else found[:SHOWN], start=1)
    ]
    return render(
        request,
        "web/points/points.html",
        {
            "base": base_of(request),
            "rows": rows,
            "count": len(found),
            "more": len(found) - len(rows),
            "items": items,
            "item": item,
            "item_name": items.get(item, ""),
            "kinds": kinds,
            "kind": kind,
            "places": _places(held, streets),
            "chosen": chosen,
            "place": place,
            "told": told,
            "note": localized(told.note["zh"], told.note["en"]) if told else "",
            "sizes": sizes(held, told, kinds),
            "drawing": _drawing(told, held, rows, place, streets, kinds) if told else None,
            "query": others(request, "all"),
        },
    )


def _can_start(point: Point) -> bool:
    """A counter of a street, a platform or a community; the centre and outposts have no online entrance of their own."""
    return point.kind in ("街道", "平台驿站", "村社")


def _place(request: HttpRequest, held: Sequence[Point], real: bool) -> tuple[Place, str]:
    """Where the reader says to be: a place on the drawing, a community, a street, or else their firm's street."""
    try:
        at = (float(request.GET.get("x", "")), float(request.GET.get("y", "")))
    except ValueError:
        at = (math.nan, math.nan)
    if all(map(math.isfinite, at)):
        return Place(at=at, exact=real), ""
    near = request.GET.get("near")
    if near is None and request.user.is_authenticated and not person_of(request).is_official:
        firm = next(iter(businesses_of(person_of(request))), None)
        near = firm.street.code if firm else ""
    by_code = {p.code: p for p in held if p.kind == "村社"}
    if near in by_code:
        return Place(by_code[near].street, by_code[near].at, by_code[near].exact), near
    return Place(street=near or ""), near or ""


def _places(held: Sequence[Point], streets: Mapping[str, Unit]) -> list[tuple[Unit, list[tuple[str, str]]]]:
    """Streets, and the communities of each, for choosing where one is."""
    communities: dict[str, list[tuple[str, str]]] = {code: [] for code in streets}
    for p in held:
        if p.kind == "村社" and p.street in communities:
            communities[p.street].append(
                (p.code, p.name.removesuffix("便民服务站").removesuffix(" Convenience Station"))
            )
    return [(u, communities[u.code]) for u in streets.values()]


def sizes(held: Sequence[Point], told: Network | None, kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """How many points of each kind are on record, beside what the source prints in its text and its formula."""
    have = Counter(p.kind for p in held)
    printed = {p.kind: p for p in told.printed} if told else {}
    return [{"kind": kinds.get(k, k), "key": k, "have": have[k], "printed": printed.get(k)} for k in KINDS]


def _drawing(
    told: Network,
    held: Sequence[Point],
    rows: Sequence[Row],
    place: Place,
    streets: Mapping[str, Unit],
    kinds: Mapping[str, str],
) -> dict[str, Any]:
    """What the map draws: outlines of streets, every point, and which of them the list shows."""
    listed = {r.found.point.code: r.number for r in rows}
    return {
        "geometry": told.geometry,
        "areas": [
            {"name": streets[code].label, "outline": outline, "chosen": code == place.street}
            for code, outline in told.areas.items()
            if code in streets
        ],
        "points": [
            {
                "name": p.name,
                "kind": kinds.get(p.kind, p.kind),
                "rank": KINDS.index(p.kind),
                "at": p.at,
                "number": listed.get(p.code, 0),
            }
            for p in held
            if p.at and p.exact == (told.geometry == REAL)
        ],
        "place": place.at if place.exact == (told.geometry == REAL) else None,
    }


# --- the desk ---------------------------------------------------------------------------------------------------------


@official
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """What the network holds and what it lacks: by kind, by item, and point by point to correct."""
    items, kinds = _words("items"), _words("kind")
    held = network.every()
    streets = {u.code: u.label for u in Unit.objects.filter(kind=Unit.Kind.STREET, active=True)}
    street, lack = request.GET.get("street", ""), request.GET.get("lack", "")
    kind = request.GET.get("kind", "")
    lacks = _lacks()
    shown = [
        p
        for p in held
        if (not street or p.street == street) and (not kind or p.kind == kind) and (lack not in lacks or lacks[lack](p))
    ]
    told = _told()
    matrix = [
        {"item": items.get(i.name, i.name), "source": i.source, "counts": [_count(held, i.name, k) for k in KINDS]}
        for i in network.items()
    ]
    return render(
        request,
        "web/points/desk.html",
        {
            "points": [
                (p, kinds.get(p.kind, p.kind), streets.get(p.street, ""))
                for p in (shown if request.GET.get("all") else shown[:DESK_SHOWN])
            ],
            "count": len(shown),
            "all": len(held),
            "query": others(request, "all"),
            "sizes": sizes(held, told, kinds),
            "told": told,
            "matrix": matrix,
            "kinds": kinds,
            "streets": streets,
            "kind": kind,
            "street": street,
            "lack": lack,
            "lacking": {name: sum(map(test, held)) for name, test in lacks.items()},
            "may_write": records.may_write(person_of(request), network.POINT),
        },
    )


def _count(held: Sequence[Point], item: str, kind: str) -> int:
    return sum(p.kind == kind and p.handles(item) for p in held)


def _lacks() -> dict[str, Any]:
    """What a point may lack, by the name in the address."""
    return {
        "address": lambda p: not p.data.get("address"),
        "hours": lambda p: not p.data.get("hours"),
        "agent": lambda p: not p.agents,
        "source": lambda p: p.sample,
    }
