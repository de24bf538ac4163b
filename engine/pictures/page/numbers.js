// Numbers as a reader writes them, and as a reader types them.

const DIGITS = 3; // in pictures and equations; pointing at a number shows all

/**
 * Python's `%.6g`: that many significant digits, a tie to the even digit, no zeros behind.
 * @param {number} x
 * @param {number} [digits]
 * @returns {string}
 */
function spelled(x, digits = 6) {
  if (Number.isNaN(x)) return "not defined";
  if (!Number.isFinite(x)) return x < 0 ? "−∞" : "∞";
  if (x === 0) return "0";
  const [mantissa, exponent] = rounded(Math.abs(x), digits).split("e");
  const power = Number(exponent);
  const plain = power >= -4 && power < digits;
  const text = plain ? trimmed(placed(mantissa.replace(".", ""), power)) : trimmed(mantissa) + raised(power);
  return (x < 0 ? "−" : "") + text;
}

/**
 * A number in a picture or an equation, as `engine.pictures.svg.letters.number` writes it: three digits, zeros at
 * the end where it was rounded there, powers of ten below 0.0001 and from 100,000 on.
 * @param {number} x
 */
function shortly(x) {
  if (!Number.isFinite(x) || x === 0) return spelled(x);
  const size = Math.abs(x);
  const [mantissa, exponent] = rounded(size, DIGITS).split("e");
  const power = Number(exponent);
  const sign = x < 0 ? "−" : "";
  const near = Number(`${mantissa}e${exponent}`);
  if (near < 1e-4 || near >= 1e5) {
    const raised = [...String(Math.abs(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
    return `${sign}${near === size ? trimmed(mantissa) : mantissa}·10${power < 0 ? "⁻" : ""}${raised}`;
  }
  const text = power < DIGITS ? placed(mantissa.replace(".", ""), power).replace(/\.$/, "") : integer(size);
  return sign + (Number(text) === size ? trimmed(text) : text);
}

/**
 * A number without decimals, a tie to the even one: 999.65 has one digit more then.
 * @param {number} size of 100 or more
 */
function integer(size) {
  const digits = Number(size.toExponential(17).split("e")[1]) + 1;
  const [mantissa, exponent] = rounded(size, digits).split("e");
  return mantissa.replace(".", "").padEnd(Number(exponent) + 1, "0");
}

/**
 * As `toExponential`, but a tie goes to the even digit, as it does in Python.
 * @param {number} x
 * @param {number} digits
 */
function rounded(x, digits) {
  const long = x.toExponential(40);
  const [whole, below] = [long.slice(0, digits + 1), long.slice(digits + 1, 42)];
  const even = "02468".includes(whole.slice(-1));
  return even && /^50*$/.test(below) ? whole + long.slice(42) : x.toExponential(digits - 1);
}

/**
 * @param {string} figures
 * @param {number} power
 */
function placed(figures, power) {
  if (power < 0) return `0.${"0".repeat(-power - 1)}${figures}`;
  return `${figures.slice(0, power + 1)}.${figures.slice(power + 1)}`;
}

/**
 * @param {string} decimal
 */
function trimmed(decimal) {
  return decimal.includes(".") ? decimal.replace(/\.?0*$/, "") : decimal;
}

/**
 * @param {number} power
 */
function raised(power) {
  return `e${power < 0 ? "−" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/**
 * @param {string} text
 */
function inBrackets(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/**
 * The number that a text is, in figures as in −0.5 or 1e-3; null where it is none that can be computed with.
 * @param {string} text
 */
function typed(text) {
  const figures = text.trim().replace("−", "-");
  const x = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(figures) ? Number(figures) : NaN;
  return Number.isFinite(x) ? x : null;
}

/**
 * To the digits that a hand on a slider means, and no rounding noise after them.
 * @param {number} x
 * @param {number} span
 */
function coarse(x, span) {
  return Number(x.toFixed(Math.max(0, Math.ceil(3 - Math.log10(span)))));
}

/**
 * What Python could not send as a JSON number comes as text: NaN, Infinity, -Infinity.
 * @param {Iterable<number | string>} numbers
 */
function received(numbers) {
  return Float64Array.from(/** @type {Iterable<number>} */ (numbers), Number);
}

/**
 * All digits that it takes to tell a number from every other.
 * @param {number} x
 */
function exactly(x) {
  return String(x).replaceAll("-", "−");
}
