#include "python/autograd_anomaly.h"

#include "autograd/anomaly_mode.h"
#include "python/Tensor.h"

namespace tiny_torch {
namespace python {

using namespace autodiff;

namespace {

struct PyAnomalyMetadata final : AnomalyMetadata {
  PyAnomalyMetadata() : dict(check(PyDict_New())) {}
  ~PyAnomalyMetadata() override {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_DECREF(dict);
  }
  void print_stack(const std::string& name) override {
    const gil_scoped_acquire gil;
    PyObject* lines = PyDict_GetItemString(dict, "traceback_");
    std::string trace =
        "No forward pass information available. Enable detect anomaly during forward pass for more information.";
    if (lines != nullptr) {
      const PyRef empty(check(PyUnicode_FromString("")));
      const PyRef joined(check(PyUnicode_Join(empty.get(), lines)));
      trace = "Traceback of forward call that caused the error:\n" + std::string(as_utf8(joined.get()));
    }
    TORCH_WARN("Error detected in ", name, ". ", trace);
  }

  PyObject* dict;
};

std::unique_ptr<AnomalyMetadata> note_creation() {
  const gil_scoped_acquire gil;
  auto metadata = std::make_unique<PyAnomalyMetadata>();
  const PyRef module(check(PyImport_ImportModule("traceback")));
  const PyRef lines(check(PyObject_CallMethod(module.get(), "format_stack", nullptr)));
  check(PyDict_SetItemString(metadata->dict, "traceback_", lines.get()));
  return metadata;
}

PyObject* set_anomaly_enabled(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *enabled = nullptr, *check_nan = Py_True;
  if (!PyArg_ParseTuple(args, "O|O:set_anomaly_enabled", &enabled, &check_nan)) return nullptr;
  TORCH_CHECK_TYPE(PyBool_Check(enabled), "set_anomaly_enabled(): argument 'enabled' (position 1) must be bool, not ",
                   type_name(enabled));
  TORCH_CHECK_TYPE(PyBool_Check(check_nan),
                   "set_anomaly_enabled(): argument 'check_nan' (position 2) must be bool, not ", type_name(check_nan));
  AnomalyMode::set_enabled(enabled == Py_True, check_nan == Py_True);
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* is_anomaly_enabled(PyObject*, PyObject*) { return PyBool_FromLong(AnomalyMode::is_enabled()); }
PyObject* is_anomaly_check_nan_enabled(PyObject*, PyObject*) {
  return PyBool_FromLong(AnomalyMode::should_check_nan());
}

PyMethodDef functions[] = {
    {"set_anomaly_enabled", &set_anomaly_enabled, METH_VARARGS, "set_anomaly_enabled(enabled, check_nan=True)"},
    {"is_anomaly_enabled", &is_anomaly_enabled, METH_NOARGS, "Whether anomaly mode is on."},
    {"is_anomaly_check_nan_enabled", &is_anomaly_check_nan_enabled, METH_NOARGS, "Whether anomaly mode looks for nan."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* metadata_dict(Node& node) {
  std::unique_ptr<AnomalyMetadata>& held = node.extras().anomaly;
  if (held == nullptr) held = std::make_unique<PyAnomalyMetadata>();
  return static_cast<PyAnomalyMetadata&>(*held).dict;
}

void init_autograd_anomaly(PyObject* module) {
  check(PyModule_AddFunctions(module, functions));
  set_anomaly_metadata_factory(&note_creation);
}

}  // namespace python
}  // namespace tiny_torch
