"""Publishing diagrams: checked, laid out, versioned, immutable; and finding the definition of a version again."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.db import transaction

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
    """Publish a diagram as the next version of a procedure; publishing the same diagram again returns the version held.

    Raises:
        Invalid: the diagram does not parse or uses what the engine does not support; each problem with element id.
    """
    if held := _held(scenario, name, xml):
        return held
    problems = bpmn.check(xml)
    if problems:
        raise Invalid("；".join(str(p) for p in problems[:20]), problems=[str(p) for p in problems])
    if bpmn.needs_layout(xml):
        xml = bpmn.layout(xml)
    definition = bpmn.Definition.parse(xml)
    last = Procedure.objects.filter(scenario=scenario, name=name).order_by("-version").first()
    procedure = Procedure.objects.create(
        scenario=scenario,
        name=name,
        version=(last.version if last else 0) + 1,
        title=title or name,
        title_en=title_en,
        diagram=xml.decode(),
        digest=definition.digest,
        spec=definition.spec_bytes(),
        published_by=actor,
    )
    audit.record(
        actor, "procedure.publish", "procedure", procedure.pk, scenario=scenario, name=name, version=procedure.version
    )
    return procedure


def _held(scenario: str, name: str, xml: bytes) -> Procedure | None:
    """The version that runs the same, if one is published; shapes that were moved about make no new version."""
    try:
        digest = bpmn.Definition.parse(xml).digest
    except ValueError:
        return None
    return Procedure.objects.filter(scenario=scenario, name=name, digest=digest).first()


def install(spec: catalog.ScenarioSpec) -> list[Procedure]:
    """Publish the diagrams of a scenario folder (a no-op for those already published)."""
    titles = {s.procedure: s.name for s in spec.services.values()}
    return [
        publish(spec.id, name, Path(path).read_bytes(), None, title=titles[name].zh if name in titles else name,
                title_en=titles[name].en if name in titles else "")
        for name, path in spec.procedures.items()
    ]  # fmt: skip


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
