// The CPU driver of pointwise ops: brings operands of any dtype and stride to the op's block function and results back.
//
// Operands that are already dense and of the compute type are passed as they are; others go through buffers that stay
// in the first-level cache. Every block is read before it is written, so the output may be one of the inputs.
#include <algorithm>
#include <cstring>

#include "aten/core/Pointwise.h"
#include "aten/cpu/loop_plan.h"
#include "aten/cpu/simd/convert.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

constexpr int64_t kBufferBytes = 4096;
// Shorter rows are packed several to a block.
constexpr int64_t kShortRow = 128;
// Beyond this many elements operands come from memory. Smaller blocks then keep all streams moving: with large ones
// only the operand being converted is fetched, which halves the bandwidth.
constexpr int64_t kStreaming = 1 << 18;
constexpr int64_t kStreamingBytes = 1024;
constexpr int kMaxInputs = kMaxPointwiseInputs;

template <class T>
void splat_as(void* dst, int64_t n) {
  T* p = static_cast<T*>(dst);
  const T value = p[0];
  for (int64_t i = 1; i < n; ++i) p[i] = value;
}
/// Repeats the first element n times.
void splat(void* dst, ScalarType type, int64_t n) {
  switch (element_size(type)) {
    case 4:
      return splat_as<uint32_t>(dst, n);
    case 8:
      return splat_as<uint64_t>(dst, n);
    default:
      return splat_as<complex<double>>(dst, n);
  }
}

/// One input: how its elements become compute type.
struct Input {
  ScalarType type;
  int64_t itemsize;
  simd::ConvertFn convert;  // null if it is of the compute type
  bool linear;              // dense in loop order
  bool constant;
  bool same_rows;  // the innermost dimension repeats over all others

  void load(void* dst, const char* src, int64_t stride, ScalarType compute, int64_t n) const {
    if (stride == 0) {
      convert_run(dst, src, 1);
      splat(dst, compute, n);
    } else if (stride == itemsize) {
      convert_run(dst, src, n);
    } else if (convert == nullptr) {
      simd::gather_block(dst, src, stride, itemsize, n);
    } else {
      // Room for a block of the smallest compute type out of the widest type.
      alignas(64) char packed[kBufferBytes * 4];
      simd::gather_block(packed, src, stride, itemsize, n);
      convert(dst, packed, n);
    }
  }

  void load_rows(void* dst, const char* src, int64_t stride, int64_t row_stride, int64_t n, int64_t rows) const {
    if (convert == nullptr) return simd::gather_rows(dst, src, stride, row_stride, itemsize, n, rows);
    alignas(64) char packed[kBufferBytes * 4];
    simd::gather_rows(packed, src, stride, row_stride, itemsize, n, rows);
    convert(dst, packed, n * rows);
  }

 private:
  void convert_run(void* dst, const char* src, int64_t n) const {
    if (convert != nullptr)
      convert(dst, src, n);
    else
      std::memcpy(dst, src, static_cast<size_t>(n * itemsize));
  }
};

class Driver {
 public:
  explicit Driver(const PointwiseCall& call, const LoopPlan& plan)
      : plan_(plan),
        fn_(call.op->blocks.fn[static_cast<int>(call.type)]),
        scalars_(call.scalars),
        count_(call.op->num_inputs),
        compute_(to_scalar_type(call.type)),
        result_(call.op->blocks.writes_bool ? kBool : compute_),
        out_type_(call.out->scalar_type()),
        compute_size_(static_cast<int64_t>(element_size(compute_))),
        out_size_(static_cast<int64_t>(element_size(out_type_))),
        block_((plan.numel() < kStreaming ? kBufferBytes : kStreamingBytes) / compute_size_) {
    short_rows_ = plan.ndim() > 1 && plan.size(0) < std::min(kShortRow, block_);
    const bool row_out =
        short_rows_ ? plan.is_linear(0, out_size_) : plan.stride(0, 0) == out_size_ || plan.size(0) == 1;
    direct_out_ = out_type_ == result_ && row_out;
    bool buffered = !direct_out_;
    for (int k = 0; k < count_; ++k) {
      const ScalarType type = call.inputs[k]->scalar_type();
      const int64_t itemsize = static_cast<int64_t>(element_size(type));
      inputs_[k] = {type,
                    itemsize,
                    type == compute_ ? nullptr : simd::load_function(type, compute_),
                    plan.is_linear(k + 1, itemsize),
                    plan.is_constant(k + 1),
                    plan.has_same_rows(k + 1)};
      TORCH_CHECK_NOT_IMPLEMENTED(type == compute_ || inputs_[k].convert != nullptr, call.op->name,
                                  "(): there is no CPU kernel for an operand of dtype ", python_name(type));
      buffered = buffered || !row_direct(k);
    }
    longest_ = buffered ? block_ : plan.numel();
  }

