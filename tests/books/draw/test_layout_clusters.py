"""Laws of frames in the pictures that we lay out ourselves, read from the SVG as anyone would read it."""

from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from processes import printed
from test_layout import ROUNDING, SVG, Picture, diagram, diagrams, overlap, pieces, text_area

from engine.pictures.svg.diagram import Arrow, Box, Cluster, Diagram
from engine.pictures.svg.layout import svg
from engine.pictures.svg.svg import CLUSTER_PADDING, CLUSTER_TITLE


def around(drawn, thing):
    """The ids of the clusters that a box or a cluster stands in, the innermost first."""
    clusters = {cluster.id: cluster for cluster in drawn.clusters}
    ids = []
    while thing.cluster:
        thing = clusters[thing.cluster]
        ids.append(thing.id)
    return ids


def within(inner, outer, padding=0, title=0):
    """Whether an area lies in another, given as left, top, right, bottom."""
    air = padding - ROUNDING
    return (
        outer[0] + air <= inner[0]
        and outer[1] + air + title <= inner[1]
        and inner[2] <= outer[2] - air
        and inner[3] <= outer[3] - air
    )


def clustered(drawn, **clusters):
    """The diagram with its boxes in clusters: c0="n1 n2" or c0="c1 n3"."""
    home = {thing: cluster for cluster, things in clusters.items() for thing in things.split()}
    return replace(
        drawn,
        boxes=tuple(replace(box, cluster=home.get(box.id, "")) for box in drawn.boxes),
        clusters=tuple(Cluster(id, f"title {id}", "layer", home.get(id, "")) for id in clusters),
    )


def network(*sizes, are_neurons_boxes=False, label="0.2350"):
    """A network of layers and its cost: neurons are frames with parameters, z and a; or one box each."""
    boxes, arrows, clusters = [], [], []

    def box(name, kind, cluster=""):
        boxes.append(Box(f"n{len(boxes)}", (name, "data 0.5", "grad –"), kind, cluster))
        return boxes[-1].id

    def frame(title, kind, cluster=""):
        clusters.append(Cluster(f"c{len(clusters)}", title, kind, cluster))
        return clusters[-1].id

    def join(tails, head):
        for number, tail in enumerate(tails, start=len(arrows)):
            arrows.append(Arrow(f"e{number}", tail, head, label))
        return head

    def neuron(j, layer, inputs):
        if are_neurons_boxes:
            return join(inputs, box(f"a_{j}", "group", layer))
        own = frame(f"neuron {j}", "neuron", layer)
        names = ["b", *(f"w_{k}" for k in range(len(inputs)))]
        parameters = [box(name, "parameter", own) for name in names]
        z = join([*parameters, *inputs], box(f"z_{j}" + "′" * j, "inner", own))
        return join([z], box(f"a_{j}", "inner", own))

    values = [box(f"x_{k}", "input") for k in range(sizes[0])]
    for number, size in enumerate(sizes[1:], start=1):
        layer = frame(f"layer {number}", "layer")
        values = [neuron(j, layer, values) for j in range(size)]
    targets = [box(f"y_{k}", "input") for k in range(len(values))]
    join([*values, *targets], box("C", "root"))
    return Diagram("a network", "its description", tuple(boxes), tuple(arrows), tuple(clusters))


@st.composite
def forward(draw):
    """A diagram whose clusters hold boxes that follow one another: no arrow leaves one and returns."""
    drawn = draw(diagrams(most_clusters=0))
    clusters, homes, stack = [], [], [""]
    for _ in drawn.boxes:
        del stack[len(stack) - draw(st.integers(0, len(stack) - 1)) :]
        for _ in range(draw(st.integers(0, 2))):
            clusters.append(Cluster(f"c{len(clusters)}", "layer", "layer", stack[-1]))
            stack.append(clusters[-1].id)
        homes.append(stack[-1])
    boxes = tuple(replace(box, cluster=home) for box, home in zip(drawn.boxes, homes, strict=True))
    return replace(drawn, boxes=boxes, clusters=tuple(clusters))


