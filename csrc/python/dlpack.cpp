// DLPack: tensors as capsules that other libraries understand, and theirs as tensors, without copying memory.
// The structs are those of the standard, versions 0.8 (unversioned) and 1.0.
#include <cstring>

#include "autograd/AutogradMeta.h"
#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

struct DLDevice {
  int32_t device_type;
  int32_t device_id;
};
struct DLDataType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides;
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor*);
};
struct DLManagedTensorVersioned {
  uint32_t major_version;
  uint32_t minor_version;
  void* manager_ctx;
  void (*deleter)(DLManagedTensorVersioned*);
  uint64_t flags;
  DLTensor dl_tensor;
};
constexpr int32_t kDLCPU = 1;
constexpr int32_t kDLCUDA = 2;
constexpr uint64_t kFlagCopied = 2;

struct TypeCode {
  ScalarType dtype;
  uint8_t code;
};
constexpr TypeCode kTypeCodes[] = {
    {kFloat, 2},
    {kDouble, 2},
    {kHalf, 2},
    {kLong, 0},
    {kInt, 0},
    {kShort, 0},
    {kChar, 0},
    {kByte, 1},
    {kUInt16, 1},
    {kUInt32, 1},
    {kUInt64, 1},
    {kBool, 6},
    {kBFloat16, 4},
    {kComplexFloat, 5},
    {kComplexDouble, 5},
    {kComplexHalf, 5},
    {kFloat8_e4m3fn, 10},
    {kFloat8_e4m3fnuz, 11},
    {kFloat8_e5m2, 12},
    {kFloat8_e5m2fnuz, 13},
};

template <class Managed>
constexpr bool is_versioned = std::is_same_v<Managed, DLManagedTensorVersioned>;
template <class Managed>
constexpr const char* capsule_name() {
  return is_versioned<Managed> ? "dltensor_versioned" : "dltensor";
}
template <class Managed>
constexpr const char* used_name() {
  return is_versioned<Managed> ? "used_dltensor_versioned" : "used_dltensor";
}

// ---- export ----

template <class Managed>
struct Exported {
  TensorBase tensor;
  DimVector shape;
  DimVector strides;
  Managed managed{};
};

template <class Managed>
void destroy_capsule(PyObject* capsule) {
  const ErrorStash stash;
  if (!PyCapsule_IsValid(capsule, capsule_name<Managed>())) return;  // consumed
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, capsule_name<Managed>()));
  if (managed->deleter != nullptr) managed->deleter(managed);
}

template <class Managed>
PyObject* export_tensor(const TensorBase& tensor, bool is_copy) {
  auto exported = std::make_unique<Exported<Managed>>();
  exported->tensor = tensor;
  exported->shape = tensor.sizes();
  exported->strides = tensor.strides();
  // Where a dimension has one element its stride says nothing; consumers like to see 1.
  for (size_t d = 0; d < exported->shape.size(); ++d) {
    if (exported->shape[d] < 2) exported->strides[d] = 1;
  }
  Managed& managed = exported->managed;
  managed.manager_ctx = exported.get();
  managed.deleter = [](Managed* m) { delete static_cast<Exported<Managed>*>(m->manager_ctx); };
  if constexpr (is_versioned<Managed>) {
    managed.major_version = 1;
    managed.minor_version = 0;
    managed.flags = is_copy ? kFlagCopied : 0;
  }
  DLTensor& dl = managed.dl_tensor;
  tensor.storage()->set_externally_visible();
  tensor.storage()->set_resizable(false);
  dl.data = tensor.mutable_data_ptr();
  dl.device = {tensor.is_cuda() ? kDLCUDA : kDLCPU, tensor.is_cuda() ? tensor.device().index() : 0};
  dl.ndim = static_cast<int32_t>(tensor.dim());
  dl.shape = exported->shape.data();
  dl.strides = exported->strides.data();
  dl.byte_offset = 0;
  bool is_known = false;
  for (const TypeCode& type : kTypeCodes) {
    if (type.dtype != tensor.scalar_type()) continue;
    dl.dtype = {type.code, static_cast<uint8_t>(8 * tensor.itemsize()), 1};
    is_known = true;
  }
  if (!is_known) {
    PyErr_Format(PyExc_BufferError, "torch.%s has no DLPack type", python_name(tensor.scalar_type()));
    return nullptr;
  }
  PyObject* capsule = check(PyCapsule_New(&managed, capsule_name<Managed>(), &destroy_capsule<Managed>));
  exported.release();
  return capsule;
}

template <class Managed>
PyObject* to_dlpack(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"data", "dl_device", "copy", nullptr};
  PyObject *data = nullptr, *dl_device = Py_None, *copy = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OO:_to_dlpack", const_cast<char**>(names), &data, &dl_device,
                                   &copy))
    return nullptr;
  TORCH_CHECK_TYPE(is_tensor(data), "_to_dlpack(): expected Tensor, got ", type_name(data));
  TensorBase tensor = unpack(data);
  const auto refuse = [](const char* text) { PyErr_SetString(PyExc_BufferError, text); };
  if (tensor.requires_grad() || tensor.is_conj()) {
    refuse(
        "Can't export tensors that require gradient or are conjugated, use tensor.detach() or tensor.resolve_conj()");
    return nullptr;
  }
  if (!tensor.is_cpu() && !tensor.is_cuda()) {
    refuse("only the memory of CPU and CUDA tensors can be exported");
    return nullptr;
  }
  bool is_copy = false;
  if (dl_device != Py_None) {
    int type = 0, index = 0;
    if (!PyArg_ParseTuple(dl_device, "ii:dl_device", &type, &index)) return nullptr;
    if (type != (tensor.is_cuda() ? kDLCUDA : kDLCPU)) {
      if (copy == Py_False || type != kDLCPU) {
        refuse("cannot export the tensor to that device without a copy");
        return nullptr;
      }
      tensor = unpack(call_method("cpu", data).get());
      is_copy = true;
    }
  }
  if (copy == Py_True && !is_copy) {
    tensor = unpack(call_method("clone", data).get());
    is_copy = true;
  }
  return export_tensor<Managed>(tensor, is_copy);
  END_HANDLE_ERRORS
}

