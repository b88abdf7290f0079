// Dispatch keys: which layers a call passes through, as bits of a set; the highest bit set runs first.
//
// A tensor carries the keys of its backend and of autograd; thread-local state adds and removes keys.
// Aliases (at the end) are used only for registering a kernel for several keys at once.
#pragma once

#include <cstdint>

#include "c10/Device.h"

namespace tiny_torch {

enum class DispatchKey : uint8_t {
  CPU,
  CUDA,
  Meta,
  PrivateUse1,
  Conjugate,
  ADInplaceOrView,
  AutogradCPU,
  AutogradCUDA,
  AutogradOther,
  Autocast,
  Tracer,
  Batched,
  GradWrapper,
  Python,
  NumKeys,
  // Aliases.
  Autograd,
  CompositeImplicitAutograd,
  CompositeExplicitAutograd,
  CatchAll,
};
inline constexpr int kNumDispatchKeys = static_cast<int>(DispatchKey::NumKeys);

TORCH_API const char* to_string(DispatchKey key);
/// RuntimeError for a name that is no key.
TORCH_API DispatchKey parse_dispatch_key(const char* name);

class DispatchKeySet {
 public:
  constexpr DispatchKeySet() = default;
  constexpr explicit DispatchKeySet(uint32_t bits) : bits_(bits) {}
  constexpr explicit DispatchKeySet(DispatchKey key) : bits_(1u << static_cast<int>(key)) {}
  template <class... Keys>
  static constexpr DispatchKeySet of(Keys... keys) {
    return DispatchKeySet(static_cast<uint32_t>((0u | ... | (1u << static_cast<int>(keys)))));
  }
  constexpr bool has(DispatchKey key) const { return (bits_ >> static_cast<int>(key)) & 1u; }
  constexpr bool has_any(DispatchKeySet o) const { return (bits_ & o.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr DispatchKeySet operator|(DispatchKeySet o) const { return DispatchKeySet(bits_ | o.bits_); }
  constexpr DispatchKeySet operator&(DispatchKeySet o) const { return DispatchKeySet(bits_ & o.bits_); }
  constexpr DispatchKeySet operator-(DispatchKeySet o) const { return DispatchKeySet(bits_ & ~o.bits_); }
  constexpr DispatchKeySet add(DispatchKey key) const { return *this | DispatchKeySet(key); }
  constexpr DispatchKeySet remove(DispatchKey key) const { return *this - DispatchKeySet(key); }
  constexpr bool operator==(DispatchKeySet o) const { return bits_ == o.bits_; }
  constexpr uint32_t bits() const { return bits_; }
  /// Position of the highest key; the set must not be empty.
  int highest() const { return 31 - __builtin_clz(bits_); }
  /// All keys below `key`.
  static constexpr DispatchKeySet below(DispatchKey key) { return DispatchKeySet((1u << static_cast<int>(key)) - 1u); }

 private:
  uint32_t bits_ = 0;
};

inline constexpr DispatchKeySet kAutogradKeys =
    DispatchKeySet::of(DispatchKey::AutogradCPU, DispatchKey::AutogradCUDA, DispatchKey::AutogradOther);
inline constexpr DispatchKeySet kBackendKeys =
    DispatchKeySet::of(DispatchKey::CPU, DispatchKey::CUDA, DispatchKey::Meta, DispatchKey::PrivateUse1);
inline constexpr DispatchKeySet kAfterAutograd = DispatchKeySet::below(DispatchKey::AutogradCPU);
inline constexpr DispatchKeySet kAfterADInplaceOrView = DispatchKeySet::below(DispatchKey::ADInplaceOrView);
inline constexpr DispatchKeySet kADKeys = kAutogradKeys | DispatchKeySet::of(DispatchKey::ADInplaceOrView);

constexpr DispatchKey backend_key(DeviceType t) {
  return t == DeviceType::CPU    ? DispatchKey::CPU
         : t == DeviceType::CUDA ? DispatchKey::CUDA
         : t == DeviceType::Meta ? DispatchKey::Meta
                                 : DispatchKey::PrivateUse1;
}
constexpr DispatchKey autograd_key(DeviceType t) {
  return t == DeviceType::CPU    ? DispatchKey::AutogradCPU
         : t == DeviceType::CUDA ? DispatchKey::AutogradCUDA
                                 : DispatchKey::AutogradOther;
}

/// Keys the current thread adds to and removes from every call.
struct LocalDispatchKeySet {
  DispatchKeySet included;
  DispatchKeySet excluded;
};
namespace detail {
extern TORCH_API thread_local LocalDispatchKeySet local_keys TORCH_TLS_INITIAL_EXEC;
}
inline LocalDispatchKeySet& local_dispatch_keys() { return detail::local_keys; }

class ExcludeDispatchKeyGuard {
 public:
  explicit ExcludeDispatchKeyGuard(DispatchKeySet keys) : state_(local_dispatch_keys()), saved_(state_.excluded) {
    state_.excluded = state_.excluded | keys;
  }
  ExcludeDispatchKeyGuard(const ExcludeDispatchKeyGuard&) = delete;
  ExcludeDispatchKeyGuard& operator=(const ExcludeDispatchKeyGuard&) = delete;
  ~ExcludeDispatchKeyGuard() { state_.excluded = saved_; }

 private:
  LocalDispatchKeySet& state_;
  DispatchKeySet saved_;
};

class IncludeDispatchKeyGuard {
 public:
  explicit IncludeDispatchKeyGuard(DispatchKeySet keys) : state_(local_dispatch_keys()), saved_(state_.included) {
    state_.included = state_.included | keys;
  }
  IncludeDispatchKeyGuard(const IncludeDispatchKeyGuard&) = delete;
  IncludeDispatchKeyGuard& operator=(const IncludeDispatchKeyGuard&) = delete;
  ~IncludeDispatchKeyGuard() { state_.included = saved_; }

 private:
  LocalDispatchKeySet& state_;
  DispatchKeySet saved_;
};

/// Inside, calls skip autograd (PyTorch's AutoDispatchBelowAutograd).
struct AutoDispatchBelowAutograd : ExcludeDispatchKeyGuard {
  AutoDispatchBelowAutograd() : ExcludeDispatchKeyGuard(kAutogradKeys) {}
};
/// Inside, calls skip autograd and the bookkeeping of views and in-place changes.
struct AutoDispatchBelowADInplaceOrView : ExcludeDispatchKeyGuard {
  AutoDispatchBelowADInplaceOrView() : ExcludeDispatchKeyGuard(kADKeys) {}
};

}  // namespace tiny_torch