@given(diagrams())
def test_a_frame_holds_what_is_in_it_and_nothing_else(drawn):
    """With padding and a band for the title: boxes, frames, labels of arrows that are in it; no others."""
    picture = Picture(svg(drawn))
    boxes = {box.id: around(drawn, box) for box in drawn.boxes}
    homes = boxes | {cluster.id: around(drawn, cluster) for cluster in drawn.clusters}
    for id, frame in picture.frames.items():
        for thing, area in (picture.boxes | picture.frames).items():
            if id in homes[thing]:
                assert within(area, frame, CLUSTER_PADDING, CLUSTER_TITLE)
            elif thing != id and thing not in homes[id]:
                assert not overlap(area, frame)
        for arrow in drawn.arrows:
            if arrow.label:
                label, ends = picture.labels[arrow.id], [id in boxes[end] for end in (arrow.tail, arrow.head)]
                assert within(label, frame) if all(ends) else any(ends) or not overlap(label, frame)


FAR_INPUTS = clustered(diagram(*[[]] * 12, range(12), range(12), [12, 13], labels=[""] * 26), c0="n12 n13")


@given(diagrams())
@example(FAR_INPUTS)
def test_arrows_cross_the_rims_of_their_own_frames_at_the_sides(drawn):
    """An arrow keeps out of frames that hold neither of its ends; into its own it comes below the title."""
    picture = Picture(svg(drawn))
    boxes = {box.id: around(drawn, box) for box in drawn.boxes}
    for id, (left, top, right, bottom) in picture.frames.items():
        for arrow in drawn.arrows:
            way = [
                piece for piece in pieces(picture.paths[arrow.id]) if overlap(piece, (left, 0, right, 9e9))
            ]
            if id in boxes[arrow.tail] + boxes[arrow.head]:
                assert all(top + CLUSTER_TITLE < piece[1] <= piece[3] < bottom for piece in way)
            else:
                assert not any(overlap(piece, (left, top, right, bottom)) for piece in way)


LONG_TITLE = replace(FAR_INPUTS, clusters=(Cluster("c0", "W" * 60, "layer"),))


@given(diagrams())
@example(LONG_TITLE)
def test_a_title_lies_in_the_band_of_its_frame(drawn):
    """However long it is, a title is inside, above all else, and reads as given."""
    picture = Picture(svg(drawn))
    titles = {cluster.id: cluster.title for cluster in drawn.clusters}
    for id, (left, top, right, _) in picture.frames.items():
        (text,) = picture.texts(id)
        assert within(text_area(text), (left, top, right, top + CLUSTER_TITLE))
        assert (text.text or "") == titles[id]


def test_what_is_less_wide_than_its_title_stands_in_the_middle():
    """A short content of a frame with a long title has as much air on its right as on its left."""
    picture = Picture(svg(replace(LONG_TITLE, arrows=())))
    (left, _, right, _), (box_left, _, box_right, _) = picture.frames["c0"], picture.boxes["n12"]
    assert box_left - left > 100
    assert box_left - left == pytest.approx(right - box_right, abs=ROUNDING)


@given(forward())
def test_every_cluster_that_can_be_has_a_frame(drawn):
    """Where the boxes of each cluster follow one another, each that has boxes has a frame."""
    assert set(Picture(svg(drawn)).frames) == {id for box in drawn.boxes for id in around(drawn, box)}


@pytest.mark.parametrize(
    ("parents", "clusters", "framed"),
    [
        (([], [0], [1]), {"c0": "n0 n2"}, ""),  # leaves by n1 and returns
        (([], [0], [1], [2]), {"c0": "n0 n1", "c1": "n2 n3"}, "c0 c1"),
        (([], [0], [], [2], [1, 3]), {"c0": "n0 n3", "c1": "n1 n2"}, ""),  # each leads into the other
        (([], [0], [1], [2]), {"c0": "c1 n2", "c1": "n0", "c2": "n1", "c3": "n3"}, "c1 c3"),
        (([], [0], [1], [2], [3]), {"c0": "c1 n2 n4", "c1": "n1 n3"}, "c0"),  # a circle inside of a frame
        (([], [0], [1], [2]), {"c0": "c1 c2", "c1": "n0 n2", "c2": "n1 n3"}, "c0"),
        (([], [0], [1]), {"c0": "", "c1": "c2", "c2": ""}, ""),  # empty
    ],
)
def test_clusters_in_a_circle_have_no_frame(parents, clusters, framed):
    """Where arrows leave a cluster and come back, frames on that way are left out, and no others."""
    assert set(Picture(svg(clustered(diagram(*parents), **clusters))).frames) == set(framed.split())


