// Numbers as a reader writes them, and as a reader types them.

// Python's `%.6g`: that many significant digits, a tie to the even digit, no zeros behind.
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

// As `toExponential`, but a tie goes to the even digit, as it does in Python.
function rounded(x, digits) {
  const long = x.toExponential(40);
  const [whole, below] = [long.slice(0, digits + 1), long.slice(digits + 1, 42)];
  const even = "02468".includes(whole.at(-1));
  return even && /^50*$/.test(below) ? whole + long.slice(42) : x.toExponential(digits - 1);
}

function placed(figures, power) {
  if (power < 0) return `0.${"0".repeat(-power - 1)}${figures}`;
  return `${figures.slice(0, power + 1)}.${figures.slice(power + 1)}`;
}

function trimmed(decimal) {
  return decimal.includes(".") ? decimal.replace(/\.?0*$/, "") : decimal;
}

function raised(power) {
  return `e${power < 0 ? "−" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function inBrackets(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

// The number that a text is, in figures as in −0.5 or 1e-3; null where it is none that can be computed with.
function typed(text) {
  const figures = text.trim().replace("−", "-");
  const x = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(figures) ? Number(figures) : NaN;
  return Number.isFinite(x) ? x : null;
}

// To the digits that a hand on a slider means, and no rounding noise after them.
function coarse(x, span) {
  return Number(x.toFixed(Math.max(0, Math.ceil(3 - Math.log10(span)))));
}

// What Python could not send as a JSON number comes as text: NaN, Infinity, -Infinity.
function received(numbers) {
  return Float64Array.from(numbers, Number);
}

// All digits that it takes to tell a number from every other.
function exactly(x) {
  return String(x).replaceAll("-", "−");
}
