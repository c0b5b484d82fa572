"""What the tests of the register share: the sample population made once, and a small district to write in.

Models can be imported only after the session's conftest has set Django up, so the imports are inside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from yingshang import districts

if TYPE_CHECKING:
    from yingshang.accounts.models import Person, Unit
    from yingshang.registry.models import Business
    from yingshang.registry.population.generate import Population
    from yingshang.registry.population.named import NamedRecords


@pytest.fixture(scope="session")
def qiantang() -> districts.District:
    return districts.load("qiantang")


@pytest.fixture(scope="session")
def records(qiantang: districts.District) -> NamedRecords:
    from yingshang.registry.population import named

    return named.read(qiantang)


@pytest.fixture(scope="session")
def population(qiantang: districts.District, records: NamedRecords) -> Population:
    """The full sample: 120,000 businesses, in memory."""
    from yingshang.registry.population import generate, plan

    return generate.generate(plan.load(qiantang), records)


@pytest.fixture
def street(db: None) -> Unit:
    from yingshang.accounts.models import Unit
    from yingshang.accounts.units import place

    root = place(Unit(code="district.test", kind="district", name="测试区"), None)
    return place(Unit(code="street.test", kind="street", name="测试街道"), root)


@pytest.fixture
def platform(street: Unit) -> Unit:
    from yingshang.accounts.models import Unit
    from yingshang.accounts.units import place

    return place(Unit(code="platform.test", kind="platform", name="测试平台"), street.parent)


@pytest.fixture
def make_officer() -> Callable[..., Person]:
    from yingshang.accounts.models import Membership, Person, Role

    def make(username: str, unit: Unit, since: date = date(2020, 1, 1)) -> Person:
        person = Person.objects.create(username=username, kind="official", name=username)
        Membership.objects.create(person=person, unit=unit, role=Role.OFFICER, since=since)
        return person

    return make


@pytest.fixture
def make_businesses() -> Callable[..., list[Business]]:
    import numpy as np

    from yingshang.registry.models import Business
    from yingshang.registry.names import name_key
    from yingshang.registry.population.codes import synthetic

    def make(n: int, street: Unit, platform: Unit | None = None, status: str = "active") -> list[Business]:
        start = Business.objects.count()
        codes = synthetic(np.arange(start, start + n), np.zeros(n, bool), "330114", series="YT")
        names = [f"测试{start + i}号有限公司" for i in range(n)]
        return Business.objects.bulk_create(
            Business(
                uscc=str(code),
                name=name,
                name_key=name_key(name),
                kind="enterprise",
                status=status,
                industry_code="C3670",
                street=street,
                platform=platform,
                founded=date(2015, 1, 1),
                synthetic=True,
            )
            for code, name in zip(codes, names, strict=True)
        )

    return make
