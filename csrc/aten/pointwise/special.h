// Words of aten/ops/special.yaml beside those of vocabulary.h, for plain scalars: the functions of mathematical physics.
// float goes by way of double.
//   lgamma digamma zeta (Hurwitz) gammainc gammaincc     erfinv erfcx log_ndtr ndtri
//   bessel_j0 j1 y0 y1   bessel_i0 i1 k0 k1, scaled by exp(-|x|): i0e i1e, by exp(x): k0e k1e
//   airy_ai   frexp_mantissa frexp_exponent
// Sources of the formulas: Abramowitz and Stegun, 6.1, 7.1, 9.6, 10.4, 26.2; Temme (1975) for K at x > 2.
#pragma once

#include "aten/pointwise/vocabulary.h"

namespace tiny_torch::pointwise {

namespace special {

constexpr double kPi = 3.141592653589793, kEpsilon = 1.1102230246251565e-16, kEulerGamma = 0.5772156649015329;
constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

POINTWISE_FN double lgamma(double x) {
#if defined(__GLIBC__)
  int sign;
  return ::lgamma_r(x, &sign);  // std::lgamma writes a global
#else
  return std::lgamma(x);
#endif
}

POINTWISE_FN double digamma(double x) {
  if (x == 0) return std::copysign(kInf, -x);
  double value = 0;
  if (x < 0) {
    if (x == std::floor(x)) return kNan;
    value = -kPi / std::tan(kPi * (x - std::trunc(x)));
    x = 1 - x;
  }
  for (; x < 10; x += 1) value -= 1 / x;
  // Bernoulli numbers B_2k / 2k.
  constexpr double kTerms[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                               1.0 / 132, -691.0 / 32760, 1.0 / 12,  -3617.0 / 8160};
  const double inverse = 1 / (x * x);
  double power = inverse, series = 0;
  for (const double term : kTerms) {
    series += term * power;
    power *= inverse;
  }
  return value + std::log(x) - 0.5 / x - series;
}

/// The sum of (q + k)^-s over k >= 0, for s > 1 and q > 0, by Euler and Maclaurin.
POINTWISE_FN double zeta_of_positive(double s, double q) {
  double sum = 0, a = q;
  for (int k = 0; k < 10 || a < 10; ++k, a += 1) sum += std::pow(a, -s);
  // B_2j / (2j)!
  constexpr double kTerms[] = {1.0 / 12,
                               -1.0 / 720,
                               1.0 / 30240,
                               -1.0 / 1209600,
                               1.0 / 47900160,
                               -691.0 / 1307674368000.0,
                               1.0 / 74724249600.0,
                               -3617.0 / 10670622842880000.0};
  const double power = std::pow(a, -s);
  sum += power * a / (s - 1) + 0.5 * power;
  double factor = s * power / a;
  for (int j = 0; j < 8; ++j) {
    const double term = kTerms[j] * factor;
    sum += term;
    if (std::fabs(term) <= kEpsilon * std::fabs(sum)) break;
    factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (a * a);
  }
  return sum;
}
POINTWISE_FN double zeta(double s, double q) {
  if (s == 1) return kInf;
  if (!(s > 1) || q != q) return kNan;
  if (q > 0) return zeta_of_positive(s, q);
  if (q == std::floor(q)) return kInf;
  if (s != std::floor(s)) return kNan;
  // The sum over all integers, less those below q.
  const double fraction = q - std::floor(q), sign = std::fmod(s, 2) == 0 ? 1 : -1;
  return zeta_of_positive(s, fraction) + sign * (zeta_of_positive(s, 1 - fraction) - zeta_of_positive(s, 1 - q));
}

/// exp(x^2) erfc(x).
POINTWISE_FN double erfcx(double x) {
  if (x < 0) return 2 * std::exp(x * x) - erfcx(-x);
  if (x < 2) return std::exp(x * x) * std::erfc(x);
  double tail = x;
  for (int k = 60; k > 0; --k) tail = x + 0.5 * k / tail;
  return 0.5641895835477563 / tail;
}
POINTWISE_FN double log_ndtr(double x) {
  const double scaled = x * 0.7071067811865476;
  return x < -1 ? std::log(0.5 * erfcx(-scaled)) - scaled * scaled : std::log1p(-0.5 * std::erfc(scaled));
}
/// The x at which the normal distribution has `p` below it.
POINTWISE_FN double ndtri(double p) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0 || p == 1) return p == 0 ? -kInf : kInf;
  if (p == 0.5) return 0;
  if (p > 0.5) return -ndtri(1 - p);
  const double wanted = std::log(p), t = std::sqrt(-2 * wanted);
  double x = ((0.010328 * t + 0.802853) * t + 2.515517) / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1) - t;
  // Newton's steps on the logarithm, whose slope is the density over the distribution.
  for (int i = 0; i < 4; ++i) x -= (log_ndtr(x) - wanted) * 1.2533141373155001 * erfcx(-x * 0.7071067811865476);
  return x;
}
POINTWISE_FN double erfinv(double y) {
  const double size = std::fabs(y);
  if (!(size <= 1)) return kNan;
  if (size > 0.5) return std::copysign(-ndtri(0.5 * (1 - size)) * 0.7071067811865476, y);
  double x = y * 0.886226925452758;
  for (int i = 0; i < 5; ++i) x -= (std::erf(x) - y) * 0.886226925452758 * std::exp(x * x);
  return x;
}

