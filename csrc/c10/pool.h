// Per-thread free lists for small objects (TensorImpl, StorageImpl, autograd nodes).
//
// Contract: pool_allocate/pool_free may be called from any thread, an object may be freed by another thread than the
// one that made it; each list is bounded, what exceeds it goes back to malloc. Sanitizer builds use malloc alone.
// Example: `struct Foo : Pooled { ... };` makes `new Foo` come from the pool.
#pragma once

#include <cstddef>

#include "c10/macros.h"

namespace tiny_torch {

TORCH_API void* pool_allocate(size_t size);
TORCH_API void pool_free(void* ptr, size_t size) noexcept;

struct Pooled {
  static void* operator new(size_t size) { return pool_allocate(size); }
  static void* operator new(size_t, void* where) { return where; }
  static void operator delete(void* ptr, size_t size) noexcept { pool_free(ptr, size); }
};

}  // namespace tiny_torch
