// torch::save and torch::load for tensors, vectors of tensors, modules, optimizers and everything with << and >> for
// archives; see Note [File format] in serialize/archive.h.
//
// Example: `torch::save(net, "net.pt"); torch::load(net, "net.pt");`
#pragma once

#include <vector>

#include "api/ivalue.h"
#include "api/serialize/archive.h"

namespace tiny_torch {
namespace frontend::serialize {

inline OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor) {
  archive.write("0", tensor);
  return archive;
}
inline InputArchive& operator>>(InputArchive& archive, Tensor& tensor) {
  archive.read("0", tensor);
  return archive;
}

}  // namespace frontend::serialize

/// Writes `value` to a file name, a stream or a function `size_t(const void*, size_t)`.
template <class Value, class... To>
void save(const Value& value, To&&... to) {
  frontend::serialize::OutputArchive archive;
  archive << value;
  archive.save_to(std::forward<To>(to)...);
}
template <class... To>
void save(const std::vector<Tensor>& tensors, To&&... to) {
  frontend::serialize::OutputArchive archive;
  for (size_t i = 0; i < tensors.size(); ++i) archive.write(std::to_string(i), tensors[i]);
  archive.save_to(std::forward<To>(to)...);
}

/// Reads what save() or libtorch wrote into `value`. RuntimeError for a damaged file and for one that lacks a part of
/// `value`; what was read before the error stays.
template <class Value, class... From>
void load(Value& value, From&&... from) {
  frontend::serialize::InputArchive archive;
  archive.load_from(std::forward<From>(from)...);
  archive >> value;
}
template <class... From>
void load(std::vector<Tensor>& tensors, From&&... from) {
  frontend::serialize::InputArchive archive;
  archive.load_from(std::forward<From>(from)...);
  Tensor tensor;
  for (size_t i = 0; archive.try_read(std::to_string(i), tensor); tensor = Tensor()) {
    tensors.push_back(std::move(tensor));
    ++i;
  }
}

/// A file as torch.save writes it, which torch.load reads in Python: numbers, strings, tensors, lists and tuples.
TORCH_API std::vector<char> pickle_save(const IValue& value);
/// What pickle_save() or torch.save wrote; RuntimeError for objects of classes.
TORCH_API api::IValue pickle_load(const std::vector<char>& data);

}  // namespace tiny_torch