def test_the_chain_runs_straight_through_its_layers():
    """In a chain of three neurons layers stand in a row, and values flow through all of them on one line."""
    drawn = network(1, 1, 1, 1)
    picture = Picture(svg(drawn))
    layers = [picture.frames[cluster.id] for cluster in drawn.clusters if cluster.kind == "layer"]
    assert all(left[2] < right[0] for left, right in pairwise(layers))
    names = {box.id: box.rows[0] for box in drawn.boxes}
    flow = [arrow for arrow in drawn.arrows if names[arrow.tail][0] in "xza" and names[arrow.head][0] in "za"]
    levels = [y for arrow in flow for _, y in picture.paths[arrow.id]]
    assert len(flow) == 6
    assert max(levels) - min(levels) < 10


def test_layers_stand_side_by_side_and_neurons_in_a_stack():
    """MLP(2, [4, 4, 1]) in full: layers from left to right, neurons from top to bottom, aligned."""
    drawn = network(2, 4, 4, 1)
    picture = Picture(svg(drawn))
    layers = [cluster.id for cluster in drawn.clusters if cluster.kind == "layer"]
    assert all(picture.frames[one][2] < picture.frames[other][0] for one, other in pairwise(layers))
    for layer in layers:
        neurons = [picture.frames[cluster.id] for cluster in drawn.clusters if cluster.cluster == layer]
        assert len({(left, right) for left, _, right, _ in neurons}) == 1
        assert all(above[3] < below[1] for above, below in pairwise(neurons))


@pytest.mark.parametrize("label", ["", "0.2350"])
def test_neurons_as_boxes_stand_in_a_stack(label):
    """A network of one box per neuron: boxes in their order, and between the frames all arrows run level."""
    drawn = network(2, 5, 5, 1, are_neurons_boxes=True, label=label)
    picture = Picture(svg(drawn))
    frames = [picture.frames[cluster.id] for cluster in drawn.clusters]
    assert all(left[2] < right[0] for left, right in pairwise(frames))
    for layer in ("c0", "c1"):
        stack = [picture.boxes[box.id] for box in drawn.boxes if box.cluster == layer]
        assert all(above[3] < below[1] for above, below in pairwise(stack))
    homes = {box.id: box.cluster for box in drawn.boxes}
    for arrow in drawn.arrows:
        if (homes[arrow.tail], homes[arrow.head]) == ("c0", "c1"):
            way = picture.paths[arrow.id]
            assert {y for x, y in way if x <= frames[1][0]} == {way[0][1]}


