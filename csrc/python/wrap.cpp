#include <map>
#include <mutex>

#include "python/Tensor.h"

namespace tiny_torch {
namespace python {

PyObject* wrap(const Scalar& value) {
  switch (value.kind()) {
    case Scalar::Kind::Bool:
      return wrap(value.to_bool());
    case Scalar::Kind::Int:
      return wrap(value.to_int());
    case Scalar::Kind::Double:
      return wrap(value.to_double());
    default:
      return wrap(value.to_complex_double());
  }
}

PyObject* wrap(const std::string& text) {
  return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

namespace {
template <class T>
PyObject* wrap_sequence(const std::vector<T>& values) {
  PyRef result(check(PyTuple_New(static_cast<Py_ssize_t>(values.size()))));
  for (size_t i = 0; i < values.size(); ++i)
    PyTuple_SET_ITEM(result.get(), static_cast<Py_ssize_t>(i), check(wrap(values[i])));
  return result.release();
}

/// PyTorch's form: each field on a line of its own.
PyObject* return_type_repr(PyObject* self) {
  HANDLE_ERRORS
  std::string text = std::string(type_name(self)) + "(\n";
  const PyRef names(check(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(self)), "__match_args__")));
  const Py_ssize_t n = PyTuple_GET_SIZE(self);
  for (Py_ssize_t i = 0; i < n && i < PyTuple_GET_SIZE(names.get()); ++i) {
    const PyRef item(check(PyObject_Repr(PyTuple_GET_ITEM(self, i))));
    text +=
        std::string(as_utf8(PyTuple_GET_ITEM(names.get(), i))) + "=" + as_utf8(item.get()) + (i + 1 == n ? ")" : ",\n");
  }
  return wrap(text);
  END_HANDLE_ERRORS
}
}  // namespace

PyObject* wrap(const std::vector<TensorBase>& tensors) { return wrap_sequence(tensors); }
PyObject* wrap(const std::vector<int64_t>& values) { return wrap_sequence(values); }

PyTypeObject* return_type(const char* name, std::initializer_list<const char*> fields) {
  // Kept for the life of the process: struct sequences refer to these strings.
  struct Entry {
    std::string full_name;
    std::vector<PyStructSequence_Field> fields;
    PyTypeObject* type = nullptr;
  };
  static std::mutex mutex;
  static auto& entries = *new std::map<std::string, Entry>();
  const std::lock_guard<std::mutex> lock(mutex);
  Entry& entry = entries[name];
  if (entry.type != nullptr) return entry.type;
  entry.full_name = std::string("torch.return_types.") + name;
  entry.fields.clear();
  for (const char* field : fields) entry.fields.push_back({field, nullptr});
  entry.fields.push_back({nullptr, nullptr});
  PyStructSequence_Desc desc = {entry.full_name.c_str(), nullptr, entry.fields.data(), static_cast<int>(fields.size())};
  PyTypeObject* type = PyStructSequence_NewType(&desc);
  if (type == nullptr) throw_python_error();
  type->tp_repr = &return_type_repr;
  type->tp_str = &return_type_repr;
  entry.type = type;
  // `torch.return_types` is made from this namespace; pickles look for the class under the package's present name.
  const PyRef module(PyImport_ImportModule("tiny_torch._C"));
  const PyRef types(module ? PyObject_GetAttrString(module.get(), "_return_types") : nullptr);
  PyObject* const object = reinterpret_cast<PyObject*>(type);
  if (!types || PyDict_SetItemString(types.get(), name, object) < 0) PyErr_Clear();
  const PyRef alias(PyImport_ImportModule("tiny_torch._alias"));
  const PyRef where(alias ? PyObject_CallMethod(alias.get(), "public_name", "s", "return_types") : nullptr);
  if (!where || PyObject_SetAttrString(object, "__module__", where.get()) < 0) PyErr_Clear();
  return type;
}

}  // namespace python
}  // namespace tiny_torch
