// The frames of a training, and the network's numbers at one of them.

/**
 * The parameters come as the bytes of their numbers, frame after frame: nothing is rounded.
 * @param {Training["frames"]} packed
 * @returns {Frame[]}
 */
function framesOf({ epochs, costs, parameters }) {
  const bytes = Uint8Array.from(atob(parameters), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const numbers = Float64Array.from({ length: bytes.length / 8 }, (_, k) => view.getFloat64(8 * k, true));
  const size = numbers.length / epochs.length;
  return epochs.map((epoch, k) => ({
    epoch,
    cost: costs[k] ?? NaN,
    parameters: numbers.subarray(k * size, (k + 1) * size),
  }));
}

/**
 * The graph of one example's cost: every value and every local derivative in it, for any numbers of its leaves.
 * @param {Training} training
 * @returns {Network}
 */
function networkOf({ leaves, outputs, sense }) {
  /** @type {Network["computed"]} */
  const computed = ({ parameters }, { inputs, desired }) => {
    const given = [...parameters, ...inputs, ...desired];
    const [values, slopes] = /** @type {number[][]} */ (evaluateAt(leaves.map((leaf) => given[leaf])));
    return { values, slopes, outputs: outputs.map((place) => values[place]) };
  };
  /** @type {Network["over"]} of many points at once, all outputs; what is desired there matters to the cost alone */
  const over = ({ parameters }, points, { desired }) => {
    const given = [...parameters, ...points[0], ...desired];
    return points.map((point) => {
      for (const [k, x] of point.entries()) given[parameters.length + k] = x;
      const [values] = /** @type {number[][]} */ (evaluateAt(leaves.map((leaf) => given[leaf])));
      return outputs.map((place) => values[place]);
    });
  };
  return { computed, over, probabilities: (answers) => probabilitiesOf(answers, sense) };
}

/** @param {number[]} leaves */
function evaluateAt(leaves) {
  return evaluate ? evaluate(leaves) : [];
}
