"""The list of items on the desk: what each takes and waits for; changing one and publishing; the plan that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_GET

from yingshang.accounts.models import Role, Unit
from yingshang.cases.errors import ActionError
from yingshang.projects import finding, listing, rights
from yingshang.projects.items import ItemsFile, ItemSpec, ListOfItems, Time, folders
from yingshang.projects.merging import Change
from yingshang.projects.models import ItemList
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_support import official, person_of, requires, scope, tell
from yingshang.web.views.projects import way as ways
from yingshang.web.views.projects.forms import WayForm

#: Who publishes a changed list.
EDITORS = (Role.REFORM_OFFICE,)
#: Versions shown.
VERSIONS = 10


@official
@require_GET
def items(request: HttpRequest) -> HttpResponse:
    """The list in force, item by item, with its versions."""
    version = ItemList.objects.defer("document").select_related("published_by").first()
    listed = listing.read(version.pk) if version else None
    units = {u.code: u.label for u in Unit.objects.filter(active=True)}
    changed: dict[str, list[str]] = {}
    for change in listing.changed_here(listed) if listed else ():
        changed.setdefault(change.code, []).append(_originally(change, listed, units))  # type: ignore[arg-type]
    rows = (
        [_row(listed, spec, units) | {"changed": changed.get(spec.code)} for spec in listed.items.values()]
        if listed
        else []
    )
    return render(
        request,
        "web/projects/items.html",
        {
            "version": version,
            "rows": rows,
            "untold": sum(r["spec"].days is None and not r["spec"].by_applicant for r in rows),
            "versions": list(ItemList.objects.defer("document").select_related("published_by")[:VERSIONS]),
            "may_edit": scope(request).has(*EDITORS),
        },
    )


def _row(listed: ListOfItems, spec: ItemSpec, units: dict[str, str]) -> dict[str, Any]:
    after, ends_after = listed.waits(spec)
    return {
        "spec": spec,
        "unit": ways.unit_name(spec.unit, units),
        "with": [ways.unit_name(c, units) for c in spec.units],
        "after": [str(listed.items[c].name) for c in after],
        "ends_after": [str(listed.items[c].name) for c in ends_after],
        "brings": [ways.name(listed, d) for d in spec.inputs if listed.documents[d].applicant],
        "outputs": [ways.name(listed, d) for d in spec.outputs],
        "stands_for": str(listed.items[spec.stands_for].name) if spec.stands_for else "",
    }


def _originally(change: Change, listed: ListOfItems, units: dict[str, str]) -> str:
    """What the folders say of a field that was changed here, in a few words."""
    if change.field == "promised":
        days = change.brought["days"]
        return _("承诺时限原为:%(w)s") % {"w": _("未公布标准") if days is None else _("%(n)d 个工作日") % {"n": days}}
    if change.field == "unit":
        return _("承办原为:%(w)s") % {"w": ways.unit_name(change.brought, units)}
    if change.field == "after":
        names = [str(listed.items[c].name) if c in listed.items else c for c in change.brought or ()]
        return _("另要等的原为:%(w)s") % {"w": "、".join(names) or _("无")}
    return _("与随系统装入的不同")


class ItemForm(DeskForm):
    """What a district changes of an item: its promise, its unit, what it waits for besides its documents."""

    days = forms.IntegerField(
        label=L("承诺时限(工作日)"), min_value=1, max_value=400, required=False, help_text=L("没有公布的不填")
    )
    source = forms.CharField(label=L("承诺的出处"), max_length=200, required=False)
    unit = forms.ChoiceField(label=L("承办单位"))
    after = forms.MultipleChoiceField(
        label=L("还要等哪些事项"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=L("要用它们结果文书的,不选也会等"),
    )

    def __init__(self, *args: Any, listed: ListOfItems, spec: ItemSpec, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "days": spec.promised.days,
            "source": spec.promised.source,
            "unit": spec.unit,
            "after": list(spec.after),
        }
        super().__init__(*args, **kwargs)
        units = {u.code: u.label for u in Unit.objects.filter(active=True, kind=Unit.Kind.DEPARTMENT)}
        codes = dict.fromkeys([spec.unit, "platform", "street", "applicant", *units])
        self.fields["unit"].choices = [(c, ways.unit_name(c, units)) for c in codes]  # type: ignore[attr-defined]
        others = [(i.code, str(i.name)) for i in listed.items.values() if i.code != spec.code]
        self.fields["after"].choices = others  # type: ignore[attr-defined]


@requires(*EDITORS)
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Change one item and publish the list anew; refused with the circle where items would wait for each other."""
    version = listing.current()
    listed = listing.read(version.pk)
    spec = listed.items.get(code)
    if spec is None:
        raise Http404
    form = ItemForm(request.POST if request.method == "POST" else None, listed=listed, spec=spec)
    problems: list[str] = []
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            changed = replace(
                spec,
                unit=given["unit"],
                after=tuple(given["after"]),
                promised=Time(given["days"], given["source"] if given["days"] else ""),
            )
            try:
                made = listing.publish(files_of(listed, changed), person_of(request))
            except ActionError as error:
                status = tell(form, error)
                problems = list(error.details.get("problems") or [])  # type: ignore[call-overload]
            else:
                if made.pk == version.pk:
                    messages.info(request, _("没有改动,仍是第 %(v)d 版。") % {"v": made.version})
                else:
                    messages.success(
                        request, _("已发布第 %(v)d 版。在办的项目仍按原来的版本办。") % {"v": made.version}
                    )
                return redirect("desk:project_items")
    units = {u.code: u.label for u in Unit.objects.filter(active=True)}
    followers = [str(i.name) for i in listed.items.values() if code in {c for waits in listed.waits(i) for c in waits}]
    context = {
        "form": form,
        "spec": spec,
        "row": _row(listed, spec, units) | {"followers": followers},
        "version": version,
        "problems": problems,
    }
    return render(request, "web/projects/item.html", context, status=status)


def files_of(listed: ListOfItems, changed: ItemSpec) -> list[ItemsFile]:
    """The list as its folders brought it, with one item changed."""
    return folders(replace(listed, items={**listed.items, changed.code: changed}))


@official
@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The plan that the list makes of a kind of project, before there is one: what runs in parallel, how long it takes."""
    form = WayForm(request.GET or None)
    context: dict[str, Any] = {
        "form": form,
        "may_open": scope(request).has(*rights.OPENERS),
        "open_url": "desk:project_new",
        "on_desk": True,
    }
    status = 200
    if not form.is_bound or form.is_valid():
        try:
            facts = form.facts() if form.is_bound else {}
            found = ways.told(finding.find(form.cleaned_data["aim"] if form.is_bound else "", facts))
        except ActionError as error:
            context["error"] = error.message
        else:
            context |= found
    else:
        status = 422
    return render(request, "web/projects/template.html", context, status=status)
