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

namespace tiny_torch::optim {

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

class TORCH_API OptimizerOptions {
 public:
  virtual ~OptimizerOptions();
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  virtual void serialize(serialize::InputArchive& archive) = 0;
  virtual void serialize(serialize::OutputArchive& archive) const = 0;
  virtual double get_lr() const = 0;
  virtual void set_lr(double lr) = 0;
  /// These options where they differ from a newly made object of their class, elsewhere those of `defaults`.
  virtual std::unique_ptr<OptimizerOptions> merged_over(const OptimizerOptions& defaults) const = 0;
};

/// Base of an optimizer's options. Derived has lr() and `fields(visitor)`, which calls `visitor("name", name_)` for each.
template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<Derived>(self()); }
  void serialize(serialize::InputArchive& archive) override { self().fields(FieldReader{archive}); }
  void serialize(serialize::OutputArchive& archive) const override {
    const_cast<Derived&>(self()).fields(FieldWriter{archive, /*writes_missing=*/true});
  }
  double get_lr() const override { return self().lr(); }
  void set_lr(double lr) override { self().lr(lr); }
  std::unique_ptr<OptimizerOptions> merged_over(const OptimizerOptions& defaults) const override {
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
  }

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
  virtual std::unique_ptr<OptimizerParamState> clone() const = 0;
  virtual void serialize(serialize::InputArchive& archive) = 0;
  virtual void serialize(serialize::OutputArchive& archive) const = 0;
};

template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
 public:
  std::unique_ptr<OptimizerParamState> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
  void serialize(serialize::InputArchive& archive) override {
    static_cast<Derived&>(*this).fields(FieldReader{archive});
  }
  void serialize(serialize::OutputArchive& archive) const override {
    const_cast<Derived&>(static_cast<const Derived&>(*this)).fields(FieldWriter{archive, /*writes_missing=*/false});
  }
};

}  // namespace tiny_torch::optim
