// The CPU's random kernels. Words are drawn in order on one thread; dense tensors take them in blocks.
#include "aten/native/random.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>
#include <vector>

#include "aten/core/CPUGeneratorImpl.h"
#include "aten/core/Dispatch.h"
#include "aten/core/distributions.h"
#include "aten/cpu/box_muller.h"
#include "aten/cpu/memory_order.h"

namespace tiny_torch::cpu {
namespace {

using namespace native;

constexpr int64_t kWordsPerBlock = 1024;

class LockedGenerator {
 public:
  explicit LockedGenerator(const OptionalGenerator& generator)
      : rng_(implementation(generator)), lock_(rng_->mutex()) {}
  CPUGeneratorImpl& operator*() const { return *rng_; }

 private:
  static CPUGeneratorImpl* implementation(const OptionalGenerator& generator) {
    const Generator& fallback = default_cpu_generator();
    if (!generator.has_value()) return static_cast<CPUGeneratorImpl*>(fallback.get());
    return check_generator<CPUGeneratorImpl>(generator, fallback);
  }

  CPUGeneratorImpl* rng_;
  std::lock_guard<std::mutex> lock_;
};

/// Writes `sample()` to every element, in memory order.
template <class T, class Sample>
void fill_serial(const TensorBase& self, Sample&& sample) {
  T* data = static_cast<T*>(self.mutable_data_ptr());
  MemoryOrder<1>({&self}).for_each_row([&](const auto& offsets, const auto& strides, int64_t count) {
    T* row = data + offsets[0];
    for (int64_t i = 0; i < count; ++i) row[i * strides[0]] = sample();
  });
}

/// Writes `convert(words)` to every element, each from the next kWords words.
template <class T, int kWords, class Convert>
void fill_from_words(const TensorBase& self, CPUGeneratorImpl& rng, Convert&& convert) {
  if (!self.is_non_overlapping_and_dense()) {
    fill_serial<T>(self, [&] {
      uint32_t words[kWords];
      for (uint32_t& word : words) word = rng.random();
      return convert(words);
    });
    return;
  }
  T* data = static_cast<T*>(self.mutable_data_ptr());
  uint32_t words[kWordsPerBlock];
  constexpr int64_t block = kWordsPerBlock / kWords;
  for (int64_t begin = 0; begin < self.numel(); begin += block) {
    const int64_t count = std::min(block, self.numel() - begin);
    rng.fill_random(words, count * kWords);
    for (int64_t i = 0; i < count; ++i) data[begin + i] = convert(words + i * kWords);
  }
}

uint64_t join(const uint32_t* words) { return static_cast<uint64_t>(words[0]) << 32 | words[1]; }
uint64_t low_bits(uint64_t word, int count) { return word & ((uint64_t{1} << count) - 1); }

template <size_t kBytes>
using SignedBits =
    std::conditional_t<kBytes == 1, int8_t,
                       std::conditional_t<kBytes == 2, int16_t, std::conditional_t<kBytes == 4, int32_t, int64_t>>>;

/// `success` with probability `p`, else a value of zero bits.
template <class T>
void fill_bernoulli(const TensorBase& self, double p, T success, CPUGeneratorImpl& rng) {
  using Bits = SignedBits<sizeof(T)>;
  const auto success_bits = detail::bit_cast<Bits>(success);
  if (!self.is_non_overlapping_and_dense()) {
    fill_serial<T>(self, [&] { return detail::bit_cast<T>(bernoulli_sample(rng, p) ? success_bits : Bits(0)); });
    return;
  }
  // k * 2^-53 < p exactly when the integer k lies below this limit, that is, when their difference is negative.
  const auto limit = static_cast<uint64_t>(std::ceil(p * 0x1p53));
  T* data = static_cast<T*>(self.mutable_data_ptr());
  constexpr int64_t block = kWordsPerBlock / 2;
  uint32_t words[kWordsPerBlock];
  int32_t masks[block];  // two loops, so that both vectorize
  for (int64_t begin = 0; begin < self.numel(); begin += block) {
    const int64_t count = std::min(block, self.numel() - begin);
    rng.fill_random(words, count * 2);
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t difference = low_bits(join(words + i * 2), 53) - limit;
      masks[i] = static_cast<int32_t>(static_cast<uint32_t>(difference >> 32)) >> 31;
    }
    for (int64_t i = 0; i < count; ++i) {
      data[begin + i] = detail::bit_cast<T>(static_cast<Bits>(success_bits & static_cast<Bits>(masks[i])));
    }
  }
}

/// `count` samples of U[from, to) at `data`.
void fill_uniform(float* data, int64_t count, float from, float to, CPUGeneratorImpl& rng) {
  uint32_t words[kWordsPerBlock];
  for (int64_t begin = 0; begin < count; begin += kWordsPerBlock) {
    const int64_t n = std::min(kWordsPerBlock, count - begin);
    rng.fill_random(words, n);
    uniform_from_words(data + begin, words, n, from, to);
  }
}

void fill_uniform_unit(float* data, int64_t count, CPUGeneratorImpl& rng) { fill_uniform(data, count, 0, 1, rng); }
void fill_uniform_unit(double* data, int64_t count, CPUGeneratorImpl& rng) {
  for (int64_t i = 0; i < count; ++i) data[i] = uniform_double(rng);
}

void uniform_kernel(const TensorBase& self, double from, double to, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "uniform_kernel_cpu", [&](auto tag) {
    using T = decltype(tag);
    using compute_t = opmath_t<T>;
    const auto low = static_cast<compute_t>(from);
    const auto high = static_cast<compute_t>(to);
    const T low_element = static_cast<T>(from);
    const T high_element = static_cast<T>(to);
    if constexpr (std::is_same_v<T, float>) {
      if (self.is_non_overlapping_and_dense()) {
        fill_uniform(self.mutable_data_ptr<float>(), self.numel(), low, high, *rng);
        return;
      }
    }
    constexpr int kWords = std::is_same_v<compute_t, double> ? 2 : 1;
    constexpr int digits = std::numeric_limits<compute_t>::digits;
    const compute_t span = high - low;
    fill_from_words<T, kWords>(self, *rng, [=](const uint32_t* words) {
      const uint64_t bits = low_bits(kWords == 2 ? join(words) : words[0], digits);
      const compute_t unit =
          static_cast<compute_t>(bits) * (compute_t(1) / static_cast<compute_t>(uint64_t{1} << digits));
      const T value = static_cast<T>(std::fma(unit, span, low));
      return value == high_element ? low_element : value;
    });
  });
}

