// Fourier transforms of any length: mixed radix for small prime factors, Bluestein's chirp for lengths with large ones.
#include <cmath>
#include <memory>
#include <vector>

#include "aten/native/fft_stub.h"
#include "c10/complex.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {

namespace {

constexpr double kPi = 3.14159265358979323846;

// exp(-2 pi i k / n), exact at multiples of a quarter turn.
complex<double> root(int64_t k, int64_t n) {
  k %= n;
  if (4 * k % n == 0) {
    constexpr double kRe[] = {1, 0, -1, 0}, kIm[] = {0, -1, 0, 1};
    return {kRe[4 * k / n], kIm[4 * k / n]};
  }
  const double angle = -2 * kPi * static_cast<double>(k) / static_cast<double>(n);
  return {std::cos(angle), std::sin(angle)};
}

// What a transform of length n needs: roots of unity and factors, or the chirp and a plan of a power of two.
template <class T>
class Plan {
 public:
  using C = complex<T>;

  explicit Plan(int64_t n) : n_(n) {
    int64_t rest = n;
    for (int64_t p : {4, 2, 3, 5, 7, 11, 13}) {
      for (; rest % p == 0; rest /= p) factors_.push_back(p);
    }
    if (rest == 1) {
      for (int64_t k = 0; k < n; ++k) roots_.push_back(C(root(k, n)));
      int64_t done = 1;
      for (int64_t p : factors_) {
        const int64_t blocks = n / (p * done);
        for (int64_t k = 0; k < done; ++k) {
          for (int64_t q = 1; q < p; ++q) twiddles_.push_back(roots_[static_cast<size_t>(q * k * blocks)]);
        }
        done *= p;
      }
      return;
    }
    int64_t m = 1;
    while (m < 2 * n - 1) m *= 2;
    inner_ = std::make_unique<Plan>(m);
    chirp_.resize(static_cast<size_t>(n));
    kernel_.assign(static_cast<size_t>(m), C(0));
    for (int64_t k = 0; k < n; ++k) {
      // k^2 modulo 2n keeps the angle exact.
      const auto square = static_cast<int64_t>((static_cast<unsigned __int128>(k) * static_cast<uint64_t>(k)) %
                                               static_cast<uint64_t>(2 * n));
      const C w(root(square, 2 * n));
      chirp_[static_cast<size_t>(k)] = w;
      const C conjugate(w.real(), -w.imag());
      kernel_[static_cast<size_t>(k)] = conjugate;
      if (k > 0) kernel_[static_cast<size_t>(m - k)] = conjugate;
    }
    std::vector<C> work(inner_->work_size());
    inner_->run(kernel_.data(), work.data());
  }

  size_t work_size() const {
    return inner_ == nullptr ? static_cast<size_t>(n_) : kernel_.size() + inner_->work_size();
  }

  /// Forward, in place; `work` holds work_size() elements.
  void run(C* x, C* work) const {
    if (inner_ != nullptr) return run_chirp(x, work);
    C *from = x, *to = work;
    int64_t done = 1;
    const C* twiddles = twiddles_.data();
    for (int64_t p : factors_) {
      pass(from, to, p, done, twiddles);
      std::swap(from, to);
      twiddles += done * (p - 1);
      done *= p;
    }
    if (from != x) std::copy(from, from + n_, x);
  }

 private:
  // Stockham: `done` interleaved transforms so far become P times as long. The twiddles of a pass stand in its order.
  template <int P>
  void pass(const C* x, C* y, int64_t done, const C* twiddles) const {
    const int64_t blocks = n_ / (P * done), distance = blocks * done;
    for (int64_t b = 0; b < blocks; ++b) {
      const C* from = x + b * done;
      C* to = y + b * P * done;
      for (int64_t k = 0; k < done; ++k) {
        C in[P];
        in[0] = from[k];
        for (int q = 1; q < P; ++q) in[q] = from[q * distance + k] * twiddles[k * (P - 1) + q - 1];
        butterfly<P>(in, to + k, done);
      }
    }
  }

