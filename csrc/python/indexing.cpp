// Python indexing: tensor[key] and tensor[key] = value.
//
// Note [Indexing]
// A key is walked once. Ints, slices, None, Ellipsis and bools change the geometry of a view; index tensors are
// collected together with the dimension they apply to. While no gradient is recorded the view is made by one as_strided,
// else by one operator per step, whose gradients are cheaper. Index tensors then go to index() or index_put_().
#include <optional>

#include "aten/core/promotion.h"
#include "autograd/AutogradMeta.h"
#include "generated/ops/copy.h"
#include "generated/ops/index.h"
#include "generated/ops/view.h"
#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/module.h"
#include "python/numpy.h"

namespace tiny_torch {
namespace python {

namespace {

constexpr DispatchKeySet kPlainKeys = kBackendKeys | kADKeys;
constexpr int64_t kLargeNumel = 32768;

int64_t to_int(PyObject* o) {
  const PyRef number(check(PyNumber_Index(o)));
  const long long value = PyLong_AsLongLong(number.get());
  if (value == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    TORCH_CHECK_VALUE(false, "Overflow when unpacking long long");
  }
  return value;
}

/// The part of a key that is a view, and the index tensors that remain.
class View {
 public:
  explicit View(const TensorBase& self)
      : self_(self), sizes_(self.sizes()), strides_(self.strides()), offset_(self.storage_offset()) {
    is_recorded_ = (self.requires_grad() && GradMode::is_enabled()) || !(self.key_set() - kPlainKeys).empty() ||
                   !local_dispatch_keys().included.empty();
  }

  int64_t dim() const { return static_cast<int64_t>(sizes_.size()); }
  bool has_indices() const { return !indices_.empty(); }
  const std::vector<std::optional<TensorBase>>& indices() const { return indices_; }

