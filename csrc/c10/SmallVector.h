// SmallVector<T, N>: a vector of trivially copyable values with room for N of them inside, so that sizes, strides
// and operand lists of usual length need no allocation.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "c10/ArrayRef.h"

namespace tiny_torch {

template <class T, size_t N>
class SmallVector {
  static_assert(std::is_trivially_copyable_v<T>, "SmallVector moves its values with memcpy");

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  SmallVector() = default;
  explicit SmallVector(size_t n, T value = T()) { resize(n, value); }
  SmallVector(ArrayRef<T> values) { assign(values); }  // NOLINT: implicit
  SmallVector(std::initializer_list<T> values) { assign(ArrayRef<T>(values.begin(), values.size())); }
  template <class It, class = typename std::iterator_traits<It>::iterator_category>
  SmallVector(It first, It last) {
    for (; first != last; ++first) push_back(*first);
  }
  SmallVector(const SmallVector& other) { assign(other); }
  SmallVector(SmallVector&& other) noexcept { steal(other); }
  SmallVector& operator=(const SmallVector& other) {
    if (this != &other) assign(other);
    return *this;
  }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this != &other) {
      release();
      steal(other);
    }
    return *this;
  }
  ~SmallVector() { release(); }

  void assign(ArrayRef<T> values) {
    resize_uninitialized(values.size());
    if (!values.empty()) std::memmove(static_cast<void*>(data_), values.data(), values.size() * sizeof(T));
  }
  void resize_uninitialized(size_t n) {
    if (n > capacity_) grow(n);
    size_ = n;
  }
  void resize(size_t n, T value = T()) {
    const size_t old = size_;
    resize_uninitialized(n);
    for (size_t i = old; i < n; ++i) data_[i] = value;
  }
  void push_back(T value) {
    if (size_ == capacity_) grow(size_ + 1);
    data_[size_++] = value;
  }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }
  void insert(T* position, T value) {
    const size_t at = static_cast<size_t>(position - data_);
    push_back(value);
    for (size_t i = size_ - 1; i > at; --i) data_[i] = data_[i - 1];
    data_[at] = value;
  }
  void erase(T* position) {
    for (T* p = position; p + 1 < end(); ++p) *p = *(p + 1);
    --size_;
  }

  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  T& front() { return data_[0]; }
  const T& front() const { return data_[0]; }
  std::vector<T> vec() const { return std::vector<T>(begin(), end()); }
  operator ArrayRef<T>() const { return ArrayRef<T>(data_, size_); }  // NOLINT: implicit
  bool operator==(const SmallVector& other) const { return ArrayRef<T>(*this).equals(other); }
  bool operator!=(const SmallVector& other) const { return !(*this == other); }

 private:
  void grow(size_t needed) {
    const size_t capacity = needed > 2 * capacity_ ? needed : 2 * capacity_;
    T* moved = static_cast<T*>(std::malloc(capacity * sizeof(T)));
    if (moved == nullptr) throw std::bad_alloc();
    std::memcpy(static_cast<void*>(moved), data_, size_ * sizeof(T));
    release();
    data_ = moved;
    capacity_ = capacity;
  }
  void release() {
    if (data_ != inline_data()) std::free(data_);
  }
  void steal(SmallVector& other) {
    size_ = other.size_;
    if (other.data_ == other.inline_data()) {
      data_ = inline_data();
      capacity_ = N;
      std::memcpy(static_cast<void*>(data_), other.data_, size_ * sizeof(T));
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
      other.data_ = other.inline_data();
      other.capacity_ = N;
    }
    other.size_ = 0;
  }
  T* inline_data() { return reinterpret_cast<T*>(inline_); }

  T* data_ = inline_data();
  size_t size_ = 0;
  size_t capacity_ = N;
  alignas(T) unsigned char inline_[N * sizeof(T)];
};

using DimVector = SmallVector<int64_t, 6>;

}  // namespace tiny_torch
