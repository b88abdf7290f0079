// What the modules of all families share: a base for those that hold options, and the way modules print themselves.
#pragma once

#include <ostream>

#include "api/enum.h"
#include "api/expanding_array.h"
#include "api/nn/module.h"

namespace tiny_torch::frontend::nn {

/// Base of modules that have options and no parameters.
template <class Derived, class Options>
class OptionsModule : public Cloneable<Derived> {
 public:
  explicit OptionsModule(const Options& given = {}) : options(given) {}
  /// From what options are made of, as `MaxPool2d(2)`.
  template <class T, class = std::enable_if_t<std::is_constructible_v<Options, T> && !std::is_base_of_v<Options, T> &&
                                              !std::is_convertible_v<T, Options>>>
  explicit OptionsModule(T first) : options(std::move(first)) {}
  void reset() override {}
  Options options;
};

/// Options of modules that have none.
struct NoOptions {};

/// Prints `torch::nn::Name(key=value, ...)`, booleans as words; with a null key the value alone.
class Shown {
 public:
  Shown(std::ostream& out, const char* name) : out_(out) { out_ << "torch::nn::" << name << "("; }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;
  ~Shown() { out_ << ")"; }

  template <class T>
  Shown& operator()(const char* key, const T& value) {
    if (!first_) out_ << ", ";
    first_ = false;
    if (key != nullptr) out_ << key << '=';
    if constexpr (std::is_same_v<T, bool>) {
      out_ << (value ? "true" : "false");
    } else {
      out_ << value;
    }
    return *this;
  }
  /// Only where `condition` holds.
  template <class T>
  Shown& when(bool condition, const char* key, const T& value) {
    return condition ? (*this)(key, value) : *this;
  }

 private:
  std::ostream& out_;
  bool first_ = true;
};

/// Declares NameImpl, a module of `Options` with the members given, and its holder Name; pretty_print() is defined apart.
#define TINY_TORCH_MODULE(Name, Options, ...)                              \
  class TORCH_API Name##Impl : public OptionsModule<Name##Impl, Options> { \
   public:                                                                 \
    using OptionsModule<Name##Impl, Options>::OptionsModule;               \
    __VA_ARGS__                                                            \
    void pretty_print(std::ostream& stream) const override;                \
  };                                                                       \
  TORCH_MODULE(Name)
/// The same for modules from one tensor to one.
#define TINY_TORCH_UNARY_MODULE(Name, Options) TINY_TORCH_MODULE(Name, Options, Tensor forward(const Tensor& input);)

/// Declares an options struct with one number or flag, which also converts to it.
#define TINY_TORCH_SINGLE_OPTION(Name, T, field, fallback)                             \
  struct TORCH_API Name {                                                              \
    Name(T field = fallback) : field##_(field) {} /* NOLINT: implicit as in PyTorch */ \
    TORCH_ARG(T, field);                                                               \
  }

}  // namespace tiny_torch::frontend::nn
