"""Installing a district's units and people from its folder; running it again changes only what the folder changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from pypinyin import lazy_pinyin

from yingshang import timekeeping
from yingshang.accounts import units as tree
from yingshang.accounts.models import Membership, Person, Unit
from yingshang.districts import District, PersonSpec, UnitSpec

#: Columns of a unit that its folder decides.
UNIT_FIELDS = ("kind", "name", "name_en", "short_name", "duties", "phone", "source", "sort")


@dataclass
class Loaded:
    """What :func:`install` did, in rows."""

    units_added: int = 0
    units_changed: int = 0
    people_added: int = 0
    posts_added: int = 0


@transaction.atomic
def install(district: District, *, people: bool) -> Loaded:
    """Bring the unit tree, and with ``people`` the sample people, in step with the folder.

    A unit that the folder no longer names stays as it is: cases refer to it, and an administrator may have added it.
    """
    done = Loaded()
    by_code = _install_units(district.units, done)
    if people:
        _install_people(district.roster.people, by_code, district.roster.since, done)
    return done


def _values(spec: UnitSpec) -> dict[str, object]:
    return {f: getattr(spec, f) for f in UNIT_FIELDS}


def _install_units(specs: Sequence[UnitSpec], done: Loaded) -> dict[str, Unit]:
    by_code = {u.code: u for u in Unit.objects.all()}
    changed: list[Unit] = []
    levels: dict[int, list[UnitSpec]] = defaultdict(list)
    depth: dict[str, int] = {}
    for spec in specs:
        depth[spec.code] = depth[spec.parent] + 1 if spec.parent else 0
        levels[depth[spec.code]].append(spec)
    for level in sorted(levels):
        fresh: list[Unit] = []
        for spec in levels[level]:
            parent = by_code[spec.parent] if spec.parent else None
            unit = by_code.get(spec.code)
            if unit is None:
                fresh.append(Unit(code=spec.code, parent=parent, path="/", **_values(spec)))
                continue
            if unit.parent_id != (parent.pk if parent else None):
                tree.place(unit, parent)
                done.units_changed += 1
            if not unit.active or any(getattr(unit, f) != v for f, v in _values(spec).items()):
                for f, v in _values(spec).items():
                    setattr(unit, f, v)
                unit.active = True
                changed.append(unit)
        by_code.update(_add_level(fresh))
        done.units_added += len(fresh)
    Unit.objects.bulk_update(changed, [*UNIT_FIELDS, "active"], batch_size=500)
    done.units_changed += len(changed)
    return by_code


def _add_level(fresh: list[Unit]) -> dict[str, Unit]:
    """Create the units of one level at once: their parents' paths are known, their own ids only afterwards."""
    for unit in Unit.objects.bulk_create(fresh):
        unit.path = f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
    Unit.objects.bulk_update(fresh, ["path"], batch_size=1000)
    return {u.code: u for u in fresh}


def romanize(name: str) -> str:
    """``赵安澜`` → ``Zhao Anlan`` (one-character surname first, as passports write it)."""
    first, *rest = lazy_pinyin(name)
    return f"{first.capitalize()} {''.join(rest).capitalize()}".strip()


def _install_people(specs: Sequence[PersonSpec], units: dict[str, Unit], since: object, done: Loaded) -> None:
    known = dict(Person.objects.filter(demo=True).values_list("username", "pk"))
    fresh = [s for s in specs if s.username not in known]
    now = timekeeping.now()
    created = Person.objects.bulk_create(
        [
            Person(
                username=s.username,
                kind=Person.Kind.OFFICIAL,
                name=s.name,
                name_en=romanize(s.name),
                demo=True,
                password=make_password(None),
                date_joined=now,
            )
            for s in fresh
        ],
        batch_size=2000,
    )
    known.update({p.username: p.pk for p in created})
    done.people_added += len(created)
    # Ended posts count as held: who left in the running system does not come back by loading the folder again.
    held = set(Membership.objects.filter(person__demo=True).values_list("person_id", "unit_id", "role"))
    posts = [
        Membership(person_id=known[s.username], unit_id=units[code].pk, role=role, since=since)
        for s in specs
        for code, role in s.posts
        if (known[s.username], units[code].pk, role) not in held
    ]
    Membership.objects.bulk_create(posts, batch_size=5000)
    done.posts_added += len(posts)
