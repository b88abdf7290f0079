// torch::indexing: what stands between the brackets of x[...] in Python, for x.index({...}) and x.index_put_({...}, v).
//
// Example: `x.index({Slice(1, None, 2), "...", mask})` is x[1::2, ..., mask].
#pragma once

#include <variant>

#include "aten/Tensor.h"

namespace tiny_torch::indexing {

enum class EllipsisIndexType { Ellipsis };
inline constexpr EllipsisIndexType Ellipsis = EllipsisIndexType::Ellipsis;
inline constexpr std::nullopt_t None = std::nullopt;

/// start:stop:step; a missing start is 0, a missing stop the end.
class Slice {
 public:
  Slice(std::optional<int64_t> start = std::nullopt, std::optional<int64_t> stop = std::nullopt,  // NOLINT
        std::optional<int64_t> step = std::nullopt)
      : start_(start), stop_(stop), step_(step.value_or(1)) {}
  std::optional<int64_t> start() const { return start_; }
  std::optional<int64_t> stop() const { return stop_; }
  int64_t step() const { return step_; }

 private:
  std::optional<int64_t> start_, stop_;
  int64_t step_;
};

class TensorIndex {
 public:
  using Value = std::variant<std::nullopt_t, EllipsisIndexType, int64_t, bool, Slice, Tensor>;

  TensorIndex(std::nullopt_t) : value_(std::nullopt) {}  // NOLINT: implicit, all of them
  TensorIndex(EllipsisIndexType) : value_(Ellipsis) {}   // NOLINT
  /// "..." only; ValueError otherwise.
  TensorIndex(const char* text) : value_(Ellipsis) {  // NOLINT
    TORCH_CHECK_VALUE(std::string(text) == "...", "Expected \"...\" to represent an ellipsis index, but got \"", text,
                      "\"");
  }
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  TensorIndex(T index) : value_(static_cast<int64_t>(index)) {}  // NOLINT
  template <class T, std::enable_if_t<std::is_same_v<T, bool>, int> = 0>
  TensorIndex(T mask) : value_(mask) {}                    // NOLINT
  TensorIndex(Slice slice) : value_(slice) {}              // NOLINT
  TensorIndex(Tensor index) : value_(std::move(index)) {}  // NOLINT

  const Value& value() const { return value_; }
  /// How many dimensions of the indexed tensor this item takes.
  int64_t dims() const;

 private:
  Value value_;
};

/// start:stop:step; a missing stop is the greatest there is.
TORCH_API std::ostream& operator<<(std::ostream& out, const Slice& slice);
TORCH_API std::ostream& operator<<(std::ostream& out, const TensorIndex& item);

}  // namespace tiny_torch::indexing
