// onednn_gemm: float and bfloat16 products through oneDNN's matmul primitive, with a packed right side where one is kept.
#include "aten/cpu/gemm_kernel.h"
#include "aten/onednn/engine.h"

namespace tiny_torch::onednn {
namespace {

using native::GemmCall;
using native::PackedMatrix;
using dims = dnnl::memory::dims;

struct Product {
  dnnl::matmul primitive;
  dnnl::memory::desc a, b, out, bias;
};

// oneDNN takes row-major and column-major matrices of any leading dimension.
bool has_unit_stride(const TensorBase& t) { return t.stride(-1) == 1 || t.stride(-2) == 1; }
bool is_simple(const TensorBase& t) {
  return has_unit_stride(t) && (t.stride(-1) >= 1 || t.size(-1) == 1) && (t.stride(-2) >= 1 || t.size(-2) == 1) &&
         (t.dim() == 2 || t.stride(0) >= 1 || t.size(0) == 1) &&
         (t.stride(-1) == 1 ? t.stride(-2) >= t.size(-1) || t.size(-2) == 1
                            : t.stride(-1) >= t.size(-2) || t.size(-1) == 1);
}

dnnl::memory::desc describe(const TensorBase& t) {
  dims sizes(t.sizes().begin(), t.sizes().end()), strides(t.strides().begin(), t.strides().end());
  // Strides of dims of size one carry no meaning but are checked.
  for (size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] == 1) strides[i] = i + 1 == sizes.size() ? 1 : std::max<int64_t>(1, sizes[i + 1] * strides[i + 1]);
  }
  return {sizes, data_type(t.scalar_type()), strides};
}

void add_geometry(Key& key, const TensorBase& t) {
  for (int64_t v : t.sizes()) key.push_back(v);
  for (int64_t v : t.strides()) key.push_back(v);
}

Product make_product(const GemmCall& call, float beta, float alpha, bool packed) {
  Product p;
  p.a = describe(call.a);
  p.b = packed ? dnnl::memory::desc(dims(call.b.sizes().begin(), call.b.sizes().end()), data_type(call.b.scalar_type()),
                                    dnnl::memory::format_tag::any)
               : describe(call.b);
  p.out = describe(call.out);
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::library);
  if (alpha != 1.0f) {
    dnnl::post_ops scale;
    scale.append_eltwise(dnnl::algorithm::eltwise_linear, alpha, 0.0f);
    if (beta != 0.0f) scale.append_sum(beta);
    attr.set_post_ops(scale);
  } else if (beta != 0.0f) {
    dnnl::post_ops sum;
    sum.append_sum(beta);
    attr.set_post_ops(sum);
  }
  dnnl::matmul::primitive_desc chosen;
  if (call.bias.defined()) {
    p.bias =
        dnnl::memory::desc({1, call.out.size(1)}, data_type(call.bias.scalar_type()), dnnl::memory::format_tag::ab);
    chosen = dnnl::matmul::primitive_desc(engine(), p.a, p.b, p.bias, p.out, attr);
  } else {
    chosen = dnnl::matmul::primitive_desc(engine(), p.a, p.b, p.out, attr);
  }
  p.b = chosen.weights_desc();
  p.primitive = dnnl::matmul(chosen);
  return p;
}

// Whether a call is oneDNN's; sets the reason if not.
bool takes(const GemmCall& call, const char** reason) {
  const ScalarType dtype = call.out.scalar_type();
  if (data_type(dtype) == dnnl::memory::data_type::undef)
    return *reason = "the dtype is neither float32 nor bfloat16", false;
  if (!is_simple(call.a) || !is_simple(call.b)) return *reason = "a matrix has no dimension of stride 1", false;
  if (call.bias.defined() && (call.bias.stride(0) != 1 || call.out.dim() != 2))
    return *reason = "the bias is not dense", false;
  // Starting a primitive costs more than the reference needs for a handful of products.
  if (call.out.numel() * call.a.size(-1) <= 1024) return *reason = "the product is tiny", false;
  if (call.a.size(-1) == 0) return *reason = "the inner dimension is empty", false;
  return true;
}

Product& product_for(const GemmCall& call, bool packed) {
  const auto beta = static_cast<float>(call.beta.to_double()), alpha = static_cast<float>(call.alpha.to_double());
  Key key{static_cast<int64_t>(call.out.scalar_type()), (call.bias.defined() ? 1 : 0) + (packed ? 2 : 0),
          get_num_threads(), detail::bit_cast<int32_t>(beta), detail::bit_cast<int32_t>(alpha)};
  add_geometry(key, call.a);
  add_geometry(key, call.b);
  static thread_local PrimitiveCache<Product> cache;
  return cache.get(key, [&] { return make_product(call, beta, alpha, packed); });
}

// Matrices that fit into the first cache are read as fast from any layout.
constexpr int64_t kWorthPacking = 16384;

bool onednn_pack(const GemmCall& call, PackedMatrix& packed) {
  const char* reason = nullptr;
  if (!takes(call, &reason) || call.b.dim() != 2 || call.b.numel() < kWorthPacking) return false;
  const dnnl::memory::desc from = describe(call.b), to = product_for(call, true).b;
  if (from == to) return false;
  const ThreadCountScope threads;
  packed.data = empty_tensor({static_cast<int64_t>(to.get_size())}, kByte);
  packed.layout = std::make_shared<const dnnl::memory::desc>(to);
  dnnl::memory source = memory(from, call.b.const_data_ptr()), target = memory(to, packed.data.mutable_data_ptr());
  dnnl::reorder(source, target).execute(stream(), source, target);
  return true;
}

bool onednn_gemm(const GemmCall& call, const char** reason) {
  if (!takes(call, reason)) return false;
  const void* b = call.b.const_data_ptr();
  Product* product = nullptr;
  if (call.packed != nullptr && call.packed->layout != nullptr) {
    product = &product_for(call, true);
    // The layout was chosen for other shapes or another number of threads: then b itself is read.
    if (product->b == *static_cast<const dnnl::memory::desc*>(call.packed->layout.get())) {
      b = call.packed->data.const_data_ptr();
    } else {
      product = nullptr;
    }
  }
  Product& p = product != nullptr ? *product : product_for(call, false);
  const ThreadCountScope threads;
  std::unordered_map<int, dnnl::memory> args = {{DNNL_ARG_SRC, memory(p.a, call.a.const_data_ptr())},
                                                {DNNL_ARG_WEIGHTS, memory(p.b, b)},
                                                {DNNL_ARG_DST, memory(p.out, call.out.mutable_data_ptr())}};
  if (call.bias.defined()) args.emplace(DNNL_ARG_BIAS, memory(p.bias, call.bias.const_data_ptr()));
  p.primitive.execute(stream(), args);
  return true;
}

const bool registered = (cpu::add_gemm_implementation({"onednn_gemm", &onednn_gemm, &onednn_pack}), true);

}  // namespace
}  // namespace tiny_torch::onednn
