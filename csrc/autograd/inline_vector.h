// InlineVector<T, N>: a vector with room for N values inside, for values with constructors (tensors, edges).
//
// Contract: as std::vector for the operations it has; moving it moves inline values one by one.
#pragma once

#include <initializer_list>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "c10/ArrayRef.h"

namespace tiny_torch::autodiff {

template <class T, uint32_t N>
class InlineVector {
 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;
  using reference = T&;
  using const_reference = const T&;
  using size_type = size_t;
  using difference_type = ptrdiff_t;

  InlineVector() {}
  explicit InlineVector(size_t n) { resize(n); }
  InlineVector(std::initializer_list<T> values) { append(values.begin(), values.end()); }
  explicit InlineVector(ArrayRef<T> values) { append(values.begin(), values.end()); }
  InlineVector(const std::vector<T>& values) { append(values.data(), values.data() + values.size()); }  // NOLINT
  InlineVector(std::vector<T>&& values) {                                                               // NOLINT
    reserve(values.size());
    for (T& value : values) push_back(std::move(value));
  }
  InlineVector(const InlineVector& other) { append(other.begin(), other.end()); }
  InlineVector(InlineVector&& other) noexcept { steal(other); }
  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) {
      clear();
      append(other.begin(), other.end());
    }
    return *this;
  }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this != &other) {
      release();
      data_ = inline_data();
      capacity_ = N;
      steal(other);
    }
    return *this;
  }
  ~InlineVector() { release(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& at(size_t i) {
    check_index(i);
    return data_[i];
  }
  const T& at(size_t i) const {
    check_index(i);
    return data_[i];
  }
  T& front() { return data_[0]; }
  const T& front() const { return data_[0]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  operator ArrayRef<T>() const { return {data_, size_}; }  // NOLINT: implicit

  template <class... Args>
  T& emplace_back(Args&&... args) {
    if (size_ == capacity_) {
      T value(std::forward<Args>(args)...);  // the arguments may live in the old memory
      grow(size_ + 1);
      return *new (static_cast<void*>(data_ + size_++)) T(std::move(value));
    }
    return *new (static_cast<void*>(data_ + size_++)) T(std::forward<Args>(args)...);
  }
  void push_back(const T& value) { emplace_back(value); }
  void push_back(T&& value) { emplace_back(std::move(value)); }
  void pop_back() { data_[--size_].~T(); }
  void reserve(size_t n) {
    if (n > capacity_) grow(n);
  }
  void resize(size_t n) {
    reserve(n);
    while (size_ > n) pop_back();
    while (size_ < n) new (static_cast<void*>(data_ + size_++)) T();
  }
  void clear() {
    while (size_ > 0) pop_back();
  }
  template <class It>
  void append(It first, It last) {
    reserve(size_ + static_cast<size_t>(last - first));
    for (; first != last; ++first) emplace_back(*first);
  }

 private:
  void check_index(size_t i) const { TORCH_CHECK_INDEX(i < size_, "index ", i, " is out of range for size ", size_); }
  T* inline_data() { return reinterpret_cast<T*>(inline_); }
  void grow(size_t needed) {
    const size_t capacity = needed > 2 * size_t{capacity_} ? needed : 2 * size_t{capacity_};
    T* moved = static_cast<T*>(::operator new(capacity * sizeof(T)));
    for (uint32_t i = 0; i < size_; ++i) {
      new (static_cast<void*>(moved + i)) T(std::move(data_[i]));
      data_[i].~T();
    }
    if (data_ != inline_data()) ::operator delete(data_);
    data_ = moved;
    capacity_ = static_cast<uint32_t>(capacity);
  }
  void release() {
    clear();
    if (data_ != inline_data()) ::operator delete(data_);
  }
  void steal(InlineVector& other) noexcept {
    if (other.data_ == other.inline_data()) {
      for (uint32_t i = 0; i < other.size_; ++i) new (static_cast<void*>(data_ + i)) T(std::move(other.data_[i]));
      size_ = other.size_;
      other.clear();
    } else {
      data_ = std::exchange(other.data_, other.inline_data());
      size_ = std::exchange(other.size_, 0u);
      capacity_ = std::exchange(other.capacity_, N);
    }
  }

  T* data_ = inline_data();
  uint32_t size_ = 0;
  uint32_t capacity_ = N;
  alignas(T) unsigned char inline_[N * sizeof(T)];
};

}  // namespace tiny_torch::autodiff