/// exp(-|x|) I_n(x) for n = 0 and 1.
POINTWISE_FN double bessel_i_scaled(double x, int n) {
  const double size = std::fabs(x);
  double value;
  if (size < 20) {
    const double quarter = size * size / 4;
    double term = n == 0 ? 1 : size / 2;
    value = term;
    for (int k = 1; term > kEpsilon * value; ++k) {
      term *= quarter / (static_cast<double>(k) * (k + n));
      value += term;
    }
    value *= std::exp(-size);
  } else {
    double term = 1, series = 1;
    for (int k = 1; k < 40 && std::fabs(term) > kEpsilon; ++k) {
      term *= ((2.0 * k - 1) * (2.0 * k - 1) - 4 * n) / (8 * size * k);
      series += term;
    }
    value = size == kInf ? 0 : series * 0.3989422804014327 / std::sqrt(size);
  }
  return x != x ? x : n == 1 ? std::copysign(value, x) : value;
}
POINTWISE_FN double bessel_i0e(double x) { return bessel_i_scaled(x, 0); }
POINTWISE_FN double bessel_i1e(double x) { return bessel_i_scaled(x, 1); }
POINTWISE_FN double bessel_i(double x, int n) {
  const double size = std::fabs(x);
  if (size == kInf) return n == 1 ? x : kInf;
  // In two steps, so that the exponential overflows no earlier than the product.
  const double half = std::exp(size / 2);
  return bessel_i_scaled(x, n) * half * half;
}
POINTWISE_FN double bessel_i0(double x) { return bessel_i(x, 0); }
POINTWISE_FN double bessel_i1(double x) { return bessel_i(x, 1); }

/// exp(x) K_n(x) for n = 0 and 1.
POINTWISE_FN double bessel_k_scaled(double x, int n) {
  if (x == 0) return kInf;
  if (!(x > 0)) return kNan;
  if (x <= 2) {
    const double quarter = x * x / 4, log_half = std::log(x / 2);
    double term = n == 0 ? 1 : x / 4, sum = 0, harmonic = 0;
    for (int k = 0; k < 30; ++k) {
      const double next = harmonic + 1.0 / (k + 1);
      sum += term * (n == 0 ? harmonic - kEulerGamma : harmonic + next - 2 * kEulerGamma);
      term *= quarter / (static_cast<double>(k + 1) * (k + 1 + n));
      harmonic = next;
    }
    const double value = n == 0 ? sum - log_half * bessel_i0(x) : 1 / x + log_half * bessel_i1(x) - sum;
    return value * std::exp(x);
  }
  if (x > 1e16) return 1.2533141373155001 / std::sqrt(x);
  double b = 2 * (1 + x), d = 1 / b, step = d, h = d, q1 = 0, q2 = 1, c = 0.25, q = c, a = -c, s = 1 + q * step;
  for (int i = 2; i < 500; ++i) {
    a -= 2 * (i - 1);
    c = -a * c / i;
    const double next = (q1 - b * q2) / a;
    q1 = q2;
    q2 = next;
    q += c * next;
    b += 2;
    d = 1 / (b + a * d);
    step *= b * d - 1;
    h += step;
    s += q * step;
    if (std::fabs(q * step) < kEpsilon * std::fabs(s)) break;
  }
  const double k0 = std::sqrt(kPi / (2 * x)) / s;
  return n == 0 ? k0 : k0 * (x + 0.5 - 0.25 * h) / x;
}
POINTWISE_FN double bessel_k0e(double x) { return bessel_k_scaled(x, 0); }
POINTWISE_FN double bessel_k1e(double x) { return bessel_k_scaled(x, 1); }
POINTWISE_FN double bessel_k0(double x) { return bessel_k_scaled(x, 0) * std::exp(-x); }
POINTWISE_FN double bessel_k1(double x) { return bessel_k_scaled(x, 1) * std::exp(-x); }

