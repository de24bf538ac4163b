"""The grammar of an expression: Python's own, of which few kinds of syntax may occur."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING

from .forms import BINARY, FORMS, OF_SEVERAL_VALUES, UNARY
from .lexer import ALLOWED, SLIPS, refusal, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .forms import Form

REFUSED: dict[type[ast.expr], str] = {
    ast.List: "a list stands only as an argument, as in mean([a, b]); other brackets are round",
    ast.Subscript: "an index is part of a name, as in x_0",
    ast.Tuple: "commas stand only between the arguments of a function",
}


def inner_first(text: str) -> list[ast.expr]:
    """All nodes of the syntax tree, operands from left to right before what is computed from them.

    ValueError for text that Python cannot parse, and for any syntax but arithmetic and known functions.

    >>> [ast.unparse(node) for node in inner_first("2*x + y")]
    ['2', 'x', '2 * x', 'y', '2 * x + y']
    """
    nodes, stack = [], [_tree(text)]
    while stack:
        node = stack.pop()
        nodes.append(node)
        stack += _operands(text, node)
    return nodes[::-1]


def refused(message: str, text: str, node: ast.expr) -> ValueError:
    """An error that shows where in the text the node is."""
    before = text.encode()[: node.col_offset].decode()  # Python counts bytes
    return refusal(message, text, len(before))


def miscalled(text: str, call: ast.expr, form: Form) -> ValueError:
    """An error that says how the function is called."""
    return refused(f"the arguments do not fit; write {form.written}", text, call)


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        start = error.offset - 1 if error.offset else len(text)
        raise refusal(_reason(error.msg, text[start : start + 1]), text, start) from None
    except (RecursionError, MemoryError):
        raise ValueError(
            "the expression is nested too deeply, or has too many terms; "
            "parse its parts, and pass them as values"
        ) from None


def _reason(message: str, sign: str) -> str:
    """What Python's parser says, without its advice, which is about programs."""
    if "=" in (sign, *message):
        return SLIPS["="]
    return "an operand is missing" if message.startswith("invalid syntax") else message.partition(";")[0]


def _operands(text: str, node: ast.expr) -> Sequence[ast.expr]:
    """What a node is computed from; ValueError for any syntax that is not listed here."""
    match node:
        case ast.Constant(value=x) if type(x) in {int, float}:
            return ()
        case ast.Name():
            return ()
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return (operand,)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return left, right
        case ast.Call(func=ast.Name(id=name)):
            if name not in FORMS:
                raise refused(_unknown_function(name), text, node)
            return _arguments(text, node, FORMS[name])
    raise refused(REFUSED.get(type(node), ALLOWED), text, node)


def _arguments(text: str, call: ast.Call, form: Form) -> list[ast.expr]:
    """Arguments of a call, those in lists one by one."""
    keywords = [keyword.arg for keyword in call.keywords]
    if None in keywords or len(set(keywords)) < len(keywords):
        raise miscalled(text, call, form)
    groups = [given.elts if isinstance(given, ast.List) else [given] for given in call.args]
    return [*chain.from_iterable(groups), *(keyword.value for keyword in call.keywords)]


def _unknown_function(name: str) -> str:
    if name in OF_SEVERAL_VALUES:
        return f"{name} has several values; {OF_SEVERAL_VALUES[name]}"
    close = get_close_matches(name.lower(), FORMS, n=1)
    advice = f"did you mean {close[0]}?" if close else f"a product is written with *, as in {shown(name)}*(…)"
    return f"no function is named {shown(name)!r}; {advice}"
