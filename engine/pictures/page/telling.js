// What a step says: in mathematics for the eye, in words for the ear.

const LISTED = 24; // leaves that are named one by one

function told(graph, model, moment) {
  return TELLERS[moment.phase](graph, model, moment);
}

const TELLERS = {
  given(graph, { data }) {
    const leaves = graph.parents.flatMap((operands, node) => (operands.length ? [] : [node]));
    const named = leaves.filter((node) => graph.words[node] !== spelled(data[node]));
    const said = (node) => element("span", { class: "given" }, equals(symbolOf(graph, node), spelled(data[node])));
    const shown = named.slice(0, LISTED).flatMap((node) => [said(node), " "]);
    const more = named.length > LISTED ? [`and ${named.length - LISTED} more`] : [];
    return { title: "given", rows: [math(...shown, ...more)] };
  },
  forward(graph, { data }, { step, timeline, node }) {
    const title = `forward, ${step} of ${timeline.forward}`;
    return { title, rows: [equals(symbolOf(graph, node), ...valueForms(graph, node, data), spelled(data[node]))] };
  },
  seed(graph, model, { node }) {
    return { title: "backward begins", rows: [equals(derivative(graph, node, node), "1")] };
  },
  backward(graph, model, moment) {
    const { step, timeline, edge } = moment;
    const { tail, head } = graph.edges[edge];
    const by = derivative(graph, graph.root, tail);
    const [slope, grad] = [model.slopes[edge], model.grads[head]];
    return {
      title: `backward, ${step - timeline.seed} of ${timeline.order.length}`,
      rows: [
        aligned(by, [
          math(" += ", times(local(graph, edge), derivative(graph, graph.root, head))),
          math(" += ", equals(times(factor(slope), factor(grad)), spelled(slope * grad))),
        ]),
        ...where(graph, model, edge),
        ...sum(graph, moment),
      ],
    };
  },
};

// What stands on the left, and one line below the other what it is.
function aligned(left, lines) {
  const rows = lines.flatMap((line, k) => [k ? element("span", {}) : left, line]);
  return element("div", { class: "aligned" }, ...rows);
}

function factor(x) {
  return inBrackets(spelled(x));
}

// What the local derivative is, and which operand it belongs to where a node is one twice.
function where(graph, { data, slopes }, edge) {
  const { tail, head, position } = graph.edges[edge];
  const again = graph.parents[head].filter((parent) => parent === tail).length > 1;
  const forms = slopeForms(graph, edge, data);
  const sides = [local(graph, edge), ...forms];
  if (forms.at(-1)?.textContent !== spelled(slopes[edge])) sides.push(spelled(slopes[edge]));
  const operand = again ? [`, as operand ${position + 1} of `, symbolOf(graph, head)] : [];
  return [element("span", { class: "where" }, "where ", equals(...sides), ...operand)];
}

// How a sum of several parts grows.
function sum(graph, { edge, parts, sums, come }) {
  const { tail } = graph.edges[edge];
  const expected = graph.leaving[tail].length;
  if (expected === 1) return [];
  const terms = parts.map((part, k) => (k ? factor(part) : spelled(part)));
  const shown = terms.length > 5 ? [terms[0], "…", ...terms.slice(-2)] : terms;
  const added = shown.length > 1 ? [shown.join(" + ")] : [];
  const line = equals(derivative(graph, graph.root, tail), ...added, spelled(sums[tail]));
  const count = element("span", { class: "count" }, ` ${come[tail]} of ${expected} parts`);
  return [element("span", { class: "sum" }, line, count)];
}

// One line of plain text for a screen reader.
function inWords(graph, model, moment) {
  const { data, slopes, grads } = model;
  const of = (node) => `∂${graph.words[graph.root]}/∂${graph.words[node]}`;
  switch (moment.phase) {
    case "given":
      return "the leaves are given";
    case "forward":
      return `forward: ${graph.words[moment.node]} = ${spelled(data[moment.node])}`;
    case "seed":
      return `backward begins: ${of(graph.root)} = 1`;
    default: {
      const { tail, head } = graph.edges[moment.edge];
      const [slope, grad] = [slopes[moment.edge], grads[head]];
      const expected = graph.leaving[tail].length;
      const sum = expected > 1 ? `, ${moment.come[tail]} of ${expected}, sum ${spelled(moment.sums[tail])}` : "";
      return `backward: ${of(tail)} += ${factor(slope)} · ${factor(grad)} = ${spelled(slope * grad)}${sum}`;
    }
  }
}
