// TORCH_ARG: a field with PyTorch's accessors: `options.lr()` reads, `options.lr(0.1)` sets and returns the options.
#pragma once

#include <utility>

#define TORCH_ARG(T, name)                                              \
 public:                                                                \
  auto name(const T& new_##name) -> decltype(*this)& { /* NOLINT */     \
    this->name##_ = new_##name;                                         \
    return *this;                                                       \
  }                                                                     \
  auto name(T&& new_##name) -> decltype(*this)& { /* NOLINT */          \
    this->name##_ = std::move(new_##name);                              \
    return *this;                                                       \
  }                                                                     \
  const T& name() const noexcept { return this->name##_; } /* NOLINT */ \
  T& name() noexcept { return this->name##_; }             /* NOLINT */ \
                                                                        \
 private:                                                               \
  T name##_ /* NOLINT */
