// Brings a reduction into rows: which elements are combined, in which order, on which thread.
#include "aten/cpu/reduce_driver.h"

#include <cmath>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/cpu/simd/convert.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::ReduceCall;
using native::ReduceKind;
using native::ReducePost;

constexpr int64_t kChunk = 4096;
constexpr int64_t kTile = 1024;

// The input as [outer, red, inner] over contiguous memory: outer and inner are kept, red is reduced.
struct Shape {
  TensorBase x;
  int64_t outer = 1, red = 1, inner = 1;
};

Shape arrange(const TensorBase& self, const native::ReduceDims& reduced) {
  Shape s;
  s.x = self;
  bool inner = false;
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (self.size(d) == 1) continue;
    const bool is_reduced = reduced[static_cast<size_t>(d)];
    inner = inner || (s.red != 1 && !is_reduced);
    (is_reduced ? s.red : inner ? s.inner : s.outer) *= self.size(d);
  }
  return s;
}

template <class T>
struct Accumulator {
  using type = T;
};
template <>
struct Accumulator<float> {
  using type = double;
};
template <>
struct Accumulator<complex<float>> {
  using type = complex<double>;
};

// Partial results of one compute type T, kept in A, combined outside the vector code.
template <class T>
struct Runner {
  using A = typename Accumulator<T>::type;
  const ReduceCall& call;
  const simd::ReduceFns& fns;
  ScalarType compute = scalar_type_of<T>;
  bool direct;
  size_t itemsize;

  Runner(const ReduceCall& c, const simd::ReduceFns& f, const TensorBase& x)
      : call(c), fns(f), direct(x.scalar_type() == scalar_type_of<T>), itemsize(x.itemsize()) {}

  A init() const {
    T value;
    fns.rows(nullptr, 0, 1, &value);
    return A(value);
  }

  A combine(A a, A b) const {
    switch (call.kind) {
      case ReduceKind::Prod:
        return a * b;
      case ReduceKind::Max:
      case ReduceKind::Any:
      case ReduceKind::MaxOfAbs:
        if constexpr (!is_complex_v<A>) return a != a ? a : b != b ? b : a > b ? a : b;
        break;
      case ReduceKind::Min:
      case ReduceKind::All:
        if constexpr (!is_complex_v<A>) return a != a ? a : b != b ? b : a < b ? a : b;
        break;
      default:
        break;
    }
    return a + b;
  }

  const void* load(const char* source, int64_t n, T* buffer, ScalarType type) const {
    if (direct) return source;
    simd::load_block(type, source, static_cast<int64_t>(itemsize), compute, buffer, n);
    return buffer;
  }

  A row(const char* source, int64_t n, ScalarType type) const {
    alignas(64) T buffer[kChunk];
    A total = init();
    for (int64_t i = 0; i < n; i += kChunk) {
      const int64_t count = std::min(kChunk, n - i);
      T part;
      fns.rows(load(source + i * static_cast<int64_t>(itemsize), count, buffer, type), count, 1, &part);
      total = combine(total, A(part));
    }
    return total;
  }

  A finish(A value) const {
    if (call.post == ReducePost::Scale) return value * A(call.scale);
    if constexpr (std::is_floating_point_v<A>) {
      if (call.post == ReducePost::Sqrt) return std::sqrt(value);
    }
    return value;
  }

  void store(const A* values, int64_t at, int64_t n) const {
    char* to = static_cast<char*>(call.out.mutable_data_ptr()) + at * call.out.element_size();
    simd::store_block(scalar_type_of<A>, values, call.out.scalar_type(), to, call.out.element_size(), n);
  }
};

