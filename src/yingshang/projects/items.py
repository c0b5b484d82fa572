"""The list of items (事项清单) as plain data: who handles what in how many working days, and what waits for what.

Scenario folders bring items in ``project_items.toml``; all of them together, with the tables that say which apply, are one list. A
published list is stored as one document (:func:`as_data`), and read back from it (:func:`from_data`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yingshang.cases.catalog import Text

#: A text that is not there.
NOTHING = Text("", "")
#: Whose work an item is when it is nobody's unit: the enterprise's own (施工、备料).
APPLICANT = "applicant"
#: Units that depend on the project: its industry platform, its street.
PLACES = ("platform", "street")
#: Dates of a project that the end of an item sets.
MILESTONES = ("filing", "contract", "permit", "start", "completion", "acceptance")


@dataclass(frozen=True)
class Time:
    """A number of working days and where it is told; ``days`` None is 未公布 (not published)."""

    days: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Commitment:
    """告知承诺: granted on a written promise within ``days``, verified within ``check_within`` working days after."""

    days: int
    check_within: int
    source: str = ""


@dataclass(frozen=True)
class DocumentSpec:
    """A document that items ask for or bring forth.

    Attributes:
        applicant: the enterprise brings it; else an item does.
    """

    code: str
    name: Text
    applicant: bool
    folder: str = ""


@dataclass(frozen=True)
class ItemSpec:
    """One item of the list.

    Attributes:
        unit: a unit's code, one of ``PLACES``, or ``APPLICANT``.
        units: further units that take part in it (joint survey, joint signature).
        inputs: documents it needs before it can start.
        at_issue: documents it needs only before its result is given out: it is reviewed before (先审后发).
        after: items it waits for besides those that bring its inputs.
        outputs: documents it brings forth, all at once.
        commit: how it may be granted on a commitment; None where it may not.
        defer: documents that may follow later, with the working days they may take (容缺).
        stands_for, stands_before: a first stage: it does for ``stands_before`` what the item ``stands_for`` does (分阶段).
        days_fact: for the applicant's own work: the project's fact that says how many working days it takes.
        milestone: which date of the project its end sets, "" for none.
        run: ``scenario/service`` that carries the case out.
        missing: what the source does not tell of it.
    """

    code: str
    name: Text
    unit: str
    folder: str = ""
    units: tuple[str, ...] = ()
    promised: Time = Time()
    legal: Time = Time()
    inputs: tuple[str, ...] = ()
    at_issue: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    commit: Commitment | None = None
    defer: Mapping[str, int] = field(default_factory=dict)
    stands_for: str = ""
    stands_before: tuple[str, ...] = ()
    days_fact: str = ""
    milestone: str = ""
    run: str = ""
    source: str = ""
    missing: Text = NOTHING

    @property
    def by_applicant(self) -> bool:
        """Whether it is the enterprise's own work."""
        return self.unit == APPLICANT

    @property
    def days(self) -> int | None:
        """What a plan reckons with, in working days: the promise, else the legal time, else nothing is told."""
        return self.legal.days if self.promised.days is None else self.promised.days


@dataclass(frozen=True)
class Applies:
    """A table that says which items of a folder apply: decision ``name`` of a DMN document."""

    folder: str
    name: str
    document: str


@dataclass(frozen=True)
class ItemsFile:
    """What one folder brings."""

    folder: str
    documents: tuple[DocumentSpec, ...] = ()
    items: tuple[ItemSpec, ...] = ()
    applies: Applies | None = None


