"""What is fuzzed: any text as label of every node, through all that shows one.

The laws are relative: what a hostile label brings forth is made of what harmless labels bring forth. No new
element or attribute, no new script, no new word of a language outside of names and quoted texts.
"""

import ast
import json
import math
import os
import re
from collections import defaultdict
from functools import cache
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from xml.etree import ElementTree as ET

import engine
from engine import Value, draw, explain, forward, gradcheck, play, steps, tree
from engine.formula.symbols import GREEK, LETTERS
from engine.pictures.svg.letters import spoken
from engine.source import JAVASCRIPT, program

OWN = str(Path(engine.__file__).parent) + os.sep  # the style sheets and scripts of a page
HARMLESS = (
    ["w", "x", "b", "z", "a", "y", "C"],
    ["w^(1)", "a^(0)", "b^(1)", "z^(1)", "a^(1)", "y", "C_0"],
    ["w_10^(2)", "a_0^(1)", "b_1^(2)", "z_1^(2)", "a_1^(2)", "y_1", "learning rate"],
    [""] * 7,
    ["", "", "", "", "", "y", ""],
    ["x" * 50] * 7,
    ["2x", "δ_1", "σ′", "[z]", "v_1", "\\ & % # _ ~ ^ { } $ < >", "x^(1) + y|z"],
)

LETTERS_BY_NAME = {"mathrm", *GREEK, *LETTERS.values()}


def labels(content, folder, guard):
    """Text of every kind is made of a neuron whose nodes have these labels; each keeps to its law."""
    del folder
    text = content[1:].decode(errors="surrogateescape")
    half = len(text) // 2
    named = [text, text[half:], text[:half], text[::-1], text, "y", text + text[:1]]
    chosen = list(SHOWN)[sum(content[:1]) % len(SHOWN)]
    show, parts = SHOWN[chosen]
    with guard.watching(read=lambda path: path.startswith(OWN)):
        shown = show(neuron(named))
    extra = {part: found - harmless(chosen)[part] for part, found in parts(shown).items()}
    assert not any(extra.values()), f"{chosen} of {text!a}: {extra!a}"
    if chosen == "python":
        assert computed(shown) == expected()
    if chosen == "picture" and text:
        texts = [element.text or "" for element in read_xml(shown).iter()]
        assert any(same(told, text) or spoken(text) in told for told in texts)


def neuron(named):
    """A neuron and its cost, after a backward pass, with seven labels."""
    w, x, b, y = (Value(number) for number in (0.5, 0.88, 0.1, 1.0))
    z = engine.affine(b, [w], [x])
    a = z.sigmoid()
    C = (a - y) ** 2
    for node, label in zip((w, x, b, z, a, y, C), named, strict=True):
        node.label = label
    C.backward()
    return C, w, b


@cache
def harmless(chosen):
    """All parts that occur with harmless labels."""
    show, parts = SHOWN[chosen]
    found = defaultdict(set)
    for named in HARMLESS:
        for part, occurring in parts(show(neuron(named))).items():
            found[part] |= occurring
    return found


@cache
def expected():
    C, w, b = neuron(HARMLESS[0])
    return C.data, (w.grad, b.grad)


def computed(text):
    """Cost and gradient by the generated code: it is run once its parts are known to be harmless."""
    scope = {}
    exec(text, scope)  # noqa: S102  (after the parts of its syntax tree were looked at)
    function = scope["cost_and_gradient"]
    return function(*[0.5, 0.1][: function.__code__.co_argcount])


def as_text(graph):
    C, w, b = graph
    told = [tree(C), explain(C, w), forward(C), *steps(C), gradcheck(C, [w, b]), explain(C, w).nested()]
    return "\n".join(map(str, told))


def parts_of_text(text):
    return {"signs that a terminal obeys": {c for c in text if not c.isprintable()} - {"\n"}}


def as_messages(graph):
    C, w, _ = graph
    stranger = Value(-1.0, label=w.label)
    infinite = Value(math.inf, label=w.label)
    told = []
    for wrong in (
        stranger.log,
        lambda: gradcheck(C, [stranger]),
        lambda: draw(C, highlight=stranger),
        lambda: explain(C, C * w),
        lambda: watched(infinite - infinite * C),
        lambda: engine.grad(stranger * infinite),
        lambda: program(C, params=[stranger]),
        lambda: float(w),
    ):
        try:
            told.append(str(wrong()))
        except (ValueError, ArithmeticError, TypeError) as error:
            told.append(f"{error} {getattr(error, '__notes__', '')}")
    return "\n".join(told)


def watched(C):
    with engine.detect_anomaly():
        return C - C


def as_latex(graph):
    C, w, _ = graph
    return "\n".join([explain(C, w).latex(), forward(C).latex(), explain(C, w).matrix().latex()])


def parts_of_latex(text):
    bare = re.sub(r"\\[_#%&${} ]", "", re.sub(r"\\text\{[^\\{}$%&#_^~]*\}", "", text))
    depth, least = 0, 0
    for sign in re.findall(r"[{}]", bare):
        depth += 1 if sign == "{" else -1
        least = min(least, depth)
    return {
        "commands": set(re.findall(r"\\([a-zA-Z]+|.)", bare, re.DOTALL)) - LETTERS_BY_NAME,
        "signs": set(re.findall(r"[$%&#~<>\x00-\x09\x0b-\x1f]", bare)),
        "open braces": {depth, least},
    }


