// Options of recurrent layers, their cells and of the transformer.
#pragma once

#include <functional>

#include "api/nn/modules/container/any.h"
#include "api/nn/options_module.h"

namespace tiny_torch::frontend::nn {

/// What all recurrent layers have.
#define TINY_TORCH_RNN_OPTIONS(Name, ...)                                                                 \
  struct TORCH_API Name {                                                                                 \
    Name(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {} \
    TORCH_ARG(int64_t, input_size);                                                                       \
    TORCH_ARG(int64_t, hidden_size);                                                                      \
    TORCH_ARG(int64_t, num_layers) = 1;                                                                   \
    TORCH_ARG(bool, bias) = true;                                                                         \
    TORCH_ARG(bool, batch_first) = false;                                                                 \
    TORCH_ARG(double, dropout) = 0.0;                                                                     \
    TORCH_ARG(bool, bidirectional) = false;                                                               \
                                                                                                          \
   public:                                                                                                \
    __VA_ARGS__                                                                                           \
  }
#define TINY_TORCH_RNN_CELL_OPTIONS(Name, ...)                                                            \
  struct TORCH_API Name {                                                                                 \
    Name(int64_t input_size, int64_t hidden_size) : input_size_(input_size), hidden_size_(hidden_size) {} \
    TORCH_ARG(int64_t, input_size);                                                                       \
    TORCH_ARG(int64_t, hidden_size);                                                                      \
    TORCH_ARG(bool, bias) = true;                                                                         \
                                                                                                          \
   public:                                                                                                \
    __VA_ARGS__                                                                                           \
  }
#define TINY_TORCH_NONLINEARITY                                          \
  using nonlinearity_t = std::variant<enumtype::kTanh, enumtype::kReLU>; \
  TORCH_ARG(nonlinearity_t, nonlinearity) = kTanh;

TINY_TORCH_RNN_OPTIONS(RNNOptions, TINY_TORCH_NONLINEARITY);
/// proj_size > 0 makes the outputs smaller than the cells' state.
TINY_TORCH_RNN_OPTIONS(LSTMOptions, TORCH_ARG(int64_t, proj_size) = 0;);
TINY_TORCH_RNN_OPTIONS(GRUOptions, );
TINY_TORCH_RNN_CELL_OPTIONS(RNNCellOptions, TINY_TORCH_NONLINEARITY);
TINY_TORCH_RNN_CELL_OPTIONS(LSTMCellOptions, );
TINY_TORCH_RNN_CELL_OPTIONS(GRUCellOptions, );
#undef TINY_TORCH_RNN_OPTIONS
#undef TINY_TORCH_RNN_CELL_OPTIONS
#undef TINY_TORCH_NONLINEARITY

}  // namespace tiny_torch::frontend::nn
