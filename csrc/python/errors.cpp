#include <new>

#include "c10/NotCompiledError.h"
#include "python/support.h"

namespace tiny_torch {
namespace python {

namespace {
PyObject* linalg_error = nullptr;
PyObject* out_of_memory_error = nullptr;

PyObject* new_exception(PyObject* module, const char* full_name, const char* attribute, const char* doc) {
  PyObject* type = check(PyErr_NewExceptionWithDoc(full_name, doc, PyExc_RuntimeError, nullptr));
  check(PyModule_AddObjectRef(module, attribute, type));
  return type;
}

/// Warnings may come from threads that do not hold the GIL.
void warn_in_python(const std::string& msg) {
  if (!interpreter_alive()) return;
  const gil_scoped_acquire gil;
  if (PyErr_WarnEx(PyExc_UserWarning, msg.c_str(), 1) < 0) throw python_error();
}
}  // namespace

bool interpreter_alive() {
  if (!Py_IsInitialized()) return false;
#if PY_VERSION_HEX >= 0x030D0000
  return !Py_IsFinalizing();
#else
  return !_Py_IsFinalizing();
#endif
}

struct python_error::State {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  std::string text;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
  }
};

python_error::python_error() : state_(std::make_shared<State>()) {
  PyErr_Fetch(&state_->type, &state_->value, &state_->traceback);
  if (state_->type == nullptr) {
    state_->text = "python_error without a Python error";
    return;
  }
  PyErr_NormalizeException(&state_->type, &state_->value, &state_->traceback);
  if (state_->traceback != nullptr) PyException_SetTraceback(state_->value, state_->traceback);
  state_->text = reinterpret_cast<PyTypeObject*>(state_->type)->tp_name;
  const PyRef text(PyObject_Str(state_->value));
  const char* utf8 = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (utf8 != nullptr) state_->text += std::string(": ") + utf8;
  PyErr_Clear();
}
python_error::python_error(const python_error&) = default;
python_error::~python_error() = default;

void python_error::restore() const {
  if (state_->type == nullptr) {
    PyErr_SetString(PyExc_RuntimeError, state_->text.c_str());
    return;
  }
  Py_XINCREF(state_->type);
  Py_XINCREF(state_->value);
  Py_XINCREF(state_->traceback);
  PyErr_Restore(state_->type, state_->value, state_->traceback);
}

const char* python_error::what() const noexcept { return state_->text.c_str(); }

void throw_python_error() { throw python_error(); }

void translate_exception() noexcept {
  const auto set = [](PyObject* type, const char* text) { PyErr_SetString(type, text); };
  try {
    throw;
  } catch (const python_error& e) {
    e.restore();
  } catch (const IndexError& e) {
    set(PyExc_IndexError, e.what());
  } catch (const ValueError& e) {
    set(PyExc_ValueError, e.what());
  } catch (const TypeError& e) {
    set(PyExc_TypeError, e.what());
  } catch (const NotImplementedError& e) {
    set(PyExc_NotImplementedError, e.what());
  } catch (const LinAlgError& e) {
    set(linalg_error != nullptr ? linalg_error : PyExc_RuntimeError, e.what());
  } catch (const NotCompiledError& e) {
    set(PyExc_AssertionError, e.what());
  } catch (const OutOfMemoryError& e) {
    set(out_of_memory_error != nullptr ? out_of_memory_error : PyExc_RuntimeError, e.what());
  } catch (const Error& e) {
    set(PyExc_RuntimeError, e.what());
  } catch (const std::exception& e) {
    set(PyExc_RuntimeError, e.what());
  } catch (...) {
    set(PyExc_RuntimeError, "unknown C++ exception");
  }
}

const char* as_utf8(PyObject* text) {
  if (PyBytes_Check(text)) return PyBytes_AS_STRING(text);
  TORCH_CHECK_TYPE(PyUnicode_Check(text), "expected str, got ", type_name(text));
  const char* utf8 = PyUnicode_AsUTF8(text);
  if (utf8 == nullptr) throw_python_error();
  return utf8;
}

void init_errors(PyObject* module) {
  linalg_error =
      new_exception(module, "torch._C._LinAlgError", "_LinAlgError",
                    "Raised when a routine of linear algebra meets input it cannot handle, such as a singular matrix.");
  out_of_memory_error =
      new_exception(module, "torch.OutOfMemoryError", "OutOfMemoryError", "Raised when a device has no memory left.");
  set_warning_handler(&warn_in_python);
}

}  // namespace python
}  // namespace tiny_torch
