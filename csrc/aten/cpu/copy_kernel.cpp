// CPU kernels of copies, conversions and fills.
#include <algorithm>
#include <cstring>

#include "aten/core/Dispatch.h"
#include "aten/cpu/loop_plan.h"
#include "aten/cpu/simd/convert.h"
#include "aten/native/copy_stub.h"
#include "c10/Scalar.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

// Rows shorter than this are handled several at a time.
constexpr int64_t kShortRow = 64;
// A tile of a transposition: its lines of both sides stay in the first-level cache.
constexpr int64_t kTile = 32;

/// n0 x n1 elements between two strided places, dimension 0 innermost; strides in bytes.
struct Plane {
  char* dst;
  const char* src;
  int64_t n0, n1, dst0, dst1, src0, src1;
};

template <class T>
void copy_rows(const Plane& p) {
  if (p.dst0 == sizeof(T) && p.src0 == sizeof(T)) {
    const size_t bytes = static_cast<size_t>(p.n0) * sizeof(T);
    for (int64_t r = 0; r < p.n1; ++r) std::memcpy(p.dst + r * p.dst1, p.src + r * p.src1, bytes);
    return;
  }
  for (int64_t r = 0; r < p.n1; ++r) {
    char* to = p.dst + r * p.dst1;
    const char* from = p.src + r * p.src1;
#pragma GCC unroll 4
    for (int64_t i = 0; i < p.n0; ++i) std::memcpy(to + i * p.dst0, from + i * p.src0, sizeof(T));
  }
}

/// The source is dense along dimension 1, the destination along dimension 0.
template <class T>
void copy_transposed(const Plane& p) {
  for (int64_t r0 = 0; r0 < p.n1; r0 += kTile) {
    const int64_t rows = std::min(kTile, p.n1 - r0);
    for (int64_t c0 = 0; c0 < p.n0; c0 += kTile) {
      Plane tile = p;
      tile.n0 = std::min(kTile, p.n0 - c0);
      tile.n1 = rows;
      tile.dst += r0 * p.dst1 + c0 * p.dst0;
      tile.src += r0 * p.src1 + c0 * p.src0;
      copy_rows<T>(tile);
    }
  }
}

/// A plane with conversion: rows packed into a buffer, converted together, unpacked.
void convert_plane(const Plane& p, ScalarType src_type, ScalarType dst_type) {
  const int64_t src_size = static_cast<int64_t>(element_size(src_type));
  const int64_t dst_size = static_cast<int64_t>(element_size(dst_type));
  if (p.n0 >= kShortRow) {
    for (int64_t r = 0; r < p.n1; ++r) {
      simd::convert_block(src_type, p.src + r * p.src1, p.src0, dst_type, p.dst + r * p.dst1, p.dst0, p.n0);
    }
    return;
  }
  constexpr int64_t kElements = 512;
  alignas(64) char packed[kElements * 16], converted[kElements * 16];
  const int64_t rows = kElements / p.n0;
  for (int64_t r = 0; r < p.n1; r += rows) {
    const int64_t count = std::min(rows, p.n1 - r);
    simd::gather_rows(packed, p.src + r * p.src1, p.src0, p.src1, src_size, p.n0, count);
    simd::convert_block(src_type, packed, src_size, dst_type, converted, dst_size, p.n0 * count);
    simd::scatter_rows(p.dst + r * p.dst1, p.dst0, p.dst1, converted, dst_size, p.n0, count);
  }
}

class Copier {
 public:
  Copier(const LoopPlan& plan, ScalarType src_type, ScalarType dst_type)
      : plan_(plan), src_type_(src_type), dst_type_(dst_type), itemsize_(static_cast<int64_t>(element_size(dst_type))) {
    const bool planes = plan.ndim() > 1;
    transposed_ = planes && src_type == dst_type && plan.stride(0, 0) == itemsize_ && plan.stride(1, 0) != itemsize_ &&
                  plan.stride(1, 1) == itemsize_;
  }

  /// Rows [begin, end) of the innermost dimension, in pieces that lie within one plane.
  void copy_row_range(int64_t begin, int64_t end) const {
    LoopPlan::Cursor cursor;
    while (begin < end) {
      plan_.seek(cursor, begin * plan_.size(0));
      const int64_t rows = plan_.ndim() > 1 ? std::min(end - begin, plan_.size(1) - cursor.index[1]) : 1;
      copy(cursor, plan_.size(0), rows);
      begin += rows;
    }
  }

