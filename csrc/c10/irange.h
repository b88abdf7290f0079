// irange: integers to loop over, `for (const auto i : c10::irange(n))`, of the type of its end.
#pragma once

#include <cstddef>
#include <iterator>
#include <type_traits>

namespace tiny_torch {

template <class I>
class integer_range {
  static_assert(std::is_integral_v<I>, "irange() counts integers");

 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = I;
    using difference_type = std::ptrdiff_t;
    using pointer = const I*;
    using reference = I;

    constexpr explicit iterator(I value) : value_(value) {}
    constexpr I operator*() const { return value_; }
    constexpr const I* operator->() const { return &value_; }
    constexpr iterator& operator++() {
      ++value_;
      return *this;
    }
    constexpr iterator operator++(int) {
      const iterator before = *this;
      ++value_;
      return before;
    }
    constexpr bool operator==(const iterator& o) const { return value_ == o.value_; }
    constexpr bool operator!=(const iterator& o) const { return value_ != o.value_; }

   private:
    I value_;
  };

  /// Nothing when `end` is not after `begin`.
  constexpr integer_range(I begin, I end) : begin_(begin), end_(end < begin ? begin : end) {}
  constexpr iterator begin() const { return iterator(begin_); }
  constexpr iterator end() const { return iterator(end_); }

 private:
  I begin_, end_;
};

template <class I>
constexpr integer_range<I> irange(I end) {
  return {I(0), end};
}
template <class B, class E>
constexpr integer_range<E> irange(B begin, E end) {
  return {static_cast<E>(begin), end};
}

}  // namespace tiny_torch
