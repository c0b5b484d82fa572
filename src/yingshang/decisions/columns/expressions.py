"""FEEL over columns: what has a way of its own goes that way, everything else to the scalar engine, row by distinct row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from yingshang.decisions.columns import comparing, rounding
from yingshang.decisions.columns.assembling import assemble
from yingshang.decisions.columns.masks import Ladder
from yingshang.decisions.columns.numbers import arithmetic
from yingshang.decisions.columns.scalar import Evaluate, Scalar
from yingshang.decisions.columns.steps import RawSteps, ValueSteps
from yingshang.decisions.columns.vectors import CODE, Between, Coded, Exact, Ints, Listing, Raw, Record, Values, Vector
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.compiler import Compiler
from yingshang.decisions.feel.frames import INPUT
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.regions.shape import shape_of

Variables = Mapping[str, Vector]


class Expressions:
    """Evaluates expressions over vectors; keeps what it compiled from batch to batch."""

    def __init__(self, scalar: Scalar) -> None:
        self.scalar = scalar
        self.label = ""
        self._verdicts = comparing.verdicts()
        self._closures: dict[Any, tuple[Evaluate, frozenset[str], Node]] = {}
        self._constants: dict[int, tuple[Values, Node]] = {}
        self._steps: dict[Any, Any] = {}

    def value(self, expression: Expression, scope: Variables, rows: int) -> Vector:
        """The value of an expression in every row."""
        return self.node(expression.tree, scope, rows)

    def node(self, node: Node, scope: Variables, rows: int) -> Vector:
        match node:
            case syntax.Literal(value):
                return self._constant(node, value, rows)
            case syntax.Name(name) if name in scope:
                return scope[name]
            case syntax.Path(source, name):
                return self._path(node, source, name, scope, rows)
            case syntax.Negate() | syntax.Arithmetic():
                return self._arithmetic(node, scope, rows)
            case syntax.Compare(op, left, right):
                return self._compare(node, op, left, right, scope, rows)
            case syntax.Between(value, _, _) | syntax.In(value, _):
                return self._asked(node, value, scope, rows)
            case syntax.If(condition, then, otherwise):
                return self._if(node, condition, then, otherwise, scope, rows)
            case syntax.Logic(_, operands):
                return self._holes(node, operands, scope, rows)
            case syntax.Call(syntax.Name(name), positional, []) if name in BUILTINS and name not in scope:
                return self._call(node, name, positional, scope, rows)
            case syntax.ListOf(items):
                return Listing([self.node(i, scope, rows) for i in items], rows)
            case syntax.ContextOf(entries) if len({k for k, _ in entries}) == len(entries):
                return self._context(entries, scope, rows)
            case syntax.Tests([syntax.Comparison(op, endpoint)], False) if op not in ("=", "!=") and "?" in scope:
                return self._compare(node, op, syntax.Name("?"), endpoint, scope, rows)
        return self.by_rows(node, scope, rows)

    # --- the scalar engine's ways -------------------------------------------------------------------------------------

    def by_rows(self, node: Node, scope: Variables, rows: int) -> Coded:
        """The scalar engine on every distinct combination of the variables that a node reads."""
        evaluate, names = self._closure(node, frozenset(scope))
        leaves = {n: scope[n] for n in sorted(names) if n in scope}
        return self.scalar.over(self.label, id(node), evaluate, leaves, rows)

    def exact(self, node: Node, scope: Variables) -> Exact:
        """The scalar engine's values of some rows, when they are asked for."""

        def values(rows: Ints) -> list[Any]:
            evaluate, names = self._closure(node, frozenset(scope))
            return self.scalar.values(self.label, evaluate, {n: scope[n] for n in sorted(names) if n in scope}, rows)

        return values

    def _closure(self, node: Node, known: frozenset[str]) -> tuple[Evaluate, frozenset[str]]:
        held = self._closures.get((id(node), known))
        if held is None:
            compiler = Compiler(known)
            run = compiler.run(node)
            size = compiler.size

            def evaluate(scope: Mapping[str, Any]) -> Any:
                frame: list[Any] = [None] * size
                frame[0], frame[1], frame[INPUT] = scope, self.scalar.run.budget, scope.get("?")
                return run(frame)

            # The node is kept so that no other can come to have its identity.
            held = self._closures[(id(node), known)] = (evaluate, frozenset(compiler.free), node)
        return held[0], held[1]

    def _holes(self, node: Node, operands: Sequence[Node], scope: Variables, rows: int) -> Vector:
        """An operator over its operands' values, where those are few; else over the variables."""
        vectors = [self.node(o, scope, rows) for o in operands]
        if not all(isinstance(v, Coded) and v.values.lasting for v in vectors):
            return self.by_rows(node, scope, rows)
        return self._over(node, operands, vectors, rows)

    def _over(self, node: Node, operands: Sequence[Node], vectors: Sequence[Vector], rows: int) -> Coded:
        names = [f"\0{n}" for n in range(len(operands))]
        key = ("holes", id(node))
        held = self._closures.get(key)
        if held is None:
            hollow = _with_operands(node, [syntax.Name(n) for n in names])
            held = self._closures[key] = (*self._closure(hollow, frozenset(names)), node)
        return self.scalar.over(self.label, key, held[0], dict(zip(names, vectors, strict=True)), rows)

    def _constant(self, node: Node, value: Any, rows: int) -> Coded:
        held = self._constants.get(id(node))
        if held is None:
            held = self._constants[id(node)] = (Values([value], lasting=True), node)
        return Coded(np.zeros(rows, CODE), held[0])

    # --- ways of their own --------------------------------------------------------------------------------------------

    def _path(self, node: Node, source: Node, name: str, scope: Variables, rows: int) -> Vector:
        vector = self.node(source, scope, rows)
        if isinstance(vector, Record):
            return vector.entry(name)
        if isinstance(vector, Coded) and vector.values.lasting:
            return self._over(node, [source], [vector], rows)
        return self.by_rows(node, scope, rows)

    def _arithmetic(self, node: Node, scope: Variables, rows: int) -> Vector:
        if isinstance(node, syntax.Negate):
            operand = self.node(node.operand, scope, rows)
            if isinstance(operand, Coded) and operand.values.lasting:
                return self._over(node, [node.operand], [operand], rows)
            negated = arithmetic("-", self._constant(node, Decimal(0), rows), operand, self.exact(node, scope))
            return self.by_rows(node, scope, rows) if negated is None else negated
        assert isinstance(node, syntax.Arithmetic)
        first, chain = node.first, node.rest
        left = self.node(first, scope, rows)
        for n, (op, operand_node) in enumerate(chain):
            right = self.node(operand_node, scope, rows)
            part = self._part(node, n + 1)
            few = all(isinstance(v, Coded) and v.values.lasting for v in (left, right))
            if few and _size(left) * _size(right) <= 4096:
                left = self._over(self._part(node, n + 1, alone=True), [first, operand_node], [left, right], rows)
                continue
            result = arithmetic(op, left, right, self.exact(part, scope))
            if result is None:
                return self.by_rows(node, scope, rows)
            left = result
        return left

    def _part(self, node: syntax.Arithmetic, length: int, alone: bool = False) -> Node:
        """The first operators of a chain, or one of them ``alone``; the same node every time."""
        if length == len(node.rest) and not alone:
            return node
        key = ("part", id(node), length, alone)
        if key not in self._steps:
            rest = node.rest[length - 1 : length] if alone else node.rest[:length]
            self._steps[key] = syntax.Arithmetic(node.first, rest)
        part: Node = self._steps[key]
        return part

    def _compare(self, node: Node, op: str, left: Node, right: Node, scope: Variables, rows: int) -> Vector:
        a, b = self.node(left, scope, rows), self.node(right, scope, rows)
        if all(isinstance(v, Coded) and v.values.lasting for v in (a, b)) and _size(a) * _size(b) <= 4096:
            return self._over(syntax_compare(self._steps, node, op), [left, right], [a, b], rows)
        for vector, constant, turned in ((a, b, False), (b, a, True)):
            single = isinstance(constant, Coded) and len(constant.values) == 1 and constant.values.lasting
            if single and isinstance(vector, (Raw, Between)):
                assert isinstance(constant, Coded)
                return self._steps_of(node, op, vector, constant.values.items[0], turned)
        verdict = comparing.compare(op, a, b, self.exact(node, scope), self._verdicts)
        return self.by_rows(node, scope, rows) if verdict is None else verdict

    def _steps_of(self, node: Node, op: str, vector: Raw | Between, constant: Any, turned: bool) -> Coded:
        def asked(value: Any) -> Any:
            return comparing.told(op, constant, value) if turned else comparing.told(op, value, constant)

        return self._told(("compare", id(node), id(constant), turned), [constant], asked, vector, constant)

    def _asked(self, node: Node, value: Node, scope: Variables, rows: int) -> Vector:
        """``between`` and ``in`` with constants: asked once for every step between them."""
        vector = self.node(value, scope, rows)
        key = ("asked", id(node))
        if key not in self._steps:
            hollow = _with_operands(node, [syntax.Name("?"), *syntax.children(node)[1:]])
            shape = shape_of(syntax.Tests([hollow], False))
            free = self._closure(hollow, frozenset())[1] - {"?"} - BUILTINS.keys()
            self._steps[key] = (hollow, None if shape is None or free else shape.points)
        hollow, points = self._steps[key]
        if points is None or isinstance(vector, (Record, Listing)):
            return self.by_rows(node, scope, rows)
        evaluate, _ = self._closure(hollow, frozenset())
        return self._told(key, points, lambda v: self.scalar.once(evaluate, {"?": v}), vector, node)

    def _told(self, key: Any, points: Sequence[Any], asked: Callable[[Any], Any], vector: Vector, kept: Any) -> Coded:
        """What is the same for all values between two constants, asked once for each such step."""
        if isinstance(vector, Raw):
            place = (*key, vector.domain)
            if place not in self._steps:
                steps = RawSteps(vector.domain, points)
                values = Values(lasting=True)
                codes = np.asarray([values.add(asked(s)) for s in steps.samples], CODE)
                self._steps[place] = (steps, codes, values, kept)
            steps, codes, values, _ = self._steps[place]
            return Coded(codes[steps.bin(vector)], values)
        if isinstance(vector, Between):
            place = (*key, "between")
            if place not in self._steps:
                self._steps[place] = (ValueSteps(Ladder(points)), Values(lasting=True), kept)
            found, values, _ = self._steps[place]
            bins = found.bin(vector)
            return Coded(np.asarray([values.add(asked(s)) for s in found.samples], CODE)[bins], values)
        return vector.coded().mapped((self, *key), asked)

    def _if(self, node: Node, condition: Node, then: Node, otherwise: Node, scope: Variables, rows: int) -> Vector:
        verdict = self.node(condition, scope, rows).coded()
        yes = verdict.mapped("is true", lambda v: v is True)
        truth = np.asarray(yes.values.items, np.bool_)[yes.codes]
        return self.choose(
            node, truth, self.node(then, scope, rows), self.node(otherwise, scope, rows), self.exact(node, scope)
        )

    def choose(self, kept: Any, truth: Any, a: Vector, b: Vector, exact: Exact) -> Vector:
        """``a`` where true, else ``b``; ``kept`` is what has the two branches."""
        parts = [(np.nonzero(truth)[0], a), (np.nonzero(~truth)[0], b)]
        return self.assemble(kept, [(rows, v.take(rows)) for rows, v in parts], len(truth), exact)

    def assemble(self, kept: Any, parts: Sequence[tuple[Ints, Vector]], rows: int, exact: Exact) -> Vector:
        """One vector of parts that have some of the rows each."""
        held = self._steps.setdefault(("assembled", id(kept)), (Values(lasting=True), kept))
        return assemble(parts, rows, exact, held[0])

    def _call(self, node: Node, name: str, arguments: Sequence[Node], scope: Variables, rows: int) -> Vector:
        vectors = [self.node(a, scope, rows) for a in arguments]
        if all(isinstance(v, Coded) and v.values.lasting for v in vectors) and vectors:
            return self._holes(node, arguments, scope, rows)
        result = rounding.call(name, vectors, self.exact(node, scope))
        return self.by_rows(node, scope, rows) if result is None else result

    def _context(self, entries: Sequence[tuple[str, Node]], scope: Variables, rows: int) -> Record:
        inner = dict(scope)
        fields: dict[str, Vector] = {}
        for key, value in entries:
            fields[key] = inner[key] = self.node(value, inner, rows)
        return Record(fields, rows)


