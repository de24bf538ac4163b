// Numbers as people read them, and as they type them.

const DIGITS = 3; // in pictures and equations; pointing at a number shows all

/**
 * As Python's `%.6g`: that many significant digits, ties to the even digit, no zeros at the end.
 * @param {number} x
 * @param {number} [digits]
 * @returns {string}
 */
function formatted(x, digits = 6) {
  if (Number.isNaN(x)) return "not defined";
  if (!Number.isFinite(x)) return x < 0 ? "−∞" : "∞";
  if (x === 0) return "0";
  const [mantissa, exponent] = rounded(Math.abs(x), digits).split("e");
  const power = Number(exponent);
  const plain = power >= -4 && power < digits;
  const text = plain ? trimmed(withPoint(mantissa.replace(".", ""), power)) : trimmed(mantissa) + powerOfTen(power);
  return (x < 0 ? "−" : "") + text;
}

/**
 * A number in a picture or an equation, as `engine.pictures.svg.letters.number` writes it: three digits, zeros at
 * the end where it was rounded there, powers of ten below 0.0001 and from 100,000 on.
 * @param {number} x
 */
function brief(x) {
  if (!Number.isFinite(x) || x === 0) return formatted(x);
  const size = Math.abs(x);
  const [mantissa, exponent] = rounded(size, DIGITS).split("e");
  const power = Number(exponent);
  const sign = x < 0 ? "−" : "";
  const near = Number(`${mantissa}e${exponent}`);
  if (near < 1e-4 || near >= 1e5) {
    const raised = [...String(Math.abs(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
    return `${sign}${near === size ? trimmed(mantissa) : mantissa}·10${power < 0 ? "⁻" : ""}${raised}`;
  }
  const text = power < DIGITS ? withPoint(mantissa.replace(".", ""), power).replace(/\.$/, "") : integer(size);
  return sign + (Number(text) === size ? trimmed(text) : text);
}

/**
 * A number without decimals, ties to the even one; 999.65 becomes 1000, which has a digit more.
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
function withPoint(figures, power) {
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
function powerOfTen(power) {
  return `e${power < 0 ? "−" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/**
 * A number as a factor or a divisor: in brackets where it is negative or has a power of ten.
 * @param {string} text
 */
function inBrackets(text) {
  return /^−|·/.test(text) ? `(${text})` : text;
}

/**
 * Read a number such as −0.5 or 1e-3; null for any other text, and for a number that is not finite.
 * @param {string} text
 */
function parsed(text) {
  const figures = text.trim().replace("−", "-");
  const x = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(figures) ? Number(figures) : NaN;
  return Number.isFinite(x) ? x : null;
}

/**
 * Round to the digits that a slider can be set to by hand.
 * @param {number} x
 * @param {number} span
 */
function coarse(x, span) {
  const digits = Math.max(0, Math.ceil(3 - Math.log10(span)));
  return digits > 100 ? x : Number(x.toFixed(digits)); // toFixed takes no more
}

/**
 * What Python could not send as a JSON number comes as text: NaN, Infinity, -Infinity.
 * @param {Iterable<number | string>} numbers
 */
function received(numbers) {
  return Float64Array.from(/** @type {Iterable<number>} */ (numbers), Number);
}

/**
 * As many digits as it takes to tell a number from every other.
 * @param {number} x
 */
function allDigits(x) {
  return String(x).replaceAll("-", "−");
}
