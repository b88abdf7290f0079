// BatchNorm1d to 3d, InstanceNorm1d to 3d, LayerNorm, GroupNorm, LocalResponseNorm, CrossMapLRN2d.
#pragma once

#include "api/nn/functional/normalization.h"
#include "api/nn/init.h"

namespace tiny_torch::frontend::nn {

/// What the normalisations with running statistics share: their parameters and buffers. D is how many dimensions of space
/// the input has.
template <size_t D, class Derived, class Options>
class NormImplBase : public Cloneable<Derived> {
 public:
  explicit NormImplBase(const Options& given) : options(given) { reset(); }
  void reset() override {
    const IntArrayRef sizes = options.num_features();
    const auto tensor = [&](bool wanted) { return wanted ? empty_of(sizes) : Tensor(); };
    weight = this->register_parameter("weight", tensor(options.affine()), options.affine());
    bias = this->register_parameter("bias", tensor(options.affine()), options.affine());
    running_mean = this->register_buffer("running_mean", tensor(options.track_running_stats()));
    running_var = this->register_buffer("running_var", tensor(options.track_running_stats()));
    num_batches_tracked = this->register_buffer(
        "num_batches_tracked", options.track_running_stats() ? Tensor(scalar_tensor_of(0, kLong)) : Tensor());
    reset_parameters();
  }
  void reset_running_stats() {
    if (!options.track_running_stats()) return;
    init::zeros_(running_mean);
    init::ones_(running_var);
    init::zeros_(num_batches_tracked);
  }
  void reset_parameters() {
    reset_running_stats();
    if (!options.affine()) return;
    init::ones_(weight);
    init::zeros_(bias);
  }

  Options options;
  Tensor weight;
  Tensor bias;
  Tensor running_mean;
  Tensor running_var;
  Tensor num_batches_tracked;

 private:
  static Tensor empty_of(IntArrayRef sizes) { return Tensor(empty_tensor(sizes, default_dtype())); }
};

/// The modules' forward(), free of their types; `dims` counts the dimensions of space.
TORCH_API Tensor batch_norm_forward(const Tensor& input, size_t dims, const BatchNormOptions& options, bool is_training,
                                    const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                                    const Tensor& running_var, const Tensor& num_batches_tracked);
TORCH_API Tensor instance_norm_forward(const Tensor& input, size_t dims, const InstanceNormOptions& options,
                                       bool is_training, const Tensor& weight, const Tensor& bias,
                                       const Tensor& running_mean, const Tensor& running_var);
TORCH_API void print_norm(std::ostream& stream, const char* name, int64_t num_features, double eps,
                          std::optional<double> momentum, bool affine, bool track_running_stats);

template <size_t D, class Derived>
class BatchNormImplBase : public NormImplBase<D, Derived, BatchNormOptions> {
 public:
  using NormImplBase<D, Derived, BatchNormOptions>::NormImplBase;
  Tensor forward(const Tensor& input) {
    return batch_norm_forward(input, D, this->options, this->is_training(), this->weight, this->bias,
                              this->running_mean, this->running_var, this->num_batches_tracked);
  }
  void pretty_print(std::ostream& stream) const override {
    const auto& o = this->options;
    print_norm(stream,
               D == 1   ? "BatchNorm1d"
               : D == 2 ? "BatchNorm2d"
                        : "BatchNorm3d",
               o.num_features(), o.eps(), o.momentum(), o.affine(), o.track_running_stats());
  }
};
template <size_t D, class Derived>
class InstanceNormImplBase : public NormImplBase<D, Derived, InstanceNormOptions> {
 public:
  using NormImplBase<D, Derived, InstanceNormOptions>::NormImplBase;
  Tensor forward(const Tensor& input) {
    return instance_norm_forward(input, D, this->options, this->is_training(), this->weight, this->bias,
                                 this->running_mean, this->running_var);
  }
  void pretty_print(std::ostream& stream) const override {
    const auto& o = this->options;
    print_norm(stream,
               D == 1   ? "InstanceNorm1d"
               : D == 2 ? "InstanceNorm2d"
                        : "InstanceNorm3d",
               o.num_features(), o.eps(), o.momentum(), o.affine(), o.track_running_stats());
  }
};

#define TINY_TORCH_NORM_MODULE(Kind, D)                                       \
  class TORCH_API Kind##D##dImpl : public Kind##ImplBase<D, Kind##D##dImpl> { \
   public:                                                                    \
    using Kind##ImplBase<D, Kind##D##dImpl>::Kind##ImplBase;                  \
  };                                                                          \
  TORCH_MODULE(Kind##D##d)

/// (N, C) or (N, C, L)
TINY_TORCH_NORM_MODULE(BatchNorm, 1);
/// (N, C, H, W)
TINY_TORCH_NORM_MODULE(BatchNorm, 2);
/// (N, C, D, H, W)
TINY_TORCH_NORM_MODULE(BatchNorm, 3);
/// (N, C, L) or (C, L)
TINY_TORCH_NORM_MODULE(InstanceNorm, 1);
/// (N, C, H, W) or (C, H, W)
TINY_TORCH_NORM_MODULE(InstanceNorm, 2);
/// (N, C, D, H, W) or (C, D, H, W)
TINY_TORCH_NORM_MODULE(InstanceNorm, 3);
#undef TINY_TORCH_NORM_MODULE

class TORCH_API LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  LayerNormImpl(std::vector<int64_t> normalized_shape) : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
  explicit LayerNormImpl(LayerNormOptions given) : options(std::move(given)) { LayerNormImpl::reset(); }
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& input);
  void pretty_print(std::ostream& stream) const override;

  LayerNormOptions options;
  Tensor weight;
  Tensor bias;
};
TORCH_MODULE(LayerNorm);

class TORCH_API GroupNormImpl : public Cloneable<GroupNormImpl> {
 public:
  GroupNormImpl(int64_t num_groups, int64_t num_channels) : GroupNormImpl(GroupNormOptions(num_groups, num_channels)) {}
  explicit GroupNormImpl(const GroupNormOptions& given) : options(given) { GroupNormImpl::reset(); }
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& input);
  void pretty_print(std::ostream& stream) const override;

  GroupNormOptions options;
  Tensor weight;
  Tensor bias;
};
TORCH_MODULE(GroupNorm);

TINY_TORCH_UNARY_MODULE(LocalResponseNorm, LocalResponseNormOptions);
TINY_TORCH_UNARY_MODULE(CrossMapLRN2d, CrossMapLRN2dOptions);

}  // namespace tiny_torch::frontend::nn
