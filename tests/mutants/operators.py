"""What is changed in a module: cosmic-ray's operators that fit our code, and two of our own."""

from collections.abc import Iterator
from typing import Any

import attrs
import cosmic_ray.plugins
import parso.python.tree as tree
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

__all__ = ["Mutant", "mutants_of"]

#: Of cosmic-ray. Its operators on `|` would change type annotations, and those that replace one
#: comparison by each of the others would say the same several times.
NAMES = (
    "core/AddNot",
    "core/ExceptionReplacer",
    "core/NumberReplacer",
    "core/ReplaceAndWithOr",
    "core/ReplaceBinaryOperator_Add_Sub",
    "core/ReplaceBinaryOperator_Sub_Add",
    "core/ReplaceBinaryOperator_Mul_Div",
    "core/ReplaceBreakWithContinue",
    "core/ReplaceComparisonOperator_Eq_NotEq",
    "core/ReplaceComparisonOperator_Gt_LtE",
    "core/ReplaceComparisonOperator_Gt_GtE",
    "core/ReplaceComparisonOperator_GtE_Gt",
    "core/ReplaceComparisonOperator_Is_IsNot",
    "core/ReplaceComparisonOperator_IsNot_Is",
    "core/ReplaceComparisonOperator_LtE_Gt",
    "core/ReplaceComparisonOperator_LtE_Lt",
    "core/ReplaceComparisonOperator_Lt_GtE",
    "core/ReplaceComparisonOperator_Lt_LtE",
    "core/ReplaceComparisonOperator_NotEq_Eq",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceOrWithAnd",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/ZeroIterationForLoop",
)


#: Arguments that say how a class or a loop is meant: what they refuse, no program of ours does.
_GUARDS = ("eq", "init", "kw_only", "strict")


class _Ours(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


class DeleteStatement(_Ours):
    """Puts `pass` in place of a statement that is a call or an assignment to an attribute."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the place of the statement, if it is one and is no docstring."""
        if _is_deletable(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return `pass`, with what stood before the statement."""
        return tree.Name("pass", node.start_pos, node.get_first_leaf().prefix)


def _is_deletable(node: Any) -> bool:
    if node.parent is None or node.parent.type != "simple_stmt":
        return False
    if node.type == "atom_expr":
        return bool(node.children[-1].type == "trailer" and node.children[-1].children[0] == "(")
    return bool(node.type == "expr_stmt" and node.children[0].type == "atom_expr")


class DropCondition(_Ours):
    """Leaves out the last part of a condition that is joined by `and`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the place of the last part."""
        if node.type == "and_test":
            yield node.children[-1].start_pos, node.children[-1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the condition without it."""
        del node.children[-2:]
        return node


@attrs.frozen
class Mutant:
    """One change of one module.

    Args:
        operator: its name.
        line: where, from 1.
        source: the whole module, changed.
        before: the line as it is.
        after: the first changed line as it becomes.
    """

    operator: str
    line: int
    source: str
    before: str
    after: str


def mutants_of(source: str) -> Iterator[tuple[str, Operator, int, int]]:
    """Yield every change there is: the operator's name, the operator, its occurrence, its line."""
    nodes = list(ast_nodes(get_ast(source)))
    operators: list[tuple[str, Operator]] = [
        (name.removeprefix("core/"), cosmic_ray.plugins.get_operator(name)()) for name in NAMES
    ]
    operators += [("DeleteStatement", DeleteStatement()), ("DropCondition", DropCondition())]
    for name, operator in operators:
        places = [(place, node) for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, ((start, _), node) in enumerate(places):
            if not _is_declared(node):
                yield name, operator, occurrence, start[0]


def _is_declared(node: Any) -> bool:
    """Whether it is the value of an argument that only guards against mistakes in our own code."""
    parent = node.parent
    if parent is None or parent.type != "argument":
        return False
    return parent.children[0].get_code().strip() in _GUARDS


def make(source: str, name: str, operator: Operator, occurrence: int, line: int) -> Mutant | None:
    """Return the mutant, or None where nothing changes or nothing can be parsed any more."""
    try:
        changed = mutate_code(source, operator, occurrence)
    except AttributeError:
        # Observed: cosmic-ray cannot replace an exception whose name has a dot.
        return None
    if changed is None or changed == source:
        return None
    try:
        compile(changed, "mutant", "exec")
    except SyntaxError:
        return None
    pairs = zip(source.splitlines(), changed.splitlines(), strict=False)
    number, (before, after) = next(
        (number, pair) for number, pair in enumerate(pairs, start=1) if pair[0] != pair[1]
    )
    return Mutant(name, number, changed, before.strip(), after.strip())
