#include "c10/TensorImpl.h"

namespace tiny_torch {

AutogradMetaInterface::~AutogradMetaInterface() = default;

PyObjectHooks& pyobject_hooks() {
  static PyObjectHooks hooks;
  return hooks;
}

namespace {
thread_local bool grad_mode TORCH_TLS_INITIAL_EXEC = true;
thread_local bool inference_mode TORCH_TLS_INITIAL_EXEC = false;

DispatchKeySet default_keys(Device device) {
  const DispatchKeySet backend(backend_key(device.type()));
  if (TORCH_UNLIKELY(inference_mode)) return backend;
  return backend.add(autograd_key(device.type())).add(DispatchKey::ADInplaceOrView);
}
}  // namespace

bool GradMode::is_enabled() { return grad_mode; }
void GradMode::set_enabled(bool enabled) { grad_mode = enabled; }
bool inference_mode_enabled() { return inference_mode; }

InferenceMode::InferenceMode(bool enabled)
    : saved_mode_(inference_mode), saved_grad_mode_(grad_mode), saved_keys_(local_dispatch_keys()) {
  inference_mode = enabled;
  grad_mode = !enabled;
  LocalDispatchKeySet& keys = local_dispatch_keys();
  keys.excluded = enabled ? keys.excluded | kAutogradKeys : keys.excluded - kAutogradKeys;
}
InferenceMode::~InferenceMode() {
  inference_mode = saved_mode_;
  grad_mode = saved_grad_mode_;
  local_dispatch_keys() = saved_keys_;
}

TensorImpl::TensorImpl(Storage storage, ScalarType dtype, Device device, DispatchKeySet keys)
    : storage_(std::move(storage)), keys_(keys), dtype_(dtype), device_(device) {}
TensorImpl::TensorImpl(Storage storage, ScalarType dtype, Device device)
    : TensorImpl(std::move(storage), dtype, device, default_keys(device)) {}
TensorImpl::~TensorImpl() = default;

void TensorImpl::release_resources() {
  if (TORCH_UNLIKELY(owns_pyobj_.load(std::memory_order_acquire))) {
    void* object = pyobj_.exchange(nullptr);
    if (object != nullptr && pyobject_hooks().decref != nullptr) pyobject_hooks().decref(object);
  }
  autograd_meta_.reset();
  storage_.reset();
}

void TensorImpl::set_sizes_contiguous(IntArrayRef sizes) {
  sizes_.assign(sizes);
  strides_.resize_uninitialized(sizes.size());
  int64_t step = 1;
  int64_t numel = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides_[i] = step;
    step *= sizes[i] > 1 ? sizes[i] : 1;
    numel *= sizes[i];
  }
  numel_ = numel;
  contiguous_ = true;
}

void TensorImpl::set_sizes_and_strides(IntArrayRef sizes, IntArrayRef strides) {
  sizes_.assign(sizes);
  strides_.assign(strides);
  refresh_geometry();
}

void TensorImpl::refresh_geometry() {
  numel_ = 1;
  bool overflow = false;
  for (int64_t size : sizes_) overflow |= __builtin_mul_overflow(numel_, size, &numel_);
  TORCH_CHECK(!overflow, "numel: integer multiplication overflow");
  contiguous_ = true;
  if (numel_ == 0) return;
  int64_t expected = 1;
  for (size_t i = sizes_.size(); i-- > 0;) {
    if (sizes_[i] == 1) continue;
    if (strides_[i] != expected) {
      contiguous_ = false;
      return;
    }
    expected *= sizes_[i];
  }
}

bool TensorImpl::is_contiguous(MemoryFormat format) const {
  if (format == MemoryFormat::Contiguous || format == MemoryFormat::Preserve) return contiguous_;
  const size_t rank = format == MemoryFormat::ChannelsLast ? 4 : 5;
  if (sizes_.size() != rank) return false;
  if (numel_ == 0) return true;
  int64_t expected = 1;
  for (size_t step = 0; step < rank; ++step) {
    // Order: channels, then the spatial dims from the last, then the batch.
    const size_t d = step == 0 ? 1 : step == rank - 1 ? 0 : rank - step;
    if (sizes_[d] == 1) continue;
    if (strides_[d] != expected) return false;
    expected *= sizes_[d];
  }
  return true;
}

bool TensorImpl::is_non_overlapping_and_dense() const {
  if (contiguous_) return true;
  SmallVector<int64_t, 6> order;
  for (int64_t d = 0; d < dim(); ++d) {
    if (sizes_[d] == 1) continue;
    size_t at = order.size();
    order.push_back(d);
    for (; at > 0 && strides_[order[at - 1]] > strides_[d]; --at) order[at] = order[at - 1];
    order[at] = d;
  }
  int64_t expected = 1;
  for (int64_t d : order) {
    if (strides_[d] != expected) return false;
    expected *= sizes_[d];
  }
  return true;
}

intrusive_ptr<TensorImpl> TensorImpl::shallow_copy() const {
  auto copy = make_intrusive<TensorImpl>(storage_, dtype_, device_, keys_);
  copy->shallow_copy_from(*this);
  return copy;
}

void TensorImpl::shallow_copy_from(const TensorImpl& other) {
  storage_ = other.storage_;
  sizes_ = other.sizes_;
  strides_ = other.strides_;
  storage_offset_ = other.storage_offset_;
  numel_ = other.numel_;
  contiguous_ = other.contiguous_;
  dtype_ = other.dtype_;
  device_ = other.device_;
  keys_ = other.keys_;
}

}  // namespace tiny_torch
