// KernelFunction: one registered implementation of an operator, callable typed or through a Stack of IValues.
//
// Contract: the typed form is `Ret(KernelFunctor*, DispatchKeySet, Args...)` over the canonical argument types of
// canonical_t (Tensor becomes TensorBase), so that a kernel may be registered with either.
#pragma once

#include <memory>
#include <type_traits>

#include "aten/core/FunctionSchema.h"
#include "c10/ArrayRef.h"

namespace tiny_torch {

class OperatorEntry;

/// State a kernel carries along (a Python callable, a lambda); plain functions have none.
struct TORCH_API KernelFunctor {
  virtual ~KernelFunctor();
};

using BoxedFn = void (*)(KernelFunctor* functor, const OperatorEntry& op, DispatchKeySet keys, Stack& stack);

namespace detail {

template <class T>
inline constexpr bool is_tensor_class_v = std::is_base_of_v<TensorBase, T>;

// The type under which an argument travels through the dispatcher.
template <class T>
struct canonical {
  using type = T;
};
template <class T>
struct canonical<const T&> {
  using type = std::conditional_t<is_tensor_class_v<T>, const TensorBase&, const T&>;
};
template <class T>
struct canonical<T&> {
  using type = std::conditional_t<is_tensor_class_v<T>, TensorBase&, T&>;
};
template <class T>
struct canonical<ArrayRef<T>> {
  using type = std::conditional_t<is_tensor_class_v<T>, TensorList, ArrayRef<T>>;
};
template <class T>
struct canonical<const std::optional<T>&> {
  using type = const std::optional<std::conditional_t<is_tensor_class_v<T>, TensorBase, T>>&;
};
template <class T>
struct canonical<std::vector<T>> {
  using type = std::vector<std::conditional_t<is_tensor_class_v<T>, TensorBase, T>>;
};
template <class... Ts>
struct canonical<std::tuple<Ts...>> {
  using type =
      std::tuple<std::conditional_t<is_tensor_class_v<std::remove_cv_t<std::remove_reference_t<Ts>>>,
                                    std::conditional_t<std::is_reference_v<Ts>, TensorBase&, TensorBase>, Ts>...>;
};

template <class T>
struct canonical<std::optional<T>> {
  using type = std::optional<std::conditional_t<is_tensor_class_v<T>, TensorBase, T>>;
};
template <class T>
struct canonical<const std::vector<T>&> {
  using type = const std::vector<std::conditional_t<is_tensor_class_v<T>, TensorBase, T>>&;
};

template <class T>
struct canonical_value {
  using type = std::conditional_t<is_tensor_class_v<T>, TensorBase, typename canonical<T>::type>;
};
template <>
struct canonical_value<void> {
  using type = void;
};

}  // namespace detail

template <class T>
using canonical_t = std::conditional_t<std::is_reference_v<T>, typename detail::canonical<T>::type,
                                       typename detail::canonical_value<T>::type>;

namespace detail {

// Reads argument number i of a boxed call; what a reference needs to refer to lives in `Unboxed`.
template <class T>
struct Unboxed;
#define TORCH_UNBOX(TYPE, HELD, READ)                  \
  template <>                                          \
  struct Unboxed<TYPE> {                               \
    HELD value;                                        \
    explicit Unboxed(const IValue& v) : value(READ) {} \
    TYPE get() { return value; }                       \
  };
TORCH_UNBOX(const TensorBase&, TensorBase, v.is_none() ? TensorBase() : v.to_tensor())
TORCH_UNBOX(TensorBase&, TensorBase, v.to_tensor())
TORCH_UNBOX(TensorBase, TensorBase, v.is_none() ? TensorBase() : v.to_tensor())
TORCH_UNBOX(int64_t, int64_t, v.to_int())
TORCH_UNBOX(double, double, v.to_double())
TORCH_UNBOX(bool, bool, v.to_bool())
TORCH_UNBOX(const Scalar&, Scalar, v.to_scalar())
TORCH_UNBOX(Scalar, Scalar, v.to_scalar())
TORCH_UNBOX(std::string_view, std::string, v.to_string())
TORCH_UNBOX(std::string, std::string, v.to_string())
TORCH_UNBOX(Device, Device, v.to_device())
TORCH_UNBOX(ScalarType, ScalarType, static_cast<ScalarType>(v.to_int()))
TORCH_UNBOX(Layout, Layout, static_cast<Layout>(v.to_int()))
TORCH_UNBOX(MemoryFormat, MemoryFormat, static_cast<MemoryFormat>(v.to_int()))
TORCH_UNBOX(Generator, Generator, v.to_generator())
TORCH_UNBOX(Storage, Storage, v.to_storage())
TORCH_UNBOX(IntArrayRef, std::vector<int64_t>, v.to_int_list())
TORCH_UNBOX(ArrayRef<double>, std::vector<double>, v.to_double_list())
TORCH_UNBOX(TensorList, std::vector<TensorBase>, v.to_tensor_list())
TORCH_UNBOX(OptionalTensorList, std::vector<std::optional<TensorBase>>, v.to_optional_tensor_list())
// Forms that programs declare their kernels with.
TORCH_UNBOX(std::vector<int64_t>, std::vector<int64_t>, v.to_int_list())
TORCH_UNBOX(std::vector<double>, std::vector<double>, v.to_double_list())
TORCH_UNBOX(std::vector<bool>, std::vector<bool>, v.to_bool_list())
TORCH_UNBOX(std::vector<TensorBase>, std::vector<TensorBase>, v.to_tensor_list())
TORCH_UNBOX(std::vector<std::optional<TensorBase>>, std::vector<std::optional<TensorBase>>, v.to_optional_tensor_list())
#undef TORCH_UNBOX
template <class T>
struct Unboxed<const T&> {
  T value;
  explicit Unboxed(const IValue& v) : value(Unboxed<T>(v).get()) {}
  const T& get() { return value; }
};
template <>
struct Unboxed<ArrayRef<bool>> {
  std::unique_ptr<bool[]> value;
  size_t size;
  explicit Unboxed(const IValue& v) : value(new bool[v.to_bool_list().size()]), size(v.to_bool_list().size()) {
    for (size_t i = 0; i < size; ++i) value[i] = v.to_bool_list()[i];
  }
  ArrayRef<bool> get() { return ArrayRef<bool>(value.get(), size); }
};
template <class T>
struct Unboxed<std::optional<T>> {
  std::optional<Unboxed<T>> value;
  explicit Unboxed(const IValue& v) {
    if (!v.is_none()) value.emplace(v);
  }
  std::optional<T> get() { return value.has_value() ? std::optional<T>(value->get()) : std::nullopt; }
};
template <class T>
struct Unboxed<const std::optional<T>&> {
  std::optional<T> value;
  explicit Unboxed(const IValue& v) {
    if (!v.is_none()) value = Unboxed<T>(v).get();
  }
  const std::optional<T>& get() { return value; }
};

template <class Ret>
void push_result(Stack& stack, Ret&& result) {
  using R = std::decay_t<Ret>;
  if constexpr (is_tensor_class_v<R>) {
    stack.emplace_back(TensorBase(result));
  } else {
    stack.emplace_back(IValue(std::forward<Ret>(result)));
  }
}
template <class... Ts>
void push_result(Stack& stack, std::tuple<Ts...>&& results) {
  std::apply([&](auto&&... r) { (push_result(stack, std::forward<decltype(r)>(r)), ...); }, std::move(results));
}

// Calls a typed kernel with the arguments on the stack and leaves the results there.
template <class Signature>
struct BoxedAdapter;
template <class Ret, class... Args>
struct BoxedAdapter<Ret(Args...)> {
  using Unboxed_ = Ret (*)(KernelFunctor*, DispatchKeySet, Args...);
  static void call(Unboxed_ fn, KernelFunctor* functor, DispatchKeySet keys, Stack& stack) {
    call_impl(fn, functor, keys, stack, std::index_sequence_for<Args...>());
  }
  template <size_t... I>
  static void call_impl(Unboxed_ fn, KernelFunctor* functor, DispatchKeySet keys, Stack& stack,
                        std::index_sequence<I...>) {
    std::tuple<Unboxed<Args>...> held(std::move(stack[I])...);
    stack.clear();
    if constexpr (std::is_void_v<Ret>) {
      fn(functor, keys, std::get<I>(held).get()...);
    } else {
      push_result(stack, fn(functor, keys, std::get<I>(held).get()...));
    }
  }
};

template <class To, class From>
decltype(auto) convert_argument(From&& from);

// Wraps a function or functor written over Tensor or TensorBase into the canonical typed form.
template <class FnSignature>
struct Canonical;
template <class Ret, class... Args>
struct Canonical<Ret(Args...)> {
  using type = canonical_t<Ret>(canonical_t<Args>...);
};

}  // namespace detail

class TORCH_API KernelFunction {
 public:
  KernelFunction() = default;
  KernelFunction(void* unboxed, BoxedFn boxed, std::shared_ptr<KernelFunctor> functor)
      : unboxed_(unboxed), boxed_(boxed), functor_(std::move(functor)) {}
  bool is_valid() const { return boxed_ != nullptr; }
  void* unboxed() const { return unboxed_; }
  BoxedFn boxed() const { return boxed_; }
  KernelFunctor* functor() const { return functor_.get(); }

