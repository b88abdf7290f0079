#include "api/nn/modules/linear.h"

#include <cmath>

#include "api/nn/init.h"
#include "generated/functions/creation.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

namespace {

/// Registers the row table of an embedding: the one given, or standard normal with zeros for the padding row.
template <class M>
void reset_table(M& module) {
  const auto& o = module.options;
  if (o._weight().defined()) {
    TORCH_CHECK(o._weight().sizes() == IntArrayRef({o.num_embeddings(), o.embedding_dim()}),
                "Shape of _weight does not match num_embeddings and embedding_dim");
    module.weight = module.register_parameter("weight", o._weight());
    return;
  }
  module.weight = module.register_parameter("weight", empty({o.num_embeddings(), o.embedding_dim()}));
  module.reset_parameters();
}
template <class M>
void reset_rows(M& module) {
  init::normal_(module.weight);
  const std::optional<int64_t> padding = module.options.padding_idx();
  if (!padding.has_value()) return;
  TORCH_CHECK(*padding >= -module.weight.size(0) && *padding < module.weight.size(0),
              "Padding_idx must be within num_embeddings");
  const NoGradGuard no_grad;
  module.weight[*padding].zero_();
}
template <class Options>
void show_padding(Shown& shown, const Options& o) {
  shown.when(o.padding_idx().has_value(), "padding_idx", o.padding_idx().value_or(0));
}
template <class Options>
void show_table(Shown& shown, const Options& o) {
  shown.when(o.max_norm().has_value(), "max_norm", o.max_norm().value_or(0));
  shown.when(o.norm_type() != 2, "norm_type", o.norm_type());
  shown.when(o.scale_grad_by_freq(), "scale_grad_by_freq", true).when(o.sparse(), "sparse", true);
}

/// A module whose table is `embeddings`; `more` sets the options that only one kind has.
template <class Holder, class Options, class Given, class More>
Holder pretrained(const Tensor& embeddings, const Given& given, const More& more) {
  TORCH_CHECK(embeddings.dim() == 2, "Embeddings parameter is expected to be 2-dimensional");
  Options options(embeddings.size(0), embeddings.size(1));
  options._weight(embeddings).padding_idx(given.padding_idx()).max_norm(given.max_norm());
  options.norm_type(given.norm_type()).scale_grad_by_freq(given.scale_grad_by_freq()).sparse(given.sparse());
  more(options);
  Holder result(options);
  result->weight.set_requires_grad(!given.freeze());
  return result;
}

}  // namespace

Tensor IdentityImpl::forward(const Tensor& input) { return input; }
void IdentityImpl::pretty_print(std::ostream& stream) const { Shown(stream, "Identity"); }

void LinearImpl::reset() {
  weight = register_parameter("weight", empty({options.out_features(), options.in_features()}));
  bias = register_parameter("bias", options.bias() ? empty({options.out_features()}) : Tensor(), options.bias());
  reset_parameters();
}
void LinearImpl::reset_parameters() {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const auto fan_in = std::get<0>(init::_calculate_fan_in_and_fan_out(weight));
  const double bound = fan_in > 0 ? 1 / std::sqrt(static_cast<double>(fan_in)) : 0;
  init::uniform_(bias, -bound, bound);
}
void LinearImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "Linear")("in_features", options.in_features())("out_features", options.out_features())("bias",
                                                                                                        options.bias());
}

Tensor FlattenImpl::forward(const Tensor& input) { return input.flatten(options.start_dim(), options.end_dim()); }
void FlattenImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "Flatten")("start_dim", options.start_dim())("end_dim", options.end_dim());
}
Tensor UnflattenImpl::forward(const Tensor& input) { return input.unflatten(options.dim(), options.sizes()); }
void UnflattenImpl::pretty_print(std::ostream& stream) const {
  std::string sizes;
  for (const int64_t size : options.sizes()) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  Shown(stream, "Unflatten")("dim", options.dim())("unflattened_size", "{" + sizes + "}");
}

void EmbeddingImpl::reset() { reset_table(*this); }
void EmbeddingImpl::reset_parameters() { reset_rows(*this); }
void EmbeddingImpl::pretty_print(std::ostream& stream) const {
  Shown shown(stream, "Embedding");
  shown("num_embeddings", options.num_embeddings())("embedding_dim", options.embedding_dim());
  show_padding(shown, options);
  show_table(shown, options);
}
Tensor EmbeddingImpl::forward(const Tensor& indices) {
  return F::embedding(indices, weight,
                      F::EmbeddingFuncOptions()
                          .padding_idx(options.padding_idx())
                          .max_norm(options.max_norm())
                          .norm_type(options.norm_type())
                          .scale_grad_by_freq(options.scale_grad_by_freq())
                          .sparse(options.sparse()));
}
Embedding Embedding::from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options) {
  return pretrained<Embedding, EmbeddingOptions>(embeddings, options, [](EmbeddingOptions&) {});
}

void EmbeddingBagImpl::reset() { reset_table(*this); }
void EmbeddingBagImpl::reset_parameters() { reset_rows(*this); }
void EmbeddingBagImpl::pretty_print(std::ostream& stream) const {
  Shown shown(stream, "EmbeddingBag");
  shown("num_embeddings", options.num_embeddings())("embedding_dim", options.embedding_dim());
  show_table(shown, options);
  const bool is_mean = std::holds_alternative<enumtype::kMean>(options.mode());
  shown.when(!is_mean, "mode", enumtype::get_enum_name(options.mode()));
  shown.when(options.include_last_offset(), "include_last_offset", true);
  show_padding(shown, options);
}
Tensor EmbeddingBagImpl::forward(const Tensor& input, const Tensor& offsets, const Tensor& per_sample_weights) {
  return F::embedding_bag(input, weight,
                          F::EmbeddingBagFuncOptions()
                              .offsets(offsets)
                              .per_sample_weights(per_sample_weights)
                              .mode(options.mode())
                              .include_last_offset(options.include_last_offset())
                              .padding_idx(options.padding_idx())
                              .max_norm(options.max_norm())
                              .norm_type(options.norm_type())
                              .scale_grad_by_freq(options.scale_grad_by_freq())
                              .sparse(options.sparse()));
}

EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options) {
  return pretrained<EmbeddingBag, EmbeddingBagOptions>(embeddings, options, [&](EmbeddingBagOptions& bag) {
    bag.mode(options.mode()).include_last_offset(options.include_last_offset());
  });
}

#define DROPOUT(Name, function, FuncOptions)                                                                       \
  Tensor Name##Impl::forward(const Tensor& input) {                                                                \
    return F::function(input, F::FuncOptions().p(options.p()).training(is_training()).inplace(options.inplace())); \
  }                                                                                                                \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                                      \
    Shown(stream, #Name)("p", options.p())("inplace", options.inplace());                                          \
  }
DROPOUT(Dropout, dropout, DropoutFuncOptions)
DROPOUT(Dropout2d, dropout2d, Dropout2dFuncOptions)
DROPOUT(Dropout3d, dropout3d, Dropout3dFuncOptions)
DROPOUT(AlphaDropout, alpha_dropout, AlphaDropoutFuncOptions)
DROPOUT(FeatureAlphaDropout, feature_alpha_dropout, FeatureAlphaDropoutFuncOptions)
#undef DROPOUT

}  // namespace tiny_torch::frontend::nn