def as_data(graph):
    C, w, _ = graph
    return json.dumps([explain(C, w).to_dict(), forward(C).to_dict()])


def parts_of_data(text):
    def keys(data):
        if isinstance(data, dict):
            yield from data
            data = list(data.values())
        if isinstance(data, list):
            for inner in data:
                yield from keys(inner)

    return {"keys": set(keys(json.loads(text)))}


def parts_of_xml(text):
    elements = list(read_xml(text).iter())
    return {
        "elements": {element.tag for element in elements},
        "attributes": {(element.tag, name) for element in elements for name in element.attrib},
        "addresses": {x for e in elements for name, x in e.attrib.items() if name.endswith("href")},
    }


QUOTED = re.compile(r'=("(?:[^"\\]|\\.)*"|<(?:[^<>]|<[^<>]*>)*>)', re.DOTALL)
"""An attribute's text in DOT: in quotation marks, or in angle brackets and then with elements in it."""


def parts_of_dot(text):
    tables = [quoted[1:-1] for quoted in QUOTED.findall(text) if quoted[0] == "<"]
    bare = QUOTED.sub("=", text)
    words = {"words": set(re.findall(r"[^\W\d]\w*", bare)), "signs": set(re.sub(r"[\w\s.-]", "", bare))}
    return words | parts_of_xml(f"<x>{''.join(tables)}</x>")


class Page(HTMLParser):
    """Elements with the names of their attributes, and the texts of scripts that are no data."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.programs, self.data = set(), set(), []
        self._reading = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements |= {(tag, name) for name, _ in [*attrs, ("", "")]}
        if tag in {"script", "style"}:
            self._reading = self.data.append if ("type", "application/json") in attrs else self.programs.add

    def handle_data(self, data):
        if self._reading:
            self._reading(data)

    def handle_endtag(self, _):
        self._reading = None


def parts_of_page(text):
    page = Page(text)
    keys = [found for data in page.data for found in parts_of_data(data)["keys"]]
    alike = {re.sub(r'"[0-9a-f]{16}"|\d+', "0", program) for program in page.programs}  # ids and places apart
    return {"elements": page.elements, "programs": alike, "keys": set(keys)}


def parts_of_python(text):
    nodes = list(ast.walk(ast.parse(text)))
    return {
        "syntax": {type(node).__name__ for node in nodes},
        "calls": {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)},
        "comments": set(re.findall(r"#.*", text)),
        "texts": {
            node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        },
    }


def parts_of_javascript(text):
    signs = {c for c in text if not f"a{c}".isidentifier()}
    return {"signs": signs, "calls": set(re.findall(r"[\w$]+(?=\()", text))}


def read_xml(text):
    return ET.fromstring(text)  # noqa: S314  (our own text; that it is well-formed is what is tested)


def same(shown, label):
    """A label as a picture shows it: on one line, and cut off after forty signs."""
    label = label if len(label) <= 40 else f"{label[:39]}…"
    return len(shown) == len(label) and all(
        a == b or not b.isprintable() for a, b in zip(shown, label, strict=True)
    )


SHOWN = {
    "text": (as_text, parts_of_text),
    "messages": (as_messages, parts_of_text),
    "latex": (as_latex, parts_of_latex),
    "data": (as_data, parts_of_data),
    "picture": (lambda graph: draw(graph[0]).svg, parts_of_xml),
    "dot": (lambda graph: draw(graph[0]).dot, parts_of_dot),
    "page": (lambda graph: play(graph[0]).html, parts_of_page),
    "python": (lambda graph: program(graph[0], params=graph[1:]), parts_of_python),
    "javascript": (
        lambda graph: program(graph[0], params=graph[1:], dialect=JAVASCRIPT),
        parts_of_javascript,
    ),
}
"""By name: what is shown of a graph, and the parts of that which no label may add to."""

HOSTILE = [
    "w_01^(2)", "</script><img src=x onerror=alert(1)>", "</title></text><g>", "]]>&lt;&#60;<!--<script>",
    "\"'`${1}\\", "two\nlines\u2028\r\ttab", "__import__('os').system('true')", "lambda", "dC_dw", "v_1",
    "\\end{cases}}{$^_%#", "\x00\x1b[31m\x7f\x85", "\u202eleft", "\udcff", "x" * 300, '\\N \\G "]; a [URL="x',
    "値 مرحبا 🎲 e\u0301", "", "x²", "ﬁ", "𝐝𝐞𝐟", "a[2]", "2", "# comment", "*/ //", "\\", "$", "x'",
    "−1", "²", "·", "½",
]  # fmt: skip
LABELS = {
    "labels": (
        labels,
        [
            bytes([k]) + text.encode(errors="surrogateescape")
            for k, text in product(range(len(SHOWN)), HOSTILE)
        ],
        ["<script>", "</", "\\", '"', "^(1)", "_0", "\n", "{", "}", "import", "onerror=", "]]>"],
    )
}
