"""The API's page of the documentation names everything that the API can do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yingshang.exchange.routes.actions import ACTIONS
from yingshang.exchange.routes.project_actions import OF_ITEM, OF_PROJECT

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_described(action: str) -> None:
    assert f"`{action}`" in PAGE


def test_no_action_is_described_that_does_not_exist() -> None:
    table = PAGE.partition("| action |")[2].partition("\n\n")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert first_cells
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} == set(ACTIONS)


@pytest.mark.parametrize(("heading", "known"), [("actions/{name}", OF_PROJECT), ("items/{code}/{name}", OF_ITEM)])
def test_what_is_done_to_projects_is_described(heading: str, known: dict[str, object]) -> None:
    table = PAGE.partition(f"{{number}}/{heading}` |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == set(known)


def test_addresses_of_the_example_are_there() -> None:
    for action in re.findall(r"\$BASE/\$N/(\S+)", PAGE):
        assert action.removeprefix("actions/") in ACTIONS and action.startswith("actions/"), action