/// See Note [Box-Muller and PyTorch's bits]. Sizes that are no multiple of 16 draw the last 16 elements anew.
template <class T>
void normal_fill(T* data, int64_t size, double mean, double std, CPUGeneratorImpl& rng) {
  using compute_t = opmath_t<T>;
  constexpr bool in_place = std::is_same_v<T, compute_t>;
  constexpr int64_t chunk = kWordsPerBlock;
  compute_t buffer[chunk];
  const auto transform = [&](T* out, int64_t count) {
    compute_t* block = buffer;
    if constexpr (in_place) block = out;
    fill_uniform_unit(block, count, rng);
    box_muller(block, count / kBoxMullerBlock, static_cast<compute_t>(mean), static_cast<compute_t>(std));
    if constexpr (!in_place) std::copy(block, block + count, out);
  };
  const int64_t rest = size % kBoxMullerBlock;
  for (int64_t begin = 0; begin < size - rest; begin += chunk)
    transform(data + begin, std::min(chunk, size - rest - begin));
  if (rest == 0) return;
  // The float and double kernels fill everything before they transform: the words of the rest are drawn and dropped.
  if (in_place) fill_uniform_unit(buffer, rest, rng);
  transform(data + size - kBoxMullerBlock, kBoxMullerBlock);
}

