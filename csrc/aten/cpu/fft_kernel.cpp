// Fourier transforms of tensors: which lines go side by side through the vectors, and which by themselves.
#include <algorithm>
#include <vector>

#include "aten/cpu/fft_plan.h"
#include "aten/native/fft_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {

namespace {

// Zeros at an address that vectors like.
template <class T>
class Scratch {
 public:
  explicit Scratch(size_t n) : memory_(n + 64 / sizeof(T)) {}
  T* data() {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    return memory_.data() + (64 - address % 64) % 64 / sizeof(T);
  }

 private:
  std::vector<T> memory_;
};

/// Transforms of `count` lines of n numbers, `stride` apart; line i starts at i / stride * stride * n + i % stride.
template <class T>
class Lines {
 public:
  using C = complex<T>;

  Lines(int64_t n, int64_t count, int64_t stride, bool forward, double factor)
      : n_(n), count_(count), stride_(stride), forward_(forward), factor_(static_cast<T>(factor)) {
    const bool smooth = FftStages<T>::is_smooth(n);
    if (smooth && !all_direct()) by_itself_ = width_ > 1 && n % width_ == 0;
    if (smooth && !(by_itself_ && stride == 1)) stages_ = fft_table<FftStages<T>>(n);
    if (!smooth || !all_direct()) line_ = fft_table<FftLine<T>>(n);
    by_itself_ = by_itself_ || !smooth;
  }

  int64_t groups() const { return (count_ + width_ - 1) / width_; }
  int64_t grain() const { return std::max<int64_t>(1, kGrainSize / 8 / n_ / width_); }

  /// Groups of lines [begin, end).
  void run(const C* from, C* to, int64_t begin, int64_t end) const {
    size_t size = stages_ == nullptr ? 0 : static_cast<size_t>(4 * n_ * (side_by_side() ? width_ : 1));
    if (line_ != nullptr) size = std::max(size, fft_line_work(*line_));
    Scratch<T> work(size);
    Scratch<C> gathered(static_cast<size_t>(n_ * (side_by_side() && !by_itself_ ? width_ : 1)));
    for (int64_t group = begin; group < end; ++group) {
      const int64_t first = group * width_, last = std::min(count_, first + width_);
      if (is_direct(first, last)) {
        functions_.side_by_side(*stages_, from + start(first), to + start(first), stride_, work.data(), forward_,
                                factor_);
      } else if (!by_itself_ && side_by_side() && last - first > 1) {
        run_gathered(from, to, first, last, gathered.data(), work.data());
      } else {
        for (int64_t line = first; line < last; ++line) {
          run_line(from + start(line), to + start(line), gathered.data(), work.data());
        }
      }
    }
  }

 private:
  bool all_direct() const { return stride_ % width_ == 0; }
  bool is_direct(int64_t first, int64_t last) const {
    return stages_ != nullptr && side_by_side() && last - first == width_ && first % stride_ + width_ <= stride_;
  }
  // Buffers for a whole group of very long lines would be out of proportion.
  bool side_by_side() const { return all_direct() || n_ <= 65536; }
  int64_t start(int64_t line) const { return line / stride_ * stride_ * n_ + line % stride_; }

  void run_gathered(const C* from, C* to, int64_t first, int64_t last, C* gathered, T* work) const {
    for (int64_t line = first; line < last; ++line) {
      const C* at = from + start(line);
      for (int64_t i = 0; i < n_; ++i) gathered[i * width_ + line - first] = at[i * stride_];
    }
    functions_.side_by_side(*stages_, gathered, gathered, width_, work, forward_, factor_);
    for (int64_t line = first; line < last; ++line) {
      C* at = to + start(line);
      for (int64_t i = 0; i < n_; ++i) at[i * stride_] = gathered[i * width_ + line - first];
    }
  }

  void run_line(const C* from, C* to, C* gathered, T* work) const {
    if (stride_ == 1) return functions_.line(*line_, from, to, work, forward_, factor_);
    for (int64_t i = 0; i < n_; ++i) gathered[i] = from[i * stride_];
    functions_.line(*line_, gathered, gathered, work, forward_, factor_);
    for (int64_t i = 0; i < n_; ++i) to[i * stride_] = gathered[i];
  }