POINTWISE_FN double bessel_j0(double x) { return ::j0(x); }
POINTWISE_FN double bessel_j1(double x) { return ::j1(x); }
POINTWISE_FN double bessel_y0(double x) { return x < 0 ? kNan : ::y0(x); }
POINTWISE_FN double bessel_y1(double x) { return x < 0 ? kNan : ::y1(x); }

/// The integral of exp(-w (cosh t - 1)) cosh(t / 3) over t > 0: exp(w) K_1/3(w), by the trapezoidal rule.
POINTWISE_FN double airy_integral(double w) {
  const double h = 0.25 / std::sqrt(w);
  double sum = 0.5;
  for (int k = 1; k < 200; ++k) {
    const double root = std::sinh(0.5 * k * h), exponent = 2 * w * root * root;
    if (exponent > 40) break;
    sum += std::exp(-exponent) * std::cosh(k * h / 3);
  }
  return sum * h;
}
/// The imaginary part of K_1/3(iw): the same integral along t = s - i tanh(s), on which it does not oscillate.
POINTWISE_FN double airy_oscillation(double w) {
  const double h = 0.25 / std::sqrt(w);
  double re = 0, im = 0;
  for (int k = 0; k < 200; ++k) {
    const double s = k * h, angle = std::tanh(s), slope = angle * angle - 1;
    const double a = std::sinh(s / 2) * std::cos(angle / 2), b = -std::cosh(s / 2) * std::sin(angle / 2);
    const double decay = 4 * w * a * b, phase = -2 * w * (a * a - b * b);
    if (decay < -40) break;
    const double size = (k == 0 ? 0.5 : 1) * std::exp(decay), x = size * std::cos(phase), y = size * std::sin(phase);
    // cosh(t / 3) times dt / ds = 1 + i slope
    const double c = std::cosh(s / 3) * std::cos(angle / 3), d = -std::sinh(s / 3) * std::sin(angle / 3);
    const double p = c - d * slope, q = d + c * slope;
    re += x * p - y * q;
    im += x * q + y * p;
  }
  return (im * std::cos(w) - re * std::sin(w)) * h;
}
POINTWISE_FN double airy_ai(double x) {
  if (!(std::fabs(x) < kInf)) return kNan;
  if (x > 110) return 0;
  if (std::fabs(x) <= 1.5) {
    const double cube = x * x * x;
    double f = 1, g = x, f_sum = f, g_sum = g;
    for (int k = 3; k < 60; k += 3) {
      f *= cube / (k * (k - 1));
      g *= cube / (k * (k + 1));
      f_sum += f;
      g_sum += g;
    }
    return 0.355028053887817239 * f_sum - 0.258819403792806798 * g_sum;
  }
  const double size = std::fabs(x), w = size * std::sqrt(size) / 1.5, factor = std::sqrt(size / 3) / kPi;
  return x > 0 ? factor * std::exp(-w) * airy_integral(w) : -2 * factor * airy_oscillation(w);
}

/// The regularised lower incomplete gamma function P(a, x), or its complement.
POINTWISE_FN double incomplete_gamma(double a, double x, bool upper) {
  if (!(a >= 0) || !(x >= 0)) return kNan;
  if (a == 0) return x > 0 ? (upper ? 0 : 1) : kNan;
  if (x == 0) return upper ? 1 : 0;
  if (a == kInf) return x == kInf ? kNan : (upper ? 1 : 0);
  if (x == kInf) return upper ? 0 : 1;
  const double front = std::exp(a * std::log(x) - x - lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > kEpsilon * sum && n < a + 100000; n += 1) {
      term *= x / n;
      sum += term;
    }
    return upper ? 1 - front * sum : front * sum;
  }
  // Lentz's evaluation of the continued fraction.
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (int i = 1; i < 100000; ++i) {
    const double n = -i * (i - a);
    b += 2;
    d = 1 / (n * d + b);
    c = b + n / c;
    h *= c * d;
    if (std::fabs(c * d - 1) < 2 * kEpsilon) break;
  }
  return upper ? front * h : 1 - front * h;
}
POINTWISE_FN double gammainc(double a, double x) { return incomplete_gamma(a, x, false); }
POINTWISE_FN double gammaincc(double a, double x) { return incomplete_gamma(a, x, true); }

POINTWISE_FN double frexp_mantissa(double x) {
  int exponent;
  return std::frexp(x, &exponent);
}
POINTWISE_FN double frexp_exponent(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::isfinite(x) ? exponent : 0;
}

}  // namespace special
}  // namespace tiny_torch::pointwise
