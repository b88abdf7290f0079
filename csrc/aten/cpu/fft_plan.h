// Tables of Fourier transforms, and the loops over them, which are compiled per SIMD target.
//
// A line is what is transformed: n complex numbers. Lines of a length with factors up to 13 take radix passes that keep
// sorting as they go (Stockham's); vectors hold as many lines, or columns of one line that is seen as a matrix.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "c10/complex.h"

namespace tiny_torch::cpu {

/// exp(-2 pi i k / n), exact at multiples of a quarter turn.
complex<double> fft_root(int64_t k, int64_t n);

/// One radix pass: `done` interleaved transforms become `radix` times as long.
template <class T>
struct FftPass {
  int radix;
  int64_t done;
  std::vector<complex<T>> twiddles;   // radix - 1 for each of `done`; none in the first pass, where they are 1
  std::array<complex<T>, 13> circle;  // the roots of unity of the radix
};

/// The passes of a transform of length n. Throws unless is_smooth(n).
template <class T>
struct FftStages {
  explicit FftStages(int64_t n);
  static bool is_smooth(int64_t n);

  int64_t n;
  std::vector<FftPass<T>> passes;
};

/// What one line needs by itself. Seen as a matrix of `lanes` columns its columns are transformed, turned, and its rows
/// are transformed; other lengths have one lane. Lengths with large factors go by Bluestein's chirp.
template <class T>
struct FftLine {
  explicit FftLine(int64_t n);

  int64_t n, lanes = 1;
  std::shared_ptr<const FftStages<T>> columns, across;
  std::vector<T>
      turns;  // exp(-2 pi i r c / n) for row r of the columns' results: `lanes` real parts, as many imaginary
  std::vector<complex<T>> chirp, kernel;
  std::shared_ptr<const FftLine> inner;  // of the chirp's convolution
};

/// What makes a complex line of length n one of 2n real numbers: exp(-pi i k / n), n real and n imaginary parts.
template <class T>
struct FftHalfTurns {
  explicit FftHalfTurns(int64_t n);
  std::vector<T> parts;
};

/// The table for `n`: the last few are kept.
template <class Table>
std::shared_ptr<const Table> fft_table(int64_t n);

/// Lengths are in complex numbers, `factor` multiplies the result, and results may replace what they are made of.
template <class T>
struct FftFunctions {
  using C = complex<T>;
  int64_t lanes;
  /// A contiguous line; `work` holds fft_line_work(line) numbers, zeros at first.
  void (*line)(const FftLine<T>& line, const C* from, C* to, T* work, bool forward, T factor);
  /// `lanes` lines side by side, whose elements are `stride` apart; `work` holds 4 * n * lanes numbers.
  void (*side_by_side)(const FftStages<T>& stages, const C* from, C* to, int64_t stride, T* work, bool forward,
                       T factor);
  /// Half the spectrum (line.n + 1 values) of 2 * line.n real numbers, and back; for lines with more than one lane.
  void (*real)(const FftLine<T>& line, const FftHalfTurns<T>& turns, const T* from, C* to, T* work, T factor);
  void (*real_inverse)(const FftLine<T>& line, const FftHalfTurns<T>& turns, const C* from, T* to, T* work, T factor);
};

template <class T>
const FftFunctions<T>& fft_functions();

template <class T>
size_t fft_line_work(const FftLine<T>& line) {
  if (line.inner != nullptr) return 2 * line.kernel.size() + fft_line_work(*line.inner);
  // Two buffers of whole blocks of rows, and the parts of a real line.
  const int64_t rows = (line.columns->n + line.lanes - 1) / line.lanes * line.lanes;
  return static_cast<size_t>(4 * rows * line.lanes + 2 * (line.n + 1));
}

}  // namespace tiny_torch::cpu
