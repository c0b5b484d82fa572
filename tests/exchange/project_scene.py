"""A project with an item of the officer's unit, for asking the addresses of projects."""

from __future__ import annotations

from tests.exchange import probes
from tests.support import item_lists


def furnish(scene: probes.Scene) -> None:
    """Put it, and the words of its addresses, into the scene."""
    project = item_lists.project(scene.world, 2)
    for at, action in (("portal/projects/", "papers"), ("desk/projects/of/", "comment"), ("projects/", "")):
        for end in ("", "withdraw/", "do/<slug:action>/", "ahead/"):
            probes.WORDS[f"{at}<str:number>/{end}"] = {"number": project.number, "action": action}
    for route in probes.routes():
        if route.pattern.startswith("api/v1/projects/<number>"):
            probes.WORDS[route.pattern] = {"number": project.number, "code": "item_0"}
    firm = scene.world.business.uscc
    probes.WORDS["api/v1/projects"] = {"business": firm, "kind": "own_land", "facts": item_lists.FACTS}
    probes.WORDS["desk/projects/items/<slug:code>/"] = {"code": "item_0"}