  template <int P>
  void butterfly(const C* in, C* out, int64_t step) const {
    if constexpr (P == 2) {
      out[0] = in[0] + in[1];
      out[step] = in[0] - in[1];
    } else if constexpr (P == 4) {
      const C a = in[0] + in[2], b = in[0] - in[2], c = in[1] + in[3], d = in[1] - in[3];
      const C turned(d.imag(), -d.real());
      out[0] = a + c;
      out[step] = b + turned;
      out[2 * step] = a - c;
      out[3 * step] = b - turned;
    } else {
      for (int r = 0; r < P; ++r) {
        C total = in[0];
        for (int q = 1; q < P; ++q) total += in[q] * roots_[static_cast<size_t>(r * q % P * (n_ / P))];
        out[r * step] = total;
      }
    }
  }

  void pass(const C* x, C* y, int64_t p, int64_t done, const C* twiddles) const {
    switch (p) {
      case 2:
        return pass<2>(x, y, done, twiddles);
      case 3:
        return pass<3>(x, y, done, twiddles);
      case 4:
        return pass<4>(x, y, done, twiddles);
      case 5:
        return pass<5>(x, y, done, twiddles);
      case 7:
        return pass<7>(x, y, done, twiddles);
      case 11:
        return pass<11>(x, y, done, twiddles);
      default:
        return pass<13>(x, y, done, twiddles);
    }
  }

  void run_chirp(C* x, C* work) const {
    const size_t m = kernel_.size(), n = static_cast<size_t>(n_);
    C *padded = work, *inner_work = work + m;
    for (size_t k = 0; k < n; ++k) padded[k] = x[k] * chirp_[k];
    std::fill(padded + n, padded + m, C(0));
    inner_->run(padded, inner_work);
    // The inverse as the conjugate of the transform of the conjugate.
    for (size_t k = 0; k < m; ++k) {
      const C product = padded[k] * kernel_[k];
      padded[k] = C(product.real(), -product.imag());
    }
    inner_->run(padded, inner_work);
    const T scale = T(1) / static_cast<T>(m);
    for (size_t k = 0; k < n; ++k) x[k] = C(padded[k].real() * scale, -padded[k].imag() * scale) * chirp_[k];
  }

  int64_t n_;
  std::vector<int64_t> factors_;
  std::vector<C> roots_, twiddles_, chirp_, kernel_;
  std::unique_ptr<Plan> inner_;
};

template <class T>
void transform(const TensorBase& x, int64_t dim, bool forward, double factor) {
  using C = complex<T>;
  const int64_t n = x.size(dim), stride = x.strides()[static_cast<size_t>(dim)], lines = x.numel() / n;
  const Plan<T> plan(n);
  C* data = x.mutable_data_ptr<C>();
  const T scale = static_cast<T>(factor);
  const int64_t grain = std::max<int64_t>(1, kGrainSize / 8 / n);
  parallel_for(0, lines, grain, [&](int64_t begin, int64_t end) {
    std::vector<C> buffer(static_cast<size_t>(n)), work(plan.work_size());
    for (int64_t line = begin; line < end; ++line) {
      C* at = data + line / stride * stride * n + line % stride;
      // The inverse exchanges the parts before and after.
      for (int64_t i = 0; i < n; ++i) {
        const C v = at[i * stride];
        buffer[static_cast<size_t>(i)] = forward ? v : C(v.imag(), v.real());
      }
      plan.run(buffer.data(), work.data());
      for (int64_t i = 0; i < n; ++i) {
        const C v = buffer[static_cast<size_t>(i)];
        at[i * stride] = forward ? C(v.real() * scale, v.imag() * scale) : C(v.imag() * scale, v.real() * scale);
      }
    }
  });
}

void fft_kernel(const TensorBase& x, int64_t dim, bool forward, double factor) {
  if (x.scalar_type() == kComplexFloat) return transform<float>(x, dim, forward, factor);
  transform<double>(x, dim, forward, factor);
}

}  // namespace

namespace {
using native::fft_stub;
REGISTER_STUB(fft_stub, DeviceType::CPU, &fft_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
