// TensorAccessor<T, N>: element access by indices without a call per element.
//
// Contract: a view, valid while the tensor's memory is; indices are not checked. The tensor must be on the CPU.
// Example: `auto a = x.accessor<float, 2>(); float sum = a[0][1] + a[1][0];`
#pragma once

#include "aten/Tensor.h"

namespace tiny_torch {

template <class T, size_t N>
class TensorAccessor {
 public:
  TensorAccessor(T* data, const int64_t* sizes, const int64_t* strides)
      : data_(data), sizes_(sizes), strides_(strides) {}
  IntArrayRef sizes() const { return {sizes_, N}; }
  IntArrayRef strides() const { return {strides_, N}; }
  int64_t size(int64_t dim) const { return sizes_[dim]; }
  int64_t stride(int64_t dim) const { return strides_[dim]; }
  T* data() const { return data_; }
  decltype(auto) operator[](int64_t i) const {
    if constexpr (N == 1) {
      return (data_[i * strides_[0]]);
    } else {
      return TensorAccessor<T, N - 1>(data_ + i * strides_[0], sizes_ + 1, strides_ + 1);
    }
  }

 private:
  T* data_;
  const int64_t* sizes_;
  const int64_t* strides_;
};

template <class T, size_t N>
TensorAccessor<T, N> Tensor::accessor() const {
  static_assert(N > 0, "accessor: a tensor without dimensions is read with item()");
  TORCH_CHECK(static_cast<size_t>(dim()) == N, "TensorAccessor expected ", N, " dims but tensor has ", dim());
  TORCH_CHECK(is_cpu(), "accessor(): expected a CPU tensor, got one on ", device());
  return {data_ptr<std::remove_const_t<T>>(), sizes().data(), strides().data()};
}
template <class T, size_t N>
TensorAccessor<T, N> Tensor::packed_accessor32() const {
  TORCH_CHECK(numel() <= INT32_MAX, "numel needs to be smaller than int32_t max; otherwise use packed_accessor64");
  return accessor<T, N>();
}
template <class T, size_t N>
TensorAccessor<T, N> Tensor::packed_accessor64() const {
  return accessor<T, N>();
}

}  // namespace tiny_torch
