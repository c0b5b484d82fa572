"""The sample people of a district folder (``people.toml``): posts, service officers, demo sign-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from yingshang.districts.problems import Table

ROLES = (
    "officer",
    "dispatcher",
    "unit_lead",
    "area_lead",
    "reform_office",
    "district_leader",
    "auditor",
    "administrator",
)
#: Roles of demo sign-ins that are not a membership role of their own.
DEMO_ROLES = (*ROLES, "enterprise", "service_officer")


@dataclass(frozen=True)
class PersonSpec:
    """A sample official: ``posts`` are (unit code, role) pairs, the home unit first."""

    username: str
    name: str
    posts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DemoAccount:
    """A demo sign-in: an official of ``unit`` or, for ``enterprise``, the handler of a named business."""

    username: str
    role: str
    unit: str
    business: str
    serves: tuple[str, ...]
    where: str


@dataclass(frozen=True)
class Roster:
    """Everyone the folder names; all of them are samples."""

    since: date
    people: tuple[PersonSpec, ...]
    demo: tuple[DemoAccount, ...]
    service_officers: int


class _Names:
    """Hands out surname + given name, every combination once before any repeats, in an order that looks mixed."""

    def __init__(self, surnames: str, given: tuple[str, ...]) -> None:
        self.surnames, self.given, self.n = surnames, given, 0

    def next(self) -> str:
        total = len(self.surnames) * len(self.given)
        # 389 is prime and divides no list size in use, so the walk visits every combination.
        at = self.n * 389 % total if total % 389 else self.n % total
        self.n += 1
        return self.surnames[at // len(self.given)] + self.given[at % len(self.given)]


def read_roster(t: Table, kinds: Mapping[str, str]) -> Roster:
    """Read ``people.toml``; ``kinds`` maps the codes of the district's units to their kinds, in page order."""
    surnames, given = t.text("surnames").strip(), t.texts("given")
    since = t.data.get("since")
    if not isinstance(since, date):
        t.note("since", "应为日期,如 2019-01-01(不加引号)", "must be a date such as 2019-01-01 (no quotes)")
        since = date(2019, 1, 1)
    if not surnames or not given:
        t.note("given", "surnames 与 given 都不能为空", "surnames and given must not be empty")
        surnames, given = surnames or "示", given or ("例",)
    names = _Names(surnames, given)
    people = _posts(t, kinds, names)
    officers = t.table("service_officers")
    total = officers.number("total") if officers.data else 0
    people += _service_officers(officers, kinds, names, total)
    return Roster(since, tuple(people), _demo(t, kinds), total)


def _known(t: Table, key: str, code: str, kinds: Mapping[str, str]) -> bool:
    if code in kinds:
        return True
    t.note(key, f"units.toml 里没有单位 {code}", f"units.toml has no unit {code}")
    return False


def _role(t: Table, allowed: tuple[str, ...]) -> str:
    role = t.text("role")
    if role not in allowed:
        t.note("role", f"“{role}”不是角色,应为 {'、'.join(allowed)} 之一", f"must be one of {', '.join(allowed)}")
    return role


def _stem(code: str) -> str:
    """``street.xiasha`` → ``xiasha``; other kinds keep theirs where two units would share a stem."""
    kind, _, stem = code.partition(".")
    stem = stem.replace(".", "-").replace("_", "-")
    return f"{kind}-{stem}" if kind in ("platform", "community", "grid") else stem


def _posts(t: Table, kinds: Mapping[str, str], names: _Names) -> list[PersonSpec]:
    people: list[PersonSpec] = []
    counted: dict[tuple[str, str], int] = {}
    for post in t.tables("posts"):
        role = _role(post, ROLES)
        units = [c for c in post.texts("units") if _known(post, "units", c, kinds)]
        wanted = post.texts("kinds")
        units += [code for code, kind in kinds.items() if kind in wanted]
        if not units:
            post.note("units", "没有选中任何单位,请写 units 或 kinds", "selects no unit; give units or kinds")
        for code in units:
            for _ in range(post.number("count", 1, minimum=1)):
                n = counted[code, role] = counted.get((code, role), 0) + 1
                username = f"{_stem(code)}.{role.replace('_', '')}{n}"
                people.append(PersonSpec(username, names.next(), ((code, role),)))
    return people


def _service_officers(t: Table, kinds: Mapping[str, str], names: _Names, total: int) -> list[PersonSpec]:
    """Share ``total`` officers among streets and platforms by weight; the last ``dispatched`` come from departments."""
    weights = {c: w for c, w in t.table("weights").data.items() if _known(t, "weights", c, kinds)}
    if not total or not weights:
        return []
    if any(not isinstance(w, int) or w <= 0 for w in weights.values()):
        t.note("weights", "权重须为正整数", "weights must be positive whole numbers")
        return []
    dispatched = min(t.number("dispatched", 0), total)
    departments = [c for c, k in kinds.items() if k == "department"]
    whole = sum(weights.values())
    shares = {c: total * w // whole for c, w in weights.items()}
    by_remainder = sorted(weights, key=lambda c: -(total * weights[c] % whole))
    for code in by_remainder[: total - sum(shares.values())]:
        shares[code] += 1
    people: list[PersonSpec] = []
    for code, share in shares.items():
        # Each unit gets its part of the dispatched cadres, so none is left to strangers alone.
        local = share - share * dispatched // total
        for n in range(1, share + 1):
            posts: tuple[tuple[str, str], ...] = ((code, "officer"),)
            if n > local and departments:
                home = departments[len(people) % len(departments)]
                posts = ((home, "officer"), (code, "officer"))
            people.append(PersonSpec(f"{_stem(code)}.service{n:03}", names.next(), posts))
    return people


def _demo(t: Table, kinds: Mapping[str, str]) -> tuple[DemoAccount, ...]:
    accounts = []
    for d in t.tables("demo"):
        role = _role(d, DEMO_ROLES)
        unit, business = d.text("unit", ""), d.text("business", "")
        if role == "enterprise":
            if not business:
                d.note(
                    "business", "企业账号须写明 named.toml 中的 key", "an enterprise account needs a key of named.toml"
                )
        else:
            _known(d, "unit", unit, kinds)
        where = d.text("where", "/")
        accounts.append(DemoAccount(d.text("username", limit=150), role, unit, business, d.texts("serves"), where))
    return tuple(accounts)