  /// From a plain function known at compile time whose types are canonical already; `WithKeys` passes the key set first.
  template <auto Fn>
  static KernelFunction from_function() {
    return FromFunction<Fn, decltype(Fn)>::make();
  }
  static KernelFunction from_boxed(BoxedFn fn, std::shared_ptr<KernelFunctor> functor = nullptr) {
    return KernelFunction(nullptr, fn, std::move(functor));
  }
  /// Marks a key the operator passes through.
  static KernelFunction fallthrough();
  bool is_fallthrough() const;
  /// From any callable over Tensor or TensorBase.
  template <class F>
  static KernelFunction from_callable(F f) {
    return FromCallable<std::decay_t<F>>::make(std::move(f));
  }

 private:
  template <auto Fn, class T>
  struct FromFunction;
  template <auto Fn, class Ret, class... Args>
  struct FromFunction<Fn, Ret (*)(Args...)> {
    static Ret call(KernelFunctor*, DispatchKeySet, Args... args) { return Fn(std::forward<Args>(args)...); }
    static void boxed(KernelFunctor* functor, const OperatorEntry&, DispatchKeySet keys, Stack& stack) {
      detail::BoxedAdapter<Ret(Args...)>::call(&call, functor, keys, stack);
    }
    static KernelFunction make() { return KernelFunction(reinterpret_cast<void*>(&call), &boxed, nullptr); }
  };
  template <auto Fn, class Ret, class... Args>
  struct FromFunction<Fn, Ret (*)(DispatchKeySet, Args...)> {
    static Ret call(KernelFunctor*, DispatchKeySet keys, Args... args) { return Fn(keys, std::forward<Args>(args)...); }
    static void boxed(KernelFunctor* functor, const OperatorEntry&, DispatchKeySet keys, Stack& stack) {
      detail::BoxedAdapter<Ret(Args...)>::call(&call, functor, keys, stack);
    }
    static KernelFunction make() { return KernelFunction(reinterpret_cast<void*>(&call), &boxed, nullptr); }
  };
  template <class F>
  struct FromCallable;

