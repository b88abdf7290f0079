// Operators and protocols of Tensor: each slot calls the method of the op by its C function, found once.
#include <cstring>
#include <string>
#include <unordered_map>

#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/generated.h"
#include "python/module.h"
#include "python/numpy.h"

namespace tiny_torch {
namespace python {

namespace {

std::vector<PyMethodDef>& all_methods() {
  static auto& methods = *new std::vector<PyMethodDef>();
  return methods;
}
std::unordered_map<std::string, FastFunction>& method_map() {
  static auto& map = *new std::unordered_map<std::string, FastFunction>();
  return map;
}

void add_methods(const PyMethodDef* table) {
  for (; table->ml_name != nullptr; ++table) {
    // Tables are added in order of precedence: hand-written ones first.
    bool known = false;
    for (const PyMethodDef& method : all_methods()) known |= std::strcmp(method.ml_name, table->ml_name) == 0;
    if (known) continue;
    all_methods().push_back(*table);
    if ((table->ml_flags & (METH_FASTCALL | METH_KEYWORDS)) == (METH_FASTCALL | METH_KEYWORDS)) {
      method_map()[table->ml_name] = reinterpret_cast<FastFunction>(reinterpret_cast<void (*)()>(table->ml_meth));
    }
  }
}

enum Op {
  Add,
  Sub,
  Mul,
  Div,
  FloorDiv,
  Remainder,
  Pow,
  MatMul,
  And,
  Or,
  Xor,
  LeftShift,
  RightShift,
  IAdd,
  ISub,
  IMul,
  IDiv,
  IFloorDiv,
  IRemainder,
  IPow,
  IAnd,
  IOr,
  IXor,
  ILeftShift,
  IRightShift,
  Lt,
  Le,
  Eq,
  Ne,
  Gt,
  Ge,
  Neg,
  Abs,
  Invert,
  Reciprocal,
  NumOps
};
constexpr const char* kMethods[NumOps] = {"add",
                                          "sub",
                                          "mul",
                                          "div",
                                          "floor_divide",
                                          "remainder",
                                          "pow",
                                          "matmul",
                                          "bitwise_and",
                                          "bitwise_or",
                                          "bitwise_xor",
                                          "bitwise_left_shift",
                                          "bitwise_right_shift",
                                          "add_",
                                          "sub_",
                                          "mul_",
                                          "div_",
                                          "floor_divide_",
                                          "remainder_",
                                          "pow_",
                                          "bitwise_and_",
                                          "bitwise_or_",
                                          "bitwise_xor_",
                                          "bitwise_left_shift_",
                                          "bitwise_right_shift_",
                                          "lt",
                                          "le",
                                          "eq",
                                          "ne",
                                          "gt",
                                          "ge",
                                          "neg",
                                          "abs",
                                          "bitwise_not",
                                          "reciprocal"};
FastFunction functions[NumOps] = {};

/// Operands that a method does not take are left to the other operand's class.
PyObject* or_not_implemented(PyObject* result) {
  if (TORCH_LIKELY(result != nullptr)) return result;
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return nullptr;
  PyErr_Clear();
  Py_RETURN_NOTIMPLEMENTED;
}

PyObject* call(Op op, PyObject* self, PyObject* other) {
  if (TORCH_UNLIKELY(functions[op] == nullptr)) Py_RETURN_NOTIMPLEMENTED;
  return or_not_implemented(functions[op](self, &other, 1, nullptr));
}

/// `number op tensor` where the number has to come first: as a 0-d tensor that takes part in promotion as a number does.
PyObject* call_reflected(Op op, PyObject* a, PyObject* b) {
  HANDLE_ERRORS
  const PyRef plain(is_numpy_scalar(a) ? check(PyObject_CallMethod(a, "item", nullptr)) : Py_NewRef(a));
  const std::optional<Scalar> number =
      PyLong_CheckExact(plain.get()) ? integer_scalar(plain.get()) : to_scalar(plain.get());
  if (!number.has_value() || functions[op] == nullptr) Py_RETURN_NOTIMPLEMENTED;
  const PyRef first(wrap(wrapped_scalar(*number)));
  return call(op, first.get(), b);
  END_HANDLE_ERRORS
}

template <Op op>
PyObject* commutative(PyObject* a, PyObject* b) {
  return is_tensor(a) ? call(op, a, b) : call(op, b, a);
}
template <Op op>
PyObject* ordered(PyObject* a, PyObject* b) {
  return is_tensor(a) ? call(op, a, b) : call_reflected(op, a, b);
}
template <Op op>
PyObject* inplace(PyObject* a, PyObject* b) {
  return call(op, a, b);
}
template <Op op>
PyObject* unary(PyObject* self) {
  if (functions[op] == nullptr) {
    PyErr_Format(PyExc_NotImplementedError, "Tensor.%s is not in this build", kMethods[op]);
    return nullptr;
  }
  return functions[op](self, nullptr, 0, nullptr);
}

PyObject* subtract(PyObject* a, PyObject* b) {
  if (is_tensor(a)) return call(Sub, a, b);
  return call_reflected(Sub, a, b);
}
PyObject* true_divide(PyObject* a, PyObject* b) {
  if (is_tensor(a)) return call(Div, a, b);
  // As PyTorch computes it, so that the last bit is the same. Nothing is computed for operands that fail anyway.
  if (functions[Reciprocal] == nullptr || !PyNumber_Check(a)) Py_RETURN_NOTIMPLEMENTED;
  const PyRef inverse(functions[Reciprocal](b, nullptr, 0, nullptr));
  return inverse ? call(Mul, inverse.get(), a) : nullptr;
}
PyObject* power(PyObject* a, PyObject* b, PyObject* modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return ordered<Pow>(a, b);
}
PyObject* inplace_power(PyObject* a, PyObject* b, PyObject*) { return call(IPow, a, b); }
PyObject* matmul(PyObject* a, PyObject* b) {
  if (!is_tensor(a)) Py_RETURN_NOTIMPLEMENTED;
  return call(MatMul, a, b);
}
PyObject* invert(PyObject* self) {
  const ScalarType dtype = unpack(self).scalar_type();
  if (is_tensor_exact(self) && !is_integral(dtype, true)) {
    PyErr_SetString(PyExc_TypeError, "~ (operator.invert) is only implemented on integer and Boolean-type tensors");
    return nullptr;
  }
  return unary<Invert>(self);
}
PyObject* positive(PyObject* self) {
  if (unpack(self).scalar_type() == kBool) {
    PyErr_SetString(PyExc_RuntimeError, "The `+` operator, on a bool tensor is not supported.");
    return nullptr;
  }
  return Py_NewRef(self);
}

PyObject* compare(PyObject* a, PyObject* b, int op) {
  static constexpr Op kOps[] = {Lt, Le, Eq, Ne, Gt, Ge};
  return call(kOps[op], a, b);
}

// ---- conversion to Python numbers ----

Scalar read(PyObject* self) {
  const TensorBase& tensor = unpack(self);
  if (TORCH_LIKELY(tensor.is_cpu() && !tensor.is_conj())) return read_scalar(tensor);
  const PyRef item(check(tensor_item(self)));
  if (PyComplex_Check(item.get())) {
    const Py_complex c = PyComplex_AsCComplex(item.get());
    return Scalar(complex<double>(c.real, c.imag));
  }
  if (PyFloat_Check(item.get())) return Scalar(PyFloat_AS_DOUBLE(item.get()));
  if (PyBool_Check(item.get())) return Scalar(item.get() == Py_True);
  return Scalar(static_cast<int64_t>(PyLong_AsLongLong(item.get())));
}
void check_single(PyObject* self) {
  TORCH_CHECK_VALUE(unpack(self).numel() == 1, "only one element tensors can be converted to Python scalars");
}

int to_bool(PyObject* self) {
  HANDLE_ERRORS
  const int64_t numel = unpack(self).numel();
  TORCH_CHECK(numel != 0, "Boolean value of Tensor with no values is ambiguous");
  TORCH_CHECK(numel == 1, "Boolean value of Tensor with more than one value is ambiguous");
  return read(self).to_bool() ? 1 : 0;
  END_HANDLE_ERRORS_RET(-1)
}
PyObject* to_int(PyObject* self) {
  HANDLE_ERRORS
  check_single(self);
  const Scalar value = read(self);
  // PyLong_FromDouble has Python's errors for inf and nan, and no limit.
  if (value.is_floating_point()) return PyLong_FromDouble(value.to_double());
  TORCH_CHECK(!value.is_complex() || value.to_complex_double().imag() == 0,
              "value cannot be converted to type int64_t without overflow");
  return wrap(value.to_int());
  END_HANDLE_ERRORS
}
PyObject* to_float(PyObject* self) {
  HANDLE_ERRORS
  check_single(self);
  const Scalar value = read(self);
  TORCH_CHECK(!value.is_complex() || value.to_complex_double().imag() == 0,
              "value cannot be converted to type double without overflow");
  return wrap(value.to_double());
  END_HANDLE_ERRORS
}
PyObject* to_index(PyObject* self) {
  HANDLE_ERRORS
  const TensorBase& tensor = unpack(self);
  TORCH_CHECK_TYPE(tensor.numel() == 1 && is_integral(tensor.scalar_type(), true),
                   "only integer tensors of a single element can be converted to an index");
  return wrap(read(self).to_int());
  END_HANDLE_ERRORS
}

// ---- sequence and mapping ----

Py_ssize_t length(PyObject* self) {
  const TensorBase& tensor = unpack(self);
  if (tensor.dim() == 0) {
    PyErr_SetString(PyExc_TypeError, "len() of a 0-d tensor");
    return -1;
  }
  return static_cast<Py_ssize_t>(tensor.sizes()[0]);
}
PyObject* item(PyObject* self, Py_ssize_t i) {
  const PyRef index(PyLong_FromSsize_t(i));
  return index ? PyObject_GetItem(self, index.get()) : nullptr;
}
PyObject* iterate(PyObject* self) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(unpack(self).dim() != 0, "iteration over a 0-d tensor");
  const PyRef rows = call_method("unbind", self);
  return PyObject_GetIter(rows.get());
  END_HANDLE_ERRORS
}

// ---- properties ----

/// Classes with __torch_function__ see `Tensor.<name>.__get__` and `__set__`.
PyObject* call_property_override(PyObject* self, const char* name, const char* action, PyObject* value) {
  const PyRef property(check(PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_class), name)));
  const PyRef function(check(PyObject_GetAttrString(property.get(), action)));
  const PyRef args(check(value == nullptr ? PyTuple_Pack(1, self) : PyTuple_Pack(2, self, value)));
  return dispatch_torch_function({self}, function.get(), args.get(), nullptr);
}
bool is_overridden(PyObject* self) {
  return TORCH_UNLIKELY(!is_tensor_exact(self)) && torch_function_enabled() && has_torch_function(self);
}
PyObject* get_property(PyObject* self, void* closure) {
  const auto* property = static_cast<const PyGetSetDef*>(closure);
  HANDLE_ERRORS
  if (is_overridden(self)) return call_property_override(self, property->name, "__get__", nullptr);
  END_HANDLE_ERRORS
  return property->get(self, nullptr);
}
int set_property(PyObject* self, PyObject* value, void* closure) {
  const auto* property = static_cast<const PyGetSetDef*>(closure);
  HANDLE_ERRORS
  if (is_overridden(self)) {
    const PyRef done(
        check(call_property_override(self, property->name, value == nullptr ? "__delete__" : "__set__", value)));
    return 0;
  }
  END_HANDLE_ERRORS_RET(-1)
  return property->set(self, value, nullptr);
}

