"""Branches come together by the token rules of BPMN, in loops too."""

from __future__ import annotations

import pytest

from yingshang.processes import bpmn

from .drawing import draw
from .running import Run

END = "<endEvent id='elsewhere'/>"


class TestInALoop:
    ROUND = draw(
        "start > again > split > a > join > way", "way > again: more", "way > end", "split > b > join",
        again="xor", split="and", a="user", b="user", join="and", way="xor",
    )  # fmt: skip

    @pytest.mark.parametrize("orders", ["ab ab ab", "ba ab ab", "ab ba ab", "ba ba ab", "ab ab ba", "ba ab ba"])
    def test_all_branches_of_every_round_are_waited_for(self, orders: str) -> None:
        run = Run(self.ROUND)
        rounds = orders.split()
        for n, (first, second) in enumerate(rounds, 1):
            assert run.steps == ["a", "b"]
            run.do(first)
            assert run.steps == [second]
            run.do(second, more=n < len(rounds))
        assert run.ended

    @pytest.mark.parametrize("split", ["and", "or"])
    def test_a_branch_that_comes_through_at_once_waits_for_the_others_of_its_round(self, split: str) -> None:
        """It arrives in the move that closes the round before, when nothing has been cut off yet."""
        both = ": true" if split == "or" else ""
        run = Run(
            draw(
                "start > again > split", f"split > short{both}", f"split > b{both}", "short > merge > join > way", "b > join",
                "short > a > merge: not(quick)", "way > again: more", "way > end",
                again="xor", split=split, short="xor", merge="xor", a="user", b="user", join=split, way="xor",
            ),
            quick=False,
            more=True,
        )  # fmt: skip
        run.do("b").do("a", quick=True)
        for _ in range(3):
            assert run.steps == ["b"]
            run.do("b")
        run.do("b", more=False)
        assert run.ended

    def test_the_trail_shows_every_way_that_was_taken(self) -> None:
        run = Run(
            draw(
                "start > go > split > x > join > last > end", "split > y > join",
                go="user", split="and", x="script p := 1", y="script q := 2", join="and", last="user",
            )
        )  # fmt: skip
        trail = run.do("go").load().trail()
        assert {"x_to_join", "y_to_join"} <= set(trail.flows)


class TestInclusive:
    def test_a_branch_that_goes_elsewhere_is_not_waited_for(self) -> None:
        xml = draw(
            "start > split", "split > a > join > last > end: true", "split > b > way: both", "way > join: stay",
            "way > elsewhere",
            split="or", a="user", b="user", way="xor", join="or", last="user", elsewhere=END,
        )  # fmt: skip
        run = Run(xml, both=True, stay=False)
        assert run.steps == ["a", "b"]
        run.do("a")
        assert run.steps == ["b"]
        run.do("b")
        assert run.steps == ["last"]
        run.do("last")
        assert run.ended

    def test_a_late_answer_that_goes_elsewhere_is_not_waited_for(self) -> None:
        xml = draw(
            "start > split", "split > a > join > last > end: true", "split > b > join: true", "late > elsewhere",
            split="or", a="user", b="user", late="on b timer P1D", join="or", last="user", elsewhere=END,
        )  # fmt: skip
        run = Run(xml)
        run.do("a")
        assert run.steps == ["b"]
        assert run.fire("late").steps == ["last"]
        assert run.do("last").ended


def test_a_second_token_stays_for_the_next_time() -> None:
    xml = draw(
        "start > split > a > merge > join > last > end", "split > b > merge", "split > c > join", "split > d > join",
        split="and", a="user", b="user", c="user", d="user", merge="xor", join="and", last="user",
    )  # fmt: skip
    # Such a diagram is refused, since a token stays behind: the engine must not hide that by losing it.
    assert [p.element for p in bpmn.check(xml)] == ["join"]
    run = Run(xml)
    run.do("a").do("b").do("c").do("d")
    assert run.steps == ["last"]
    run.do("last")
    assert (run.steps, run.ended) == ([], False)