  void select(int64_t dim, int64_t index, int64_t key_dim) {
    TORCH_CHECK_INDEX(dim < this->dim() || this->dim() != 0,
                      "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                      "convert a 0-dim tensor to a number");
    TORCH_CHECK_INDEX(dim < this->dim(), "too many indices for tensor of dimension ", self_.dim());
    const auto d = static_cast<size_t>(dim);
    const int64_t size = sizes_[d];
    TORCH_CHECK_INDEX(index >= -size && index < size, "index ", index, " is out of bounds for dimension ", key_dim,
                      " with size ", size);
    if (index < 0) index += size;
    if (is_recorded_) view_ = ops::select(current(), dim, index);
    offset_ += index * strides_[d];
    sizes_.erase(sizes_.begin() + d);
    strides_.erase(strides_.begin() + d);
    is_changed_ = true;
  }

  void slice(int64_t dim, PyObject* o, bool is_whole_key) {
    TORCH_CHECK_INDEX(this->dim() != 0, "slice() cannot be applied to a 0-dim tensor.");
    Py_ssize_t start = 0, stop = 0, step = 0;
    check(PySlice_Unpack(o, &start, &stop, &step));
    TORCH_CHECK_VALUE(step > 0, "step must be greater than zero");
    // Unpacking may run an __index__, but our geometry is our own.
    const auto d = static_cast<size_t>(dim);
    const bool from_start = start == 0;
    const Py_ssize_t n = PySlice_AdjustIndices(sizes_[d], &start, &stop, step);
    if (from_start && n == sizes_[d] && step == 1 && !is_whole_key) return;
    if (is_recorded_) view_ = ops::slice(current(), dim, start, std::max(start, stop), step);
    offset_ += start * strides_[d];
    sizes_[d] = n;
    // Where the product overflows there is no second element to step to.
    int64_t stride = 0;
    if (!__builtin_mul_overflow(strides_[d], static_cast<int64_t>(step), &stride)) strides_[d] = stride;
    is_changed_ = true;
  }

  void unsqueeze(int64_t dim) {
    const auto d = static_cast<size_t>(dim);
    const int64_t stride = d < sizes_.size() ? sizes_[d] * strides_[d] : 1;
    sizes_.insert(sizes_.begin() + d, 1);
    strides_.insert(strides_.begin() + d, stride);
    if (is_recorded_) view_ = ops::as_strided(current(), sizes_, strides_, offset_);
    is_changed_ = true;
  }

  /// `index` applies to the `covered` dims of the view from `dim` on; a mask of several dims is one entry of the list.
  void add_index(int64_t dim, TensorBase index, int64_t covered = 1) {
    while (static_cast<int64_t>(indices_.size()) < dim - dims_within_entries_) indices_.emplace_back();
    indices_.emplace_back(std::move(index));
    dims_within_entries_ += covered - 1;
  }

  /// The view, or the tensor itself when the key changes nothing and `may_be_same` allows it.
  TensorBase get(bool may_be_same) const {
    if (!is_changed_) return may_be_same ? self_ : ops::as_strided(self_, sizes_, strides_, offset_);
    return is_recorded_ ? view_ : ops::as_strided(self_, sizes_, strides_, offset_);
  }

 private:
  const TensorBase& current() const { return view_.defined() ? view_ : self_; }

  const TensorBase& self_;
  TensorBase view_;
  DimVector sizes_;
  DimVector strides_;
  int64_t offset_;
  bool is_recorded_ = false;
  bool is_changed_ = false;
  std::vector<std::optional<TensorBase>> indices_;
  int64_t dims_within_entries_ = 0;
};

// ---- items of a key ----

/// Lists index like tensors of ints or bools; floats among them lose their fraction, as in PyTorch.
TensorBase index_of_sequence(PyObject* o) {
  TensorBase index = tensor_from_data(o, std::nullopt, "new");
  const ScalarType dtype = index.scalar_type();
  return dtype == kLong || dtype == kBool || dtype == kByte ? index : ops::to(index, kLong);
}

bool is_mask(const TensorBase& t) { return t.scalar_type() == kBool || t.scalar_type() == kByte; }

/// Dims of the indexed tensor that an item of a key speaks of.
int64_t dims_of_item(PyObject* o) {
  if (o == Py_None || o == Py_Ellipsis || PyBool_Check(o)) return 0;
  if (is_tensor(o) && is_mask(unpack(o))) return unpack(o).dim();
  return 1;
}

TensorBase mask_of(bool value, Device device) { return ops::to(scalar_tensor_of(value, kBool), device, kBool); }

void apply_bool(View& view, int64_t& dim, bool value, Device device) {
  view.unsqueeze(dim);
  TensorBase mask = mask_of(value, device);
  view.add_index(dim, ops::view(mask, {1}));
  ++dim;
}

void apply_tensor(View& view, int64_t& dim, const TensorBase& index, int64_t key_dim, Device device) {
  const ScalarType dtype = index.scalar_type();
  TORCH_CHECK_INDEX(dtype == kLong || dtype == kInt || is_mask(index),
                    "tensors used as indices must be long, int, byte or bool tensors");
  if (index.dim() == 0 && !index.is_meta()) {
    const TensorBase value = index.is_cpu() ? index : ops::to(index, Device(DeviceType::CPU), dtype);
    if (is_mask(index)) return apply_bool(view, dim, read_scalar(value).to_bool(), device);
    return view.select(dim, read_scalar(value).to_int(), key_dim);
  }
  const int64_t covered = is_mask(index) ? index.dim() : 1;
  TORCH_CHECK_INDEX(dim + covered <= view.dim(), "too many indices for tensor of dimension ", view.dim());
  view.add_index(dim, index, covered);
  dim += covered;
}

[[noreturn]] void throw_bad_index(PyObject* o) {
  ::tiny_torch::detail::throw_index_error(
      str("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got ",
          type_name(o), ")"));
}

/// PyTorch takes a list for a tuple when it holds anything but numbers.
bool is_tuple_like(PyObject* key) {
  if (PyTuple_Check(key)) return true;
  if (is_tensor(key) || is_numpy_array(key) || !PySequence_Check(key)) return false;
  const Py_ssize_t n = PySequence_Size(key);
  if (n < 0 || n >= 32) {
    PyErr_Clear();
    return false;
  }
  for (Py_ssize_t i = 0; i < n; ++i) {
    const PyRef item(PySequence_GetItem(key, i));
    if (!item) {
      PyErr_Clear();
      return false;
    }
    if (is_tensor(item.get()) || PySequence_Check(item.get()) || PySlice_Check(item.get()) ||
        item.get() == Py_Ellipsis || item.get() == Py_None) {
      return true;
    }
  }
  return false;
}

/// One item at dimension `dim` of the view; key_dim is its dimension in the tensor, for messages.
void apply_item(View& view, PyObject* o, int64_t& dim, int64_t& key_dim, int64_t ellipsis_dims, const TensorBase& self,
                bool is_whole_key) {
  if (PyLong_CheckExact(o)) {
    view.select(dim, to_int(o), key_dim++);
  } else if (PySlice_Check(o)) {
    view.slice(dim++, o, is_whole_key);
    ++key_dim;
  } else if (o == Py_None) {
    view.unsqueeze(dim++);
  } else if (o == Py_Ellipsis) {
    dim += ellipsis_dims;
    key_dim += ellipsis_dims;
  } else if (PyBool_Check(o)) {
    apply_bool(view, dim, o == Py_True, self.device());
  } else if (is_tensor(o)) {
    apply_tensor(view, dim, unpack(o), key_dim, self.device());
    key_dim += dims_of_item(o);
  } else if (is_numpy_array(o) || (PySequence_Check(o) && !is_numpy_scalar(o))) {
    TORCH_CHECK_INDEX(view.dim() > 0, "too many indices for tensor of dimension 0");
    const TensorBase index = index_of_sequence(o);
    const int64_t before = dim;
    apply_tensor(view, dim, index, key_dim, self.device());
    key_dim += std::max<int64_t>(dim - before, 1);
  } else if (PyIndex_Check(o) && !is_numpy_array(o)) {
    view.select(dim, to_int(o), key_dim++);
  } else {
    throw_bad_index(o);
  }
}

void apply_tuple(View& view, PyObject* items, const TensorBase& self) {
  const Py_ssize_t n = PyTuple_GET_SIZE(items);
  int64_t specified = 0;
  for (Py_ssize_t i = 0; i < n; ++i) specified += dims_of_item(PyTuple_GET_ITEM(items, i));
  TORCH_CHECK_INDEX(specified <= self.dim() || self.dim() == 0, "too many indices for tensor of dimension ",
                    self.dim());
  int64_t dim = 0, key_dim = 0;
  for (Py_ssize_t i = 0; i < n; ++i) {
    apply_item(view, PyTuple_GET_ITEM(items, i), dim, key_dim, std::max<int64_t>(self.dim() - specified, 0), self,
               false);
  }
}

/// Walks `key` into `view`.
void apply_key(View& view, PyObject* key, const TensorBase& self) {
  if (PyTuple_CheckExact(key)) return apply_tuple(view, key, self);
  if (is_tuple_like(key)) {
    if (!PyTuple_Check(key)) {
      TORCH_WARN_ONCE(
          "A list that holds more than numbers is taken for a tuple when a tensor is indexed with it. This is "
          "deprecated; use "
          "x[tuple(list)] for that, or x[torch.tensor(list)]");
    }
    const PyRef items(check(PySequence_Tuple(key)));
    return apply_tuple(view, items.get(), self);
  }
  int64_t dim = 0, key_dim = 0;
  apply_item(view, key, dim, key_dim, self.dim(), self, true);
}

TensorBase get_indexed(const TensorBase& view, const std::vector<std::optional<TensorBase>>& indices) {
  const gil_scoped_release no_gil(view.numel() > kLargeNumel);
  return ops::index(view, indices);
}

// ---- assignment ----

std::string legacy_type_name(const TensorBase& t) {
  return str(t.is_cuda() ? "torch.cuda." : "torch.", t.scalar_type(), "Tensor");
}

/// `value` without the dims of size 1 that it has more than its target.
TensorBase without_leading_ones(const TensorBase& value, int64_t target_dims) {
  size_t extra = 0;
  while (static_cast<int64_t>(value.sizes().size() - extra) > target_dims && value.sizes()[extra] == 1) ++extra;
  return extra == 0 ? value : ops::view(value, value.sizes().slice(extra));
}

void put_indexed(TensorBase& view, const std::vector<std::optional<TensorBase>>& indices, const TensorBase& value) {
  const gil_scoped_release no_gil(view.numel() > kLargeNumel);
  ops::index_put_(view, indices, value);
}

bool is_expanded(const TensorBase& t) {
  for (size_t d = 0; d < t.sizes().size(); ++d) {
    if (t.sizes()[d] > 1 && t.strides()[d] == 0) return true;
  }
  return false;
}

/// The number to assign, if `value` is one. It is looked at before the key, as in PyTorch: TypeError for what is neither
/// number nor tensor, RuntimeError for a number beyond the dtype.
std::optional<Scalar> number_to_assign(const TensorBase& self, PyObject* value) {
  if (is_tensor(value)) return std::nullopt;
  std::optional<Scalar> number = to_scalar(value);
  TORCH_CHECK_TYPE(number.has_value(), "can't assign a ", type_name(value), " to a ", legacy_type_name(self));
  const ScalarType dtype = self.scalar_type();
  if (dtype != kDouble && dtype != kBool && !is_complex_type(dtype) && element_size(dtype) <= 8)
    scalar_tensor_of(*number, dtype);
  if (dtype == kComplexFloat) {
    const complex<double> value = number->to_complex_double();
    for (const double part : {value.real(), value.imag()}) scalar_tensor_of(Scalar(part), kFloat);
  }
  TORCH_CHECK(dtype != kDouble || !number->is_complex() || number->to_complex_double().imag() == 0,
              "value cannot be converted to type double without overflow");
  return number;
}

void assign(const View& keyed, PyObject* value, const std::optional<Scalar>& scalar) {
  TensorBase target = keyed.get(true);
  if (!keyed.has_indices()) {
    const gil_scoped_release no_gil(target.numel() > kLargeNumel);
    if (scalar.has_value()) {
      // The tensor form refuses expanded targets.
      if (is_expanded(target)) {
        ops::fill_(target, scalar_tensor_of(*scalar, target.scalar_type(), target.device()));
      } else {
        ops::fill_(target, *scalar);
      }
    } else if (unpack(value).dim() == 0 && target.dim() != 0 && unpack(value).is_cpu()) {
      ops::fill_(target, unpack(value));
    } else {
      const TensorBase source = without_leading_ones(unpack(value), target.dim());
      TORCH_CHECK(is_expandable_to(source.sizes(), target.sizes()), "The expanded size of the tensor must match the ",
                  "existing size: a value of shape ", source.sizes(), " does not fit a target of shape ",
                  target.sizes());
      ops::copy_(target, source);
    }
    return;
  }
  if (scalar.has_value()) {
    const TensorBase filled = scalar_tensor_of(*scalar, target.scalar_type());
    put_indexed(target, keyed.indices(),
                target.is_cpu() ? filled : ops::to(filled, target.device(), target.scalar_type()));
    return;
  }
  TensorBase source = without_leading_ones(unpack(value), 0);
  if (source.device() != target.device() && source.dim() == 0)
    source = ops::to(source, target.device(), source.scalar_type());
  put_indexed(target, keyed.indices(), source);
}

/// Calls __torch_function__ for Tensor.__getitem__ or __setitem__ when self or the key has one.
bool is_overridden(PyObject* self, PyObject* key, std::vector<PyObject*>& overloaded) {
  const auto add = [&](PyObject* o) {
    if (is_tensor(o) && !is_tensor_exact(o) && has_torch_function(o)) overloaded.push_back(o);
  };
  if (!torch_function_enabled()) return false;
  add(self);
  add(key);
  if (PyTuple_CheckExact(key)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); ++i) add(PyTuple_GET_ITEM(key, i));
  }
  return !overloaded.empty();
}

PyObject* call_override(const std::vector<PyObject*>& overloaded, const char* name, PyObject* args) {
  const PyRef function(check(PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_class), name)));
  return dispatch_torch_function(overloaded, function.get(), args, nullptr);
}

