// ArgParser: matches the arguments of a Python call against the signatures of an operator, with PyTorch's rules.
//
// Contract: signatures are tried in order; the first that fits fills PythonArgs, whose accessors convert on demand. The
// generated body knows each default, so an absent argument is simply not there. TypeError when nothing fits.
// Signature text: `add(Tensor input, TensorOrNumber other, *, Scalar alpha=1, Tensor out=None)`; `@` marks where the
// `self` of a method goes. NumPy's names (axis, keepdims, x, x2) are understood for dim, keepdim, input, other.
// Example:
//   static const PythonArgParser parser("neg", {"neg(Tensor input, *, Tensor out=None)"});
//   PythonArgs a;
//   if (parser.parse(a, nullptr, args, nargs, kwnames)) return a.call_torch_function();
//   return wrap(ops::neg(a.tensor(0)));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

enum class ParameterKind : uint8_t {
  Tensor,
  TensorOrNumber,
  TensorList,
  OptionalTensorList,
  Scalar,
  Int,
  Float,
  Bool,
  IntList,
  FloatList,
  BoolList,
  ScalarList,
  ScalarType,
  Device,
  Layout,
  MemoryFormat,
  Generator,
  String,
  Storage,
  Self
};

struct SignatureParameter {
  ParameterKind kind = ParameterKind::Tensor;
  bool optional = false;  // may be left out
  bool allow_none = false;
  bool kwarg_only = false;
  int64_t list_size = 0;  // a single number is accepted for int[2]
  std::string name;
  PyObject* interned = nullptr;
  PyObject* alias = nullptr;  // NumPy's name for it
  std::string type_text;
};

struct PythonSignature {
  explicit PythonSignature(const std::string& text);
  std::vector<SignatureParameter> parameters;
  std::string text;       // for messages
  size_t positional = 0;  // number of parameters that may be given by position, without Self
  int self_index = -1;
  bool varargs = false;  // x.view(2, 3) for view(int[] size)
};

inline constexpr size_t kMaxParameters = 24;

class PythonArgParser;

class TORCH_API PythonArgs {
 public:
  int signature() const { return signature_; }
  bool has(size_t i) const { return values_[i] != nullptr; }
  bool has_not_none(size_t i) const { return values_[i] != nullptr && values_[i] != Py_None; }
  PyObject* object(size_t i) const { return values_[i]; }

  /// A tensor argument; a number becomes a 0-d tensor that promotes as a number does.
  const TensorBase& tensor(size_t i) {
    if (TORCH_LIKELY(is_tensor(values_[i]))) return unpack(values_[i]);
    return number_as_tensor(i);
  }
  TensorBase& mutable_tensor(size_t i) { return unpack_mutable(values_[i]); }
  const std::optional<TensorBase>& optional_tensor(size_t i);
  const std::vector<TensorBase>& tensor_list(size_t i);
  const std::vector<std::optional<TensorBase>>& optional_tensor_list(size_t i);
  Scalar scalar(size_t i) const;
  int64_t int64(size_t i) const;
  double float64(size_t i) const;
  bool boolean(size_t i) const { return values_[i] == Py_True || (values_[i] != Py_False && truth(i)); }
  const DimVector& int_list(size_t i);
  const std::vector<double>& float_list(size_t i);
  ArrayRef<bool> bool_list(size_t i);
  const std::vector<Scalar>& scalar_list(size_t i);
  ScalarType dtype(size_t i) const;
  Device device(size_t i) const { return to_device(values_[i]); }
  Layout layout(size_t i) const { return unpack_layout(values_[i]); }
  MemoryFormat memory_format(size_t i) const { return unpack_memory_format(values_[i]); }
  Generator generator(size_t i) const { return unpack_generator(values_[i]); }
  std::string_view string(size_t i) const { return as_utf8(values_[i]); }

  Scalar scalar_or(size_t i, const Scalar& d) const { return has(i) ? scalar(i) : d; }
  int64_t int64_or(size_t i, int64_t d) const { return has(i) ? int64(i) : d; }
  double float64_or(size_t i, double d) const { return has(i) ? float64(i) : d; }
  bool boolean_or(size_t i, bool d) const { return has(i) ? boolean(i) : d; }
  std::string_view string_or(size_t i, std::string_view d) const { return has(i) ? string(i) : d; }
  IntArrayRef int_list_or(size_t i, IntArrayRef d) { return has(i) ? IntArrayRef(int_list(i)) : d; }
  MemoryFormat memory_format_or(size_t i, MemoryFormat d) const { return has_not_none(i) ? memory_format(i) : d; }
  Layout layout_or(size_t i, Layout d) const { return has_not_none(i) ? layout(i) : d; }
  ScalarType dtype_or(size_t i, ScalarType d) const { return has_not_none(i) ? dtype(i) : d; }

