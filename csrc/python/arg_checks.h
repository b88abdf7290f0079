// The rules of ArgParser: which Python objects fit which parameter, and the words for those that do not.
#pragma once

#include "python/ArgParser.h"

namespace tiny_torch {
namespace python {

/// A Python int but no bool, a NumPy integer, or a 0-d integer tensor.
bool is_int_like(PyObject* o);
bool all_int_like(PyObject* const* values, Py_ssize_t n);
/// float, int, bool, complex, or NumPy's scalars.
bool is_number(PyObject* o);
/// The keyword argument of that name or alias, or null.
PyObject* find_keyword(PyObject* kwnames, PyObject* const* values, PyObject* name, PyObject* alias);
/// Whether `value` fits; sets `overloaded` when it is an object with __torch_function__.
bool check_argument(const SignatureParameter& p, PyObject* value, bool& overloaded);

std::string missing_text(const PythonSignature& s, const PythonArgs& given, size_t first_missing);
std::string wrong_type_text(const SignatureParameter& p, PyObject* value, int position);
std::string unexpected_keyword_text(const PythonSignature& s, PyObject* kwnames);
/// "(Tensor, str, dim=int)"
std::string describe_call(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

}  // namespace python
}  // namespace tiny_torch
