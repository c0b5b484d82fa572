"""How clauses go together: what holds for any clauses, any combinations, whatever was taken before."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from yingshang.policies.combining import Together, combine

REFS = [f"p/C{n}" for n in range(5)]
amounts = st.one_of(st.none(), st.decimals(0, 10_000, places=2))
gives = st.dictionaries(st.sampled_from(REFS), amounts, max_size=5)


@st.composite
def combination(draw: st.DrawFn, number: int = 0) -> Together:
    kind = draw(st.sampled_from(["exclusive", "priority", "stackable", "cap"]))
    clauses = tuple(draw(st.lists(st.sampled_from(REFS), min_size=1, max_size=5, unique=True)))
    amount = draw(st.decimals(0, 12_000, places=2)) if kind == "cap" else None
    return Together(f"k{draw(st.integers(0, 10_000))}", kind, clauses, amount)


combinations = st.lists(combination(), max_size=4, unique_by=lambda c: c.code)


@st.composite
def situation(draw: st.DrawFn) -> tuple[dict, list[Together], dict]:  # type: ignore[type-arg]
    together = draw(combinations)
    taken = {
        c.code: draw(st.dictionaries(st.sampled_from(c.clauses), st.decimals(0, 9_000, places=2), max_size=3))
        for c in together
        if draw(st.booleans())
    }
    return draw(gives), together, taken


@given(situation())
def test_nobody_gets_more_than_a_rule_gives_and_every_difference_has_its_reason(s) -> None:  # type: ignore[no-untyped-def]
    rules, together, taken = s
    shares = combine(rules, together, taken)
    assert set(shares) == set(rules)
    for ref, share in shares.items():
        due = rules[ref]
        assert (share.amount is None) == (due is None)
        for reason in share.reasons:
            assert reason.before == due
            due = reason.after
        assert share.amount == due
        assert share.amount is None or 0 <= share.amount <= rules[ref]  # type: ignore[operator]
        assert share.excluded == any(r.kind in ("exclusive", "priority") for r in share.reasons)
        assert not share.excluded or not share.amount


@given(situation())
def test_of_those_that_exclude_each_other_one_at_most_is_left(s) -> None:  # type: ignore[no-untyped-def]
    rules, together, taken = s
    shares = combine(rules, together, taken)
    for c in together:
        if c.kind in ("exclusive", "priority"):
            left = {ref for ref in c.clauses if ref in shares and not shares[ref].excluded}
            assert len(left) <= 1
            if had := [ref for ref in c.clauses if ref in taken.get(c.code, {})]:
                assert left <= {had[0]}


@given(situation())
def test_a_cap_holds_with_what_was_taken(s) -> None:  # type: ignore[no-untyped-def]
    rules, together, taken = s
    shares = combine(rules, together, taken)
    for c in together:
        if c.kind == "cap":
            had = sum(taken.get(c.code, {}).values(), Decimal(0))
            given_now = sum((shares[r].amount or Decimal(0) for r in c.clauses if r in shares), Decimal(0))
            assert given_now <= max(Decimal(0), c.amount - had)


@given(situation(), st.randoms())
def test_the_order_in_which_combinations_are_told_makes_no_difference(s, random) -> None:  # type: ignore[no-untyped-def]
    rules, together, taken = s
    shuffled = list(together)
    random.shuffle(shuffled)
    assert combine(dict(reversed(rules.items())), shuffled, taken) == combine(rules, together, taken)


@given(gives, st.lists(st.sampled_from(REFS), min_size=2, max_size=5, unique=True))
def test_the_highest_is_kept_and_the_first_where_order_decides(rules: dict, clauses: list[str]) -> None:  # type: ignore[type-arg]
    there = [r for r in clauses if r in rules]
    best = combine(rules, [Together("x", "exclusive", tuple(clauses))])
    first = combine(rules, [Together("x", "priority", tuple(clauses))])
    if there:
        (kept,) = [r for r in there if not best[r].excluded]
        assert (rules[kept] or 0) == max(rules[r] or 0 for r in there)
        assert [r for r in there if not first[r].excluded] == there[:1]


@given(gives, st.decimals(0, 5_000, places=2), st.decimals(0, 5_000, places=2))
def test_more_taken_never_gives_more(rules: dict, one: Decimal, more: Decimal) -> None:  # type: ignore[type-arg]
    cap = [Together("cap", "cap", tuple(REFS), Decimal(8_000))]

    def total(had: Decimal) -> Decimal:
        return sum((s.amount or Decimal(0) for s in combine(rules, cap, {"cap": {REFS[0]: had}}).values()), Decimal(0))

    assert total(one + more) <= total(one)
