"""Publishing the list of items, and reading a published version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from functools import lru_cache

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit, localized
from yingshang.cases.errors import Invalid
from yingshang.projects import checking
from yingshang.projects.items import ItemsFile, ListOfItems, as_data, from_data, merged
from yingshang.projects.models import ItemList


@transaction.atomic
def publish(files: Iterable[ItemsFile], actor: Person | None, named: Collection[str] | None = None) -> ItemList:
    """Publish the folders' items together as the next version; what is in force already is returned as it is.

    What the system loads (no ``actor``) does not undo what people changed meanwhile: the version in force stays while the
    folders say what they said when they were loaded last.

    Args:
        named: codes that the tables can name, where that is known.

    Raises:
        Invalid: something that is named is not there, items wait in a circle (shown), or cannot be reached.
    """
    with connection.cursor() as cursor:
        # Two who publish at the same moment take turns.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('projects:list', 0))")
    brought = list(files)
    units = set(Unit.objects.filter(active=True).values_list("code", flat=True))
    if found := checking.problems(brought, units, named):
        told = [localized(str(p), f"{p.folder}[{p.at}] {p.en}. {p.mend_en}") for p in found]
        raise Invalid("；".join(told[:20]), problems=told)
    data = as_data(merged(brought))
    digest = hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    last = ItemList.objects.first()
    if last and last.digest == digest:
        return last
    loaded = ItemList.objects.defer("document").filter(published_by=None).first()
    if last and actor is None and loaded and loaded.digest == digest:
        return last
    version = ItemList.objects.create(
        version=(last.version if last else 0) + 1, digest=digest, document=data, published_by=actor
    )
    audit.record(actor, "items.publish", "item_list", version.pk, version=version.version)
    return version


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
