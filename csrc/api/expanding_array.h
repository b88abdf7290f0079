// ExpandingArray<D>: D values, given one by one or as a single one for all, as kernel sizes are.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <vector>

#include "c10/ArrayRef.h"

namespace tiny_torch {

template <size_t D, class T = int64_t>
class ExpandingArray {
 public:
  ExpandingArray(std::initializer_list<T> list) : ExpandingArray(ArrayRef<T>(list.begin(), list.size())) {}  // NOLINT
  ExpandingArray(const std::vector<T>& list) : ExpandingArray(ArrayRef<T>(list)) {}                          // NOLINT
  ExpandingArray(const std::array<T, D>& values) : values_(values) {}                                        // NOLINT
  ExpandingArray(T one) { values_.fill(one); }                                                               // NOLINT
  /// RuntimeError unless `list` has D values.
  ExpandingArray(ArrayRef<T> list) {  // NOLINT
    TORCH_CHECK(list.size() == D, "Expected ", D, " values, but instead got ", list.size());
    std::copy(list.begin(), list.end(), values_.begin());
  }

  std::array<T, D>& operator*() { return values_; }
  const std::array<T, D>& operator*() const { return values_; }
  std::array<T, D>* operator->() { return &values_; }
  const std::array<T, D>* operator->() const { return &values_; }
  operator ArrayRef<T>() const { return values_; }  // NOLINT
  ArrayRef<T> view() const { return values_; }
  size_t size() const { return D; }

 private:
  std::array<T, D> values_;
};

template <size_t D, class T>
std::ostream& operator<<(std::ostream& out, const ExpandingArray<D, T>& values) {
  if (D == 1) return out << values->at(0);
  return out << values.view();
}

/// The same where single values may be left open.
template <size_t D, class T = int64_t>
class ExpandingArrayWithOptionalElem : public ExpandingArray<D, std::optional<T>> {
 public:
  using Base = ExpandingArray<D, std::optional<T>>;
  using Base::Base;
  ExpandingArrayWithOptionalElem(std::initializer_list<T> list)
      : Base(converted(list.begin(), list.size())) {}                                                        // NOLINT
  ExpandingArrayWithOptionalElem(const std::vector<T>& list) : Base(converted(list.data(), list.size())) {}  // NOLINT
  ExpandingArrayWithOptionalElem(T one) : Base(std::optional<T>(one)) {}                                     // NOLINT

 private:
  static std::vector<std::optional<T>> converted(const T* data, size_t size) { return {data, data + size}; }
};

template <size_t D, class T>
std::ostream& operator<<(std::ostream& out, const ExpandingArrayWithOptionalElem<D, T>& values) {
  out << (D == 1 ? "" : "[");
  for (size_t i = 0; i < D; ++i) {
    out << (i == 0 ? "" : ", ");
    if (values->at(i).has_value()) {
      out << *values->at(i);
    } else {
      out << "None";
    }
  }
  return out << (D == 1 ? "" : "]");
}

}  // namespace tiny_torch
