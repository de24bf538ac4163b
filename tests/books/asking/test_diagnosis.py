"""From wrong numbers to what they come from, and what a learner is told."""

import math
import random

import pytest

from engine import Value, affine, apply, exercise, rules
from engine.asking import TABLE, Key, SheetVerdict
from engine.asking.mistakes import Occurrence
from engine.asking.passes import nearest, sweep, upward, wobbly, workings
from engine.asking.slips import read, show
from engine.asking.wording import in_words


def shared():
    """C = s s + s c, where s = a b is used three times."""
    a, b, c = Value(-3.0, label="a"), Value(4.0, label="b"), Value(3.0, label="c")
    s = a * b
    s.label = "s"
    return s * s + s * c, (a, b, c, s)


def chain():
    """A neuron and its cost, with numbers that need rounding."""
    w, x, b, y = (Value(n, label=name) for n, name in [(1.7, "w"), (0.6, "x"), (-0.4, "b"), (1.3, "y")])
    z = affine(b, [w], [x])
    z.label = "z"
    a = z.sigmoid()
    a.label = "a"
    return apply(rules.squared_error, a, y), (w, x, b, y, z, a)


# ── One number ────────────────────────────────────────────────────────────────────────────────────


def test_the_example_of_the_notes():
    """Overwriting is told with the number of uses; a flipped sign is only a sign; a moved point is a slip."""
    C, (a, *_) = shared()
    key = Key(C)
    i = key.index(a)
    assert key.one(i, "-84")
    told = key.one(i, "-48")
    assert not told
    assert "overwritten" in told.mistakes or "first_path_only" in told.mistakes
    sign = key.one(i, 84)
    assert sign.kind == sign.family == "sign"
    assert str(sign).startswith("The size is right")
    assert key.one(i, "-8.4").kind == "slip"
    assert "decimal point" in key.one(i, "-8.4").message


def test_a_slip_of_one_digit_and_a_swap_are_called_slips():
    """Where nothing else gives the number, the message is about the digits."""
    C, (w, *_) = chain()
    key = Key(C)
    i = key.index(w)
    right = show(key.answers[i])
    digits = [k for k, c in enumerate(right) if c.isdigit() and right[: k + 1].strip("-0.")]
    first, second = digits[:2]
    swapped = right[:first] + right[second] + right[first + 1 : second] + right[first] + right[second + 1 :]
    found = key.one(i, swapped)
    assert found.kind == "slip", (right, swapped)
    assert "swapped" in found.message
    other = [key.one(i, right[:first] + c + right[first + 1 :]) for c in "123456789" if c not in right[first]]
    assert {"one_digit"} <= {name for verdict in other for name in verdict.mistakes}


def test_too_few_digits_are_close():
    """Two digits for three are no mistake, and neither is the number of who rounds to two on the way."""
    C, (w, *_) = chain()
    key = Key(C)
    i = key.index(w)
    early = nearest(2)(key.answers[i])
    assert key.one(i, show(early, 2)).kind in {"close", "right"}
    near = key.answers[i] * 1.025
    assert key.one(i, show(near)).kind == "close"


def test_an_unknown_number_is_called_the_limit_of_the_program():
    """No verdict on the learner, and an offer: a hint, or the box above."""
    C, (a, *_) = shared()
    key = Key(C)
    found = key.one(key.index(a), "977")
    assert found.kind == "unknown"
    assert found.mistakes == ()
    assert "my limit" in found.message
    assert found.asks_for == "∂C/∂s"


def test_one_more_box_tells_more():
    """With the number above, wrong or right, the verdict says where to look; or which mistake it was."""
    C, (a, _, _, s) = shared()
    key = Key(C)
    i, above = key.index(a), key.index(s)
    assert "Look at ∂C/∂s first" in key.with_one_more(i, "977", above, "500").message
    assert "∂C/∂s is right" in key.with_one_more(i, "977", above, "-21").message
    assert "operands_swapped" in key.with_one_more(i, "63", above, "-21").mistakes
    numbers = key.made("paths_averaged")
    assert key.with_one_more(i, show(numbers[i]), above, show(numbers[above])).mistakes[:1] == (
        "paths_averaged",
    )
    once = key.with_one_more(key.index(s), "-24", key.index(C.parents[0]), "1")
    assert once.kind in {"told", "several", "slip"}


