// Numbers as learners write them: their precision, and what they would be without a slip of the pen.

const RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * A number in plain digits, read as in `engine.asking`: −0,5, (−21), 3/4, ½, 1e-3 and 8.7·10⁻⁵ also work; null for
 * anything else.
 * @param {string} text
 * @returns {string | null}
 */
function tidied(text) {
  const raised = text.replace(/10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, power) => `10^${[...power].map((sign) => (sign === "⁻" ? "-" : RAISED_DIGITS.indexOf(sign))).join("")}`);
  const plain = raised.replace(/^[\s=≈~]+/, "").trim().replace(/^\((.*)\)$/, "$1").trim().replace(/[−–]/g, "-").replaceAll(",", ".").replaceAll("⁄", "/")
    .replace("½", "1/2").replace("¼", "1/4").replace("¾", "3/4");
  if (/[\d.]\s+[\d.]/.test(plain) || plain.length > 40) return null;
  const found = /^([-+]?)(\d+\.?\d*|\.\d+)(?:\/(\d+\.?\d*|\.\d+)|(?:e|[*·×]10(?:\^|\*\*))([-+]?\d{1,3}))?$/i.exec(plain.replaceAll(/\s/g, ""));
  if (!found) return null;
  const [, sign, top, bottom, power] = found;
  const value = bottom ? Number(top) / Number(bottom) : Number(`${top}e${power ?? 0}`);
  if (!Number.isFinite(value)) return null;
  const digits = bottom ? decimal(value, DIGITS + 3) : power ? decimal(value, top.replace(/\D/g, "").length) : top;
  return (sign === "-" ? "-" : "") + digits;
}

/**
 * A number with the given digits, and never an exponent.
 * @param {number} x
 * @param {number} [digits]
 */
function decimal(x, digits = DIGITS) {
  const near = Number(x.toPrecision(digits));
  const places = digits - 1 - Math.floor(Math.log10(Math.abs(near) || 1));
  const text = near.toFixed(Math.min(100, Math.max(0, places)));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** The size of a step in the third digit. @param {number} x */
function unitOf(x) {
  return x && Number.isFinite(x) ? 10 ** (Math.floor(Math.log10(Math.abs(x))) - DIGITS + 1) : 10 ** -DIGITS;
}

/** Half a step in the last written digit. @param {string} text */
function asWritten(text) {
  return 0.5 * 10 ** -(text.split(".")[1] ?? "").length;
}

/**
 * The same, but at most half a step in the third digit: 0.03 may mean 0.0300.
 * @param {string} text
 */
function halfOfLast(text) {
  return Math.min(asWritten(text), 0.5 * unitOf(Number(text)));
}

/**
 * The possible numbers without a slip of the pen: the slip, the number, and its share of the slip's cases.
 * @param {string} text
 * @returns {[string, number, number][]}
 */
function unslipped(text) {
  const x = Number(text);
  /** @type {[string, number, number][]} */
  const found = [["sign_flipped", -x, 1], ["decimal_point", x * 10, 0.5], ["decimal_point", x / 10, 0.5]];
  const significant = [...text].flatMap((sign, k) => (/\d/.test(sign) && /[1-9]/.test(text.slice(0, k + 1)) ? [k] : []));
  /** @type {(changes: [number, string][]) => number} */
  const changed = (changes) => {
    const signs = [...text];
    for (const [k, sign] of changes) signs[k] = sign;
    return Number(signs.join(""));
  };
  significant.slice(1).forEach((j, k) => {
    const i = significant[k];
    if (text[i] !== text[j]) found.push(["digits_swapped", changed([[i, text[j]], [j, text[i]]]), 0.5]);
  });
  for (const k of significant.length > 1 ? significant : []) { // a number of one digit is one digit away from every other
    for (const digit of "0123456789") if (digit !== text[k]) found.push(["one_digit", changed([[k, digit]]), 1 / 27]);
  }
  return found;
}
