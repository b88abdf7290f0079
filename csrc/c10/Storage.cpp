#include "c10/Storage.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "c10/errors.h"

namespace tiny_torch {

OpaqueLayout::~OpaqueLayout() = default;
StorageImpl::~StorageImpl() = default;

void StorageImpl::release_resources() {
  opaque_.reset();
  data_.clear();
}

void StorageImpl::materialize() const {
  // Two readers may come at once; the layout is dropped only by writers, so the second finds the bytes in place.
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  if (opaque_ == nullptr || data_.get() != nullptr) return;
  DataPtr plain = allocator_->allocate(nbytes_);
  opaque_->materialize(plain.get());
  data_ = std::move(plain);
}

void StorageImpl::resize(size_t nbytes) {
  TORCH_CHECK(resizable_, "Trying to resize storage that is not resizable");
  if (device().is_meta()) {
    nbytes_ = nbytes;
    return;
  }
  TORCH_CHECK(device().is_cpu(), "resizing a storage on ", device(), " is not supported");
  DataPtr grown = allocator_->allocate(nbytes);
  const size_t common = std::min(nbytes, nbytes_);
  if (common != 0) std::memcpy(grown.get(), data(), common);
  if (nbytes > common) std::memset(static_cast<char*>(grown.get()) + common, 0, nbytes - common);
  set_data_ptr(std::move(grown), nbytes);
}

Storage make_storage(size_t nbytes, Device device) {
  const OptionalDeviceGuard guard(device);
  Allocator* allocator = get_allocator(device.type());
  return make_intrusive<StorageImpl>(nbytes, allocator->allocate(nbytes), allocator, true);
}

}  // namespace tiny_torch
