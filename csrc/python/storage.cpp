// `_C.UntypedStorage`: a handle on a Storage, with its bytes as a buffer for Python.
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

PyTypeObject* storage_type = nullptr;

namespace {
struct StorageObject {
  PyObject_HEAD Storage storage;
};
Storage& self_storage(PyObject* o) { return reinterpret_cast<StorageObject*>(o)->storage; }

PyObject* make(PyTypeObject* type, Storage storage) {
  PyObject* o = check(type->tp_alloc(type, 0));
  new (&self_storage(o)) Storage(std::move(storage));
  return o;
}

// ---- memory of a buffer exporter ----

struct BufferContext {
  Py_buffer view;
  PyObject* owner;
};

void release_buffer(void* context) {
  auto* buffer = static_cast<BufferContext*>(context);
  if (interpreter_alive()) {
    const gil_scoped_acquire gil;
    const ErrorStash stash;
    PyBuffer_Release(&buffer->view);
    Py_DECREF(buffer->owner);
  }
  delete buffer;
}

DataPtr data_of_buffer(PyObject* exporter, int64_t offset, int64_t* nbytes) {
  auto buffer = std::make_unique<BufferContext>();
  if (PyObject_GetBuffer(exporter, &buffer->view, PyBUF_WRITABLE) < 0) {
    PyErr_Clear();
    check(PyObject_GetBuffer(exporter, &buffer->view, PyBUF_SIMPLE));
  }
  const int64_t length = buffer->view.len;
  if (*nbytes < 0) *nbytes = length - offset;
  if (offset < 0 || offset > length || *nbytes < 0 || *nbytes > length - offset) {
    PyBuffer_Release(&buffer->view);
    ::tiny_torch::detail::throw_value_error(
        str("expected a range inside of the buffer's ", length, " bytes, got offset ", offset, " and size ", *nbytes));
  }
  void* data = static_cast<char*>(buffer->view.buf) + offset;
  buffer->owner = Py_NewRef(exporter);
  return DataPtr(data, buffer.release(), &release_buffer, Device(DeviceType::CPU));
}

PyObject* storage_from_buffer(PyObject* cls, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"obj", "offset", "nbytes", nullptr};
  PyObject* exporter = nullptr;
  long long offset = 0, nbytes = -1;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|LL:_from_buffer", const_cast<char**>(names), &exporter, &offset,
                                   &nbytes))
    return nullptr;
  int64_t size = nbytes;
  DataPtr data = data_of_buffer(exporter, offset, &size);
  auto storage =
      make_intrusive<StorageImpl>(static_cast<size_t>(size), std::move(data), get_allocator(DeviceType::CPU), false);
  storage->set_externally_visible();
  return make(reinterpret_cast<PyTypeObject*>(cls), std::move(storage));
  END_HANDLE_ERRORS
}

