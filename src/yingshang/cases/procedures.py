"""Publishing diagrams: checked, laid out, versioned, immutable; and finding the definition of a version again."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.db import connection, transaction

from yingshang.accounts import audit, statements
from yingshang.accounts.models import Person
from yingshang.cases import catalog
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Procedure
from yingshang.processes import bpmn


@transaction.atomic
def publish(
    scenario: str, name: str, xml: bytes, actor: Person | None, *, title: str = "", title_en: str = ""
) -> Procedure:
    """Publish a diagram as the next version of a procedure, which new cases take from now on.

    Publishing what is in force already returns the version in force; publishing what was in force before makes a new
    version of it, since a version once left is history: its number says when cases were started on it.

    Raises:
        Invalid: the diagram does not parse or uses what the engine does not support; each problem with element id.
    """
    with connection.cursor() as c:
        # Two who publish at the same moment take turns.
        c.execute("SELECT pg_advisory_xact_lock(hashtextextended('procedure:' || %s, 0))", [f"{scenario}/{name}"])
    last = Procedure.objects.filter(scenario=scenario, name=name).order_by("-version").first()
    if last and last.digest == _digest(xml):
        return last
    problems = bpmn.check(xml)
    if problems:
        raise Invalid("；".join(str(p) for p in problems[:20]), problems=[str(p) for p in problems])
    if bpmn.needs_layout(xml):
        xml = bpmn.layout(xml)
    definition = bpmn.Definition.parse(xml)
    procedure = Procedure.objects.create(
        scenario=scenario,
        name=name,
        version=(last.version if last else 0) + 1,
        title=title or (last.title if last else name),
        title_en=title_en or (last.title_en if last else ""),
        diagram=xml.decode(),
        digest=definition.digest,
        spec=definition.spec_bytes(),
        published_by=actor,
    )
    audit.record(
        actor, "procedure.publish", "procedure", procedure.pk, scenario=scenario, name=name, version=procedure.version
    )
    return procedure


def _digest(xml: bytes) -> str:
    """By what a diagram runs: shapes that were moved about make no new version. ``""`` when it does not parse."""
    try:
        return bpmn.Definition.parse(xml).digest
    except ValueError:
        return ""


def install(spec: catalog.ScenarioSpec) -> list[Procedure]:
    """Publish the diagrams of a scenario folder, and return what is in force.

    What an official has published since stays in force, unless the folder brings what was never published.
    """
    titles = {s.procedure: s.name for s in spec.services.values()}
    return [
        _install(spec.id, name, Path(path).read_bytes(), titles.get(name, catalog.Text(name, "")))
        for name, path in spec.procedures.items()
    ]


def _install(scenario: str, name: str, xml: bytes, title: catalog.Text) -> Procedure:
    published = Procedure.objects.filter(scenario=scenario, name=name)
    last = published.order_by("-version").first()
    if last and last.published_by_id and published.filter(digest=_digest(xml)).exists():
        return last
    return publish(scenario, name, xml, None, title=title.zh, title_en=title.en)


def current(scenario: str, name: str) -> Procedure:
    """The newest published version.

    Raises:
        Invalid: nothing is published under that name.
    """
    return published(CURRENT(scenario, name), scenario, name)


def published(found: list[Procedure], scenario: str, name: str) -> Procedure:
    """The newest published version, of what :data:`CURRENT` found.

    Raises:
        Invalid: nothing is published under that name.
    """
    if not found:
        raise Invalid(f"流程 {scenario}/{name} 尚未发布,请先运行 load_scenarios")
    return found[0]


CURRENT = statements.Prepared(
    lambda scenario, name: (
        Procedure.objects.filter(scenario=scenario, name=name).order_by("-version").defer("diagram", "spec")[:1]
    ),
    "‹scenario›",
    "‹name›",
)


@lru_cache(maxsize=256)
def definition(procedure_id: int) -> bpmn.Definition:
    """The parsed definition of a published version; versions are immutable, so one parse a process is enough."""
    spec = Procedure.objects.values_list("spec", flat=True).get(pk=procedure_id)
    return bpmn.Definition.from_spec_bytes(bytes(spec))