// ---- import ----

ScalarType to_dtype(DLDataType type) {
  TORCH_CHECK(type.lanes == 1, "from_dlpack(): expected elements of one lane, got ", type.lanes);
  for (const TypeCode& known : kTypeCodes) {
    if (known.code == type.code && 8 * element_size(known.dtype) == type.bits) return known.dtype;
  }
  // Some producers write bool as an unsigned byte with code 1; anything else has no dtype here.
  TORCH_CHECK(false, "from_dlpack(): there is no dtype for DLPack type code ", static_cast<int>(type.code), " with ",
              static_cast<int>(type.bits), " bits");
  return kFloat;
}

template <class Managed>
TensorBase import_tensor(PyObject* capsule) {
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, capsule_name<Managed>()));
  if (managed == nullptr) throw_python_error();
  if constexpr (is_versioned<Managed>) {
    TORCH_CHECK(managed->major_version <= 1, "from_dlpack(): DLPack version ", managed->major_version,
                " is newer than 1");
  }
  const DLTensor& dl = managed->dl_tensor;
  TORCH_CHECK(dl.device.device_type == kDLCPU || dl.device.device_type == kDLCUDA,
              "from_dlpack(): unsupported device type ", dl.device.device_type);
  const Device device = dl.device.device_type == kDLCPU
                            ? Device(DeviceType::CPU)
                            : Device(DeviceType::CUDA, static_cast<DeviceIndex>(dl.device.device_id));
  Allocator* allocator = get_allocator(device.type());
  const ScalarType dtype = to_dtype(dl.dtype);
  TORCH_CHECK(dl.ndim >= 0 && (dl.ndim == 0 || dl.shape != nullptr), "from_dlpack(): the capsule has no shape");
  const DimVector sizes(IntArrayRef(dl.shape, static_cast<size_t>(dl.ndim)));
  checked_numel(sizes);
  const DimVector strides = dl.strides == nullptr ? contiguous_strides(sizes)
                                                  : DimVector(IntArrayRef(dl.strides, static_cast<size_t>(dl.ndim)));
  for (size_t d = 0; d < sizes.size(); ++d) {
    TORCH_CHECK(strides[d] >= 0 || sizes[d] < 2, "from_dlpack(): negative strides are not supported, got ",
                IntArrayRef(strides));
  }
  const auto nbytes = static_cast<size_t>(storage_elements_needed(sizes, strides, 0)) * element_size(dtype);
  char* memory = static_cast<char*>(dl.data);
  if (memory != nullptr) memory += dl.byte_offset;
  TORCH_CHECK(memory != nullptr || nbytes == 0, "from_dlpack(): the capsule has no memory");
  TORCH_CHECK(reinterpret_cast<uintptr_t>(memory) % std::min<size_t>(element_size(dtype), 8) == 0,
              "from_dlpack(): the memory is not aligned for ", dtype);

  // From here on the capsule is used up, and the storage frees what it held.
  check(PyCapsule_SetName(capsule, used_name<Managed>()));
  check(PyCapsule_SetDestructor(capsule, nullptr));
  DataPtr data(
      memory, managed,
      [](void* context) {
        auto* owner = static_cast<Managed*>(context);
        if (owner->deleter == nullptr) return;
        // Producers in Python may need the GIL, and know no better than to expect it.
        if (!interpreter_alive()) return;
        const gil_scoped_acquire gil;
        owner->deleter(owner);
      },
      device);
  auto storage = make_intrusive<StorageImpl>(nbytes, std::move(data), allocator, false);
  storage->set_externally_visible();
  auto impl = make_intrusive<TensorImpl>(std::move(storage), dtype, device);
  impl->set_sizes_and_strides(sizes, strides);
  return TensorBase(std::move(impl));
}

PyObject* from_dlpack(PyObject*, PyObject* capsule) {
  HANDLE_ERRORS
  TORCH_CHECK(PyCapsule_CheckExact(capsule), "from_dlpack received an invalid capsule, expected a PyCapsule, got ",
              type_name(capsule));
  const char* name = PyCapsule_GetName(capsule);
  if (PyErr_Occurred()) return nullptr;
  if (name != nullptr && std::strcmp(name, "dltensor_versioned") == 0)
    return wrap(import_tensor<DLManagedTensorVersioned>(capsule));
  TORCH_CHECK(name != nullptr && std::strcmp(name, "dltensor") == 0,
              "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you "
              "might have already "
              "constructed a tensor from it once.");
  return wrap(import_tensor<DLManagedTensor>(capsule));
  END_HANDLE_ERRORS
}

PyMethodDef functions[] = {
    {"_to_dlpack", as_cfunction(&to_dlpack<DLManagedTensor>), METH_VARARGS | METH_KEYWORDS,
     "_to_dlpack(data, *, dl_device=None, copy=None) -> capsule"},
    {"_to_dlpack_versioned", as_cfunction(&to_dlpack<DLManagedTensorVersioned>), METH_VARARGS | METH_KEYWORDS, nullptr},
    {"_from_dlpack", &from_dlpack, METH_O, "_from_dlpack(capsule) -> Tensor\n\nUses the capsule up."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void init_dlpack(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