@dataclass(frozen=True)
class ListOfItems:
    """All items and documents by code, and the tables that say which apply."""

    documents: Mapping[str, DocumentSpec]
    items: Mapping[str, ItemSpec]
    applies: tuple[Applies, ...] = ()

    def makers(self, document: str) -> Iterator[ItemSpec]:
        """The items that bring a document forth."""
        return (item for item in self.items.values() if document in item.outputs)

    def waits(self, item: ItemSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The items that one comes after, and those it only ends after."""
        before = dict.fromkeys(m.code for d in item.inputs for m in self.makers(d))
        before |= dict.fromkeys(item.after)
        ends = dict.fromkeys(m.code for d in item.at_issue for m in self.makers(d))
        return tuple(before), tuple(c for c in ends if c not in before)


def merged(files: list[ItemsFile]) -> ListOfItems:
    """All folders together; a later code takes the place of an equal earlier one (the check refuses such lists)."""
    return ListOfItems(
        {d.code: d for f in files for d in f.documents},
        {i.code: i for f in files for i in f.items},
        tuple(f.applies for f in files if f.applies is not None),
    )


def folders(listed: ListOfItems) -> list[ItemsFile]:
    """The list as its folders would bring it: :func:`merged` the other way round."""
    applies = {a.folder: a for a in listed.applies}
    named = [*(i.folder for i in listed.items.values()), *(d.folder for d in listed.documents.values()), *applies]
    return [
        ItemsFile(
            f,
            tuple(d for d in listed.documents.values() if d.folder == f),
            tuple(i for i in listed.items.values() if i.folder == f),
            applies.get(f),
        )
        for f in dict.fromkeys(named)
    ]


# --- as a document --------------------------------------------------------------------------------------------------------


def as_data(listed: ListOfItems) -> dict[str, Any]:
    """The list as JSON: what is stored of a published version."""
    return {
        "documents": [_document(d) for d in listed.documents.values()],
        "items": [_item(i) for i in listed.items.values()],
        "applies": [{"folder": a.folder, "name": a.name, "document": a.document} for a in listed.applies],
    }


def from_data(data: Mapping[str, Any]) -> ListOfItems:
    """The list out of the stored document."""
    documents = [
        DocumentSpec(d["code"], Text(d["zh"], d["en"]), d["applicant"], d["folder"]) for d in data["documents"]
    ]
    items = [_read_item(i) for i in data["items"]]
    applies = tuple(Applies(a["folder"], a["name"], a["document"]) for a in data["applies"])
    return ListOfItems({d.code: d for d in documents}, {i.code: i for i in items}, applies)


def _document(d: DocumentSpec) -> dict[str, Any]:
    return {"code": d.code, "zh": d.name.zh, "en": d.name.en, "applicant": d.applicant, "folder": d.folder}


_LISTS = ("units", "inputs", "at_issue", "after", "outputs", "stands_before")
_WORDS = ("unit", "folder", "stands_for", "days_fact", "milestone", "run", "source")


def _item(i: ItemSpec) -> dict[str, Any]:
    data: dict[str, Any] = {"code": i.code, "zh": i.name.zh, "en": i.name.en}
    data |= {name: getattr(i, name) for name in _WORDS if getattr(i, name)}
    data |= {name: list(getattr(i, name)) for name in _LISTS if getattr(i, name)}
    for name, time in (("promised", i.promised), ("legal", i.legal)):
        data[name] = {"days": time.days, "source": time.source}
    if i.commit:
        data["commit"] = {"days": i.commit.days, "check_within": i.commit.check_within, "source": i.commit.source}
    if i.defer:
        data["defer"] = dict(i.defer)
    if i.missing.zh:
        data["missing"] = {"zh": i.missing.zh, "en": i.missing.en}
    return data


def _read_item(d: Mapping[str, Any]) -> ItemSpec:
    commit, missing = d.get("commit"), d.get("missing", {"zh": "", "en": ""})
    return ItemSpec(
        code=d["code"],
        name=Text(d["zh"], d["en"]),
        promised=Time(d["promised"]["days"], d["promised"]["source"]),
        legal=Time(d["legal"]["days"], d["legal"]["source"]),
        commit=Commitment(commit["days"], commit["check_within"], commit["source"]) if commit else None,
        defer=d.get("defer", {}),
        missing=Text(missing["zh"], missing["en"]),
        **{name: d.get(name, "") for name in _WORDS},
        **{name: tuple(d.get(name, ())) for name in _LISTS},
    )