  void run(int64_t begin, int64_t end) const {
    if (short_rows_)
      run_packed(begin, end);
    else
      run_rows(begin, end);
  }

 private:
  struct Buffers {
    alignas(64) char in[kMaxInputs][kBufferBytes];
    alignas(64) char out[kBufferBytes];
  };

  bool row_direct(int k) const {
    return inputs_[k].convert == nullptr && plan_.stride(k + 1, 0) == inputs_[k].itemsize;
  }

  // Long rows: each block lies within a row.
  void run_rows(int64_t begin, int64_t end) const {
    Buffers buffers;
    const void* in[kMaxInputs];
    bool filled[kMaxInputs] = {};
    LoopPlan::Cursor cursor;
    plan_.seek(cursor, begin);
    while (begin < end) {
      const bool new_row = cursor.index[0] == 0;
      const int64_t n = std::min({plan_.size(0) - cursor.index[0], end - begin, longest_});
      for (int k = 0; k < count_; ++k) {
        const int64_t stride = plan_.stride(k + 1, 0);
        if (row_direct(k)) {
          in[k] = cursor.p[k + 1];
          continue;
        }
        in[k] = buffers.in[k];
        // A broadcast element fills the whole buffer once and serves the rest of its row, or of the loop.
        if (stride == 0 && filled[k] && !(new_row && !inputs_[k].constant)) continue;
        const int64_t count = stride == 0 ? std::min({block_, plan_.size(0), end - begin}) : n;
        inputs_[k].load(buffers.in[k], cursor.p[k + 1], stride, compute_, count);
        filled[k] = true;
      }
      void* out = direct_out_ ? cursor.p[0] : buffers.out;
      fn_(out, in, n, scalars_);
      if (!direct_out_) store(buffers.out, cursor.p[0], plan_.stride(0, 0), n);
      begin += n;
      if (begin < end) plan_.advance(cursor, n);
    }
  }

  // Short rows: a block holds whole rows, packed by row. The ends of a range may hold parts of one.
  void run_packed(int64_t begin, int64_t end) const {
    Buffers buffers;
    const int64_t row = plan_.size(0), rows = block_ / row;
    bool filled[kMaxInputs] = {};
    LoopPlan::Cursor cursor;
    plan_.seek(cursor, begin);
    while (begin < end) {
      const bool whole = cursor.index[0] == 0 && end - begin >= row;
      const int64_t count = whole ? std::min({rows, plan_.size(1) - cursor.index[1], (end - begin) / row}) : 1;
      const int64_t length = whole ? row : std::min(row - cursor.index[0], end - begin);
      run_packed_block(buffers, cursor, begin, length, count, whole ? filled : nullptr);
      begin += length * count;
      if (begin >= end) break;
      if (whole)
        plan_.advance_rows(cursor, count);
      else
        plan_.advance(cursor, length);
    }
  }

  // `filled` marks inputs whose buffer holds the same row over and over; null for a part of a row.
  void run_packed_block(Buffers& buffers, const LoopPlan::Cursor& cursor, int64_t position, int64_t length,
                        int64_t count, bool* filled) const {
    const void* in[kMaxInputs];
    const int64_t n = length * count;
    for (int k = 0; k < count_; ++k) {
      const Input& input = inputs_[k];
      const char* dense = plan_.data(k + 1) + position * input.itemsize;
      if (input.linear && input.convert == nullptr) {
        in[k] = dense;
        continue;
      }
      in[k] = buffers.in[k];
      if (input.linear) {
        input.convert(buffers.in[k], dense, n);
        continue;
      }
      const bool periodic = filled != nullptr && input.same_rows;
      if (periodic && filled[k]) continue;
      const int64_t rows = periodic ? block_ / length : count;
      input.load_rows(buffers.in[k], cursor.p[k + 1], plan_.stride(k + 1, 0), plan_.stride(k + 1, 1), length, rows);
      if (filled != nullptr) filled[k] = periodic;
    }
    void* out = direct_out_ ? plan_.data(0) + position * out_size_ : buffers.out;
    fn_(out, in, n, scalars_);
    if (!direct_out_) store_rows(buffers.out, cursor.p[0], length, count);
  }

