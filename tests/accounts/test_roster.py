"""``load_district``: what it installs, that a second run changes nothing, and that a changed folder is followed."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from yingshang import districts
from yingshang.accounts import roster
from yingshang.accounts.models import AuditEntry, CalendarDay, Membership, Person, Role, Unit

pytestmark = pytest.mark.django_db
QIANTANG = Path(districts.__file__).parent / "qiantang"


def load(*args: str) -> str:
    out = StringIO()
    call_command("load_district", *args, stdout=out)
    return out.getvalue()


def test_the_district_is_installed_as_its_folder_says() -> None:
    load()
    district = districts.load()
    assert {u.code: (u.name, u.kind) for u in Unit.objects.all()} == {u.code: (u.name, u.kind) for u in district.units}
    root = Unit.objects.get(kind="district")
    assert root.path == f"/{root.pk}/"
    for unit in Unit.objects.select_related("parent").exclude(pk=root.pk):
        assert unit.parent is not None
        assert unit.path == f"{unit.parent.path}{unit.pk}/"
    assert Person.objects.filter(demo=True).count() == len(district.roster.people)
    assert CalendarDay.objects.filter(day__year=2023).count() == 365


def test_sample_people_cannot_sign_in() -> None:
    load()
    assert not any(p.has_usable_password() for p in Person.objects.all()[:50])


def test_a_second_run_changes_nothing_and_asks_little() -> None:
    load()
    before = (Unit.objects.count(), Person.objects.count(), Membership.objects.count(), AuditEntry.objects.count())
    with CaptureQueriesContext(connection) as queries:
        text = load()
    assert "+0 ~0" in text
    after = (Unit.objects.count(), Person.objects.count(), Membership.objects.count(), AuditEntry.objects.count())
    assert after == before
    assert len(queries) < 30
    assert not any(q["sql"].startswith(("UPDATE", "DELETE")) for q in queries)


def test_a_changed_folder_is_followed(tmp_path: Path) -> None:
    load()
    folder = Path(shutil.copytree(QIANTANG, tmp_path / "qiantang"))
    text = (folder / "units.toml").read_text("utf-8")
    text = text.replace('name = "钱塘区商务局"', 'name = "钱塘区商务和投资促进局"')
    text = text.replace('code = "dept.education_center"\nkind = "department"\nparent = "dept.education"',
                        'code = "dept.education_center"\nkind = "department"\nparent = "dept.tax"')  # fmt: skip
    (folder / "units.toml").write_text(text, "utf-8")
    done = roster.install(districts.load(folder), people=True)
    assert (done.units_added, done.units_changed, done.people_added) == (0, 2, 0)
    assert Unit.objects.get(code="dept.commerce").name == "钱塘区商务和投资促进局"
    moved = Unit.objects.get(code="dept.education_center")
    assert moved.parent is not None and moved.parent.code == "dept.tax"
    assert moved.path == f"{moved.parent.path}{moved.pk}/"


def test_who_left_does_not_come_back_by_loading_again() -> None:
    load()
    post = Membership.objects.filter(person__username="xiasha.service001").get()
    post.until = post.since
    post.save()
    load()
    assert Membership.objects.filter(person__username="xiasha.service001", until__isnull=True).count() == 0


def test_units_an_administrator_added_stay() -> None:
    load()
    root = Unit.objects.get(kind="district")
    extra = Unit.objects.create(code="dept.extra", kind="department", name="新设专班", parent=root, path="/")
    load()
    extra.refresh_from_db()
    assert extra.active


def test_loading_is_audited_once() -> None:
    load()
    load()
    entry = AuditEntry.objects.get(action="district.load")
    assert entry.data["units_added"] == Unit.objects.count()


def test_every_department_has_a_lead_and_officers() -> None:
    load()
    for unit in Unit.objects.filter(kind="department"):
        roles = set(unit.memberships.values_list("role", flat=True))
        assert {Role.UNIT_LEAD, Role.OFFICER} <= roles, unit.code


def test_production_gets_units_but_no_sample_people(settings: Settings) -> None:
    settings.MODE = "production"
    with pytest.raises(CommandError, match="生产环境"):
        load("--people")
    load("--no-people")
    assert Unit.objects.filter(code="dept.economy").exists()
    assert not Person.objects.exists()


def test_a_bad_folder_changes_nothing(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(QIANTANG, tmp_path / "bad"))
    (folder / "people.toml").write_text("surnames = 3", "utf-8")
    with pytest.raises(CommandError, match=r"people\.toml"):
        load(str(folder))
    assert not Unit.objects.exists()


def test_check_only_reads() -> None:
    assert "检查通过" in load("--check")
    assert not Unit.objects.exists()