  /// Part of a single row.
  void copy_elements(int64_t begin, int64_t end) const {
    LoopPlan::Cursor cursor;
    plan_.seek(cursor, begin);
    copy(cursor, end - begin, 1);
  }

 private:
  void copy(const LoopPlan::Cursor& cursor, int64_t n, int64_t rows) const {
    const int64_t outer = plan_.ndim() > 1 ? 1 : 0;
    const Plane p{cursor.p[0],
                  cursor.p[1],
                  n,
                  rows,
                  plan_.stride(0, 0),
                  outer ? plan_.stride(0, 1) : 0,
                  plan_.stride(1, 0),
                  outer ? plan_.stride(1, 1) : 0};
    if (src_type_ != dst_type_) return convert_plane(p, src_type_, dst_type_);
    dispatch_itemsize(dst_type_, "copy_", [&](auto tag) {
      using T = decltype(tag);
      if (transposed_)
        copy_transposed<T>(p);
      else
        copy_rows<T>(p);
    });
  }

  const LoopPlan& plan_;
  ScalarType src_type_, dst_type_;
  int64_t itemsize_;
  bool transposed_;
};

void copy_kernel(const TensorBase& out, const TensorBase& src) {
  const ScalarType src_type = src.scalar_type(), dst_type = out.scalar_type();
  const int64_t n = out.numel();
  if (src_type == dst_type && n == src.numel() && out.is_contiguous() && src.is_contiguous()) {
    const int64_t itemsize = out.element_size();
    char* to = static_cast<char*>(out.mutable_data_ptr());
    const char* from = static_cast<const char*>(src.const_data_ptr());
    parallel_for(0, n, kGrainSize, [&](int64_t begin, int64_t end) {
      std::memcpy(to + begin * itemsize, from + begin * itemsize, static_cast<size_t>((end - begin) * itemsize));
    });
    return;
  }
  const TensorBase* operands[] = {&out, &src};
  const LoopPlan plan(operands, 2);
  const Copier copier(plan, src_type, dst_type);
  const int64_t row = plan.size(0), rows = n / row;
  if (plan.ndim() == 1) {
    parallel_for(0, n, kGrainSize, [&](int64_t begin, int64_t end) { copier.copy_elements(begin, end); });
  } else {
    // Tiles of a transposition reach over rows, so threads get many at once.
    const int64_t grain = std::max<int64_t>(kGrainSize / row, kTile);
    parallel_for(0, rows, grain, [&](int64_t begin, int64_t end) { copier.copy_row_range(begin, end); });
  }
}

void fill_kernel(const TensorBase& out, const Scalar& value) {
  alignas(16) char item[16];
  dispatch_all_types(out.scalar_type(), "fill_", [&](auto tag) {
    const auto x = value.to<decltype(tag)>();
    std::memcpy(item, static_cast<const void*>(&x), sizeof(x));
  });
  const TensorBase* operands[] = {&out};
  const LoopPlan plan(operands, 1);
  dispatch_itemsize(out.scalar_type(), "fill_", [&](auto tag) {
    using T = decltype(tag);
    T x;
    std::memcpy(&x, item, sizeof(T));
    const int64_t stride = plan.stride(0, 0);
    parallel_for(0, plan.numel(), kGrainSize, [&](int64_t begin, int64_t end) {
      plan.for_rows(begin, end, [&](char* const* p, int64_t n) {
        if (stride == sizeof(T)) {
          std::fill_n(reinterpret_cast<T*>(p[0]), n, x);
        } else {
          for (int64_t i = 0; i < n; ++i) std::memcpy(p[0] + i * stride, &x, sizeof(T));
        }
      });
    });
  });
}

void conj_kernel(const TensorBase& self) {
  const auto negate = [&](auto* p) {
    parallel_for(0, self.numel(), kGrainSize, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) p[2 * i + 1] = -p[2 * i + 1];
    });
  };
  if (self.scalar_type() == kComplexDouble)
    negate(static_cast<double*>(self.mutable_data_ptr()));
  else if (self.scalar_type() == kComplexFloat)
    negate(static_cast<float*>(self.mutable_data_ptr()));
  else
    detail::throw_not_implemented(str("\"conj\" not implemented for '", to_string(self.scalar_type()), "'"));
}

REGISTER_STUB(native::copy_stub, DeviceType::CPU, copy_kernel);
REGISTER_STUB(native::fill_stub, DeviceType::CPU, fill_kernel);
REGISTER_STUB(native::conj_stub, DeviceType::CPU, conj_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
