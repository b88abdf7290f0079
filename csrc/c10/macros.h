// Symbol visibility and branch hints. Everything is hidden unless marked TORCH_API.
#pragma once

#if defined(_WIN32)
#define TORCH_API __declspec(dllexport)
#define TORCH_UNLIKELY(x) (x)
#define TORCH_LIKELY(x) (x)
#define TORCH_NOINLINE
#else
#define TORCH_API __attribute__((visibility("default")))
#define TORCH_UNLIKELY(x) (__builtin_expect(static_cast<bool>(x), 0))
#define TORCH_LIKELY(x) (__builtin_expect(static_cast<bool>(x), 1))
#define TORCH_NOINLINE __attribute__((noinline))
#endif

// Thread-local variables of the call path avoid a function call for each access.
#if defined(__GNUC__) && defined(__linux__)
#define TORCH_TLS_INITIAL_EXEC __attribute__((tls_model("initial-exec")))
#else
#define TORCH_TLS_INITIAL_EXEC
#endif

#define TORCH_CONCAT_IMPL(a, b) a##b
#define TORCH_CONCAT(a, b) TORCH_CONCAT_IMPL(a, b)
#define TORCH_UNIQUE_NAME(prefix) TORCH_CONCAT(prefix, __COUNTER__)
