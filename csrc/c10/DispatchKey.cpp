#include "c10/DispatchKey.h"

#include <cstring>

#include "c10/errors.h"

namespace tiny_torch {
namespace {
constexpr const char* kNames[] = {"CPU",
                                  "CUDA",
                                  "Meta",
                                  "PrivateUse1",
                                  "Conjugate",
                                  "ADInplaceOrView",
                                  "AutogradCPU",
                                  "AutogradCUDA",
                                  "AutogradOther",
                                  "Autocast",
                                  "Tracer",
                                  "Batched",
                                  "GradWrapper",
                                  "Python",
                                  "NumKeys",
                                  "Autograd",
                                  "CompositeImplicitAutograd",
                                  "CompositeExplicitAutograd",
                                  "CatchAll"};
}  // namespace

const char* to_string(DispatchKey key) { return kNames[static_cast<int>(key)]; }

DispatchKey parse_dispatch_key(const char* name) {
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i) {
    if (std::strcmp(name, kNames[i]) == 0) return static_cast<DispatchKey>(i);
  }
  TORCH_CHECK(false, "could not parse dispatch key: ", name);
}

namespace detail {
thread_local LocalDispatchKeySet local_keys TORCH_TLS_INITIAL_EXEC;
}  // namespace detail

}  // namespace tiny_torch