  void store_rows(const char* from, char* to, int64_t length, int64_t count) const {
    const int64_t stride = plan_.stride(0, 0), row_stride = plan_.stride(0, 1);
    if (result_ == out_type_) return simd::scatter_rows(to, stride, row_stride, from, out_size_, length, count);
    alignas(64) char packed[kBufferBytes * 4];
    store(from, packed, out_size_, length * count);
    simd::scatter_rows(to, stride, row_stride, packed, out_size_, length, count);
  }

  void store(const char* from, char* to, int64_t stride, int64_t n) const {
    if (result_ == kBool)
      simd::convert_block(kBool, from, 1, out_type_, to, stride, n);
    else
      simd::store_block(compute_, from, out_type_, to, stride, n);
  }

  const LoopPlan& plan_;
  BlockFn fn_;
  const void* scalars_;
  int count_;
  ScalarType compute_, result_, out_type_;
  int64_t compute_size_, out_size_, block_;
  int64_t longest_ = 0;
  bool short_rows_ = false;
  bool direct_out_ = false;
  Input inputs_[kMaxInputs];
};

// The usual case without any planning: dense operands of the compute type, some of them perhaps single numbers.
bool run_flat(const PointwiseCall& call, ScalarType compute) {
  const int64_t n = call.out->numel();
  const int count = call.op->num_inputs;
  const ScalarType result = call.op->blocks.writes_bool ? kBool : compute;
  if (call.out->scalar_type() != result || !call.out->is_contiguous()) return false;
  const void* in[kMaxInputs];
  unsigned single = 0;
  for (int k = 0; k < count; ++k) {
    const TensorBase& t = *call.inputs[k];
    if (t.scalar_type() == compute && t.numel() == n && t.is_contiguous())
      in[k] = t.const_data_ptr();
    else if (t.numel() == 1)
      single |= 1u << k;
    else
      return false;
  }
  const BlockFn fn = call.op->blocks.fn[static_cast<int>(call.type)];
  char* out = static_cast<char*>(call.out->mutable_data_ptr());
  if (single == 0 && n <= kGrainSize) {
    fn(out, in, n, call.scalars);
    return true;
  }
  const int64_t itemsize = static_cast<int64_t>(element_size(compute));
  const int64_t out_size = result == kBool ? 1 : itemsize;
  alignas(64) char buffers[kMaxInputs][1024];
  const int64_t block = 1024 / itemsize;
  for (int k = 0; k < count; ++k) {
    if (!((single >> k) & 1u)) continue;
    simd::load_block(call.inputs[k]->scalar_type(), call.inputs[k]->const_data_ptr(), 0, compute, buffers[k], 1);
    splat(buffers[k], compute, std::min(block, n));
    in[k] = buffers[k];
  }
  const auto run = [&](int64_t begin, int64_t end) {
    const void* p[kMaxInputs];
    const int64_t longest = single != 0 ? block : end - begin;
    for (int64_t i = begin; i < end; i += longest) {
      for (int k = 0; k < count; ++k) {
        p[k] = (single >> k) & 1u ? in[k] : static_cast<const char*>(in[k]) + i * itemsize;
      }
      fn(out + i * out_size, p, std::min(longest, end - i), call.scalars);
    }
  };
  parallel_for(0, n, kGrainSize, run);
  return true;
}

void pointwise_kernel(const PointwiseCall& call) {
  const ScalarType compute = to_scalar_type(call.type);
  if (run_flat(call, compute)) return;
  const TensorBase* operands[1 + kMaxInputs] = {call.out};
  for (int k = 0; k < call.op->num_inputs; ++k) operands[1 + k] = call.inputs[k];
  const LoopPlan plan(operands, 1 + call.op->num_inputs);
  const Driver driver(call, plan);
  parallel_for(0, plan.numel(), kGrainSize, [&](int64_t begin, int64_t end) { driver.run(begin, end); });
}
REGISTER_STUB(pointwise_stub, DeviceType::CPU, pointwise_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