def test_values_run_level_into_a_neuron_between_its_parameters():
    """From the rim of a neuron's frame values run level past its parameters, half of these above them."""
    drawn = network(2, 3, 3, 1)
    picture = Picture(svg(drawn))
    homes = {box.id: box.cluster for box in drawn.boxes}
    for neuron in (cluster.id for cluster in drawn.clusters if cluster.kind == "neuron"):
        parameters = [
            picture.boxes[box.id] for box in drawn.boxes if (box.cluster, box.kind) == (neuron, "parameter")
        ]
        span = (picture.frames[neuron][0] + 1, 0, min(box[2] for box in parameters) - 1, 9e9)
        levels = [
            {y for piece in pieces(picture.paths[arrow.id]) if overlap(piece, span) for y in piece[1::2]}
            for arrow in drawn.arrows
            if homes[arrow.head] == neuron != homes[arrow.tail]
        ]
        assert all(len(ys) == 1 for ys in levels)
        above = [[box[3] < y for box in parameters].count(True) for (y,) in levels]
        assert set(above) == {len(parameters) // 2}


def test_crossings_between_frames_are_undone():
    """Boxes that read what comes out of a frame stand in the order in which it comes out."""
    picture = Picture(svg(clustered(diagram([], [], [1], [0]), c0="n0 n1")))
    assert picture.boxes["n0"][1] < picture.boxes["n1"][1]
    assert picture.boxes["n3"][1] < picture.boxes["n2"][1]


def test_blocks_of_very_different_width_keep_their_own():
    """Beside a long chain in a frame, a single box has a frame of its own size, not one as long."""
    parents = [[], *([i] for i in range(8)), [], [8, 9]]
    picture = Picture(svg(clustered(diagram(*parents), c0="n0 n1 n2 n3 n4 n5 n6 n7 n8", c1="n9")))
    widths = {id: right - left for id, (left, _, right, _) in picture.frames.items()}
    assert widths["c1"] < 0.2 * widths["c0"]


def test_a_leaf_beside_a_frame_stands_where_it_is_used():
    """The target stands at the right of the last layer, next to the cost."""
    drawn = network(1, 1, 1)
    picture = Picture(svg(drawn))
    target = next(box.id for box in drawn.boxes if box.rows[0] == "y_0")
    assert picture.boxes[target][2] == pytest.approx(picture.frames["c2"][2], abs=ROUNDING)


def test_bright_and_narrow_arrows_lie_above_pale_and_broad_ones():
    """Where arrows share a lane, none hides another: pale ones are drawn first, broad ones next."""
    looks = [(False, 1.2), (True, 1.2), (False, 5), (True, 5)]
    drawn = diagram([], [0, 0, 0, 0])
    arrows = [replace(a, dim=dim, width=width) for a, (dim, width) in zip(drawn.arrows, looks, strict=True)]
    picture = Picture(svg(replace(drawn, arrows=tuple(arrows))))
    assert list(picture.edges) == ["e3", "e1", "e2", "e0"]


def test_very_long_arrows_run_behind_boxes_through_frames_too():
    """Where there are more long arrows than there can be lanes, all are drawn from tail to head, forward."""
    steps = 250
    parents = [*[[]] * steps, [0], *([steps + i - 1, i] for i in range(1, steps)), range(steps, 2 * steps)]
    inside = " ".join(f"n{i}" for i in range(steps, 2 * steps))
    drawn = clustered(diagram(*parents, labels=[""] * 4 * steps), c0=inside)
    picture = Picture(svg(drawn))
    for arrow in drawn.arrows:
        tail, head, way = picture.boxes[arrow.tail], picture.boxes[arrow.head], picture.paths[arrow.id]
        assert way[0][0] == pytest.approx(tail[2], abs=ROUNDING)
        assert way[-1][0] == pytest.approx(head[0], abs=ROUNDING)
        assert all(here[0] <= there[0] + ROUNDING for here, there in pairwise(way))
    assert all(within(picture.boxes[id], picture.frames["c0"], 8, 18) for id in inside.split())


def test_frames_may_be_nested_deeper_than_python_recurses():
    """Depth is limited by memory only."""
    depth = 1200
    clusters = tuple(Cluster(f"c{k}", "", "layer", f"c{k - 1}" if k else "") for k in range(depth))
    boxes = (Box("n0", ("x",), "input"), Box("n1", ("z",), "root", f"c{depth - 1}"))
    picture = Picture(svg(Diagram("", "", boxes, (Arrow("e0", "n0", "n1", "2"),), clusters)))
    assert all(within(picture.frames[f"c{k + 1}"], picture.frames[f"c{k}"], 8, 18) for k in range(depth - 1))


@pytest.mark.slow
def test_five_thousand_boxes_in_clusters():
    """A network of 5,000 boxes is drawn, each neuron with its frame."""
    drawn = network(40, 40, 40, 40)
    picture = Picture(svg(drawn))
    assert len(picture.boxes) == len(drawn.boxes) > 5_000
    assert len(picture.frames) == 3 * 41


def test_the_contract_of_frames():
    """The DOM: frames first, then arrows, then boxes; a frame has title, rectangle and text."""
    drawn = network(2, 2, 1)
    picture = Picture(svg(drawn))
    order = [group.get("class").split()[0] for group in picture.groups["graph0"].findall(f"{SVG}g")]
    counts = [("cluster", drawn.clusters), ("edge", drawn.arrows), ("node", drawn.boxes)]
    assert order == [*chain.from_iterable([name] * len(things) for name, things in counts)]
    for cluster in drawn.clusters:
        group = picture.groups[cluster.id]
        assert group.get("class") == f"cluster {cluster.kind}"
        assert [child.tag.removeprefix(SVG) for child in group] == ["title", "rect", "text"]


@pytest.mark.slow
def test_same_clusters_same_bytes():
    """Neither a second call nor another process with other hashes changes a byte."""
    program = (
        "from test_layout_clusters import KNOTTED, network, svg;"
        "print(ascii(svg(network(2, 3, 2)) + svg(KNOTTED)))"
    )
    assert printed(program) == {ascii(svg(network(2, 3, 2)) + svg(KNOTTED)) + "\n"}


KNOTTED = clustered(
    diagram([], [], [0], [1], [2, 3], [2], [4, 5]), c0="n0 n4", c1="n2 n1", c2="n5 n3", c3="n6"
)