  const FftFunctions<T>& functions_ = fft_functions<T>();
  const int64_t width_ = functions_.lanes;
  int64_t n_, count_, stride_;
  bool forward_, by_itself_ = false;
  T factor_;
  std::shared_ptr<const FftStages<T>> stages_;
  std::shared_ptr<const FftLine<T>> line_;
};

/// Whether lines of n real numbers can be transformed as n / 2 complex ones.
template <class T>
bool halves(int64_t n) {
  const int64_t width = fft_functions<T>().lanes;
  return width > 1 && n % (2 * width) == 0 && FftStages<T>::is_smooth(n / 2);
}

// f(line, work) for every line of 2n real numbers.
template <class T, class F>
void for_real_lines(int64_t lines, const FftLine<T>& plan, const F& f) {
  parallel_for(0, lines, std::max<int64_t>(1, kGrainSize / 16 / plan.n), [&](int64_t begin, int64_t end) {
    Scratch<T> work(fft_line_work(plan));
    for (int64_t line = begin; line < end; ++line) f(line, work.data());
  });
}

// The same as complex lines: fill(line, buffer) and keep(line, buffer), a few at a time.
template <class T, class Fill, class Keep>
void through_complex(int64_t count, int64_t n, bool forward, double factor, const Fill& fill, const Keep& keep) {
  const int64_t width = std::min(count, fft_functions<T>().lanes);
  const Lines<T> full(n, width, 1, forward, factor), rest(n, std::max<int64_t>(1, count % width), 1, forward, factor);
  parallel_for(0, (count + width - 1) / width, full.grain(), [&](int64_t begin, int64_t end) {
    Scratch<complex<T>> buffer(static_cast<size_t>(n * width));
    for (int64_t first = begin * width; first < std::min(count, end * width); first += width) {
      const int64_t here = std::min(width, count - first);
      for (int64_t i = 0; i < here; ++i) fill(first + i, buffer.data() + i * n);
      const Lines<T>& lines = here == width ? full : rest;
      lines.run(buffer.data(), buffer.data(), 0, lines.groups());
      for (int64_t i = 0; i < here; ++i) keep(first + i, buffer.data() + i * n);
    }
  });
}

template <class T>
void complex_to_complex(const TensorBase& out, const TensorBase& self, int64_t dim, bool forward, double factor) {
  const int64_t n = self.size(dim);
  const Lines<T> lines(n, self.numel() / n, self.strides()[static_cast<size_t>(dim)], forward, factor);
  const auto* from = self.const_data_ptr<complex<T>>();
  auto* to = out.mutable_data_ptr<complex<T>>();
  parallel_for(0, lines.groups(), lines.grain(), [&](int64_t begin, int64_t end) { lines.run(from, to, begin, end); });
}

template <class T>
void real_to_complex(const TensorBase& out, const TensorBase& self, double factor) {
  const int64_t n = self.size(-1), lines = self.numel() / n, half = n / 2 + 1;
  const T* from = self.const_data_ptr<T>();
  auto* to = out.mutable_data_ptr<complex<T>>();
  if (halves<T>(n)) {
    const auto plan = fft_table<FftLine<T>>(n / 2);
    const auto turns = fft_table<FftHalfTurns<T>>(n / 2);
    return for_real_lines(lines, *plan, [&](int64_t line, T* work) {
      fft_functions<T>().real(*plan, *turns, from + line * n, to + line * half, work, static_cast<T>(factor));
    });
  }
  through_complex<T>(
      lines, n, true, factor, [&](int64_t line, complex<T>* buffer) { std::copy_n(from + line * n, n, buffer); },
      [&](int64_t line, const complex<T>* buffer) { std::copy_n(buffer, half, to + line * half); });
}

template <class T>
void complex_to_real(const TensorBase& out, const TensorBase& self, double factor) {
  using C = complex<T>;
  const int64_t n = out.size(-1), lines = out.numel() / n, half = n / 2 + 1;
  const C* from = self.const_data_ptr<C>();
  T* to = out.mutable_data_ptr<T>();
  if (halves<T>(n)) {
    const auto plan = fft_table<FftLine<T>>(n / 2);
    const auto turns = fft_table<FftHalfTurns<T>>(n / 2);
    return for_real_lines(lines, *plan, [&](int64_t line, T* work) {
      fft_functions<T>().real_inverse(*plan, *turns, from + line * half, to + line * n, work, static_cast<T>(factor));
    });
  }
  // The second half mirrors the first; real results have real values at frequency zero and, for an even n, in the middle.
  const auto mirrored = [&](int64_t line, C* buffer) {
    const C* x = from + line * half;
    buffer[0] = C(x[0].real());
    for (int64_t k = 1; k < half; ++k) {
      buffer[k] = 2 * k == n ? C(x[k].real()) : x[k];
      if (2 * k != n) buffer[n - k] = C(x[k].real(), -x[k].imag());
    }
  };
  through_complex<T>(lines, n, false, factor, mirrored, [&](int64_t line, const C* buffer) {
    for (int64_t i = 0; i < n; ++i) to[line * n + i] = buffer[i].real();
  });
}

void fft_kernel(const TensorBase& out, const TensorBase& self, int64_t dim, bool forward, double factor) {
  if (self.scalar_type() == kComplexFloat) return complex_to_complex<float>(out, self, dim, forward, factor);
  complex_to_complex<double>(out, self, dim, forward, factor);
}

void fft_from_real_kernel(const TensorBase& out, const TensorBase& self, double factor) {
  if (self.scalar_type() == kFloat) return real_to_complex<float>(out, self, factor);
  real_to_complex<double>(out, self, factor);
}

void fft_to_real_kernel(const TensorBase& out, const TensorBase& self, double factor) {
  if (out.scalar_type() == kFloat) return complex_to_real<float>(out, self, factor);
  complex_to_real<double>(out, self, factor);
}

}  // namespace

namespace {
using native::fft_from_real_stub;
using native::fft_stub;
using native::fft_to_real_stub;
REGISTER_STUB(fft_stub, DeviceType::CPU, &fft_kernel);
REGISTER_STUB(fft_from_real_stub, DeviceType::CPU, &fft_from_real_kernel);
REGISTER_STUB(fft_to_real_stub, DeviceType::CPU, &fft_to_real_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