/// The properties behind functions that ask __torch_function__ first.
PyGetSetDef* overridable_properties() {
  static auto& table = *new std::vector<PyGetSetDef>();
  for (PyGetSetDef* p = tensor_properties; p->name != nullptr; ++p) {
    // Names with an underscore are what subclasses are handled by; they stay as they are.
    const bool is_internal = p->name[0] == '_';
    table.push_back(
        is_internal ? *p : PyGetSetDef{p->name, &get_property, p->set == nullptr ? nullptr : &set_property, p->doc, p});
  }
  table.push_back({nullptr, nullptr, nullptr, nullptr, nullptr});
  return table.data();
}

PyNumberMethods number{};
PySequenceMethods sequence{};
PyMappingMethods mapping{};

void fill_number() {
  number.nb_add = &commutative<Add>;
  number.nb_subtract = &subtract;
  number.nb_multiply = &commutative<Mul>;
  number.nb_true_divide = &true_divide;
  number.nb_floor_divide = &ordered<FloorDiv>;
  number.nb_remainder = &ordered<Remainder>;
  number.nb_power = &power;
  number.nb_matrix_multiply = &matmul;
  number.nb_and = &commutative<And>;
  number.nb_or = &commutative<Or>;
  number.nb_xor = &commutative<Xor>;
  number.nb_lshift = &ordered<LeftShift>;
  number.nb_rshift = &ordered<RightShift>;
  number.nb_inplace_add = &inplace<IAdd>;
  number.nb_inplace_subtract = &inplace<ISub>;
  number.nb_inplace_multiply = &inplace<IMul>;
  number.nb_inplace_true_divide = &inplace<IDiv>;
  number.nb_inplace_floor_divide = &inplace<IFloorDiv>;
  number.nb_inplace_remainder = &inplace<IRemainder>;
  number.nb_inplace_power = &inplace_power;
  number.nb_inplace_and = &inplace<IAnd>;
  number.nb_inplace_or = &inplace<IOr>;
  number.nb_inplace_xor = &inplace<IXor>;
  number.nb_inplace_lshift = &inplace<ILeftShift>;
  number.nb_inplace_rshift = &inplace<IRightShift>;
  number.nb_negative = &unary<Neg>;
  number.nb_positive = &positive;
  number.nb_absolute = &unary<Abs>;
  number.nb_invert = &invert;
  number.nb_bool = &to_bool;
  number.nb_int = &to_int;
  number.nb_float = &to_float;
  number.nb_index = &to_index;
}

}  // namespace

