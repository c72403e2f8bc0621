"""Finds, in the text of an async generator, a `yield` inside a timeout or a task group.

Such a generator cancels the wrong task, or hangs (PEP 789). Only what the text shows is found.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from tokenize import TokenError
from typing import Any

from pelton.streams.poll import YieldInsideScope

__all__ = ["check_yields"]

CANCELLING = frozenset(
    {"timeout", "timeout_at", "TaskGroup", "open_nursery", "CancelScope", "create_task_group"}
    | {"move_on_after", "move_on_at", "fail_after", "fail_at"}
)


def check_yields(function: Callable[..., Any]) -> None:
    """YieldInsideScope for the first `yield` that stands inside such a block."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TokenError, TypeError):
        return  # typed at a prompt, made by exec, or part of a larger expression
    for block in _own_nodes(tree.body[0]) if tree.body else ():
        if isinstance(block, ast.With | ast.AsyncWith):
            name = _cancelling(block)
            for node in _own_nodes(block) if name else ():
                if isinstance(node, ast.Yield):
                    line = function.__code__.co_firstlineno + node.lineno - 1
                    raise YieldInsideScope(
                        f"{function.__qualname__}, line {line}: yields inside {name}(), whose cancellation would hit "
                        f"the consumer; take the item inside, yield it outside"
                    )


def _cancelling(block: ast.With | ast.AsyncWith) -> str | None:
    for item in block.items:
        call = item.context_expr
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in CANCELLING:
                return str(name)
    return None


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, but not those of functions defined in it: their yields are their own."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own_nodes(child)
