#include "aten/cpu/fft_plan.h"

#include <cmath>
#include <list>
#include <mutex>
#include <utility>

namespace tiny_torch::cpu {

namespace {

constexpr double kPi = 3.14159265358979323846;

template <class T>
complex<T> root(int64_t k, int64_t n) {
  return complex<T>(fft_root(k, n));
}

}  // namespace

complex<double> fft_root(int64_t k, int64_t n) {
  k %= n;
  if (4 * k % n == 0) {
    constexpr double kRe[] = {1, 0, -1, 0}, kIm[] = {0, -1, 0, 1};
    return {kRe[4 * k / n], kIm[4 * k / n]};
  }
  const double angle = -2 * kPi * static_cast<double>(k) / static_cast<double>(n);
  return {std::cos(angle), std::sin(angle)};
}

template <class T>
bool FftStages<T>::is_smooth(int64_t n) {
  for (int64_t p : {2, 3, 5, 7, 11, 13}) {
    while (n % p == 0) n /= p;
  }
  return n == 1;
}

template <class T>
FftStages<T>::FftStages(int64_t length) : n(length) {
  int64_t done = 1;
  for (int radix : {4, 2, 3, 5, 7, 11, 13}) {
    for (; n / done % radix == 0; done *= radix) {
      FftPass<T> pass{radix, done, {}, {}};
      for (int r = 0; r < radix; ++r) pass.circle[static_cast<size_t>(r)] = root<T>(r, radix);
      for (int64_t k = 0; done > 1 && k < done; ++k) {
        for (int64_t q = 1; q < radix; ++q) pass.twiddles.push_back(root<T>(q * k, radix * done));
      }
      passes.push_back(std::move(pass));
    }
  }
}

template <class T>
FftLine<T>::FftLine(int64_t length) : n(length) {
  if (FftStages<T>::is_smooth(n)) {
    const int64_t width = fft_functions<T>().lanes;
    if (n % width == 0) lanes = width;
    const int64_t rows = n / lanes;
    columns = fft_table<FftStages<T>>(rows);
    if (lanes == 1) return;
    across = fft_table<FftStages<T>>(lanes);
    turns.assign(static_cast<size_t>(2 * lanes * ((rows + lanes - 1) / lanes * lanes)), T(0));
    T* at = turns.data();
    for (int64_t r = 0; r < rows; ++r, at += 2 * lanes) {
      for (int64_t c = 0; c < lanes; ++c) {
        const complex<T> w = root<T>(r * c, n);
        at[c] = w.real();
        at[lanes + c] = w.imag();
      }
    }
    return;
  }
  int64_t m = 1;
  while (m < 2 * n - 1) m *= 2;
  inner = fft_table<FftLine>(m);
  kernel.assign(static_cast<size_t>(m), complex<T>());
  for (int64_t k = 0; k < n; ++k) {
    // k^2 modulo 2n keeps the angle exact.
    const auto square = static_cast<int64_t>((static_cast<unsigned __int128>(k) * static_cast<uint64_t>(k)) %
                                             static_cast<uint64_t>(2 * n));
    const complex<T> w = root<T>(square, 2 * n), conjugate(w.real(), -w.imag());
    chirp.push_back(w);
    kernel[static_cast<size_t>(k)] = conjugate;
    if (k > 0) kernel[static_cast<size_t>(m - k)] = conjugate;
  }
  std::vector<T> work(fft_line_work(*inner));
  fft_functions<T>().line(*inner, kernel.data(), kernel.data(), work.data(), true, T(1));
}

template <class T>
FftHalfTurns<T>::FftHalfTurns(int64_t n) : parts(static_cast<size_t>(2 * n)) {
  for (int64_t k = 0; k < n; ++k) {
    const complex<T> w = root<T>(k, 2 * n);
    parts[static_cast<size_t>(k)] = w.real();
    parts[static_cast<size_t>(n + k)] = w.imag();
  }
}

template <class Table>
std::shared_ptr<const Table> fft_table(int64_t n) {
  constexpr size_t kKept = 8;
  constexpr int64_t kLargest = int64_t{1} << 20;
  static std::mutex mutex;
  static std::list<std::pair<int64_t, std::shared_ptr<const Table>>> kept;  // the latest first
  // Never waits: another thread may have held the lock at a fork. Without it the table is made anew.
  if (const std::unique_lock<std::mutex> lock(mutex, std::try_to_lock); lock.owns_lock()) {
    for (auto at = kept.begin(); at != kept.end(); ++at) {
      if (at->first != n) continue;
      kept.splice(kept.begin(), kept, at);
      return at->second;
    }
  }
  auto table = std::make_shared<const Table>(n);
  if (n > kLargest) return table;
  if (const std::unique_lock<std::mutex> lock(mutex, std::try_to_lock); lock.owns_lock()) {
    kept.emplace_front(n, table);
    if (kept.size() > kKept) kept.pop_back();
  }
  return table;
}

#define INSTANTIATE_FFT_TABLES(T)                                                \
  template struct FftStages<T>;                                                  \
  template struct FftLine<T>;                                                    \
  template std::shared_ptr<const FftStages<T>> fft_table<FftStages<T>>(int64_t); \
  template std::shared_ptr<const FftLine<T>> fft_table<FftLine<T>>(int64_t);     \
  template std::shared_ptr<const FftHalfTurns<T>> fft_table<FftHalfTurns<T>>(int64_t)
INSTANTIATE_FFT_TABLES(float);
INSTANTIATE_FFT_TABLES(double);

}  // namespace tiny_torch::cpu
