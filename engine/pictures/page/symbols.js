// Mathematics: names, derivatives and formulas as elements. HTML is only what Python made of a name or a
// formula; all else is text.

function html(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return template.content;
}

function math(...parts) {
  return element("span", { class: "math" }, ...parts);
}

// A node's name, in the hue of its kind: the hue that its box has in the picture.
function symbolOf(graph, node) {
  return element("span", { class: `symbol ${graph.kinds[node]}`, "data-node": node }, html(graph.names[node]));
}

// A fraction; its stroke is text to whoever hears or copies it.
function fraction(above, below) {
  const top = element("span", { class: "top" }, ...above);
  const stroke = element("span", { class: "slash" }, "/");
  return element("span", { class: "fraction" }, top, stroke, element("span", {}, ...below));
}

function derivative(graph, of, by) {
  return fraction(["∂", symbolOf(graph, of)], ["∂", symbolOf(graph, by)]);
}

// ∂C/∂w, where w is an operand of C and C depends on w in other ways, too, is not the whole derivative.
function local(graph, edge) {
  const { tail, head } = graph.edges[edge];
  const direct = head === graph.root && graph.leaving[tail].length > 1;
  const made = derivative(graph, head, tail);
  return direct ? math(made, element("sub", { class: "direct" }, "direct")) : made;
}

// A formula has a place for every name. With names in it, or with numbers, a negative one in brackets where
// it stands beside a factor; such a place is written as the complement of its node.
function withNames(graph, formula) {
  return math(...formula.map((part) => (typeof part === "string" ? html(part) : symbolOf(graph, part))));
}

function withNumbers(formula, data) {
  const number = (place) => (place < 0 ? inBrackets(spelled(data[~place])) : spelled(data[place]));
  return math(...formula.map((part) => (typeof part === "string" ? html(part) : number(part))));
}

// What a node is: in symbols, then in numbers where that says more.
function valueForms(graph, node, data) {
  const [symbols, numbers] = graph.formulas[node];
  return [withNames(graph, symbols), ...(numbers ? [withNumbers(numbers, data)] : [])];
}

// What a local derivative is: in symbols, written out where a prime was in it, and in numbers. Of a function
// made by hand nothing is known but the number.
function slopeForms(graph, edge, data) {
  const { head, position } = graph.edges[edge];
  const slope = graph.slopes[head][position];
  if (slope === null) return [];
  if (typeof slope === "number") return [math(symbolOf(graph, slope))];
  const [symbols, written, numbers] = slope;
  const names = [symbols, written].filter(Boolean).map((formula) => withNames(graph, formula));
  return [...names, ...(numbers ? [withNumbers(numbers, data)] : [])];
}

function equals(...sides) {
  return math(...sides.flatMap((side, k) => (k ? [" = ", side] : [side])));
}

function times(...factors) {
  return math(...factors.flatMap((factor, k) => (k ? [" · ", factor] : [factor])));
}
