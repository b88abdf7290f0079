"""Fit the minimax polynomials of csrc/aten/cpu/simd/math_constants.h and print them as C++.

Needs mpmath. Each fit minimises the largest relative error (Remez exchange) over the interval on which the vector
code evaluates the polynomial; the error printed beside it is that of the exact coefficients, before rounding.

    python tools/fit_polynomials.py > table.txt
"""

from mpmath import cos, erf, erfc, exp, expm1, log, lu_solve, matrix, mp, mpf, nstr, pi, sin, sqrt, tan, tanh

mp.dps = 60


def remez(f, weight, lo, hi, degree, rounds=12):
    """Coefficients c (lowest first) that minimise max |weight(x) * (f(x) - sum c[i] x^i)| on [lo, hi]."""
    n = degree + 2
    lo, hi = mpf(lo), mpf(hi)
    nodes = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * i / (n - 1)) for i in range(n)]
    best = None
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for i, x in enumerate(nodes):
            for k in range(degree + 1):
                a[i, k] = x**k
            a[i, degree + 1] = (-1) ** i / weight(x)
            b[i] = f(x)
        solution = lu_solve(a, b)
        coefficients = [solution[k] for k in range(degree + 1)]

        def error(x, c=tuple(coefficients)):
            return weight(x) * (f(x) - sum(c[k] * x**k for k in range(degree + 1)))

        grid = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * i / (40 * n)) for i in range(40 * n + 1)]
        values = [error(x) for x in grid]
        worst = max(abs(v) for v in values)
        if best is None or worst < best[0]:
            best = (worst, coefficients)
        runs, current = [], None
        for x, v in zip(grid, values):
            if current is None or (v > 0) != (current[1] > 0):
                current = (x, v)
                runs.append(current)
            elif abs(v) > abs(current[1]):
                runs[-1] = current = (x, v)
        while len(runs) > n:
            runs.pop(0 if abs(runs[0][1]) < abs(runs[-1][1]) else -1)
        if len(runs) < n or worst / max(abs(solution[degree + 1]), mpf(10) ** -50) < 1.01:
            break
        nodes = [x for x, _ in runs]
    return best


def series(f, at_zero):
    return lambda x: at_zero if abs(x) < mpf("1e-20") else f(x)


HALF_LN2 = log(2) / 2 * mpf("1.001")
QUARTER_PI2 = (pi / 4 * mpf("1.001")) ** 2
LOG_Z = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.001")


def taylor_exp(x):
    return (expm1(x) - x) / x**2


def atanh_tail(z):
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) / s - 2) / z


def atanh_tail2(z):
    return (atanh_tail(z) - mpf(2) / 3) / z


def erfcx_of(t, centre):
    x = centre * (1 + t) / (1 - t)
    return exp(x * x) * erfc(x) * (1 + 2 * x)


def root(f):
    return lambda z: f(sqrt(z))


ERF_CENTRE = {"float": mpf(2), "double": mpf(3)}
ERF_HIGH = {"float": mpf(11), "double": mpf(28)}
ERF_ONE = {"float": mpf(4), "double": mpf(6)}
ERF_SPLIT = mpf("0.75")
TANH_SPLIT = mpf("0.625")
# name -> (function of float or double, weight, interval, degree per type)
FITS = {
    "kExp": (series(taylor_exp, mpf(1) / 2), lambda x: abs(x) + mpf("0.01"), (-HALF_LN2, HALF_LN2), (4, 10)),
    "kLog": (series(atanh_tail, mpf(2) / 3), lambda z: z + mpf("1e-4"), (0, LOG_Z), (3, 6)),
    "kLogTail": (series(atanh_tail2, mpf(2) / 5), lambda z: z * z + mpf("1e-6"), (0, LOG_Z), (None, 6)),
    "kSin": (
        series(root(lambda r: (sin(r) / r - 1) / r**2), mpf(-1) / 6),
        lambda z: z + mpf("1e-3"),
        (0, QUARTER_PI2),
        (3, 5),
    ),
    "kCos": (
        series(root(lambda r: (cos(r) - 1 + r * r / 2) / r**4), mpf(1) / 24),
        lambda z: z * z + mpf("1e-3"),
        (0, QUARTER_PI2),
        (2, 5),
    ),
    "kTan": (
        series(root(lambda r: (tan(r) / r - 1) / r**2), mpf(1) / 3),
        lambda z: z + mpf("1e-3"),
        (0, QUARTER_PI2),
        (6, 14),
    ),
    "kErf": (
        series(root(lambda x: erf(x) / x - 1), 2 / sqrt(pi) - 1),
        lambda z: mpf(1),
        (0, ERF_SPLIT**2 * mpf("1.001")),
        (5, 10),
    ),
    "kTanh": (
        series(root(lambda x: (tanh(x) / x - 1) / x**2), mpf(-1) / 3),
        lambda z: z + mpf("1e-3"),
        (0, TANH_SPLIT**2 * mpf("1.001")),
        (4, 10),
    ),
    "kErfcLog2": (lambda x: log(erfc(x), 2), lambda x: erfc(x) * log(2) / erf(x), None, (6, 20)),
    "kErfcx": (None, None, None, (9, 20)),
}


def main():
    for index, ctype in enumerate(("float", "double")):
        print(f"// {ctype}")
        for name, (f, weight, interval, degrees) in FITS.items():
            degree = degrees[index]
            if degree is None:
                continue
            if name == "kErfcx":
                centre = ERF_CENTRE[ctype]
                low, high = ERF_SPLIT * mpf("0.999"), ERF_HIGH[ctype]
                interval = ((low - centre) / (low + centre), (high - centre) / (high + centre))
                error, coefficients = remez(
                    lambda t, c=centre: erfcx_of(t, c), lambda t, c=centre: 1 / erfcx_of(t, c), *interval, degree
                )
            else:
                if name == "kErfcLog2":
                    interval = (ERF_SPLIT * mpf("0.999"), ERF_ONE[ctype])
                error, coefficients = remez(f, weight, *interval, degree)
            digits, suffix = (9, "f") if ctype == "float" else (17, "")
            print(f"static constexpr {ctype} {name}[] = {{  // error 2^{nstr(log(error, 2), 4)}")
            print("    " + ", ".join(nstr(c, digits, strip_zeros=False) + suffix for c in coefficients) + "};")


if __name__ == "__main__":
    main()
