// intrusive_ptr<T>: a pointer to an object that carries its own atomic reference count.
//
// Contract: T derives from intrusive_ptr_target; objects are made by make_intrusive<T>(...) only.
// Before the last reference's destructor runs, release_resources() is called once.
// Weak references: an owner calls allow_weak(); from then on a holder of a plain pointer may call try_retain(), as long
// as something else (a lock that the destructor takes) guarantees that the memory is still there.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "c10/macros.h"

namespace tiny_torch {

class TORCH_API intrusive_ptr_target {
 public:
  intrusive_ptr_target(const intrusive_ptr_target&) : refcount_(0) {}
  intrusive_ptr_target& operator=(const intrusive_ptr_target&) { return *this; }

 protected:
  intrusive_ptr_target() = default;
  virtual ~intrusive_ptr_target();
  virtual void release_resources() {}

 private:
  template <class T>
  friend class intrusive_ptr;
  // Set in the count of objects that try_retain() is used on: their last owner must not skip the final decrement.
  static constexpr uint32_t kWeakFlag = 1u << 31;
  mutable std::atomic<uint32_t> refcount_{0};
};

template <class T>
class intrusive_ptr {
 public:
  using element_type = T;

  constexpr intrusive_ptr() = default;
  constexpr intrusive_ptr(std::nullptr_t) {}  // NOLINT: implicit
  intrusive_ptr(const intrusive_ptr& other) : ptr_(other.ptr_) { retain(); }
  intrusive_ptr(intrusive_ptr&& other) noexcept : ptr_(std::exchange(other.ptr_, nullptr)) {}
  template <class U, class = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  intrusive_ptr(const intrusive_ptr<U>& other) : ptr_(other.get()) {  // NOLINT: implicit upcast
    retain();
  }
  template <class U, class = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  intrusive_ptr(intrusive_ptr<U>&& other) noexcept : ptr_(other.release()) {}  // NOLINT: implicit upcast
  intrusive_ptr& operator=(const intrusive_ptr& other) {
    intrusive_ptr(other).swap(*this);
    return *this;
  }
  intrusive_ptr& operator=(intrusive_ptr&& other) noexcept {
    intrusive_ptr(std::move(other)).swap(*this);
    return *this;
  }
  ~intrusive_ptr() { drop(); }

  T* get() const { return ptr_; }
  T* operator->() const { return ptr_; }
  T& operator*() const { return *ptr_; }
  explicit operator bool() const { return ptr_ != nullptr; }
  bool defined() const { return ptr_ != nullptr; }
  void reset() {
    drop();
    ptr_ = nullptr;
  }
  void swap(intrusive_ptr& other) noexcept { std::swap(ptr_, other.ptr_); }
  uint32_t use_count() const {
    return ptr_ == nullptr ? 0 : count(ptr_).load(std::memory_order_acquire) & ~intrusive_ptr_target::kWeakFlag;
  }
  bool unique() const { return use_count() == 1; }

  /// Gives up ownership without touching the count; pass the result to reclaim().
  T* release() { return std::exchange(ptr_, nullptr); }
  /// Takes over a reference that release() gave up.
  static intrusive_ptr reclaim(T* ptr) {
    intrusive_ptr result;
    result.ptr_ = ptr;
    return result;
  }
  /// A new reference to an object that is owned elsewhere.
  static intrusive_ptr reclaim_copy(T* ptr) {
    intrusive_ptr result;
    result.ptr_ = ptr;
    result.retain();
    return result;
  }
  /// Makes try_retain() possible for the object from now on.
  void allow_weak() const { count(ptr_).fetch_or(intrusive_ptr_target::kWeakFlag, std::memory_order_relaxed); }
  /// A new reference, or null when the last one is already gone. For objects with allow_weak() only.
  static intrusive_ptr try_retain(T* ptr) {
    std::atomic<uint32_t>& owners = count(ptr);
    uint32_t seen = owners.load(std::memory_order_relaxed);
    while ((seen & ~intrusive_ptr_target::kWeakFlag) != 0) {
      if (owners.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel, std::memory_order_relaxed))
        return reclaim(ptr);
    }
    return intrusive_ptr();
  }
  template <class... Args>
  static intrusive_ptr make(Args&&... args) {
    return reclaim_copy(new T(std::forward<Args>(args)...));
  }

 private:
  static std::atomic<uint32_t>& count(const T* ptr) { return static_cast<const intrusive_ptr_target*>(ptr)->refcount_; }
  void retain() {
    if (ptr_ != nullptr) count(ptr_).fetch_add(1, std::memory_order_relaxed);
  }
  void drop() {
    if (ptr_ == nullptr) return;
    // The last owner sees a count of one and may skip the read-modify-write.
    if (count(ptr_).load(std::memory_order_acquire) == 1 ||
        (count(ptr_).fetch_sub(1, std::memory_order_acq_rel) & ~intrusive_ptr_target::kWeakFlag) == 1) {
      auto* target = const_cast<std::remove_const_t<T>*>(ptr_);
      static_cast<intrusive_ptr_target*>(target)->release_resources();
      delete static_cast<intrusive_ptr_target*>(target);
    }
  }

  T* ptr_ = nullptr;
};

template <class T, class... Args>
intrusive_ptr<T> make_intrusive(Args&&... args) {
  return intrusive_ptr<T>::make(std::forward<Args>(args)...);
}

template <class T, class U>
bool operator==(const intrusive_ptr<T>& a, const intrusive_ptr<U>& b) {
  return a.get() == b.get();
}
template <class T, class U>
bool operator!=(const intrusive_ptr<T>& a, const intrusive_ptr<U>& b) {
  return a.get() != b.get();
}
template <class T>
bool operator==(const intrusive_ptr<T>& a, std::nullptr_t) {
  return a.get() == nullptr;
}
template <class T>
bool operator!=(const intrusive_ptr<T>& a, std::nullptr_t) {
  return a.get() != nullptr;
}
template <class T>
bool operator<(const intrusive_ptr<T>& a, const intrusive_ptr<T>& b) {
  return std::less<T*>()(a.get(), b.get());
}

}  // namespace tiny_torch

template <class T>
struct std::hash<tiny_torch::intrusive_ptr<T>> {
  size_t operator()(const tiny_torch::intrusive_ptr<T>& p) const { return std::hash<T*>()(p.get()); }
};
