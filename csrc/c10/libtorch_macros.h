// Macros that libtorch programs use beside TORCH_CHECK: C10_* for the compiler, the older AT_* for errors.
#pragma once

#include "c10/errors.h"

#define C10_API TORCH_API
#define C10_EXPORT TORCH_API
#define C10_IMPORT TORCH_API
#define TORCH_CUDA_CPP_API TORCH_API
#define C10_LIKELY(x) TORCH_LIKELY(x)
#define C10_UNLIKELY(x) TORCH_UNLIKELY(x)
#define C10_UNUSED [[maybe_unused]]
#define C10_NODISCARD [[nodiscard]]
#define C10_FALLTHROUGH [[fallthrough]]
#define C10_NOINLINE TORCH_NOINLINE
#if defined(_MSC_VER)
#define C10_ALWAYS_INLINE __forceinline
#define C10_RESTRICT __restrict
#else
#define C10_ALWAYS_INLINE __attribute__((always_inline)) inline
#define C10_RESTRICT __restrict__
#endif
#if defined(__CUDACC__)
#define C10_HOST_DEVICE __host__ __device__
#define C10_DEVICE __device__
#define C10_HOST __host__
#else
#define C10_HOST_DEVICE
#define C10_DEVICE
#define C10_HOST
#endif
#define C10_CONCATENATE(a, b) TORCH_CONCAT(a, b)
#define C10_UID __COUNTER__
#define C10_ANONYMOUS_VARIABLE(prefix) TORCH_UNIQUE_NAME(prefix)
#define C10_STRINGIZE_IMPL(x) #x
#define C10_STRINGIZE(x) C10_STRINGIZE_IMPL(x)
#define C10_DISABLE_COPY_AND_ASSIGN(type) \
  type(const type&) = delete;             \
  type& operator=(const type&) = delete
#define AT_DISALLOW_COPY_AND_ASSIGN(type) C10_DISABLE_COPY_AND_ASSIGN(type)

#define C10_THROW_ERROR(type, message) throw ::tiny_torch::type(message)
#define TORCH_CHECK_WITH(type, cond, ...)                                                           \
  do {                                                                                              \
    if (TORCH_UNLIKELY(!(cond))) throw ::tiny_torch::type(TORCH_CHECK_MESSAGE(#cond, __VA_ARGS__)); \
  } while (false)
#define AT_ERROR(...) ::tiny_torch::detail::throw_error(::tiny_torch::str(__VA_ARGS__))
#define AT_ASSERT(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#define AT_ASSERTM(cond, ...) TORCH_CHECK(cond, __VA_ARGS__)
#define AT_WARN(...) TORCH_WARN(__VA_ARGS__)
#if defined(NDEBUG)
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) \
  do {                                        \
  } while (false)
#else
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#endif
