// The cost from frame to frame, and a marker at the one that is shown.

const DECADES = 30; // between the smallest cost and the largest, from which on a logarithmic scale shows more

function costPanel(frames, go) {
  const costs = frames.map(({ cost }) => cost).filter(Number.isFinite);
  const logarithmic = Math.min(...costs) > 0 && Math.max(...costs) > DECADES * Math.min(...costs);
  const x = across([0, Math.max(frames.at(-1).epoch, 1)]);
  const y = upward(logarithmic ? roomAround(costs) : rangeOf(costs, 0.05), logarithmic);
  const places = frames.map(({ epoch, cost }) => [x.place(epoch), y.place(cost)]);
  const line = shape("line", { class: "now", y1: CHART.top, y2: CHART.bottom });
  const dot = shape("circle", { class: "now", r: 5 });
  const curve = shape("path", { class: "curve", d: lineThrough(places) });
  const name = logarithmic ? "cost (log scale)" : "cost";
  const drawn = chart({ role: "img" }, axes(x, y, ["epoch", name]), plotArea(curve, line), dot);

  drawn.addEventListener("click", (event) => {
    const box = drawn.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * CHART.width;
    const distances = places.map(([place]) => Math.abs(place - at));
    go(distances.indexOf(Math.min(...distances)));
  });

  function show(k) {
    const [at, height] = places[k];
    line.setAttribute("x1", at);
    line.setAttribute("x2", at);
    dot.setAttribute("cx", at);
    dot.setAttribute("cy", Number.isFinite(height) ? height : 0);
    dot.style.display = Number.isFinite(height) ? "" : "none";
    const spread = costs.length ? `from ${spelled(Math.min(...costs), 4)} to ${spelled(Math.max(...costs), 4)}` : "";
    drawn.setAttribute("aria-label", `cost over the epochs, ${spread}; here ${spelled(frames[k].cost, 4)}`);
  }

  return { part: panel("Cost", "costs", drawn), show };
}

function roomAround(costs) {
  return [Math.min(...costs) / 1.3, Math.max(...costs) * 1.3];
}
