"""A project as it stands while it is locked: its items, what it holds, and the network they form."""

from __future__ import annotations

from functools import cached_property

from yingshang.projects import listing, network, plan
from yingshang.projects.items import ItemSpec, ListOfItems
from yingshang.projects.models import FollowUp, Paper, Project, ProjectItem

I = ProjectItem.State  # noqa: E741


class Standing:
    """The rows of a project, each read once; what changes them keeps them in step."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.listed: ListOfItems = listing.read(project.listed_id)
        rows = project.items.select_related("unit", "case")
        self.items: dict[str, ProjectItem] = {i.code: i for i in rows}

    @cached_property
    def held(self) -> set[str]:
        """Kinds of documents that the project holds."""
        return set(Paper.objects.filter(project=self.project, replaced_at__isnull=True).values_list("kind", flat=True))

    @property
    def stuck(self) -> dict[str, list[str]]:
        """Items that wait for the enterprise's documents now, by code, with the kinds that each lacks: to begin, or, once it
        runs, for its result."""
        open_ones = (i for i in self.items.values() if i.state in ProjectItem.OPEN)
        lacking = {i.code: self.lacking(i, at_issue=i.state != I.PAPERS) for i in open_ones}
        return {code: kinds for code, kinds in lacking.items() if kinds}

    @cached_property
    def follow_ups(self) -> list[FollowUp]:
        """Commitments and deferred documents, settled or not."""
        by_id = {i.pk: i for i in self.items.values()}
        found = list(FollowUp.objects.filter(item__project=self.project))
        for f in found:
            f.item = by_id[f.item_id]
        return found

    @property
    def ways(self) -> plan.Ways:
        """What was chosen: first stages, commitments, deferred documents."""
        return plan.Ways(
            staged=frozenset(c for c in self.items if self.listed.items[c].stands_for),
            committed=frozenset(c for c, i in self.items.items() if i.committed),
            deferred=frozenset((f.item.code, f.document) for f in self.follow_ups if f.kind == FollowUp.Kind.DEFERRED),
        )

    @cached_property
    def network(self) -> dict[str, network.Activity]:
        """Who waits for whom."""
        made = plan.activities(self.listed, self.items, self.ways, self.project.facts)
        return {a.code: a for a in made}

    def spec(self, item: ProjectItem) -> ItemSpec:
        """What the list says of an item."""
        return self.listed.items[item.code]

    def ready(self, item: ProjectItem) -> bool:
        """Whether all that it comes after is done."""
        return all(self.items[c].state == I.DONE for c in self.network[item.code].after)

    def may_end(self, item: ProjectItem) -> bool:
        """Whether all that has to be there before its result is given out is done."""
        return all(self.items[c].state == I.DONE for c in self.network[item.code].ends_after)

    def awaited(self, item: ProjectItem) -> list[ProjectItem]:
        """The items whose end its result waits for."""
        return [self.items[c] for c in self.network[item.code].ends_after if self.items[c].state != I.DONE]

    def lacking(self, item: ProjectItem, *, at_issue: bool = False) -> list[str]:
        """Kinds that the enterprise has yet to hand in for it: before it starts, or before its result is given out."""
        spec = self.spec(item)
        wanted = (*spec.inputs, *spec.at_issue) if at_issue else spec.inputs
        missing = [d for d in wanted if self.listed.documents[d].applicant and d not in self.held]
        if not missing:
            return []
        deferred = self.ways.deferred
        return [d for d in missing if (item.code, d) not in deferred]
