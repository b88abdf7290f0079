// One sample of each distribution, drawn as PyTorch's CPU kernels draw it: same words, same formula, same rounding.
// `Rng` is CPUGeneratorImpl or anything with random(), random64() and the cached normal sample.
//
// Note [Fused rounding in distributions]
// PyTorch's kernels for AVX2 are compiled with contraction, so `a * b + c` rounds once there. std::fma says the same
// here whatever the compiler flags are; on machines without FMA PyTorch itself rounds twice and differs in the last bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace tiny_torch {

inline constexpr double kPi = 3.14159265358979323846;

/// std::lgamma without its write to a global.
inline double log_gamma(double x) {
#if defined(__GLIBC__)
  int sign;
  return ::lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

/// Uniform on [0, 1) with 53 random bits.
template <typename Rng>
double uniform_double(Rng& rng) {
  return static_cast<double>(rng.random64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53;
}

/// Uniform on [0, 1) with 24 random bits.
template <typename Rng>
float uniform_float(Rng& rng) {
  return static_cast<float>(rng.random() & ((uint32_t{1} << 24) - 1)) * 0x1p-24f;
}

/// Uniform on [from, to) in the compute type (float or double); `span` is `to - from`.
template <typename T, typename Rng>
T uniform_sample(Rng& rng, T from, T span) {
  if constexpr (std::is_same_v<T, double>) {
    return std::fma(uniform_double(rng), span, from);
  } else {
    return std::fma(uniform_float(rng), span, from);
  }
}

/// Normal by the Box-Muller transform; the second value of each pair waits in the generator for the next call.
template <typename Rng>
double normal_sample(Rng& rng, double mean, double std) {
  if (const std::optional<double> cached = rng.next_double_normal_sample()) {
    rng.set_next_double_normal_sample(std::nullopt);
    return std::fma(*cached, std, mean);
  }
  const double u1 = uniform_double(rng);
  const double u2 = uniform_double(rng);
  const double radius = std::sqrt(-2.0 * std::log1p(-u2));
  const double theta = 2.0 * kPi * u1;
  rng.set_next_double_normal_sample(radius * std::sin(theta));
  return std::fma(radius * std::cos(theta), std, mean);
}

template <typename Rng>
double log_normal_sample(Rng& rng, double mean, double std) {
  return std::exp(normal_sample(rng, mean, std));
}

template <typename Rng>
double cauchy_sample(Rng& rng, double median, double sigma) {
  return std::fma(sigma, std::tan(kPi * (uniform_double(rng) - 0.5)), median);
}

template <typename Rng>
double exponential_sample(Rng& rng, double lambda) {
  return -1.0 / lambda * std::log1p(-uniform_double(rng));
}

/// Number of Bernoulli(p) trials up to the first success, p in (0, 1).
template <typename Rng>
double geometric_sample(Rng& rng, double p) {
  return std::ceil(std::log(uniform_double(rng)) / std::log1p(-p));
}

template <typename Rng>
bool bernoulli_sample(Rng& rng, double p) {
  return uniform_double(rng) < p;
}

/// Poisson with mean `lambda` >= 0: below 10 by multiplying uniforms until exp(-lambda) is passed, above by the
/// transformed rejection PTRS of Hoermann (Insurance: Mathematics and Economics 12, 1993).
template <typename Rng>
double poisson_sample(Rng& rng, double lambda) {
  if (lambda == 0) return 0;
  if (lambda < 10) {
    const double limit = std::exp(-lambda);
    double product = uniform_double(rng), count = 0;
    for (; product > limit; product *= uniform_double(rng)) count += 1;
    return count;
  }
  const double log_lambda = std::log(lambda);
  const double b = 0.931 + 2.53 * std::sqrt(lambda), a = 0.02483 * b - 0.059;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = uniform_double(rng) - 0.5, v = uniform_double(rng);
    const double us = 0.5 - std::fabs(u), k = std::floor((2 * a / us + b) * u + lambda + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const double log_density = k * log_lambda - lambda - log_gamma(k + 1);
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <= log_density) return k;
  }
}

/// Successes in `n` trials of probability p in (0, 1/2]: below a mean of 10 by the waits between them, above by the
/// transformed rejection BTRS of Hoermann (J. Statist. Comput. Simul. 46, 1993). `n` is finite.
template <typename T, typename Rng>
T rare_binomial_sample(Rng& rng, T n, T p) {
  // What depends on n and p alone is rounded to T, as PyTorch's is.
  const T mean = n * p;
  if (mean < 10) {
    const double log_failure = std::log1p(-p);
    double passed = 0;
    for (T successes = 0;; successes += 1) {
      passed += std::ceil(std::log(uniform_double(rng)) / log_failure);
      if (passed > n) return successes;
    }
  }
  const double deviation = std::sqrt(mean * (1 - p)), b = 1.15 + 2.53 * deviation;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p, centre = mean + 0.5, squeeze = 0.92 - 4.2 / b;
  const double odds = p / (1 - p), alpha = (2.83 + 5.1 / b) * deviation, mode = std::floor((n + 1) * p);
  while (true) {
    const double u = uniform_double(rng) - 0.5, v = uniform_double(rng);
    const double us = 0.5 - std::fabs(u), k = std::floor((2 * a / us + b) * u + centre);
    if (us >= 0.07 && v <= squeeze) return static_cast<T>(k);
    if (k < 0 || k > n) continue;
    // The logarithm of the density at k over that at the mode.
    const double log_ratio = log_gamma(mode + 1) + log_gamma(n - mode + 1) - log_gamma(k + 1) - log_gamma(n - k + 1) +
                             (k - mode) * std::log(odds);
    if (std::log(v * alpha / (a / (us * us) + b)) <= log_ratio) return static_cast<T>(k);
  }
}

/// Binomial; 0 for a count or a probability of at most 0, the count for one of at least 1, nan for nan.
template <typename T, typename Rng>
T binomial_sample(Rng& rng, T n, T p) {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1 || std::isinf(n)) return n;
  if (std::isnan(n) || std::isnan(p)) return std::numeric_limits<T>::quiet_NaN();
  return p <= T(0.5) ? rare_binomial_sample(rng, n, p) : n - rare_binomial_sample(rng, n, 1 - p);
}