PyObject* storage_adopt_buffer(PyObject* self, PyObject* exporter) {
  HANDLE_ERRORS
  Storage& storage = self_storage(self);
  int64_t size = -1;
  DataPtr data = data_of_buffer(exporter, 0, &size);
  TORCH_CHECK_VALUE(static_cast<size_t>(size) == storage->nbytes(), "_adopt_buffer(): expected ", storage->nbytes(),
                    " bytes, got ", size);
  storage->set_data_ptr(std::move(data), static_cast<size_t>(size));
  storage->set_externally_visible();
  storage->set_resizable(false);
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyObject* storage_owner(PyObject* self, void*) {
  const DataPtr& data = self_storage(self)->data_ptr();
  if (data.deleter() != &release_buffer) Py_RETURN_NONE;
  return Py_NewRef(static_cast<BufferContext*>(data.context())->owner);
}

// ---- our memory as a buffer ----

// While Python looks at the bytes the memory must stay where it is, and no one may rely on its contents.
struct Exports {
  int count = 0;
  bool was_resizable = false;
  bool was_visible = false;
};
std::mutex exports_mutex;
std::unordered_map<StorageImpl*, Exports>& exports() {
  static auto& map = *new std::unordered_map<StorageImpl*, Exports>();
  return map;
}

int storage_getbuffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  HANDLE_ERRORS
  StorageImpl* storage = self_storage(self).get();
  if (!storage->device().is_cpu()) {
    PyErr_Format(PyExc_BufferError, "only the memory of CPU storages is visible as a buffer");
    return -1;
  }
  static char nothing = 0;
  void* data = storage->mutable_data();
  if (data == nullptr) data = &nothing;
  if (PyBuffer_FillInfo(view, self, data, static_cast<Py_ssize_t>(storage->nbytes()), 0, flags) < 0) return -1;
  const std::lock_guard<std::mutex> lock(exports_mutex);
  Exports& entry = exports()[storage];
  if (entry.count++ == 0) {
    entry.was_resizable = storage->resizable();
    entry.was_visible = storage->externally_visible();
    storage->set_resizable(false);
    storage->set_externally_visible();
  }
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

void storage_releasebuffer(PyObject* self, Py_buffer*) {
  StorageImpl* storage = self_storage(self).get();
  const std::lock_guard<std::mutex> lock(exports_mutex);
  const auto it = exports().find(storage);
  if (it == exports().end() || --it->second.count > 0) return;
  storage->note_write();
  storage->set_resizable(it->second.was_resizable);
  storage->set_externally_visible(it->second.was_visible);
  exports().erase(it);
}

// ---- methods ----

PyObject* storage_new(PyTypeObject* cls, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"nbytes", "device", nullptr};
  PyObject* nbytes = nullptr;
  PyObject* device = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$O:UntypedStorage", const_cast<char**>(names), &nbytes, &device))
    return nullptr;
  const Device where = device == Py_None ? default_device() : to_device(device);
  if (nbytes == nullptr || PyLong_Check(nbytes)) {
    const long long size = nbytes == nullptr ? 0 : PyLong_AsLongLong(nbytes);
    if (size == -1 && PyErr_Occurred()) return nullptr;
    TORCH_CHECK(size >= 0, "UntypedStorage(): expected a size of at least 0 bytes, got ", size);
    return make(cls, make_storage(static_cast<size_t>(size), where));
  }
  const PyRef bytes(check(PyBytes_FromObject(nbytes)));
  Storage storage = make_storage(static_cast<size_t>(PyBytes_GET_SIZE(bytes.get())), Device(DeviceType::CPU));
  if (storage->nbytes() != 0) std::memcpy(storage->mutable_data(), PyBytes_AS_STRING(bytes.get()), storage->nbytes());
  return make(cls, std::move(storage));
  END_HANDLE_ERRORS
}

