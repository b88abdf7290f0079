// Library: registers operators and kernels, in the op lists' generated code, in user libraries and from Python.
//
// Contract: what a Library object registered is removed when it is destroyed, and what it replaced comes back.
// Example:
//   TORCH_LIBRARY(myops, m) { m.def("scale(Tensor x, float by) -> Tensor"); }
//   TORCH_LIBRARY_IMPL(myops, CPU, m) { m.impl("scale", scale_cpu); }
//   TORCH_LIBRARY_IMPL(myops, Autograd, m) { m.impl("scale", scale_autograd); }
#pragma once

#include "aten/core/Dispatcher.h"
#include "aten/core/OperatorHandle.h"

namespace tiny_torch {

/// A kernel on its way into a Library, perhaps with a dispatch key of its own.
class TORCH_API CppFunction {
 public:
  template <class F, std::enable_if_t<!std::is_same_v<std::decay_t<F>, CppFunction>, int> = 0>
  explicit CppFunction(F f)
      : kernel_(KernelFunction::from_callable(std::move(f))), inferred_schema_(&infer_schema<F>) {}
  explicit CppFunction(KernelFunction kernel) : kernel_(std::move(kernel)) {}
  static CppFunction makeFallthrough() { return CppFunction(KernelFunction::fallthrough()); }  // NOLINT: PyTorch's name
  static CppFunction makeFromBoxedFunction(BoxedFn fn) {
    return CppFunction(KernelFunction::from_boxed(fn));
  }  // NOLINT
  KernelFunction& kernel() { return kernel_; }
  std::optional<DispatchKey> key;
  std::string inferred_schema(const std::string& name) const {
    TORCH_CHECK(inferred_schema_ != nullptr, "def(\"", name, "\"): a boxed kernel needs a schema");
    return name + inferred_schema_();
  }

 private:
  template <class F>
  static std::string infer_schema();
  KernelFunction kernel_;
  std::string (*inferred_schema_)() = nullptr;
};

template <class F>
CppFunction dispatch(DispatchKey key, F&& f) {
  CppFunction fn(std::forward<F>(f));
  fn.key = key;
  return fn;
}

class TORCH_API Library {
 public:
  enum class Kind { Def, Impl, Fragment };
  Library(Kind kind, std::string ns, std::optional<DispatchKey> key, const char* file, uint32_t line);
  Library(Library&&) = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  /// Defines an operator by its schema.
  Library& def(const std::string& schema);
  /// Defines an operator by name or schema together with a kernel for all backends.
  template <class F>
  Library& def(const std::string& name_or_schema, F&& f) {
    CppFunction fn(std::forward<F>(f));
    const bool has_schema = name_or_schema.find('(') != std::string::npos;
    const std::string schema = has_schema ? name_or_schema : fn.inferred_schema(name_or_schema);
    def(schema);
    const std::string name = schema.substr(0, schema.find('('));
    return impl_function(name, std::move(fn), DispatchKey::CompositeImplicitAutograd);
  }
  template <class F>
  Library& impl(const std::string& name, F&& f) {
    return impl_function(name, CppFunction(std::forward<F>(f)), key_.value_or(DispatchKey::CompositeImplicitAutograd));
  }
  Library& impl(const std::string& name, CppFunction fn) {
    return impl_function(name, std::move(fn), key_.value_or(DispatchKey::CompositeImplicitAutograd));
  }
  template <class F>
  Library& impl(const std::string& name, DispatchKey key, F&& f) {
    return impl_function(name, CppFunction(std::forward<F>(f)), key);
  }
  /// For all operators at this library's key.
  Library& fallback(CppFunction fn);
  const std::string& ns() const { return ns_; }

 private:
  Library& impl_function(const std::string& name, CppFunction fn, DispatchKey fallback_key);
  std::string qualify(const std::string& name) const;