FastFunction find_method(const char* name) {
  const auto it = method_map().find(name);
  return it == method_map().end() ? nullptr : it->second;
}

PyRef call_method(const char* name, PyObject* self, std::initializer_list<PyObject*> args) {
  const FastFunction function = find_method(name);
  TORCH_CHECK_NOT_IMPLEMENTED(function != nullptr, "Tensor.", name, " is not in this build");
  return PyRef(check(function(self, args.begin(), static_cast<Py_ssize_t>(args.size()), nullptr)));
}

PyObject* call_function(const char* name, PyObject* const* args, size_t nargs) {
  static PyObject* space = nullptr;
  if (space == nullptr) {
    const PyRef module(PyImport_ImportModule("tiny_torch._C"));
    if (!module) return nullptr;
    space = PyObject_GetAttrString(module.get(), "_VariableFunctions");
    if (space == nullptr) return nullptr;
  }
  const PyRef function(PyObject_GetAttrString(space, name));
  return function ? PyObject_Vectorcall(function.get(), args, nargs, nullptr) : nullptr;
}

void init_tensor_slots(PyTypeObject& type) {
  add_methods(tensor_own_methods);
  add_methods(tensor_convert_methods);
  add_methods(tensor_numpy_methods);
  add_methods(tensor_new_methods);
  add_methods(tensor_index_methods);
  add_methods(tensor_methods);
  // After the operators: these give way to ops of the same name.
  add_methods(tensor_memory_methods);
  all_methods().push_back({nullptr, nullptr, 0, nullptr});
  for (int op = 0; op < NumOps; ++op) functions[op] = find_method(kMethods[op]);

  fill_number();
  sequence.sq_length = &length;
  sequence.sq_item = &item;
  mapping.mp_length = &length;
  mapping.mp_subscript = &tensor_getitem;
  mapping.mp_ass_subscript = &tensor_setitem;
  type.tp_as_number = &number;
  type.tp_as_sequence = &sequence;
  type.tp_as_mapping = &mapping;
  type.tp_richcompare = &compare;
  // Comparison is elementwise, so only identity can serve as key.
  type.tp_hash = PyBaseObject_Type.tp_hash;
  type.tp_iter = &iterate;
  type.tp_methods = all_methods().data();
  type.tp_getset = overridable_properties();
}

}  // namespace python
}  // namespace tiny_torch