  std::optional<Scalar> optional_scalar(size_t i) const {
    return has_not_none(i) ? std::optional<Scalar>(scalar(i)) : std::nullopt;
  }
  std::optional<int64_t> optional_int64(size_t i) const {
    return has_not_none(i) ? std::optional<int64_t>(int64(i)) : std::nullopt;
  }
  std::optional<double> optional_float64(size_t i) const {
    return has_not_none(i) ? std::optional<double>(float64(i)) : std::nullopt;
  }
  std::optional<bool> optional_boolean(size_t i) const {
    return has_not_none(i) ? std::optional<bool>(boolean(i)) : std::nullopt;
  }
  OptionalIntArrayRef optional_int_list(size_t i) {
    return has_not_none(i) ? OptionalIntArrayRef(IntArrayRef(int_list(i))) : std::nullopt;
  }
  std::optional<ArrayRef<double>> optional_float_list(size_t i) {
    return has_not_none(i) ? std::optional<ArrayRef<double>>(ArrayRef<double>(float_list(i))) : std::nullopt;
  }
  std::optional<ScalarType> optional_dtype(size_t i) const {
    return has_not_none(i) ? std::optional<ScalarType>(dtype(i)) : std::nullopt;
  }
  std::optional<Device> optional_device(size_t i) const {
    return has_not_none(i) ? std::optional<Device>(device(i)) : std::nullopt;
  }
  /// For factories: the default device where none was given.
  std::optional<Device> device_or_default(size_t i) const { return has_not_none(i) ? device(i) : default_device(); }
  std::optional<Layout> optional_layout(size_t i) const {
    return has_not_none(i) ? std::optional<Layout>(layout(i)) : std::nullopt;
  }
  std::optional<MemoryFormat> optional_memory_format(size_t i) const {
    return has_not_none(i) ? std::optional<MemoryFormat>(memory_format(i)) : std::nullopt;
  }
  std::optional<Generator> optional_generator(size_t i) const {
    return has_not_none(i) ? std::optional<Generator>(generator(i)) : std::nullopt;
  }
  std::optional<std::string_view> optional_string(size_t i) const {
    return has_not_none(i) ? std::optional<std::string_view>(string(i)) : std::nullopt;
  }

  /// Whether the work is worth letting other Python threads run.
  bool is_large() const;
  /// The call belongs to a class with __torch_function__: asks those classes in PyTorch's order.
  PyObject* call_torch_function();

 private:
  friend class PythonArgParser;
  const TensorBase& number_as_tensor(size_t i);
  bool truth(size_t i) const;

  struct Holder;  // converted values the accessors refer to
  Holder& holder();
  struct HolderDeleter {
    void operator()(Holder* h) const;
  };

  PyObject* values_[kMaxParameters];
  int signature_ = 0;
  const PythonArgParser* parser_ = nullptr;
  PyObject* self_ = nullptr;
  PyObject* const* args_ = nullptr;
  Py_ssize_t nargs_ = 0;
  PyObject* kwnames_ = nullptr;
  PyRef varargs_;
  DimVector int_lists_[2];
  std::optional<TensorBase> optional_tensors_[2];
  uint8_t int_lists_used_ = 0;
  uint8_t optional_tensors_used_ = 0;
  std::unique_ptr<Holder, HolderDeleter> holder_;
};

class TORCH_API PythonArgParser {
 public:
  /// `module` is where Python finds the function ("" for methods), for __torch_function__.
  PythonArgParser(const char* name, std::initializer_list<const char*> signatures, const char* module = "");
  /// Fills `out`. True when a class with __torch_function__ takes part; then call out.call_torch_function().
  bool parse(PythonArgs& out, PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) const;
  const char* name() const { return name_; }
  const char* module() const { return module_; }
  size_t parameter_count(int signature) const { return signatures_[static_cast<size_t>(signature)].parameters.size(); }
  int64_t list_size(int signature, size_t i) const {
    return signatures_[static_cast<size_t>(signature)].parameters[i].list_size;
  }

 private:
  bool match(const PythonSignature& s, PythonArgs& out, bool& overloaded, std::string* why) const;
  [[noreturn]] void report(PythonArgs& out) const;

  const char* name_;
  const char* module_;
  std::vector<PythonSignature> signatures_;
};

/// Off inside __torch_function__ implementations that call the plain operator.
TORCH_API bool torch_function_enabled();
TORCH_API bool set_torch_function_enabled(bool enabled);
/// Whether a mode is entered on this thread; it sees every call, whatever the arguments are.
TORCH_API bool torch_function_modes_active();
/// Whether the object's class overrides __torch_function__.
TORCH_API bool has_torch_function(PyObject* o);
/// The arguments (elements of lists too) to ask, one of each class, in PyTorch's order; borrowed. `kwargs` may be null.
TORCH_API std::vector<PyObject*> overloaded_arguments(PyObject* args, PyObject* kwargs);
/// Calls __torch_function__ of the classes among `overloaded` for `function(*args, **kwargs)`; both may be null.
TORCH_API PyObject* dispatch_torch_function(const std::vector<PyObject*>& overloaded, PyObject* function,
                                            PyObject* args, PyObject* kwargs);
void init_torch_function(PyObject* module);

}  // namespace python
}  // namespace tiny_torch
