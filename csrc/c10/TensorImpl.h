// TensorImpl: a tensor's geometry over a storage, its dispatch keys, and slots for autograd and Python.
//
// Contract: sizes, strides and storage_offset are in elements; data() points at the element (0, ..., 0).
// Views share the storage and the version counter of their base; detach() shares the version, .data does not.
#pragma once

#include <atomic>
#include <memory>

#include "c10/DispatchKey.h"
#include "c10/Layout.h"
#include "c10/ScalarType.h"
#include "c10/Storage.h"

namespace tiny_torch {

class TensorImpl;

/// Counts in-place changes; shared by a tensor and its views, made on first use.
class TORCH_API VersionCounter {
 public:
  VersionCounter() = default;
  VersionCounter(const VersionCounter&) = delete;
  VersionCounter& operator=(const VersionCounter&) = delete;
  ~VersionCounter() { release(cell_.load(std::memory_order_relaxed)); }
  uint32_t current() const {
    const Cell* cell = cell_.load(std::memory_order_acquire);
    return cell == nullptr ? 0 : cell->version.load(std::memory_order_relaxed);
  }
  void bump() { get()->version.fetch_add(1, std::memory_order_relaxed); }
  void set(uint32_t version) { get()->version.store(version, std::memory_order_relaxed); }
  /// From now on counts together with `other`.
  void share(VersionCounter& other) {
    Cell* cell = other.get();
    cell->owners.fetch_add(1, std::memory_order_relaxed);
    release(cell_.exchange(cell));
  }

 private:
  struct Cell : Pooled {
    std::atomic<uint32_t> version{0};
    std::atomic<uint32_t> owners{1};
  };
  Cell* get() {
    Cell* cell = cell_.load(std::memory_order_acquire);
    if (TORCH_LIKELY(cell != nullptr)) return cell;
    Cell* fresh = new Cell();
    if (cell_.compare_exchange_strong(cell, fresh)) return fresh;
    delete fresh;
    return cell;
  }
  static void release(Cell* cell) {
    if (cell != nullptr && cell->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete cell;
  }
  std::atomic<Cell*> cell_{nullptr};
};

/// What autograd hangs on a tensor; implemented by autograd/AutogradMeta.
struct TORCH_API AutogradMetaInterface {
  virtual ~AutogradMetaInterface();
  virtual void set_requires_grad(bool requires_grad, TensorImpl* self) = 0;
  virtual bool requires_grad() const = 0;
};

/// Set by the Python binding: gives up the Python object that a dying tensor owns. Called while the tensor is whole,
/// because an object that a weak reference reached lives on with its contents.
struct PyObjectHooks {
  void (*decref)(void* pyobj) = nullptr;
};
TORCH_API PyObjectHooks& pyobject_hooks();

class TORCH_API TensorImpl : public intrusive_ptr_target, public Pooled {
 public:
  TensorImpl(Storage storage, ScalarType dtype, Device device, DispatchKeySet keys);
  /// With autograd's keys, as every tensor outside inference mode.
  TensorImpl(Storage storage, ScalarType dtype, Device device);
  ~TensorImpl() override;

  IntArrayRef sizes() const { return sizes_; }
  IntArrayRef strides() const { return strides_; }
  int64_t dim() const { return static_cast<int64_t>(sizes_.size()); }
  int64_t numel() const { return numel_; }
  int64_t storage_offset() const { return storage_offset_; }
  ScalarType dtype() const { return dtype_; }
  size_t itemsize() const { return element_size(dtype_); }
  Device device() const { return device_; }
  Layout layout() const { return Layout::Strided; }
  DispatchKeySet key_set() const { return keys_; }
  void set_key_set(DispatchKeySet keys) { keys_ = keys; }
  bool is_contiguous() const { return contiguous_; }
  bool is_contiguous(MemoryFormat format) const;
  bool is_non_overlapping_and_dense() const;
  bool is_conj() const { return keys_.has(DispatchKey::Conjugate); }
  bool is_inference() const { return !keys_.has(DispatchKey::ADInplaceOrView); }

  /// Contiguous geometry. The storage is not touched.
  void set_sizes_contiguous(IntArrayRef sizes);
  void set_sizes_and_strides(IntArrayRef sizes, IntArrayRef strides);
  void set_storage_offset(int64_t offset) { storage_offset_ = offset; }
  const Storage& storage() const { return storage_; }
  void set_storage(Storage storage) { storage_ = std::move(storage); }
  void set_dtype(ScalarType dtype) { dtype_ = dtype; }

  const void* data() const {
    const auto* base = static_cast<const char*>(storage_->data());
    return base == nullptr ? nullptr : base + storage_offset_ * static_cast<int64_t>(itemsize());
  }
  void* mutable_data() {
    auto* base = static_cast<char*>(storage_->mutable_data());
    return base == nullptr ? nullptr : base + storage_offset_ * static_cast<int64_t>(itemsize());
  }

  void* exposed_data() {
    storage_->set_externally_visible();
    return mutable_data();
  }

  bool is_wrapped_number() const { return wrapped_number_; }
  void set_wrapped_number(bool wrapped) { wrapped_number_ = wrapped; }

  VersionCounter& version_counter() { return version_; }
  const VersionCounter& version_counter() const { return version_; }

  AutogradMetaInterface* autograd_meta() const { return autograd_meta_.get(); }
  void set_autograd_meta(std::unique_ptr<AutogradMetaInterface> meta) { autograd_meta_ = std::move(meta); }
  bool requires_grad() const { return autograd_meta_ != nullptr && autograd_meta_->requires_grad(); }

  /// Same geometry and storage, no autograd meta, its own version counter.
  virtual intrusive_ptr<TensorImpl> shallow_copy() const;
  /// Takes over geometry, dtype and storage of `other` (assignment to .data).
  void shallow_copy_from(const TensorImpl& other);

  /// The Python object of this tensor, or null. While owns_pyobj is set the tensor keeps it alive, else it keeps us.
  std::atomic<void*>& pyobj() { return pyobj_; }
  std::atomic<bool>& owns_pyobj() { return owns_pyobj_; }

 protected:
  void release_resources() override;

 private:
  void refresh_geometry();

  Storage storage_;
  SmallVector<int64_t, 5> sizes_;
  SmallVector<int64_t, 5> strides_;
  int64_t storage_offset_ = 0;
  int64_t numel_ = 0;
  std::unique_ptr<AutogradMetaInterface> autograd_meta_;
  VersionCounter version_;
  std::atomic<void*> pyobj_{nullptr};
  DispatchKeySet keys_;
  ScalarType dtype_;
  Device device_;
  std::atomic<bool> owns_pyobj_{false};
  bool contiguous_ = true;
  bool wrapped_number_ = false;
};

/// Inference mode: new tensors carry no autograd keys.
TORCH_API bool inference_mode_enabled();
class TORCH_API InferenceMode {
 public:
  explicit InferenceMode(bool enabled = true);
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;
  ~InferenceMode();
  static bool is_enabled() { return inference_mode_enabled(); }

 private:
  bool saved_mode_;
  bool saved_grad_mode_;
  LocalDispatchKeySet saved_keys_;
};

/// Whether operations on the current thread record gradients.
struct TORCH_API GradMode {
  static bool is_enabled();
  static void set_enabled(bool enabled);
};
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : saved_(GradMode::is_enabled()) { GradMode::set_enabled(enabled); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;
  ~AutoGradMode() { GradMode::set_enabled(saved_); }

 private:
  bool saved_;
};
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace tiny_torch