void normal_kernel(const TensorBase& self, double mean, double std, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "normal_kernel_cpu", [&](auto tag) {
    using T = decltype(tag);
    if (self.numel() >= kBoxMullerBlock && self.is_contiguous()) {
      normal_fill(self.mutable_data_ptr<T>(), self.numel(), mean, std, *rng);
    } else {
      fill_serial<T>(self, [&] { return static_cast<T>(normal_sample(*rng, mean, std)); });
    }
  });
}

void exponential_kernel(const TensorBase& self, double lambd, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "exponential_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_serial<T>(self, [&] { return static_cast<T>(exponential_sample(*rng, lambd)); });
  });
}

void cauchy_kernel(const TensorBase& self, double median, double sigma, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "cauchy_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_serial<T>(self, [&] { return static_cast<T>(cauchy_sample(*rng, median, sigma)); });
  });
}

void log_normal_kernel(const TensorBase& self, double mean, double std, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "log_normal_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_serial<T>(self, [&] { return static_cast<T>(log_normal_sample(*rng, mean, std)); });
  });
}

/// A count as T. Integers keep the low bits of what an int64 holds; beyond that the smallest int64 stands for overflow.
template <class T>
T from_count(double count) {
  if constexpr (std::numeric_limits<T>::is_integer) {
    return static_cast<T>(count < 0x1p63 ? static_cast<int64_t>(count) : std::numeric_limits<int64_t>::min());
  } else {
    return static_cast<T>(count);
  }
}

void geometric_kernel(const TensorBase& self, double p, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_real(self.scalar_type(), "geometric_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_serial<T>(self, [&] { return from_count<T>(geometric_sample(*rng, p)); });
  });
}

void bernoulli_kernel(const TensorBase& self, double p, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_real(self.scalar_type(), "bernoulli_scalar_cpu_", [&](auto tag) {
    using T = decltype(tag);
    fill_bernoulli<T>(self, p, static_cast<T>(1), *rng);
  });
}

template <class P, class F>
void for_each_parameter(const TensorBase& self, const TensorBase& p, F&& f) {
  const P* probabilities = p.const_data_ptr<P>();
  MemoryOrder<2>({&self, &p}).for_each_row([&](const auto& offsets, const auto& strides, int64_t count) {
    for (int64_t i = 0; i < count; ++i) f(offsets[0] + i * strides[0], probabilities[offsets[1] + i * strides[1]]);
  });
}

template <class P>
void bernoulli_tensor(const TensorBase& self, const TensorBase& p, CPUGeneratorImpl& rng) {
  for_each_parameter<P>(self, p, [](int64_t, P probability) {
    TORCH_CHECK(probability >= 0 && probability <= 1, "bernoulli(): expected all probabilities in [0, 1], got ",
                static_cast<double>(probability));
  });
  // One width of draws for all of the narrow types, so that they share a stream.
  using draw_t = std::conditional_t<std::is_same_v<P, double>, double, float>;
  dispatch_real(self.scalar_type(), "bernoulli_tensor_cpu_self_", [&](auto tag) {
    using T = decltype(tag);
    T* data = self.mutable_data_ptr<T>();
    for_each_parameter<P>(self, p, [&](int64_t offset, P probability) {
      data[offset] = static_cast<T>(bernoulli_sample(rng, static_cast<draw_t>(probability)) ? 1 : 0);
    });
  });
}

void bernoulli_tensor_kernel(const TensorBase& self, const TensorBase& p, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  switch (p.scalar_type()) {
    case kDouble:
      return bernoulli_tensor<double>(self, p, *rng);
    case kFloat:
      return bernoulli_tensor<float>(self, p, *rng);
    case kHalf:
      return bernoulli_tensor<Half>(self, p, *rng);
    case kBFloat16:
      return bernoulli_tensor<BFloat16>(self, p, *rng);
    default:
      TORCH_CHECK_NOT_IMPLEMENTED(false, "\"bernoulli_tensor_cpu_p_\" not implemented for '", p.scalar_type(), "'");
  }
}

