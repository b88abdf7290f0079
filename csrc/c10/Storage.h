// Storage: the memory tensors share.
//
// Contract: data() and mutable_data() are the only way to the bytes.
// - A storage may hold its values in an opaque layout (a blocked format of a library); both accessors turn it back into
//   plain memory first, kernels that understand the layout ask opaque() before they call them.
// - mutable_data() moves the write counter. What was derived from the bytes (packed weights) is valid only while the
//   counter stands still, and never for storages whose memory is visible outside (NumPy, DLPack, a raw pointer).
#pragma once

#include <atomic>
#include <memory>

#include "c10/Allocator.h"
#include "c10/intrusive_ptr.h"
#include "c10/pool.h"

namespace tiny_torch {

class StorageImpl;

class TORCH_API OpaqueLayout {
 public:
  virtual ~OpaqueLayout();
  /// Writes the plain values to `out`, which has room for the storage's nbytes.
  virtual void materialize(void* out) const = 0;
};

class TORCH_API StorageImpl final : public intrusive_ptr_target, public Pooled {
 public:
  StorageImpl(size_t nbytes, DataPtr data, Allocator* allocator, bool resizable)
      : data_(std::move(data)), nbytes_(nbytes), allocator_(allocator), resizable_(resizable) {}
  ~StorageImpl() override;

  const void* data() const {
    if (TORCH_UNLIKELY(opaque_ != nullptr)) materialize();
    return data_.get();
  }
  void* mutable_data() {
    note_write();
    if (TORCH_UNLIKELY(opaque_ != nullptr)) {
      materialize();
      opaque_.reset();
    }
    return data_.get();
  }
  size_t nbytes() const { return nbytes_; }
  Device device() const { return data_.device(); }
  Allocator* allocator() const { return allocator_; }
  bool resizable() const { return resizable_; }
  void set_resizable(bool resizable) { resizable_ = resizable; }
  const DataPtr& data_ptr() const { return data_; }
  DataPtr set_data_ptr(DataPtr data, size_t nbytes) {
    note_write();
    opaque_.reset();
    std::swap(data_, data);
    nbytes_ = nbytes;
    return data;
  }
  /// Grows or shrinks to `nbytes`, keeping the common prefix; new bytes are zero.
  void resize(size_t nbytes);

  uint64_t write_count() const { return writes_.load(std::memory_order_relaxed); }
  // Lost increments do no harm: the counter has still moved since anyone looked.
  void note_write() { writes_.store(writes_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  bool externally_visible() const { return external_.load(std::memory_order_relaxed); }
  void set_externally_visible(bool visible = true) { external_.store(visible, std::memory_order_relaxed); }

  const OpaqueLayout* opaque() const { return opaque_.get(); }
  void set_opaque(std::unique_ptr<OpaqueLayout> opaque) {
    note_write();
    opaque_ = std::move(opaque);
  }

  std::atomic<void*>& pyobj() { return pyobj_; }

 protected:
  void release_resources() override;

 private:
  void materialize() const;

  mutable DataPtr data_;
  size_t nbytes_;
  Allocator* allocator_;
  std::atomic<uint64_t> writes_{0};
  mutable std::unique_ptr<OpaqueLayout> opaque_;
  std::atomic<void*> pyobj_{nullptr};
  std::atomic<bool> external_{false};
  bool resizable_;
};

/// A reference to a StorageImpl. Its own methods are for programs; inside, `->` says the same.
class Storage : public intrusive_ptr<StorageImpl> {
 public:
  using intrusive_ptr::intrusive_ptr;
  Storage() = default;
  Storage(intrusive_ptr<StorageImpl> impl) : intrusive_ptr(std::move(impl)) {}  // NOLINT: implicit
  size_t nbytes() const { return get()->nbytes(); }
  Device device() const { return get()->device(); }
  DeviceType device_type() const { return device().type(); }
  Allocator* allocator() const { return get()->allocator(); }
  bool resizable() const { return get()->resizable(); }
  const void* data() const { return get()->data(); }
  /// Whoever has the pointer may write through it at any time.
  void* mutable_data() const {
    get()->set_externally_visible();
    return get()->mutable_data();
  }
  const DataPtr& data_ptr() const {
    mutable_data();
    return get()->data_ptr();
  }
  bool is_alias_of(const Storage& other) const { return get() == other.get(); }
  StorageImpl* unsafeGetStorageImpl() const { return get(); }
};

/// New memory for `nbytes` bytes on `device`.
TORCH_API Storage make_storage(size_t nbytes, Device device);

}  // namespace tiny_torch
