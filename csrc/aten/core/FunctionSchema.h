// FunctionSchema: an operator's name, arguments and returns as written in the op lists and in TORCH_LIBRARY.
//
// Example: `parse_schema("add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor")`; RuntimeError with the
// position for text that does not parse.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aten/core/IValue.h"

namespace tiny_torch {

struct AliasInfo {
  std::string set;  // "a" of Tensor(a!)
  bool is_write = false;
};

/// A type as written: base name, list size, optional marks ("int[2]?", "Tensor?[]").
struct TORCH_API SchemaType {
  std::string base;  // Tensor, int, float, bool, Scalar, str, ScalarType, Device, Layout, MemoryFormat, Generator, ...
  bool is_list = false;
  bool element_optional = false;  // Tensor?[]
  bool is_optional = false;       // int? and int[]?
  int64_t list_size = -1;         // of int[2]: one int is accepted for the list
  std::optional<AliasInfo> alias;
  std::string str() const;
};

struct TORCH_API Argument {
  std::string name;
  SchemaType type;
  std::optional<IValue> default_value;
  std::string default_text;
  bool kwarg_only = false;
};

struct TORCH_API FunctionSchema {
  std::string name;           // with namespace: aten::add
  std::string overload_name;  // Tensor
  std::vector<Argument> arguments;
  std::vector<Argument> returns;
  bool is_vararg = false;

  std::string str() const;
  /// Whether any argument is written to.
  bool is_mutable() const;
  /// Throws RuntimeError naming the first argument whose value has the wrong type; fills in defaults.
  void check_and_normalize(Stack& stack) const;
};

/// `ns` is prepended when the name carries no namespace of its own.
TORCH_API FunctionSchema parse_schema(const std::string& text, const std::string& ns = "aten");
TORCH_API std::ostream& operator<<(std::ostream& out, const FunctionSchema& schema);

}  // namespace tiny_torch