void poisson_kernel(const TensorBase& self, const TensorBase& rates, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "poisson_cpu", [&](auto tag) {
    using T = decltype(tag);
    T* data = self.mutable_data_ptr<T>();
    for_each_parameter<T>(self, rates, [](int64_t, T rate) {
      TORCH_CHECK(rate >= T(0), "invalid Poisson rate, expected rate to be non-negative, got ",
                  static_cast<double>(rate));
    });
    for_each_parameter<T>(self, rates, [&](int64_t offset, T rate) {
      data[offset] = static_cast<T>(poisson_sample(*rng, static_cast<double>(rate)));
    });
  });
}

void binomial_kernel(const TensorBase& self, const TensorBase& count, const TensorBase& prob,
                     const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "binomial_cpu", [&](auto tag) {
    using T = decltype(tag);
    T* data = self.mutable_data_ptr<T>();
    const T *counts = count.const_data_ptr<T>(), *probabilities = prob.const_data_ptr<T>();
    for (int64_t i = 0; i < self.numel(); ++i) {
      if constexpr (std::is_same_v<T, double>) {
        data[i] = binomial_sample(*rng, counts[i], probabilities[i]);
      } else {
        data[i] =
            static_cast<T>(binomial_sample(*rng, static_cast<float>(counts[i]), static_cast<float>(probabilities[i])));
      }
    }
  });
}

void random_kernel(const TensorBase& self, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_real(self.scalar_type(), "random_kernel_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_serial<T>(self, [&] { return static_cast<T>(random_sample<T>(*rng)); });
  });
}

/// The unsigned types are storage only: the signed type of their width holds the same bits.
ScalarType signed_of(ScalarType dtype) {
  switch (dtype) {
    case kUInt16:
      return kShort;
    case kUInt32:
      return kInt;
    case kUInt64:
      return kLong;
    default:
      return dtype;
  }
}

void random_from_to_kernel(const TensorBase& self, uint64_t range, int64_t base, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_real(signed_of(self.scalar_type()), "random_from_to_kernel_cpu", [&](auto tag) {
    using T = decltype(tag);
    if (range >= kWideRange) {
      fill_from_words<T, 2>(self, *rng, [=](const uint32_t* words) {
        return static_cast<T>(static_cast<int64_t>(join(words) % range + static_cast<uint64_t>(base)));
      });
    } else {
      const auto narrow = static_cast<uint32_t>(range);
      fill_from_words<T, 1>(self, *rng,
                            [=](const uint32_t* words) { return static_cast<T>(int64_t{words[0] % narrow} + base); });
    }
  });
}

void random_full_64_bits_kernel(const TensorBase& self, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_real(self.scalar_type(), "random_full_64_bits_range_kernel_cpu", [&](auto tag) {
    using T = decltype(tag);
    fill_serial<T>(self, [&] { return static_cast<T>(random_full_range_sample(*rng)); });
  });
}

/// From this many elements on, 32-bit words would favour some permutations.
constexpr int64_t kLargePermutation = static_cast<int64_t>(std::numeric_limits<uint32_t>::max() / 20);

template <class T>
void permute_small(T* data, int64_t stride, int64_t n, CPUGeneratorImpl& rng) {
  for (int64_t i = 0; i < n; ++i) data[i * stride] = static_cast<T>(i);
  for (int64_t i = 0; i + 1 < n; ++i) {
    const int64_t other = i + static_cast<int64_t>(rng.random() % static_cast<uint64_t>(n - i));
    std::swap(data[i * stride], data[other * stride]);
  }
}

/// The "inside-out" shuffle.
template <class T>
void permute_large(T* data, int64_t stride, int64_t n, CPUGeneratorImpl& rng) {
  for (int64_t i = 0; i < n; ++i) {
    const auto other = static_cast<int64_t>(rng.random64() % static_cast<uint64_t>(i + 1));
    data[i * stride] = data[other * stride];
    data[other * stride] = static_cast<T>(i);
  }
}

void randperm_kernel(const TensorBase& self, int64_t n, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_real(self.scalar_type(), "randperm", [&](auto tag) {
    using T = decltype(tag);
    const auto permute = n < kLargePermutation ? &permute_small<T> : &permute_large<T>;
    permute(self.mutable_data_ptr<T>(), self.strides()[0], n, *rng);
  });
}

