"""Folders are loaded again, after people changed the list here: what people changed stays, the rest follows the folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from yingshang import timekeeping
from yingshang.cases.catalog import Text
from yingshang.projects import items, listing, merging
from yingshang.projects.items import DocumentSpec, ItemsFile, ItemSpec, Time

if TYPE_CHECKING:
    from tests.support.world import World
    from yingshang.projects.models import ItemList


def item(code: str, **more: Any) -> ItemSpec:
    given = {"unit": "dept.commerce", "promised": Time(5, "示例"), "source": "示例"} | more
    return ItemSpec(code=code, name=Text(f"事项{code}", f"Item {code}"), folder="f", **given)


def folder(*specs: ItemSpec) -> list[ItemsFile]:
    paper = DocumentSpec("paper", Text("材料", "Document"), True, "f")
    return [ItemsFile("f", (paper,), (replace(specs[0], inputs=("paper",)), *specs[1:]))]


A, B, C = item("a"), item("b", after=("a",)), item("c", after=("b",))


@pytest.fixture
def loaded(db: None) -> Iterator[World]:
    """The small district, with a list of three items that the folders brought."""
    from tests.support.world import MORNING, build

    with timekeeping.travel(MORNING):
        world = build()
        listing.publish(folder(A, B, C), None)
        yield world


def edit(world: World, code: str, **more: Any) -> ItemList:
    """The reform office changes an item, as the page does."""
    listed = listing.read(listing.current().pk)
    changed = replace(listed.items[code], **more)
    return listing.publish(items.folders(replace(listed, items={**listed.items, code: changed})), world.reform)


def now() -> dict[str, ItemSpec]:
    return dict(listing.read(listing.current().pk).items)


def test_what_people_changed_stays_when_another_item_changes(loaded: World) -> None:
    edit(loaded, "b", promised=Time(2, "区里定的"), unit="dept.economy")
    version = listing.publish(folder(replace(A, promised=Time(9, "新的出处")), B, C), None)
    assert version.version == 3 and version.published_by is None
    assert now()["a"].promised == Time(9, "新的出处")
    assert (now()["b"].promised, now()["b"].unit) == (Time(2, "区里定的"), "dept.economy")
    told = {(c.code, c.field): c.brought for c in listing.changed_here(listing.read(version.pk))}
    assert told == {("b", "promised"): {"days": 5, "source": "示例"}, ("b", "unit"): "dept.commerce"}


def test_of_the_changed_item_the_other_fields_follow_the_folder(loaded: World) -> None:
    edit(loaded, "b", promised=Time(2, "区里定的"))
    listing.publish(folder(A, replace(B, unit="dept.approval", promised=Time(4, "新的出处")), C), None)
    assert (now()["b"].unit, now()["b"].promised) == ("dept.approval", Time(2, "区里定的"))
    (told,) = listing.changed_here(listing.read(listing.current().pk))
    assert told.brought == {"days": 4, "source": "新的出处"}


def test_the_same_folders_again_after_that_change_nothing(loaded: World) -> None:
    edit(loaded, "b", promised=Time(2, "区里定的"))
    files = folder(replace(A, promised=Time(9, "新的出处")), B, C)
    version = listing.publish(files, None)
    assert listing.publish(files, None) == version
    # Changed here once more: the folders still do not undo it, and their next change still does not.
    mine = edit(loaded, "c", unit="dept.economy")
    assert listing.publish(files, None) == mine
    listing.publish(folder(replace(A, promised=Time(8, "又新")), B, C), None)
    assert (now()["a"].promised.days, now()["b"].promised.days, now()["c"].unit) == (8, 2, "dept.economy")


def test_what_was_put_back_here_follows_the_folder_again(loaded: World) -> None:
    edit(loaded, "b", promised=Time(2, "区里定的"))
    edit(loaded, "b", promised=B.promised)
    version = listing.publish(folder(A, replace(B, promised=Time(7, "新的出处")), C), None)
    assert now()["b"].promised.days == 7
    assert version.brought is None and listing.changed_here(listing.read(version.pk)) == []


def test_a_waiting_taken_away_here_stays_away(loaded: World) -> None:
    edit(loaded, "c", after=())
    listing.publish(folder(replace(A, unit="dept.economy"), B, C), None)
    assert now()["c"].after == () and now()["a"].unit == "dept.economy"


def test_nothing_waits_for_an_item_that_the_folder_no_longer_brings(loaded: World) -> None:
    edit(loaded, "c", after=("a", "b"))
    listing.publish(folder(A, replace(C, after=())), None)
    assert set(now()) == {"a", "c"} and now()["c"].after == ("a",)


def test_a_change_that_does_not_go_with_the_folder_leaves_the_list_and_says_so(loaded: World) -> None:
    from yingshang.accounts.models import AuditEntry

    edit(loaded, "c", after=())
    mine = edit(loaded, "b", after=("a", "c"))
    # Here b waits for c; the folder now has c take what b brings forth.
    paper = DocumentSpec("result", Text("结果", "Result"), False, "f")
    (brought,) = folder(A, replace(B, outputs=("result",)), replace(C, inputs=("result",)))
    files = [replace(brought, documents=(*brought.documents, paper))]
    assert listing.publish(files, None) == mine
    entry = AuditEntry.objects.get(action="items.merge_refused")
    assert "互相等待" in entry.data["problems"][0]


def test_merging_is_by_field() -> None:
    def data(*specs: ItemSpec) -> dict[str, Any]:
        return items.as_data(items.merged(folder(*specs)))

    base, brought = data(A, B), data(A, replace(B, unit="dept.economy"), C)
    ours = data(A, replace(B, promised=Time(1, "o")))
    assert merging.merge(base, ours, brought) == data(A, replace(B, unit="dept.economy", promised=Time(1, "o")), C)
    assert merging.merge(base, base, brought) == brought


def test_the_command_names_what_it_kept(db: None) -> None:
    from tests.projects.district import told
    from yingshang.accounts.models import Role

    with told() as story:
        listed = listing.read(listing.current().pk)
        spec = replace(listed.items["soil_water"], promised=Time(3, "区里定的"))
        changed = items.folders(replace(listed, items={**listed.items, "soil_water": spec}))
        listing.publish(changed, story.official("dept.reform", Role.REFORM_OFFICE))
        out = StringIO()
        call_command("load_items", stdout=out)
        assert "soil_water.promised = {'days': 3, 'source': '区里定的'}" in out.getvalue()
