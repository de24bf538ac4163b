// The network as every picture shows it: its numbers, and the gradient of one example's cost, at a frame.

/**
 * @param {Training} training
 * @param {SVGSVGElement} svg
 * @param {Frame[]} frames
 * @param {Network} network
 * @param {HTMLElement} chooser of the example
 * @param {(node: number) => void} choose
 */
function networkPanel({ examples, parents, words, spoken, symbols }, svg, frames, network, chooser, choose) {
  const graph = graphOf(/** @type {any} */ ({ parents, words, spoken, names: symbols, formulas: [], slopes: [], given: [], layers: [], constants: [] }));
  const timeline = timelineOf(graph);
  const scroll = pictureFrame();
  const picture = pictureOf(graph, svg, scroll, choose);
  scroll.append(svg);
  const natural = svg.viewBox.baseVal;
  svg.style.setProperty("--wide", `${natural.width}px`);
  svg.style.setProperty("--aspect", String(natural.width / natural.height));

  /**
   * @param {number} k
   * @param {number} chosen
   */
  function show(k, chosen) {
    const { values, slopes } = network.computed(frames[k], examples[chosen]);
    const model = modelOf(graph, [values, slopes]);
    const moment = momentAt(graph, timeline, model, timeline.steps.length - 1);
    picture.show(model, { ...moment, phase: "given", edge: undefined, node: undefined }, false); // nothing is active
  }

  const width = "An arrow's width is what it contributes to the gradient of this example. ";
  const said = `${svg.querySelector(".edge") ? width : ""}Blue is above 0, orange below. Choose a weight to see its curve.`;
  const hint = element("p", { class: "hint" }, said);
  return { part: panel("Network", "network", element("p", {}, chooser), scroll, hint), show };
}