def _size(vector: Vector) -> int:
    return len(vector.values) if isinstance(vector, Coded) else 1 << 62


def syntax_compare(held: dict[Any, Any], node: Node, op: str) -> Node:
    """The node itself, or for the test of a cell the comparison that it stands for."""
    if isinstance(node, syntax.Compare):
        return node
    return held.setdefault(("test", id(node)), syntax.Compare(op, syntax.Name("?"), syntax.Name("?")))  # type: ignore[no-any-return]


def _with_operands(node: Node, operands: Sequence[Node]) -> Node:
    """A node of the same kind over other operands, in the order of :func:`syntax.children`."""
    match node:
        case syntax.Logic(op, _):
            return syntax.Logic(op, list(operands))
        case syntax.Negate():
            return syntax.Negate(operands[0])
        case syntax.Arithmetic(_, [(op, _)]):
            return syntax.Arithmetic(operands[0], [(op, operands[1])])
        case syntax.Compare(op, _, _):
            return syntax.Compare(op, operands[0], operands[1])
        case syntax.Between():
            return syntax.Between(*operands)
        case syntax.In():
            return syntax.In(operands[0], list(operands[1:]))
        case syntax.Path(_, name):
            return syntax.Path(operands[0], name)
        case syntax.Call(target, _, []):
            return syntax.Call(target, list(operands), [])
    raise AssertionError(f"{type(node).__name__} has no operands to exchange")
