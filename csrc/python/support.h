// What every file of the bindings needs around Python.h: owned references, the GIL, and errors in both directions.
//
// Contract: a C++ exception never leaves a function that Python calls. Bodies stand between HANDLE_ERRORS and
// END_HANDLE_ERRORS; inside, a failed Python call becomes a C++ exception by `check(PyX_Call(...))`.
// Example:
//   PyObject* tensor_foo(PyObject* self, PyObject*) {
//     HANDLE_ERRORS
//     return wrap(ops::foo(unpack(self)));
//     END_HANDLE_ERRORS
//   }
#pragma once

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "c10/errors.h"

namespace tiny_torch {
namespace python {

/// An owned reference. `PyRef(p)` takes over a new reference, `PyRef::borrow(p)` adds one.
class PyRef {
 public:
  PyRef() = default;
  explicit PyRef(PyObject* owned) : ptr_(owned) {}
  static PyRef borrow(PyObject* p) {
    Py_XINCREF(p);
    return PyRef(p);
  }
  PyRef(PyRef&& o) noexcept : ptr_(std::exchange(o.ptr_, nullptr)) {}
  PyRef& operator=(PyRef&& o) noexcept {
    PyObject* old = std::exchange(ptr_, std::exchange(o.ptr_, nullptr));
    Py_XDECREF(old);
    return *this;
  }
  ~PyRef() { Py_XDECREF(ptr_); }
  PyObject* get() const { return ptr_; }
  PyObject* release() { return std::exchange(ptr_, nullptr); }
  explicit operator bool() const { return ptr_ != nullptr; }

 private:
  PyObject* ptr_ = nullptr;
};

/// A Python exception that travels through C++ frames, from thread to thread if need be.
class TORCH_API python_error : public std::exception {
 public:
  /// Takes over the error that is set on this thread, which must hold the GIL.
  python_error();
  ~python_error() override;
  python_error(const python_error&);
  /// Sets the error again; needs the GIL. May be called more than once.
  void restore() const;
  const char* what() const noexcept override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

[[noreturn]] TORCH_API void throw_python_error();
/// Passes a new or borrowed reference on, or throws the Python error that was set in its place.
inline PyObject* check(PyObject* result) {
  if (TORCH_UNLIKELY(result == nullptr)) throw_python_error();
  return result;
}
/// The same for functions that report by -1.
inline void check(int status) {
  if (TORCH_UNLIKELY(status < 0)) throw_python_error();
}

/// Sets the Python error that belongs to the C++ exception being handled. Called in catch blocks only.
TORCH_API void translate_exception() noexcept;

#define HANDLE_ERRORS try {
#define END_HANDLE_ERRORS_RET(value)             \
  }                                              \
  catch (...) {                                  \
    ::tiny_torch::python::translate_exception(); \
    return value;                                \
  }
#define END_HANDLE_ERRORS END_HANDLE_ERRORS_RET(nullptr)

/// Lets other Python threads run for a scope, if `release` says so (small work is not worth the switch).
class gil_scoped_release {
 public:
  explicit gil_scoped_release(bool release = true) : state_(release ? PyEval_SaveThread() : nullptr) {}
  gil_scoped_release(const gil_scoped_release&) = delete;
  gil_scoped_release& operator=(const gil_scoped_release&) = delete;
  ~gil_scoped_release() {
    if (state_ != nullptr) PyEval_RestoreThread(state_);
  }

 private:
  PyThreadState* state_;
};

/// Holds the GIL for a scope on any thread, whether it had it or not.
class gil_scoped_acquire {
 public:
  gil_scoped_acquire() : state_(PyGILState_Ensure()) {}
  gil_scoped_acquire(const gil_scoped_acquire&) = delete;
  gil_scoped_acquire& operator=(const gil_scoped_acquire&) = delete;
  ~gil_scoped_acquire() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

/// False once the interpreter shuts down: from then on no thread may ask for the GIL.
TORCH_API bool interpreter_alive();

/// Keeps an error that is set across code that runs Python (finalizers).
class ErrorStash {
 public:
  ErrorStash() { PyErr_Fetch(&type_, &value_, &traceback_); }
  ErrorStash(const ErrorStash&) = delete;
  ErrorStash& operator=(const ErrorStash&) = delete;
  ~ErrorStash() { PyErr_Restore(type_, value_, traceback_); }

 private:
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

/// Classes `_C._LinAlgError` and `_C.OutOfMemoryError`, the warning handler, and the hooks of c10.
void init_errors(PyObject* module);

template <class Fn>
PyCFunction as_cfunction(Fn fn) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(fn));
}

/// The UTF-8 text of a str; TypeError for other objects. Valid as long as the object.
TORCH_API const char* as_utf8(PyObject* text);
/// "Tensor", "int": the name of an object's class for messages.
inline const char* type_name(PyObject* object) { return Py_TYPE(object)->tp_name; }

}  // namespace python
}  // namespace tiny_torch