@pytest.mark.parametrize("shape", ["1-1-1-1", "shared"])
def test_the_box_that_is_asked_for_decides(shape):
    """Whichever of several mistakes it was, its number there rules out another one; no known box is asked."""
    key = exercise(shape, seed=1, level=3).key
    asked = 0
    for i in range(1, len(key.nodes)):
        for text in {show(key.made(name)[i]) for name in key.occurring}:
            for closed in ((), key.into[i][0], range(1, len(key.nodes))):
                found = key.one(i, text, closed=closed)
                assert found.follow_up not in {*closed, 0, i}
                assert str(found).endswith(found.request)
                if found.kind == "several" and (box := found.follow_up):
                    asked += 1
                    assert f"Fill in {key.words.gradient(box)} as well" in found.request
                    for name in set(found.mistakes) & set(TABLE):
                        more = key.few({i: text, box: show(key.made(name)[box])})
                        assert set(found.explanations) - set(more.explanations)
    assert asked


def test_numbers_that_are_known_count():
    """What cannot be with the number above it is not named; what was worked out before it is known is."""
    C, (a, _, _, s) = shared()
    key = Key(C)
    i, above = key.index(a), key.index(s)
    assert key.above(i) == [above, key.index(C.parents[1]), key.index(C.parents[0])]
    assert key.one(i, "-84", known={above: "-21"})
    assert key.one(i, "4", known={above: "-21"}).mistakes == ("upstream_forgotten",)
    assert key.one(i, "-48").mistakes == ("overwritten",)
    assert key.one(i, "-48", known={above: "-21"}).mistakes == ("digits_swapped",)  # of −84
    assert key.one(i, "-28", known={above: "-21"}).mistakes == ("paths_averaged",)
    assert key.one(i, "63", known={above: "-21", i: "5"}).mistakes == ("operands_swapped",)
    assert key.one(i, "977", known={above: "-21"}).asks_for == ""


def test_several_that_fit_are_all_listed():
    """Of a lost 2 and averaged paths half of the answer comes: the message asks about both."""
    made = exercise("2-2-1", seed=1)
    key = made.key
    found = [key.one(i, show(x / 2)) for i, x in enumerate(key.answers) if i]
    half = [verdict for verdict in found if {"factor_two_lost", "paths_averaged"} <= {*verdict.mistakes}]
    assert half
    assert half[0].kind == "several"
    assert "half of it" in half[0].message
    assert half[0].follow_up is not None