/// The variant of bernoulli(tensor) for probabilities narrower than double.
template <typename Rng>
bool bernoulli_sample(Rng& rng, float p) {
  return uniform_float(rng) < p;
}

/// Ranges from here on take 64 bits a sample, to keep the modulo's bias small.
inline constexpr uint64_t kWideRange = uint64_t{1} << 28;

/// Uniform integer in [base, base + range), range > 0.
template <typename Rng>
int64_t random_from_to_sample(Rng& rng, uint64_t range, int64_t base) {
  const uint64_t word = range >= kWideRange ? rng.random64() : rng.random();
  return static_cast<int64_t>(word % range + static_cast<uint64_t>(base));
}

/// Uniform integer over everything an int64 can hold.
template <typename Rng>
int64_t random_full_range_sample(Rng& rng) {
  return static_cast<int64_t>(rng.random64());
}

/// The modulus of `random_()` without bounds: integers [0, max], floating types [0, 2^digits].
template <typename T>
constexpr uint64_t random_modulus() {
  if constexpr (std::is_same_v<T, bool>) {
    return 2;
  } else if constexpr (std::numeric_limits<T>::is_integer) {
    return static_cast<uint64_t>(std::numeric_limits<T>::max()) + 1;
  } else {
    return (uint64_t{1} << std::numeric_limits<T>::digits) + 1;
  }
}

/// `random_()` without bounds for element type T.
template <typename T, typename Rng>
int64_t random_sample(Rng& rng) {
  constexpr bool wide = std::is_same_v<T, int64_t> || std::is_same_v<T, double>;
  const uint64_t word = wide ? rng.random64() : rng.random();
  return static_cast<int64_t>(word % random_modulus<T>());
}

}  // namespace tiny_torch
