// Choices such as torch::kMean: each is a type of its own, so that an option is a variant of those it can take.
//
// Example: `MSELossOptions(torch::kSum)`; `std::get_if<enumtype::kSum>(&options.reduction())`
#pragma once

#include <string>
#include <variant>

#include "c10/errors.h"

#define TINY_TORCH_ENUM(name)                   \
  namespace enumtype {                          \
  struct k##name {                              \
    static constexpr const char* kText = #name; \
  };                                            \
  }                                             \
  inline constexpr enumtype::k##name k##name {}

namespace tiny_torch {

TINY_TORCH_ENUM(Linear);
TINY_TORCH_ENUM(Conv1D);
TINY_TORCH_ENUM(Conv2D);
TINY_TORCH_ENUM(Conv3D);
TINY_TORCH_ENUM(ConvTranspose1D);
TINY_TORCH_ENUM(ConvTranspose2D);
TINY_TORCH_ENUM(ConvTranspose3D);
TINY_TORCH_ENUM(Sigmoid);
TINY_TORCH_ENUM(Tanh);
TINY_TORCH_ENUM(ReLU);
TINY_TORCH_ENUM(GELU);
TINY_TORCH_ENUM(SiLU);
TINY_TORCH_ENUM(Mish);
TINY_TORCH_ENUM(LeakyReLU);
TINY_TORCH_ENUM(FanIn);
TINY_TORCH_ENUM(FanOut);
TINY_TORCH_ENUM(Constant);
TINY_TORCH_ENUM(Reflect);
TINY_TORCH_ENUM(Replicate);
TINY_TORCH_ENUM(Circular);
TINY_TORCH_ENUM(Nearest);
TINY_TORCH_ENUM(NearestExact);
TINY_TORCH_ENUM(Bilinear);
TINY_TORCH_ENUM(Bicubic);
TINY_TORCH_ENUM(Trilinear);
TINY_TORCH_ENUM(Area);
TINY_TORCH_ENUM(Sum);
TINY_TORCH_ENUM(Mean);
TINY_TORCH_ENUM(Max);
TINY_TORCH_ENUM(None);
TINY_TORCH_ENUM(BatchMean);
TINY_TORCH_ENUM(Zeros);
TINY_TORCH_ENUM(Border);
TINY_TORCH_ENUM(Reflection);
TINY_TORCH_ENUM(RNN_TANH);
TINY_TORCH_ENUM(RNN_RELU);
TINY_TORCH_ENUM(LSTM);
TINY_TORCH_ENUM(GRU);
TINY_TORCH_ENUM(Valid);
TINY_TORCH_ENUM(Same);

namespace enumtype {

/// "kMean" for torch::kMean.
template <class... Ts>
std::string get_enum_name(const std::variant<Ts...>& choice) {
  return std::visit([](auto one) { return std::string("k") + decltype(one)::kText; }, choice);
}

/// The number operators know a reduction by: none 0, mean 1, sum 2.
template <class... Ts>
int64_t reduction_get_enum(const std::variant<Ts...>& choice) {
  return std::visit(
      [](auto one) -> int64_t {
        using T = decltype(one);
        return std::is_same_v<T, kNone> ? 0 : std::is_same_v<T, kSum> ? 2 : 1;
      },
      choice);
}

}  // namespace enumtype
}  // namespace tiny_torch
#undef TINY_TORCH_ENUM