def test_another_box_is_first_only_if_it_leads_here():
    """A box from which no step leads to the one that was asked for cannot be looked at first, or from."""
    C, (a, _, c, s) = shared()
    key = Key(C)
    for other, right, wrong in ((a, "-84", "500"), (c, "-12", "500")):
        asked, box = key.index(s), key.index(other)
        verdict = key.with_one_more(asked, "977", box, wrong)
        assert f"Look at {key.words.gradient(box)} too" in verdict.message
        verdict = key.with_one_more(asked, "977", box, right)
        assert "does not go with it" in verdict.message
        assert "from there" not in verdict.message


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("shape", ["1-1-1-1", "2-2-1"])
def test_a_swap_at_the_last_step_alone_is_never_told_as_another_mistake(shape, level):
    """∂C/∂w = δ w in place of δ a, with a right δ: that is listed, or only the sign is mentioned."""
    every = 0
    for seed in range(12):
        made = exercise(shape, level=level, seed=seed)
        made.root.backward()
        for z in made.key.nodes:
            if not (z.rule and z.rule.name == "affine"):
                continue
            for w in z.parents[1 : 1 + len(z.parents) // 2]:
                verdict = made.key.one(made.key.index(w), show(z.grad * w.data))
                if verdict.kind not in {"right", "sign", "close"} and abs(z.grad * w.data) > 1e-9:
                    every += 1
                    assert "operands_swapped" in verdict.mistakes, (seed, w, verdict)
    assert every > 20


def test_paths_that_are_left_out_are_named():
    """Which arrow is the last depends on the order, so the verdict says where it leads."""
    C, (*_, s) = shared()
    key = Key(C)
    assert key.one(key.index(s), "-12").message.endswith("The last one comes through v_1.")


def test_two_mistakes_in_one_number_are_two_things():
    """If only two mistakes together give a number, both are named."""
    C, (w, *_) = chain()
    key = Key(C)
    i = key.index(w)
    messages = []
    for names, numbers in key.pairs.items():
        found = key.one(i, show(numbers[i]))
        if found.explanations == (names,):
            messages.append(found.message)
    assert any("Two things seem to be going on" in message for message in messages)


def test_few_judges_together():
    """Numbers that are all right are right; without any there is nothing to say."""
    C, (a, b, *_) = shared()
    key = Key(C)
    assert key.few({key.index(a): "-84", key.index(b): "63"})
    assert key.few({})
    assert not key.few({key.index(a): "-84", key.index(b): "12"})


# ── A sheet ───────────────────────────────────────────────────────────────────────────────────────


def on_sheet(key, **texts):
    """The right sheet with some boxes written otherwise."""
    written = [show(x) for x in key.answers]
    for name, text in texts.items():
        i = next(i for i in range(len(written)) if key.words.name(i) == name)
        written[i] = text
    return written


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_a_box_follows_only_if_one_above_is_wrong(digits):
    """Right numbers with fewer digits: a box alone never follows; below others, only from one that is off."""
    key = Key(exercise("1-1-1-1", seed=2, level=3).root)
    written = [show(x, digits) for x in key.answers]
    verdicts = key.sheet(written).boxes
    off = {i for i, verdict in enumerate(verdicts) if verdict.kind != "right"}
    for i in range(1, len(written)):
        single = key.sheet([text if j == i else "" for j, text in enumerate(written)])
        assert single.boxes[i].kind != "follows"
        assert bool(single) == bool(key.one(i, written[i]))
        assert verdicts[i].kind != "follows" or off & {*key.above(i)}
    assert bool(off) == (digits < 3)


def test_what_follows_from_a_wrong_number_is_not_wrong():
    """One slip above, all below worked out from it: one box to look at."""
    C, _ = shared()
    key = Key(C)
    found = key.sheet(on_sheet(key, s="-12", a="-48", b="36"))
    kinds = {key.words.name(i): verdict.kind for i, verdict in enumerate(found.boxes)}
    assert kinds["a"] == kinds["b"] == "follows"
    assert kinds["C"] == kinds["c"] == "right"
    assert isinstance(found, SheetVerdict)
    assert not found
    assert "One box to look at: s." in str(found)
    assert "follow rightly" in found.message
    assert "steps are right" in found.message


def test_blank_boxes_are_left_aside():
    """A sheet that is right as far as it goes; an empty one; one with text in it."""
    C, _ = shared()
    key = Key(C)
    assert key.sheet(on_sheet(key)).message == "Everything is right."
    some = key.sheet(on_sheet(key, a="", b=" "))
    assert some
    assert "Two boxes are still blank." in some.message
    assert [verdict is None for verdict in some.boxes].count(True) == 2
    empty = key.sheet([""] * len(key.nodes))
    assert "No box is filled in" in empty.message
    unread = key.sheet(on_sheet(key, a="many"))
    assert "unread" in {verdict.kind for verdict in unread.boxes}
    assert "One box to look at: a" in unread.message
    with pytest.raises(ValueError, match="a sheet has 7 boxes, got 1 texts"):
        key.sheet(["1"])


def test_a_few_numbers_on_a_sheet_are_judged_as_a_few():
    """With two boxes filled in, the mistake is looked for in these two."""
    C, (a, _, _, s) = shared()
    key = Key(C)
    written = [""] * len(key.nodes)
    numbers = key.made("overwritten")
    for i in (key.index(a), key.index(s)):
        written[i] = show(numbers[i])
    assert "overwritten" in key.sheet(written).mistakes


@pytest.mark.parametrize("name", TABLE)
def test_each_mistake_is_told_on_a_sheet_where_it_shows(name):
    """A graph for each mistake in the table: its sheet names it, or lists it, and says how to see it."""
    x, y, z = (Value(n, label=k) for n, k in [(1.3, "x"), (0.7, "y"), (-0.6, "z")])
    s = x * y
    graphs = {
        "mean_like_sum": lambda: _mean(x * y, y * z, x.sin()),
        "half_lost": lambda: apply(rules.half_squared_error, (x * y).tanh(), z),
        "quotient_half": lambda: (x * z).sin() / y,
        "slope_at_wrong_point": lambda: ((2.0 * x).sin() * y - z) ** 2,
        "minus_lost": lambda: (x * y - z).tanh() * (y - x),
        "error_reversed": lambda: (x.sin() * y - z) ** 2,
        "half_the_formula": lambda: (x * y + z).tanh() * z,
        "other_activation": lambda: (x * y + z).sigmoid() * z,
        "factor_two_lost": lambda: (x.sin() * y - z) ** 2,
        "exponent_kept": lambda: (x.sin() * y - z) ** 3,
    }
    C = graphs.get(name, lambda: (s * s.tanh() + s * z).sin() * y + (z + x) * s)()
    key = Key(C)
    assert name in key.occurring
    found = key.sheet([show(n) for n in sweep(workings(C, nearest(3)), [TABLE[name]])])
    assert found.kind in {"told", "several"}
    assert name in found.mistakes
    assert "This is what comes out when" in found.message
    assert TABLE[name].chapter[:2] in {"01", "03", "05", "08"}
    assert TABLE[name].kind in {"slope", "step", "gather", "order", "start"}


def _mean(*xs):
    return apply(rules.mean, *xs)


def test_a_mistake_that_was_made_once_is_found_by_the_learners_own_numbers():
    """A slope forgotten at one node only: that box is told, all others are right or follow."""
    made = exercise("1-1-1-1", level=3, seed=2)
    key = made.key
    once = sweep(
        workings(made.root, nearest(3)), [TABLE["activation_forgotten"]], key.index(made.root.parents[0])
    )
    found = key.sheet([show(x) for x in once])
    wrong = [verdict for verdict in found.boxes if verdict.kind not in {"right", "follows"}]
    assert len(wrong) == 1
    assert "activation_forgotten" in wrong[0].mistakes


def test_two_mistakes_on_a_sheet_are_both_named():
    """A product derived wrongly, and paths that overwrite: two things, and where to begin."""
    C, _ = shared()
    key = Key(C)
    both = ("operands_swapped", "overwritten")
    found = key.sheet([show(x) for x in sweep(key.exact, [TABLE[name] for name in both])])
    assert any(set(both) == {*names} for names in found.explanations)
    singles = [
        key.sheet([show(x) for x in sweep(key.exact, [TABLE[a], TABLE[b]])]).message for a, b in [*key.pairs]
    ]
    assert any("Two things seem to be going on" in message for message in singles)
    assert any("Begin with" in message for message in singles)


def test_two_different_mistakes_made_once_each():
    """One in one box and one in another, with nothing in common, explain the sheet together."""
    made = exercise("1-1-1-1", level=3, seed=2)
    key = made.key
    sheet = workings(made.root, nearest(3))
    by_name = {key.words.name(i): i for i in range(len(key.nodes))}
    numbers = sweep(sheet)
    z3, w1 = by_name["z^(3)"], by_name["w^(1)"]
    texts = [show(x) for x in numbers]
    texts[w1] = show(sweep(sheet, [TABLE["factor_forgotten"]], by_name["z^(1)"])[w1])
    ratio = sweep(sheet, [TABLE["activation_forgotten"]], by_name["a^(3)"])[z3] / numbers[z3]
    texts = [
        show(float(t) * ratio) if key.words.name(i) not in {"C", "a^(3)", "y"} else t
        for i, t in enumerate(texts)
    ]
    found = key.sheet(texts)
    wrong = {i for i, verdict in enumerate(found.boxes) if verdict.kind not in {"right", "follows"}}
    assert wrong == {z3, w1}
    assert {"activation_forgotten", "local_forgotten"} & {*found.boxes[z3].mistakes}


# ── Keys, and what they refuse ────────────────────────────────────────────────────────────────────


def test_wrong_calls():
    """What came, what was expected, what to do."""
    C, _ = shared()
    key = Key(C)
    with pytest.raises(TypeError, match="a key belongs to the root of a graph"):
        Key(3.0)
    with pytest.raises(ValueError, match="does not depend on"):
        key.index(Value(1.0))
    with pytest.raises(IndexError, match="boxes 0 to 6, got 7"):
        key.one(7, "1")
    with pytest.raises(ValueError, match="not a number that I can read"):
        key.one(1, "one")
    with pytest.raises(TypeError, match="an answer is a number, or text"):
        key.one(1, [1.0])
    with pytest.raises(ValueError, match="no mistake named 'x'"):
        key.made("x")
    x = Value(1.0)
    for _ in range(1001):
        x = x.sin()
    with pytest.raises(ValueError, match="at most 1,000 boxes, got 1,002"):
        Key(x)
    with pytest.raises(ValueError, match="finite numbers"):
        Key(Value(math.inf) * 2.0)


def test_a_key_says_what_it_is():
    """Its repr counts boxes and mistakes."""
    assert repr(Key(shared()[0])).startswith("<Key of 7 boxes; ")


def test_printed_values_are_gone_on_with():
    """With the forward pass on the sheet, everybody rounds it in the same way."""
    C, _ = chain()
    assert Key(C, printed=True).exact.values[0] == float(show(Key(C, printed=True).exact.values[0]))


def test_a_rounding_that_leaves_the_domain_is_passed_over():
    """0.9996 rounded to 1 has no atanh, and no slope of acos; the key is made of the other habits."""
    for function in (Value.atanh, Value.acos):
        x = Value(0.9978, label="x")
        key = Key(function(x * 1.0018))
        assert len(key.worlds) < 9
        assert key.one(key.index(x), key.answers[key.index(x)])


def test_a_node_made_by_hand_keeps_its_numbers():
    """It has no rule to be worked out with, and is taken as it is."""
    x = Value(2.0, label="x")
    y = Value(8.0, (x,), "cube", local_derivatives=[12.0])
    key = Key(y * 2.0)
    assert key.answers[key.index(x)] == 24.0


def test_a_large_graph_is_not_searched_for_mistakes_made_once():
    """From 60 boxes on they would cost too much; those made everywhere are still found."""
    y = Value(2.0, label="x")
    for _ in range(70):
        y = y + 1.0
    double = y * 2.0
    key = Key(double * 3.0)
    assert key.here == {}
    above, below = key.index(double), key.index(y)
    found = key.with_one_more(below, "3", above, "3")  # the factor 2 is left out, the factor 3 is not
    assert "factor_forgotten" in found.mistakes


def test_a_mistake_beyond_all_floats_does_not_show():
    """10^160 times 10^160 is no number to compare with."""
    x = Value(1.0, label="x")
    key = Key(x * 1e160 + x * 1.1e160)
    assert key.made("paths_multiplied")[key.index(x)] == math.inf
    assert "paths_multiplied" not in key.occurring


# ── Passes and numbers ────────────────────────────────────────────────────────────────────────────


def test_passing_back_again_gives_up():
    """Along 2ⁿ paths nobody passes gradients back: after some hundred steps the pass ends."""
    x = Value(1.0)
    for _ in range(20):
        x = x + x
    assert sweep(workings(x), [TABLE["handed_on_again"]])[0] == 1.0


def test_the_partner_of_a_factor():
    """In mul, dot and affine the other factor; elsewhere none."""
    dot = Occurrence(rules.dot, (1.0, 2.0, 3.0, 4.0), 1, 11.0, 4.0)
    assert dot.partner == 4.0
    assert dot._replace(position=3).partner == 2.0
    z = Occurrence(rules.affine, (9.0, 1.0, 2.0, 3.0, 4.0), 0, 20.0, 1.0)
    assert [z._replace(position=k).partner for k in range(5)] == [None, 3.0, 4.0, 1.0, 2.0]


def test_a_slope_outside_the_domain_stays_right():
    """log at the output, which is negative: there is no such slope, and no such mistake."""
    at = Occurrence(rules.log, (0.5,), 0, math.log(0.5), 2.0)
    assert TABLE["slope_at_output"].slope(at) == 2.0


def test_habits_of_rounding():
    """Up is away from zero, nothing is done to 0 and ∞, and chance is the same for the same seed."""
    assert upward(3)(-0.98712) == -0.988
    assert [upward(3)(x) for x in (0.0, math.inf)] == [0.0, math.inf]
    assert [wobbly(3, 1)(1.2345) for _ in range(3)] == [wobbly(3, 1)(1.2345) for _ in range(3)]
    r = random.Random(0)
    for _ in range(100):
        x = r.uniform(-9, 9)
        assert abs(wobbly(3, 2)(x) - x) <= 0.01
        assert 0 <= (upward(3)(x) - x) / x <= 0.01


@pytest.mark.parametrize(
    ("text", "number"),
    [("-0,5", -0.5), ("3/4", 0.75), ("−1 / 3", -0.333333), ("1e-3", 0.001), ("2*10**-3", 0.002), ("½", 0.5),
     (".5", 0.5), ("+3", 3.0), ("= 7.", 7.0), ("2·10^2", 200.0), ("≈ 0.1", 0.1), (5, 5.0), (1e-7, 1e-7),
     ("1/3000000000000", 1 / 3e12), ("8.7·10⁻⁵", 8.7e-5), ("−2×10²", -200.0)],
)  # fmt: skip
def test_numbers_as_people_write_them(text, number):
    """Comma, fraction, power of ten, minus signs of all kinds, and numbers themselves."""
    assert read(text).number == pytest.approx(number, rel=1e-4)


@pytest.mark.parametrize(
    "text", ["", "a", "1 1/2", "1½", "1 000", "1/0", "nan", "inf", "1e999", "9" * 50, "--1"]
)
def test_what_is_no_number_is_refused_with_advice(text):
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"such as −0\.5, 3/4 or 1e-3"):
        read(text)


def test_counts_in_words():
    """Up to twelve."""
    assert [in_words(n) for n in (0, 1, 12, 13, 1234)] == ["no", "one", "twelve", "13", "1,234"]