void storage_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  self_storage(self).~Storage();
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* storage_nbytes(PyObject* self, PyObject*) { return PyLong_FromSize_t(self_storage(self)->nbytes()); }
PyObject* storage_data_ptr(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  self_storage(self)->set_externally_visible();
  return PyLong_FromVoidPtr(self_storage(self)->mutable_data());
  END_HANDLE_ERRORS
}
PyObject* storage_resizable(PyObject* self, PyObject*) { return PyBool_FromLong(self_storage(self)->resizable()); }
PyObject* storage_resize(PyObject* self, PyObject* size) {
  HANDLE_ERRORS
  const long long nbytes = PyLong_AsLongLong(size);
  if (nbytes == -1 && PyErr_Occurred()) return nullptr;
  TORCH_CHECK(nbytes >= 0, "resize_(): expected a size of at least 0 bytes, got ", nbytes);
  self_storage(self)->resize(static_cast<size_t>(nbytes));
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* storage_device(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(self_storage(self)->device());
  END_HANDLE_ERRORS
}
PyObject* storage_cdata(PyObject* self, void*) { return PyLong_FromVoidPtr(self_storage(self).get()); }

PyMethodDef methods[] = {
    {"_from_buffer", as_cfunction(&storage_from_buffer), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "_from_buffer(obj, offset=0, nbytes=-1)\n\nA storage over the memory of a buffer exporter, which it keeps alive."},
    {"_adopt_buffer", &storage_adopt_buffer, METH_O,
     "Replaces the memory in place by that of a buffer exporter of the same size."},
    {"nbytes", &storage_nbytes, METH_NOARGS, "Size in bytes."},
    {"data_ptr", &storage_data_ptr, METH_NOARGS, "Address of the first byte."},
    {"resizable", &storage_resizable, METH_NOARGS, "Whether resize_() may be called."},
    {"resize_", &storage_resize, METH_O, "Changes the size in bytes, keeping what fits."},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef properties[] = {
    {"device", &storage_device, nullptr, "Where the memory is.", nullptr},
    {"_cdata", &storage_cdata, nullptr, nullptr, nullptr},
    {"_owner", &storage_owner, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&storage_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&storage_dealloc)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(&storage_getbuffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void*>(&storage_releasebuffer)},
    {Py_tp_getset, properties},
    {Py_tp_methods, methods},
    {Py_tp_doc, const_cast<char*>("UntypedStorage(nbytes=0, *, device=None)\n\nThe bytes that tensors share.")},
    {0, nullptr},
};
PyType_Spec spec = {"torch.UntypedStorage", sizeof(StorageObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

PyObject* rebuild_from_storage(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *storage = nullptr, *dtype = nullptr, *size = nullptr, *stride = nullptr;
  long long offset = 0;
  if (!PyArg_ParseTuple(args, "OOLOO:_rebuild_from_storage", &storage, &dtype, &offset, &size, &stride)) return nullptr;
  TORCH_CHECK_TYPE(is_storage(storage), "_rebuild_from_storage(): expected UntypedStorage, got ", type_name(storage));
  TORCH_CHECK_TYPE(is_dtype(dtype), "_rebuild_from_storage(): expected torch.dtype, got ", type_name(dtype));
  const Storage& memory = unpack_storage(storage);
  const ScalarType type = unpack_dtype(dtype);
  const DimVector sizes = to_int_list(size, "size");
  const DimVector strides = to_int_list(stride, "stride");
  TORCH_CHECK(sizes.size() == strides.size(), "_rebuild_from_storage(): expected as many strides as sizes, got ",
              sizes.size(), " sizes and ", strides.size(), " strides");
  TORCH_CHECK(offset >= 0, "Tensor: invalid storage offset ", offset);
  for (int64_t s : strides) TORCH_CHECK(s >= 0, "Negative strides are not supported, got ", IntArrayRef(strides));
  checked_numel(sizes);
  const int64_t elements = storage_elements_needed(sizes, strides, offset);
  const auto available = static_cast<int64_t>(memory->nbytes() / element_size(type));
  TORCH_CHECK(elements <= available, "setStorage: sizes ", IntArrayRef(sizes), ", strides ", IntArrayRef(strides),
              ", storage offset ", offset, ", and itemsize ", element_size(type), " requiring a storage size of ",
              elements, " elements are out of bounds for storage of size ", memory->nbytes());
  auto impl = make_intrusive<TensorImpl>(memory, type, memory->device());
  impl->set_sizes_and_strides(sizes, strides);
  impl->set_storage_offset(offset);
  return wrap(TensorBase(std::move(impl)));
  END_HANDLE_ERRORS
}
PyMethodDef functions[] = {
    {"_rebuild_from_storage", &rebuild_from_storage, METH_VARARGS,
     "_rebuild_from_storage(storage, dtype, storage_offset, size, stride)\n\nA tensor over a storage. "
     "RuntimeError when an element would lie outside of it."},
    {nullptr, nullptr, 0, nullptr},
};
}  // namespace

const Storage& unpack_storage(PyObject* o) { return self_storage(o); }
PyObject* wrap_storage(Storage storage) { return make(storage_type, std::move(storage)); }

void init_storage(PyObject* module) {
  storage_type = add_type(module, &spec);
  check(PyModule_AddFunctions(module, functions));
}

}  // namespace python
}  // namespace tiny_torch