template <class T>
void reduce_rows(const Runner<T>& run, const Shape& s) {
  using A = typename Runner<T>::A;
  const auto* data = static_cast<const char*>(s.x.const_data_ptr());
  const ScalarType type = s.x.scalar_type();
  const int64_t row_bytes = s.red * static_cast<int64_t>(run.itemsize);
  const int threads = get_num_threads();
  if (s.outer < threads && s.red >= 2 * kGrainSize) {
    // Few long rows: threads share a row in chunks whose bounds do not depend on their number.
    constexpr int64_t kPiece = 16 * kChunk;
    const int64_t pieces = (s.red + kPiece - 1) / kPiece;
    std::vector<A> parts(static_cast<size_t>(pieces));
    for (int64_t o = 0; o < s.outer; ++o) {
      parallel_for(0, pieces, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) {
          const int64_t first = p * kPiece;
          parts[static_cast<size_t>(p)] = run.row(data + o * row_bytes + first * static_cast<int64_t>(run.itemsize),
                                                  std::min(kPiece, s.red - first), type);
        }
      });
      A total = run.init();
      for (const A& part : parts) total = run.combine(total, part);
      total = run.finish(total);
      run.store(&total, o, 1);
    }
    return;
  }
  const int64_t grain = std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, s.red));
  if (s.red > kChunk) {
    parallel_for(0, s.outer, grain, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const A value = run.finish(run.row(data + o * row_bytes, s.red, type));
        run.store(&value, o, 1);
      }
    });
    return;
  }
  // Of short rows, as many at once as fit into the buffer.
  const int64_t group = std::min(kTile, kChunk / std::max<int64_t>(1, s.red));
  parallel_for(0, s.outer, grain, [&](int64_t begin, int64_t end) {
    alignas(64) T buffer[kChunk];
    T parts[kTile];
    A values[kTile];
    for (int64_t o = begin; o < end; o += group) {
      const int64_t count = std::min(group, end - o);
      run.fns.rows(run.load(data + o * row_bytes, count * s.red, buffer, type), s.red, count, parts);
      for (int64_t i = 0; i < count; ++i) values[i] = run.finish(A(parts[i]));
      run.store(values, o, count);
    }
  });
}

// Columns [first, first + n) of the rows [begin, end) under one outer place, combined into `total`. Narrow rows are
// taken `fold` at a time, as one row; every kFlush of those the accumulators move to the wider type.
template <class T>
struct Columns {
  using A = typename Runner<T>::A;
  static constexpr int64_t kFlush = 128;
  const Runner<T>& run;
  const Shape& s;
  int64_t fold;
  T start;
  alignas(64) T acc[kTile];
  alignas(64) T buffer[kTile];
  std::vector<A> total = std::vector<A>(static_cast<size_t>(kTile));

  Columns(const Runner<T>& r, const Shape& shape, int64_t rows_at_once) : run(r), s(shape), fold(rows_at_once) {
    run.fns.rows(nullptr, 0, 1, &start);
  }

  void combine(int64_t o, int64_t first, int64_t n, int64_t begin, int64_t end) {
    const auto* data = static_cast<const char*>(s.x.const_data_ptr());
    const ScalarType type = s.x.scalar_type();
    const int64_t width = n * fold;
    if (begin == end) std::fill(total.begin(), total.begin() + width, A(start));
    for (int64_t r = begin; r < end; r += kFlush * fold) {
      std::fill(acc, acc + width, start);
      const int64_t stop = std::min(end, r + kFlush * fold);
      for (int64_t k = r; k < stop; k += fold) {
        const int64_t count = n * std::min(fold, stop - k);
        const char* row = data + ((o * s.red + k) * s.inner + first) * static_cast<int64_t>(run.itemsize);
        run.fns.accumulate(acc, run.load(row, count, buffer, type), count);
      }
      if (r == begin) {
        for (int64_t i = 0; i < width; ++i) total[static_cast<size_t>(i)] = A(acc[i]);
      } else {
        for (int64_t i = 0; i < width; ++i) add(i, A(acc[i]));
      }
    }
    for (int64_t i = n; i < width; ++i) add(i % n, total[static_cast<size_t>(i)]);
  }
  void add(int64_t i, A value) {
    A& sum = total[static_cast<size_t>(i)];
    sum = run.combine(sum, value);
  }
  void store(int64_t at, int64_t n) {
    for (int64_t i = 0; i < n; ++i) total[static_cast<size_t>(i)] = run.finish(total[static_cast<size_t>(i)]);
    run.store(total.data(), at, n);
  }
};