/// Running sums of one row, normalised to end at 1.
template <class T, class Sum>
void cumulative(const T* weights, int64_t stride, std::vector<Sum>& sums) {
  Sum sum = 0;
  for (size_t i = 0; i < sums.size(); ++i) {
    const Sum weight = weights[static_cast<int64_t>(i) * stride];
    TORCH_CHECK(weight >= 0, "invalid multinomial distribution (encountering probability entry < 0)");
    TORCH_CHECK(std::isfinite(weight),
                "invalid multinomial distribution (encountering probability entry = infinity or NaN)");
    sum += weight;
    sums[i] = sum;
  }
  TORCH_CHECK(sum > 0, "invalid multinomial distribution (sum of probabilities <= 0)");
  for (Sum& partial : sums) partial /= sum;
  sums.back() = 1;
}

template <class T>
void multinomial_rows(const TensorBase& self, const TensorBase& weights, CPUGeneratorImpl& rng) {
  using Sum = opmath_t<T>;
  const int64_t categories = weights.size(-1);
  const int64_t rows = weights.dim() == 2 ? weights.size(0) : 1;
  const int64_t row_stride = weights.dim() == 2 ? weights.stride(0) : 0;
  const int64_t samples = self.size(-1);
  const T* weight_data = weights.const_data_ptr<T>();
  int64_t* out = self.mutable_data_ptr<int64_t>();
  std::vector<Sum> sums(static_cast<size_t>(categories));
  for (int64_t row = 0; row < rows; ++row) {
    cumulative(weight_data + row * row_stride, weights.stride(-1), sums);
    for (int64_t i = 0; i < samples; ++i) {
      const double u = uniform_double(rng);
      const auto slot =
          std::lower_bound(sums.begin(), sums.end(), u, [](Sum sum, double value) { return sum < value; });
      *out++ = slot - sums.begin();
    }
  }
}

void multinomial_with_replacement_kernel(const TensorBase& self, const TensorBase& weights,
                                         const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(weights.scalar_type(), "multinomial", [&](auto tag) {
    using T = decltype(tag);
    multinomial_rows<T>(self, weights, *rng);
  });
}

template <class T>
void check_multinomial_rows(const TensorBase& weights) {
  const T* data = weights.const_data_ptr<T>();
  const int64_t rows = weights.dim() == 2 ? weights.size(0) : 1;
  const int64_t row_stride = weights.dim() == 2 ? weights.stride(0) : 0;
  for (int64_t row = 0; row < rows; ++row) {
    bool positive = false;
    for (int64_t i = 0; i < weights.size(-1); ++i) {
      const double weight = data[row * row_stride + i * weights.stride(-1)];
      TORCH_CHECK(weight >= 0 && std::isfinite(weight),
                  "probability tensor contains either `inf`, `nan` or element < 0");
      positive = positive || weight > 0;
    }
    TORCH_CHECK(positive, "invalid multinomial distribution (sum of probabilities <= 0)");
  }
}

void check_multinomial_kernel(const TensorBase& weights) {
  dispatch_floating(weights.scalar_type(), "multinomial", [&](auto tag) {
    using T = decltype(tag);
    check_multinomial_rows<T>(weights);
  });
}

/// The first `count` of `order` become the largest, in order. Ties fall as the two standard algorithms let them fall:
/// which one runs is part of PyTorch's results.
template <class T>
void select_largest(std::vector<std::pair<T, int64_t>>& order, int64_t count) {
  const auto larger = [](const auto& a, const auto& b) {
    return (a.first != a.first && b.first == b.first) || a.first > b.first;
  };
  if (count == 1) {
    std::swap(order[0], *std::min_element(order.begin(), order.end(), larger));
  } else if (count * 64 <= static_cast<int64_t>(order.size())) {
    std::partial_sort(order.begin(), order.begin() + count, order.end(), larger);
  } else {
    std::nth_element(order.begin(), order.begin() + count - 1, order.end(), larger);
    std::sort(order.begin(), order.begin() + count - 1, larger);
  }
}

