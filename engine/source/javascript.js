// What rules need and JavaScript's Math lacks: engine.source takes the functions that a program calls from here.

function power(x, y) {
    // Math.pow gives NaN for 1^∞ and 1^NaN, where IEEE 754 has 1.
    return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}

function xlogy(x, y) {
    // x ln y, and 0 for x = 0 even where y = 0.
    return x === 0 && y >= 0 ? 0 : x * Math.log(y);
}

function gaussian(x) {
    // e^(−x²), where what rounding takes from x² would count: x is split into a short part and a rest.
    x = Math.max(-40, Math.min(x, 40)); // beyond, it is 0
    const short = Math.fround(x); // its square is exact
    return Math.exp(-short * short) * Math.exp((short - x) * (short + x));
}

function sech(x) {
    // 1/cosh x, where cosh x may overflow.
    return Math.abs(x) < 700 ? 1 / Math.cosh(x) : 2 * Math.exp(-Math.abs(x));
}

function sigmoid(x) {
    // 1/(1 + e⁻ˣ), where e⁻ˣ may overflow.
    if (x >= 0) return 1 / (1 + Math.exp(-x));
    const e = Math.exp(x);
    return e / (1 + e);
}

function softplus(x) {
    // ln(1 + eˣ), where eˣ may overflow.
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function erf(x) {
    // (2/√π) x e^(−x²) (1 + 2x²/3 (1 + 2x²/5 (1 + …))) near 0, where no two terms cancel; else from erfc.
    if (!(Math.abs(x) < 0.5)) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
    let sum = 1;
    for (let odd = 25; odd > 1; odd -= 2) sum = 1 + (2 * x * x * sum) / odd;
    return 1.1283791670955126 * gaussian(x) * sum * x;
}

function erfc(x) {
    // e^(−x²)/(1 + x) times a series in Chebyshev polynomials of (x − 4)/(x + 4), fitted for all x ≥ 0.
    if (x < 0) return 2 - erfc(-x);
    if (x > 28) return 0;
    const series = [
        -1.6638724276550775e-17, 9.254027487880329e-17, 4.0387199867086323e-16, -2.8218395502341503e-15,
        -8.659869831494772e-15, 9.315628668050536e-14, 1.0859225472039518e-13, -3.107092638312379e-12,
        4.099661454135481e-12, 9.158432127526985e-11, -4.6292579264676365e-10, -1.3958179331627463e-9,
        2.444129931617036e-8, -8.666784461850291e-8, -4.310600135961552e-7, 7.433019050177042e-6,
        -5.3142109585007945e-5, 0.00026047574753294394, -0.0009545378786467943, 0.0025732881485069263,
        -0.004193339501765898, -0.0025726982280633707, 0.049503721225762784, -0.21817361893805362,
    ];
    const t = (2 * (x - 4)) / (x + 4);
    let [last, sum] = [0, 0];
    for (const coefficient of series) [last, sum] = [sum, coefficient + t * sum - last];
    return (gaussian(x) / (1 + x)) * (0.7377924971155532 + (t / 2) * sum - last);
}
