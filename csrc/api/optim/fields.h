// Options and states of optimizers say their fields once; copying, comparing, saving and loading follow from that.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "api/arg.h"
#include "api/serialize/archive.h"
#include "aten/Tensor.h"

namespace tiny_torch::frontend::optim {

/// Writes and reads one field under its name; undefined tensors and empty lists are left out.
struct TORCH_API FieldWriter {
  serialize::OutputArchive& archive;
  /// For options a missing value is written as None, for states it is left out.
  bool writes_missing;
  void operator()(const char* name, double value) const;
  void operator()(const char* name, int64_t value) const;
  void operator()(const char* name, bool value) const;
  void operator()(const char* name, const std::tuple<double, double>& value) const;
  void operator()(const char* name, const std::optional<int64_t>& value) const;
  void operator()(const char* name, const std::optional<std::string>& value) const;
  void operator()(const char* name, const Tensor& value) const;
  void operator()(const char* name, const std::deque<Tensor>& value) const;
  void operator()(const char* name, const std::optional<std::vector<Tensor>>& value) const;
};
struct TORCH_API FieldReader {
  serialize::InputArchive& archive;
  void operator()(const char* name, double& value) const;
  void operator()(const char* name, int64_t& value) const;
  void operator()(const char* name, bool& value) const;
  void operator()(const char* name, std::tuple<double, double>& value) const;
  void operator()(const char* name, std::optional<int64_t>& value) const;
  void operator()(const char* name, std::optional<std::string>& value) const;
  void operator()(const char* name, Tensor& value) const;
  void operator()(const char* name, std::deque<Tensor>& value) const;
  void operator()(const char* name, std::optional<std::vector<Tensor>>& value) const;
};

/// Options and states of optimizers from elsewhere override what they use; the rest throws NotImplementedError.
class TORCH_API OptimizerOptions {
 public:
  virtual ~OptimizerOptions();
  virtual std::unique_ptr<OptimizerOptions> clone() const;
  virtual void serialize(serialize::InputArchive& archive);
  virtual void serialize(serialize::OutputArchive& archive) const;
  virtual double get_lr() const;
  virtual void set_lr(double lr);
  /// These options where they differ from a newly made object of their class, elsewhere those of `defaults`.
  virtual std::unique_ptr<OptimizerOptions> merged_over(const OptimizerOptions& defaults) const;
};

namespace detail {
struct AnyField {
  template <class T>
  void operator()(const char*, T&) const {}
};
template <class T, class = void>
struct has_fields : std::false_type {};
template <class T>
struct has_fields<T, std::void_t<decltype(std::declval<T&>().fields(AnyField{}))>> : std::true_type {};
template <class T, class = void>
struct has_lr : std::false_type {};
template <class T>
struct has_lr<T, std::void_t<decltype(std::declval<T&>().lr(0.5))>> : std::true_type {};
}  // namespace detail

/// Base of an optimizer's options. With `fields(visitor)`, which calls `visitor("name", name_)` for each, Derived need not
/// override serialize(), and with lr() neither get_lr() nor set_lr().
template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<Derived>(self()); }
  void serialize(serialize::InputArchive& archive) override {
    if constexpr (detail::has_fields<Derived>::value) {
      self().fields(FieldReader{archive});
    } else {
      OptimizerOptions::serialize(archive);
    }
  }
  void serialize(serialize::OutputArchive& archive) const override {
    if constexpr (detail::has_fields<Derived>::value) {
      const_cast<Derived&>(self()).fields(FieldWriter{archive, /*writes_missing=*/true});
    } else {
      OptimizerOptions::serialize(archive);
    }
  }
  double get_lr() const override {
    if constexpr (detail::has_lr<Derived>::value) return self().lr();
    return OptimizerOptions::get_lr();
  }
  void set_lr(double lr) override {
    if constexpr (detail::has_lr<Derived>::value) {
      self().lr(lr);
    } else {
      OptimizerOptions::set_lr(lr);
    }
  }
  std::unique_ptr<OptimizerOptions> merged_over(const OptimizerOptions& defaults) const override {
    if constexpr (detail::has_fields<Derived>::value) {
      auto result = std::make_unique<Derived>(self());
      Derived fresh;
      const auto* same_class = dynamic_cast<const Derived*>(&defaults);
      if (same_class == nullptr) return result;
      Derived base(*same_class);
      result->fields([&](const char* name, auto& mine) {
        using T = std::decay_t<decltype(mine)>;
        T* initial = find<T>(fresh, name);
        if (mine == *initial) mine = *find<T>(base, name);
      });
      return result;
    } else {
      return clone();
    }
  }
  friend bool operator==(const Derived& a, const Derived& b) {
    bool equal = true;
    const_cast<Derived&>(a).fields([&](const char* name, auto& field) {
      equal = equal && field == *find<std::decay_t<decltype(field)>>(const_cast<Derived&>(b), name);
    });
    return equal;
  }
  friend bool operator!=(const Derived& a, const Derived& b) { return !(a == b); }

 private:
  template <class T>
  static T* find(Derived& options, const char* wanted) {
    T* found = nullptr;
    options.fields([&](const char* name, auto& field) {
      if constexpr (std::is_same_v<T, std::decay_t<decltype(field)>>) {
        if (std::string(name) == wanted) found = &field;
      }
    });
    return found;
  }
  Derived& self() { return static_cast<Derived&>(*this); }
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

/// What an optimizer remembers of one parameter.
class TORCH_API OptimizerParamState {
 public:
  virtual ~OptimizerParamState();
  virtual std::unique_ptr<OptimizerParamState> clone() const;
  virtual void serialize(serialize::InputArchive& archive);
  virtual void serialize(serialize::OutputArchive& archive) const;
};

template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
 public:
  std::unique_ptr<OptimizerParamState> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
  void serialize(serialize::InputArchive& archive) override {
    if constexpr (detail::has_fields<Derived>::value) {
      static_cast<Derived&>(*this).fields(FieldReader{archive});
    } else {
      OptimizerParamState::serialize(archive);
    }
  }
  void serialize(serialize::OutputArchive& archive) const override {
    if constexpr (detail::has_fields<Derived>::value) {
      const_cast<Derived&>(static_cast<const Derived&>(*this)).fields(FieldWriter{archive, /*writes_missing=*/false});
    } else {
      OptimizerParamState::serialize(archive);
    }
  }
};

}  // namespace tiny_torch::frontend::optim