  Kind kind_;
  std::string ns_;
  std::optional<DispatchKey> key_;
  struct Registration {
    OperatorEntry* op;
    DispatchKey key;
    KernelFunction before;
  };
  std::vector<Registration> registrations_;
  std::vector<OperatorEntry*> definitions_;
};

/// Loads a shared library whose TORCH_LIBRARY blocks register operators. OSError's text as a RuntimeError when it
/// cannot be opened; the first error that one of its blocks raised, after which the library is closed again.
TORCH_API void load_library(const std::string& path);

namespace detail {

template <class T>
const char* schema_type_name() {
  using P = std::remove_cv_t<std::remove_reference_t<T>>;
  if constexpr (is_tensor_class_v<P>)
    return "Tensor";
  else if constexpr (std::is_same_v<P, bool>)
    return "bool";
  else if constexpr (std::is_same_v<P, int64_t>)
    return "int";
  else if constexpr (std::is_same_v<P, double>)
    return "float";
  else if constexpr (std::is_same_v<P, Scalar>)
    return "Scalar";
  else if constexpr (std::is_same_v<P, std::string> || std::is_same_v<P, std::string_view>)
    return "str";
  else if constexpr (std::is_same_v<P, IntArrayRef> || std::is_same_v<P, std::vector<int64_t>>)
    return "int[]";
  else if constexpr (std::is_same_v<P, ArrayRef<double>> || std::is_same_v<P, std::vector<double>>)
    return "float[]";
  else if constexpr (std::is_same_v<P, ScalarType>)
    return "ScalarType";
  else if constexpr (std::is_same_v<P, Device>)
    return "Device";
  else
    return "Tensor[]";
}
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
  using value_type = T;
};
template <class T>
std::string schema_argument() {
  using P = std::remove_cv_t<std::remove_reference_t<T>>;
  if constexpr (IsOptional<P>::value) {
    return std::string(schema_type_name<typename IsOptional<P>::value_type>()) + "?";
  } else {
    return schema_type_name<P>();
  }
}
template <class T>
struct SchemaReturn {
  static std::string text() { return schema_argument<T>(); }
};
template <>
struct SchemaReturn<void> {
  static std::string text() { return "()"; }
};
template <class... Ts>
struct SchemaReturn<std::tuple<Ts...>> {
  static std::string text() {
    std::string list;
    ((list += (list.empty() ? "" : ", ") + schema_argument<Ts>()), ...);
    return "(" + list + ")";
  }
};
template <class Signature>
struct SchemaText;
template <class Ret, class... Args>
struct SchemaText<Ret(Args...)> {
  static std::string text() {
    std::string list;
    int i = 0;
    ((list += (i == 0 ? "" : ", ") + schema_argument<Args>() + " _" + std::to_string(i), ++i), ...);
    return "(" + list + ") -> " + SchemaReturn<Ret>::text();
  }
};

class TORCH_API LibraryInit {
 public:
  LibraryInit(Library::Kind kind, void (*fn)(Library&), const char* ns, std::optional<DispatchKey> key,
              const char* file, uint32_t line);

 private:
  Library library_;
};
}  // namespace detail

template <class F>
std::string CppFunction::infer_schema() {
  return detail::SchemaText<typename detail::CallableSignature<std::decay_t<F>>::type>::text();
}

}  // namespace tiny_torch

#define TORCH_FN(fn) (&fn)
#define TORCH_SELECTIVE_NAME(name) name

#define TORCH_LIBRARY(ns, m)                                                                              \
  static void TORCH_LIBRARY_init_##ns(::tiny_torch::Library&);                                            \
  static const ::tiny_torch::detail::LibraryInit TORCH_LIBRARY_static_init_##ns(                          \
      ::tiny_torch::Library::Kind::Def, &TORCH_LIBRARY_init_##ns, #ns, std::nullopt, __FILE__, __LINE__); \
  void TORCH_LIBRARY_init_##ns(::tiny_torch::Library& m)

#define TORCH_LIBRARY_FRAGMENT(ns, m) TORCH_LIBRARY_FRAGMENT_IMPL_(ns, m, __COUNTER__)
#define TORCH_LIBRARY_FRAGMENT_IMPL_(ns, m, uid)                                                                \
  static void TORCH_CONCAT(TORCH_LIBRARY_FRAGMENT_init_##ns##_, uid)(::tiny_torch::Library&);                   \
  static const ::tiny_torch::detail::LibraryInit TORCH_CONCAT(TORCH_LIBRARY_FRAGMENT_static_init_##ns##_, uid)( \
      ::tiny_torch::Library::Kind::Fragment, &TORCH_CONCAT(TORCH_LIBRARY_FRAGMENT_init_##ns##_, uid), #ns,      \
      std::nullopt, __FILE__, __LINE__);                                                                        \
  void TORCH_CONCAT(TORCH_LIBRARY_FRAGMENT_init_##ns##_, uid)(::tiny_torch::Library & m)

#define TORCH_LIBRARY_IMPL(ns, key, m) TORCH_LIBRARY_IMPL_IMPL_(ns, key, m, __COUNTER__)
#define TORCH_LIBRARY_IMPL_IMPL_(ns, key, m, uid)                                                                   \
  static void TORCH_CONCAT(TORCH_LIBRARY_IMPL_init_##ns##_##key##_, uid)(::tiny_torch::Library&);                   \
  static const ::tiny_torch::detail::LibraryInit TORCH_CONCAT(TORCH_LIBRARY_IMPL_static_init_##ns##_##key##_, uid)( \
      ::tiny_torch::Library::Kind::Impl, &TORCH_CONCAT(TORCH_LIBRARY_IMPL_init_##ns##_##key##_, uid), #ns,          \
      ::tiny_torch::DispatchKey::key, __FILE__, __LINE__);                                                          \
  void TORCH_CONCAT(TORCH_LIBRARY_IMPL_init_##ns##_##key##_, uid)(::tiny_torch::Library & m)
