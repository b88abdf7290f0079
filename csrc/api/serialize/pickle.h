// The part of the pickle format that archives need: writing them, and reading what libtorch and torch.jit.save write.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aten/Tensor.h"
#include "aten/core/IValue.h"

namespace tiny_torch::frontend::serialize {

/// Appends opcodes; numbers, strings and tensors are values, everything else is put together by the caller.
class PickleWriter {
 public:
  PickleWriter() : out_("\x80\x02") {}
  void op(char code) { out_.push_back(code); }
  void global(const std::string& module, const std::string& name) { out_ += "c" + module + "\n" + name + "\n"; }
  void string(const std::string& text);
  void integer(int64_t value);
  void real(double value);
  /// A tensor by its storage, whose bytes are data/<i>.
  void tensor(const Tensor& t);
  /// RuntimeError for kinds of values that have no form here.
  void value(const IValue& v);

  std::string finish() { return std::move(out_) + "."; }
  /// The tensors whose storages were named, in the order of their numbers.
  const std::vector<Tensor>& storages() const { return storages_; }

 private:
  void tuple_of(IntArrayRef values);
  template <class List>
  void list_of(const List& list);
  std::string out_;
  std::vector<Tensor> storages_;
};

/// What reading a pickle gives: numbers, strings, lists, tuples, dictionaries and objects.
struct PickleValue {
  enum class Kind { None, Bool, Int, Real, String, Tensor, List, Tuple, Dict, Object, Global, Mark, Storage };
  Kind kind = Kind::None;
  int64_t integer = 0;
  double real = 0;
  std::string text;                                 // of String; "module name" of Global
  Tensor tensor;                                    // of Tensor; of Storage: all of it, 1-d
  std::shared_ptr<std::vector<PickleValue>> items;  // of List and Tuple; of Dict and Object keys and values in turn

  /// RuntimeError for kinds that have no form there (objects, dictionaries).
  IValue to_ivalue(int depth = 0) const;
};

/// Reads one pickle; `load_storage` gives the tensor for (dtype, key, numel). RuntimeError for anything unexpected.
PickleValue read_pickle(std::string_view data,
                        const std::function<Tensor(ScalarType, const std::string&, int64_t)>& load_storage);

}  // namespace tiny_torch::frontend::serialize