template <class T>
void reduce_columns(const Runner<T>& run, const Shape& s) {
  using A = typename Runner<T>::A;
  constexpr int64_t kPiece = int64_t{1} << 16;  // elements
  constexpr int64_t kManyJobs = 8;
  const int64_t tiles = (s.inner + kTile - 1) / kTile, jobs = s.outer * tiles;
  const int64_t fold = std::max<int64_t>(1, std::min(kTile / s.inner, s.red));
  const int64_t rows = std::max<int64_t>(fold, kPiece / std::min(kTile, s.inner)), pieces = (s.red + rows - 1) / rows;
  if (jobs >= kManyJobs || pieces <= 1) {
    const int64_t grain = std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, s.red * std::min(kTile, s.inner)));
    parallel_for(0, jobs, grain, [&](int64_t begin, int64_t end) {
      Columns<T> columns(run, s, fold);
      for (int64_t job = begin; job < end; ++job) {
        const int64_t o = job / tiles, first = job % tiles * kTile, n = std::min(kTile, s.inner - first);
        columns.combine(o, first, n, 0, s.red);
        columns.store(o * s.inner + first, n);
      }
    });
    return;
  }
  // Few columns: threads share the rows, in pieces whose bounds do not depend on their number.
  std::vector<A> parts(static_cast<size_t>(jobs * pieces * kTile));
  const auto part = [&](int64_t job, int64_t piece) { return parts.begin() + (job * pieces + piece) * kTile; };
  parallel_for(0, jobs * pieces, 1, [&](int64_t begin, int64_t end) {
    Columns<T> columns(run, s, fold);
    for (int64_t at = begin; at < end; ++at) {
      const int64_t job = at / pieces, piece = at % pieces, first = job % tiles * kTile;
      const int64_t n = std::min(kTile, s.inner - first);
      columns.combine(job / tiles, first, n, piece * rows, std::min(s.red, (piece + 1) * rows));
      std::copy(columns.total.begin(), columns.total.begin() + n, part(job, piece));
    }
  });
  Columns<T> columns(run, s, 1);
  for (int64_t job = 0; job < jobs; ++job) {
    const int64_t first = job % tiles * kTile, n = std::min(kTile, s.inner - first);
    std::fill(columns.total.begin(), columns.total.begin() + n, A(columns.start));
    for (int64_t piece = 0; piece < pieces; ++piece) {
      for (int64_t i = 0; i < n; ++i) columns.add(i, part(job, piece)[i]);
    }
    columns.store(job / tiles * s.inner + first, n);
  }
}

template <class T>
void reduce_typed(const ReduceCall& call, const simd::ReduceFns& fns, const Shape& s) {
  const Runner<T> run(call, fns, s.x);
  if (s.inner == 1) {
    reduce_rows(run, s);
  } else {
    reduce_columns(run, s);
  }
}

void reduce_kernel(const ReduceCall& call) {
  if (call.out.numel() == 0) return;
  const bool in_out_dtype = call.kind == ReduceKind::Sum || call.kind == ReduceKind::Prod ||
                            call.kind == ReduceKind::SumOfSquares || call.kind == ReduceKind::SumOfAbs;
  const ComputeType type = compute_type(in_out_dtype ? call.out.scalar_type() : call.self.scalar_type());
  const simd::ReduceFns& fns = simd::reduce_fns(call.kind, type);
  TORCH_CHECK_NOT_IMPLEMENTED(fns.rows != nullptr, "reduction not implemented for '",
                              to_string(call.self.scalar_type()), "'");
  const Shape s = arrange(call.self, call.reduced);
  switch (type) {
    case ComputeType::F32:
      return reduce_typed<float>(call, fns, s);
    case ComputeType::F64:
      return reduce_typed<double>(call, fns, s);
    case ComputeType::I64:
      return reduce_typed<int64_t>(call, fns, s);
    case ComputeType::C64:
      return reduce_typed<complex<float>>(call, fns, s);
    case ComputeType::C128:
      return reduce_typed<complex<double>>(call, fns, s);
  }
}

template <class T>
void extremum_rows(const TensorBase& values, const TensorBase& indices, const TensorBase& self, bool largest) {
  const int64_t rows = self.size(0), n = self.size(1);
  const T* x = static_cast<const T*>(self.const_data_ptr());
  T* value = values.defined() ? static_cast<T*>(values.mutable_data_ptr()) : nullptr;
  int64_t* index = indices.mutable_data_ptr<int64_t>();
  parallel_for(0, rows, std::max<int64_t>(1, kGrainSize / n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* row = x + r * n;
      int64_t best = 0;
      for (int64_t i = 1; i < n; ++i) {
        const auto a = static_cast<opmath_t<T>>(row[i]), b = static_cast<opmath_t<T>>(row[best]);
        if (b != b) break;
        if (a != a || (largest ? a > b : a < b)) best = i;
      }
      index[r] = best;
      if (value != nullptr) value[r] = row[best];
    }
  });
}

void extremum_kernel(const TensorBase& values, const TensorBase& indices, const TensorBase& self, bool largest) {
  dispatch_real(self.scalar_type(), largest ? "max" : "min",
                [&](auto tag) { extremum_rows<decltype(tag)>(values, indices, self, largest); });
}

}  // namespace

namespace {
using native::extremum_stub;
using native::reduce_stub;
REGISTER_STUB(reduce_stub, DeviceType::CPU, &reduce_kernel);
REGISTER_STUB(extremum_stub, DeviceType::CPU, &extremum_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
