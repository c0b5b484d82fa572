"""Publishing the list of items, and reading a published version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit, localized
from yingshang.cases.errors import Invalid
from yingshang.projects import checking, merging
from yingshang.projects.items import ItemsFile, ListOfItems, as_data, folders, from_data, merged
from yingshang.projects.models import ItemList


@transaction.atomic
def publish(files: Iterable[ItemsFile], actor: Person | None, named: Collection[str] | None = None) -> ItemList:
    """Publish the folders' items together as the next version; what is in force already is returned as it is.

    What the system loads (no ``actor``) does not undo what people changed meanwhile: while the folders say what they said
    when they were loaded last, the version in force stays; where they say something new, people's changes are kept in it
    field by field. Where both cannot go together, the version in force stays as well, and the audit log says why.

    Args:
        named: codes that the tables can name, where that is known.

    Raises:
        Invalid: something that is named is not there, items wait in a circle (shown), or cannot be reached.
    """
    with connection.cursor() as cursor:
        # Two who publish at the same moment take turns.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('projects:list', 0))")
    files = list(files)
    units = set(Unit.objects.filter(active=True).values_list("code", flat=True))
    if told := _told(checking.problems(files, units, named)):
        raise Invalid("；".join(told[:20]), problems=told)
    data = brought = as_data(merged(files))
    last = ItemList.objects.first()
    if last and last.digest == digest_of(brought):
        return last
    if last and actor is None:
        base = brought_last()
        if base == brought:
            return last
        if base is not None:
            # Read and written again: fields in one order, whoever said them.
            data = as_data(from_data(merging.merge(base, last.document, brought)))
        if told := _told(checking.problems(folders(from_data(data)), units, named)):
            audit.record(None, "items.merge_refused", "item_list", last.pk, version=last.version, problems=told[:20])
            return last
    version = ItemList.objects.create(
        version=(last.version if last else 0) + 1,
        digest=digest_of(data),
        document=data,
        brought=brought if data != brought else None,
        published_by=actor,
    )
    audit.record(actor, "items.publish", "item_list", version.pk, version=version.version)
    return version


def _told(found: list[checking.Problem]) -> list[str]:
    return [localized(str(p), f"{p.folder}[{p.at}] {p.en}. {p.mend_en}") for p in found]


def digest_of(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def brought_last() -> dict[str, Any] | None:
    """What the folders said when they were loaded last; None before that."""
    loaded = ItemList.objects.filter(published_by=None).first()
    if loaded is None:
        return None
    brought: dict[str, Any] = loaded.document if loaded.brought is None else loaded.brought
    return brought


def changed_here(listed: ListOfItems) -> list[merging.Change]:
    """Where a list says something else of an item than the folders that were loaded last."""
    brought = brought_last()
    return list(merging.changes(brought, as_data(listed))) if brought else []


def current() -> ItemList:
    """The newest version.

    Raises:
        Invalid: none is published.
    """
    newest = ItemList.objects.defer("document").first()
    if newest is None:
        raise Invalid(_("投资项目事项清单尚未发布,请先运行 load_items。"))
    return newest


@lru_cache(maxsize=32)
def read(pk: int) -> ListOfItems:
    """The list of a published version; versions are immutable, so one reading a process is enough."""
    return from_data(ItemList.objects.values_list("document", flat=True).get(pk=pk))