template <class T>
void multinomial_select_rows(const TensorBase& self, const TensorBase& scores) {
  using compute_t = opmath_t<T>;
  const T* data = scores.const_data_ptr<T>();
  int64_t* out = self.mutable_data_ptr<int64_t>();
  const int64_t rows = scores.dim() == 2 ? scores.size(0) : 1;
  const int64_t row_stride = scores.dim() == 2 ? scores.stride(0) : 0;
  const int64_t count = self.size(-1);
  std::vector<std::pair<compute_t, int64_t>> order(static_cast<size_t>(scores.size(-1)));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < scores.size(-1); ++i) {
      order[static_cast<size_t>(i)] = {static_cast<compute_t>(data[row * row_stride + i * scores.stride(-1)]), i};
    }
    select_largest(order, count);
    for (int64_t i = 0; i < count; ++i) *out++ = order[static_cast<size_t>(i)].second;
  }
}

void multinomial_select_kernel(const TensorBase& self, const TensorBase& scores) {
  dispatch_floating(scores.scalar_type(), "multinomial", [&](auto tag) {
    using T = decltype(tag);
    multinomial_select_rows<T>(self, scores);
  });
}

void dropout_noise_kernel(const TensorBase& self, double keep, const OptionalGenerator& generator) {
  LockedGenerator rng(generator);
  dispatch_floating(self.scalar_type(), "bernoulli_scalar_cpu_", [&](auto tag) {
    using T = decltype(tag);
    using compute_t = opmath_t<T>;
    const T kept = static_cast<T>(compute_t(1) / static_cast<compute_t>(keep));
    fill_bernoulli<T>(self, keep, kept, *rng);
  });
}

void check_std_kernel(const TensorBase& std) {
  dispatch_real(std.scalar_type(), "normal", [&](auto tag) {
    using T = decltype(tag);
    const T* data = std.const_data_ptr<T>();
    MemoryOrder<1>({&std}).for_each_row([&](const auto& offsets, const auto& strides, int64_t count) {
      const T* row = data + offsets[0];
      for (int64_t i = 0; i < count; ++i) {
        TORCH_CHECK(row[i * strides[0]] >= T(0), "normal expects all elements of std >= 0.0");
      }
    });
  });
}

REGISTER_STUB(uniform_stub, DeviceType::CPU, uniform_kernel);
REGISTER_STUB(normal_stub, DeviceType::CPU, normal_kernel);
REGISTER_STUB(exponential_stub, DeviceType::CPU, exponential_kernel);
REGISTER_STUB(cauchy_stub, DeviceType::CPU, cauchy_kernel);
REGISTER_STUB(log_normal_stub, DeviceType::CPU, log_normal_kernel);
REGISTER_STUB(geometric_stub, DeviceType::CPU, geometric_kernel);
REGISTER_STUB(bernoulli_stub, DeviceType::CPU, bernoulli_kernel);
REGISTER_STUB(bernoulli_tensor_stub, DeviceType::CPU, bernoulli_tensor_kernel);
REGISTER_STUB(poisson_stub, DeviceType::CPU, poisson_kernel);
REGISTER_STUB(binomial_stub, DeviceType::CPU, binomial_kernel);
REGISTER_STUB(random_stub, DeviceType::CPU, random_kernel);
REGISTER_STUB(random_from_to_stub, DeviceType::CPU, random_from_to_kernel);
REGISTER_STUB(random_full_64_bits_stub, DeviceType::CPU, random_full_64_bits_kernel);
REGISTER_STUB(randperm_stub, DeviceType::CPU, randperm_kernel);
REGISTER_STUB(multinomial_with_replacement_stub, DeviceType::CPU, multinomial_with_replacement_kernel);
REGISTER_STUB(multinomial_select_stub, DeviceType::CPU, multinomial_select_kernel);
REGISTER_STUB(check_multinomial_stub, DeviceType::CPU, check_multinomial_kernel);
REGISTER_STUB(dropout_noise_stub, DeviceType::CPU, dropout_noise_kernel);
REGISTER_STUB(check_std_stub, DeviceType::CPU, check_std_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
