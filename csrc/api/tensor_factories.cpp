#include "api/tensor_factories.h"

#include "autograd/AutogradMeta.h"
#include "generated/ops/copy.h"

namespace tiny_torch {
namespace detail {
namespace {

void collect_sizes(const NestedValues& values, std::vector<int64_t>& sizes) {
  for (const NestedValues* level = &values; level->is_list(); level = &level->list()[0]) {
    sizes.push_back(static_cast<int64_t>(level->list().size()));
    if (level->list().empty()) return;
  }
}

/// Appends the numbers of `values` in order after checking that each level has the size of its dimension.
void flatten(const NestedValues& values, IntArrayRef sizes, ScalarType dtype, std::vector<Scalar>& out) {
  TORCH_CHECK(values.is_list() == !sizes.empty(), "tensor(): expected all values of the list at the same depth");
  if (!values.is_list()) {
    TORCH_CHECK(values.dtype() == dtype,
                "Expected all elements of the tensor to have the same scalar type: ", to_string(dtype),
                ", but got element of scalar type: ", to_string(*values.dtype()));
    out.push_back(values.scalar());
    return;
  }
  TORCH_CHECK(static_cast<int64_t>(values.list().size()) == sizes[0],
              "Expected all sub-lists to have sizes: ", sizes[0], " (e.g. the first one), but got sub-list with size ",
              values.list().size());
  for (const NestedValues& one : values.list()) flatten(one, sizes.slice(1), dtype, out);
}

template <class T>
void write(const TensorBase& t, const std::vector<Scalar>& values) {
  T* out = t.mutable_data_ptr<T>();
  for (size_t i = 0; i < values.size(); ++i) out[i] = values[i].to<T>();
}

}  // namespace

Tensor tensor_of(const NestedValues& values, const TensorOptions& options) {
  const ScalarType given = values.dtype().value_or(default_dtype());
  const bool is_int = given == kInt || given == kLong;
  const ScalarType natural = is_int ? kLong : given == kFloat || given == kDouble ? default_dtype() : given;
  std::vector<int64_t> sizes;
  collect_sizes(values, sizes);
  std::vector<Scalar> flat;
  flatten(values, sizes, given, flat);
  // The widest dtype of the kind holds every value exactly; one conversion follows.
  const ScalarType wide = is_complex_type(given)     ? kComplexDouble
                          : is_floating_point(given) ? kDouble
                          : given == kBool           ? kBool
                                                     : kLong;
  TensorBase result = empty_tensor(sizes, wide);
  switch (wide) {
    case kComplexDouble:
      write<complex<double>>(result, flat);
      break;
    case kDouble:
      write<double>(result, flat);
      break;
    case kBool:
      write<bool>(result, flat);
      break;
    default:
      write<int64_t>(result, flat);
  }
  result = ops::to(result, options.device(), options.dtype_opt().value_or(natural));
  return with_requires_grad(std::move(result), options);
}

}  // namespace detail

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const std::function<void(void*)>& deleter,
                 const TensorOptions& options) {
  struct Owner {
    void* data;
    std::function<void(void*)> deleter;
  };
  std::vector<int64_t> dense(sizes.size());
  int64_t step = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    dense[d] = step;
    step *= sizes[d] > 1 ? sizes[d] : 1;
  }
  if (!strides.empty()) {
    TORCH_CHECK(strides.size() == sizes.size(), "from_blob(): expected ", sizes.size(), " strides, got ",
                strides.size());
    dense = strides.vec();
  }
  const ScalarType dtype = options.dtype();
  const auto nbytes = static_cast<size_t>(storage_elements_needed(sizes, dense, 0)) * element_size(dtype);
  DataPtr memory(data, options.device());
  if (deleter) {
    memory = DataPtr(
        data, new Owner{data, deleter},
        [](void* context) {
          const std::unique_ptr<Owner> owner(static_cast<Owner*>(context));
          owner->deleter(owner->data);
        },
        options.device());
  }
  Storage storage =
      make_intrusive<StorageImpl>(nbytes, std::move(memory), get_allocator(options.device().type()), false);
  storage->set_externally_visible();
  auto impl = make_intrusive<TensorImpl>(std::move(storage), dtype, options.device());
  impl->set_sizes_and_strides(sizes, dense);
  return detail::with_requires_grad(Tensor(std::move(impl)), options);
}

}  // namespace tiny_torch