/// Nothing in the key or around the tensor needs __torch_function__.
bool is_plain(PyObject* self, PyObject* key) {
  return is_tensor_exact(self) && (PyLong_CheckExact(key) || PySlice_Check(key));
}

// ---- nonzero ----

PyObject* wrap_nonzero(const TensorBase& self, bool as_tuple) {
  const TensorBase source = as_tuple && self.dim() == 0 ? ops::view(self, {1}) : self;
  TensorBase positions = ops::nonzero(source);
  if (!as_tuple) return wrap(std::move(positions));
  std::vector<TensorBase> columns;
  for (int64_t d = 0; d < source.dim(); ++d) columns.push_back(ops::select(positions, 1, d));
  return wrap(columns);
}

PyObject* py_nonzero(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser("nonzero", {"nonzero(Tensor input, *, bool as_tuple=False, Tensor out=None)"},
                                      "_VariableFunctions");
  PythonArgs a;
  if (parser.parse(a, nullptr, args, nargs, kwnames)) return a.call_torch_function();
  if (a.has_not_none(2)) return wrap(ops::nonzero_out(a.mutable_tensor(2), a.tensor(0)));
  return wrap_nonzero(a.tensor(0), a.boolean_or(1, false));
  END_HANDLE_ERRORS
}
PyObject* tensor_nonzero(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser("nonzero", {"nonzero(@, *, bool as_tuple=False)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  return wrap_nonzero(unpack(self), a.boolean_or(1, false));
  END_HANDLE_ERRORS
}

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
constexpr const char* kNonzeroDoc =
    "nonzero(*, as_tuple=False) -> Tensor or tuple of Tensor\n\nThe positions of all elements that are not zero: one "
    "row each, or one "
    "tensor for each dimension.";
PyMethodDef functions[] = {
    {"nonzero", as_cfunction(&py_nonzero), kFast, kNonzeroDoc},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyMethodDef tensor_index_methods[] = {
    {"nonzero", as_cfunction(&tensor_nonzero), kFast, kNonzeroDoc},
    {nullptr, nullptr, 0, nullptr},
};

void init_indexing(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

PyObject* tensor_getitem(PyObject* self, PyObject* key) {
  HANDLE_ERRORS
  std::vector<PyObject*> overloaded;
  if (!is_plain(self, key) && is_overridden(self, key, overloaded)) {
    const PyRef args(check(PyTuple_Pack(2, self, key)));
    return call_override(overloaded, "__getitem__", args.get());
  }
  // A handle of our own: an __index__ in the key may assign to self.data.
  const TensorBase tensor = unpack(self);
  View view(tensor);
  apply_key(view, key, tensor);
  if (!view.has_indices()) return wrap(view.get(false));
  return wrap(get_indexed(view.get(true), view.indices()));
  END_HANDLE_ERRORS
}

int tensor_setitem(PyObject* self, PyObject* key, PyObject* value) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(value != nullptr, "Tensor does not support deleting items");
  std::vector<PyObject*> overloaded;
  if ((!is_plain(self, key) || is_tensor(value)) && is_overridden(self, key, overloaded)) {
    const PyRef args(check(PyTuple_Pack(3, self, key, value)));
    const PyRef result(check(call_override(overloaded, "__setitem__", args.get())));
    return 0;
  }
  const TensorBase tensor = unpack(self);
  const std::optional<Scalar> number = number_to_assign(tensor, value);
  if (key == Py_False) return 0;
  View view(tensor);
  apply_key(view, key, tensor);
  assign(view, value, number);
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

}  // namespace python
}  // namespace tiny_torch