  void* unboxed_ = nullptr;
  BoxedFn boxed_ = nullptr;
  std::shared_ptr<KernelFunctor> functor_;
};

namespace detail {
template <class F>
struct CallableSignature : CallableSignature<decltype(&F::operator())> {};
template <class Ret, class... Args>
struct CallableSignature<Ret (*)(Args...)> {
  using type = Ret(Args...);
};
template <class C, class Ret, class... Args>
struct CallableSignature<Ret (C::*)(Args...) const> {
  using type = Ret(Args...);
};
template <class C, class Ret, class... Args>
struct CallableSignature<Ret (C::*)(Args...)> {
  using type = Ret(Args...);
};

// Canonical value -> what the user's kernel declared. Tensor has TensorBase's layout, so references convert as they are.
template <class To, class From>
decltype(auto) to_declared(From&& from) {
  using Plain = std::remove_cv_t<std::remove_reference_t<To>>;
  if constexpr (is_tensor_class_v<Plain> && std::is_lvalue_reference_v<To>) {
    return reinterpret_cast<To>(from);
  } else if constexpr (std::is_same_v<std::decay_t<From>, TensorList> && !std::is_same_v<Plain, TensorList>) {
    using Element = typename Plain::value_type;
    static_assert(sizeof(Element) == sizeof(TensorBase));
    if constexpr (std::is_same_v<Plain, std::vector<Element>>) {
      return std::vector<Element>(reinterpret_cast<const Element*>(from.begin()),
                                  reinterpret_cast<const Element*>(from.end()));
    } else {
      return Plain(reinterpret_cast<const Element*>(from.data()), from.size());
    }
  } else if constexpr (!std::is_same_v<std::decay_t<From>, Plain> && std::is_lvalue_reference_v<To>) {
    return reinterpret_cast<To>(from);  // const std::optional<Tensor>& over const std::optional<TensorBase>&
  } else if constexpr (is_tensor_class_v<Plain>) {
    return Plain(std::forward<From>(from));
  } else if constexpr (!std::is_same_v<std::decay_t<From>, Plain>) {
    static_assert(sizeof(std::decay_t<From>) == sizeof(Plain));  // std::optional<Tensor>, std::vector<Tensor>
    return Plain(std::move(reinterpret_cast<Plain&>(from)));
  } else {
    return static_cast<To>(std::forward<From>(from));
  }
}

template <class To, class From>
To to_canonical_result(From&& from) {
  using Plain = std::decay_t<From>;
  if constexpr (std::is_same_v<To, TensorBase&>) {
    return static_cast<TensorBase&>(from);
  } else if constexpr (is_tensor_class_v<Plain>) {
    return TensorBase(std::forward<From>(from));
  } else if constexpr (std::is_same_v<Plain, To>) {
    return std::forward<From>(from);
  } else if constexpr (std::is_same_v<To, std::vector<TensorBase>>) {
    return To(from.begin(), from.end());
  } else {
    return std::apply([](auto&&... v) { return To(std::forward<decltype(v)>(v)...); }, std::forward<From>(from));
  }
}
}  // namespace detail

template <class F>
struct KernelFunction::FromCallable {
  struct Held : KernelFunctor {
    explicit Held(F f) : fn(std::move(f)) {}
    F fn;
  };
  template <class Signature>
  struct Impl;
  template <class Ret, class... Args>
  struct Impl<Ret(Args...)> {
    using CanonicalRet = canonical_t<Ret>;
    static CanonicalRet call(KernelFunctor* functor, DispatchKeySet, canonical_t<Args>... args) {
      F& fn = static_cast<Held*>(functor)->fn;
      if constexpr (std::is_void_v<Ret>) {
        fn(detail::to_declared<Args>(args)...);
      } else {
        return detail::to_canonical_result<CanonicalRet>(fn(detail::to_declared<Args>(args)...));
      }
    }
    static void boxed(KernelFunctor* functor, const OperatorEntry&, DispatchKeySet keys, Stack& stack) {
      detail::BoxedAdapter<CanonicalRet(canonical_t<Args>...)>::call(&call, functor, keys, stack);
    }
  };
  static KernelFunction make(F f) {
    using I = Impl<typename detail::CallableSignature<F>::type>;
    return KernelFunction(reinterpret_cast<void*>(&I::call), &I::boxed, std::make_shared<Held>(std::move(f)));
  }
};

}  // namespace tiny_torch
