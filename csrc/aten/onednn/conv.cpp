// onednn_conv: float and bfloat16 convolutions. The primitive chooses the layouts it works in; operands are reordered to
// and from them unless they lie so already.
#include "aten/cpu/conv_kernel.h"
#include "aten/native/copy_stub.h"
#include "aten/onednn/engine.h"

namespace tiny_torch::onednn {
namespace {

using dnnl::memory;
using native::ConvCall;
using native::ConvPass;
using dims = memory::dims;

dims to_dims(IntArrayRef values, int64_t shift = 0) {
  dims d(values.begin(), values.end());
  for (auto& v : d) v += shift;
  return d;
}

// Strides of dims of size one carry no meaning, but oneDNN looks at them to recognise a layout.
memory::desc describe(const TensorBase& t) {
  const bool last = t.dim() > 3 && !t.is_contiguous();
  const DimVector strides = last ? channels_last_strides(t.sizes()) : contiguous_strides(t.sizes());
  return {to_dims(t.sizes()), data_type(t.scalar_type()), to_dims(strides)};
}

// (O, I, ...) as (groups, O / groups, I, ...).
memory::desc describe_weight(const TensorBase& t, int64_t groups) {
  const memory::desc whole = describe(t);
  if (groups == 1) return whole;
  dims sizes = whole.get_dims(), strides = whole.get_strides();
  sizes[0] /= groups;
  sizes.insert(sizes.begin(), groups);
  strides.insert(strides.begin(), strides[0] * sizes[1]);
  return {sizes, whole.get_data_type(), strides};
}

memory::desc any_layout(const memory::desc& desc) {
  return {desc.get_dims(), desc.get_data_type(), memory::format_tag::any};
}

// One tensor of a primitive: how it comes and how the primitive wants it.
struct Operand {
  memory::desc given, wanted;
  dnnl::reorder reorder;  // given -> wanted, or back for a result
  bool direct = true;

  void prepare(bool is_result) {
    direct = given == wanted;
    if (direct) return;
    const memory::desc &from = is_result ? wanted : given, &to = is_result ? given : wanted;
    reorder = dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to));
  }
};

struct Convolution {
  dnnl::primitive primitive;
  Operand src, weight, dst;
  memory::desc bias;
};

struct Geometry {
  dims strides, dilation, padding, padding_end;
  explicit Geometry(const ConvCall& call)
      : strides(to_dims(call.stride)),
        dilation(to_dims(call.dilation, -1)),
        padding(to_dims(call.padding)),
        padding_end(padding) {
    // What the last window does not reach counts as negative padding at the end.
    for (size_t i = 0; i < strides.size(); ++i) {
      const int64_t in = call.src.sizes()[i + 2], out = call.dst.sizes()[i + 2],
                    extent = (call.weight.sizes()[i + 2] - 1) * call.dilation[i] + 1;
      padding_end[i] = (out - 1) * strides[i] + extent - in - padding[i];
    }
  }
};

dnnl::convolution_forward::primitive_desc forward_desc(const Convolution& c, const Geometry& g, bool has_bias,
                                                       bool training) {
  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto src = any_layout(c.src.given), weight = any_layout(c.weight.given), dst = any_layout(c.dst.given);
  if (has_bias)
    return {engine(), kind, algorithm, src, weight, c.bias, dst, g.strides, g.dilation, g.padding, g.padding_end};
  return {engine(), kind, algorithm, src, weight, dst, g.strides, g.dilation, g.padding, g.padding_end};
}

Convolution make_convolution(const ConvCall& call) {
  Convolution c;
  const Geometry g(call);
  const bool has_bias = call.bias.defined();
  c.src.given = describe(call.src);
  c.weight.given = describe_weight(call.weight, call.groups);
  c.dst.given = describe(call.dst);
  if (has_bias) c.bias = memory::desc({call.bias.numel()}, data_type(call.bias.scalar_type()), memory::format_tag::a);
  const auto src = any_layout(c.src.given), weight = any_layout(c.weight.given), dst = any_layout(c.dst.given);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const auto forward = forward_desc(c, g, has_bias, call.pass != ConvPass::Forward);
  if (call.pass == ConvPass::Forward) {
    c.primitive = dnnl::convolution_forward(forward);
    c.src.wanted = forward.src_desc();
    c.weight.wanted = forward.weights_desc();
    c.dst.wanted = forward.dst_desc();
  } else if (call.pass == ConvPass::BackwardInput) {
    const dnnl::convolution_backward_data::primitive_desc desc(engine(), algorithm, src, weight, dst, g.strides,
                                                               g.dilation, g.padding, g.padding_end, forward);
    c.primitive = dnnl::convolution_backward_data(desc);
    c.src.wanted = desc.diff_src_desc();
    c.weight.wanted = desc.weights_desc();
    c.dst.wanted = desc.diff_dst_desc();
  } else {
    const auto desc =
        has_bias ? dnnl::convolution_backward_weights::primitive_desc(engine(), algorithm, src, weight, c.bias, dst,
                                                                      g.strides, g.dilation, g.padding, g.padding_end,
                                                                      forward)
                 : dnnl::convolution_backward_weights::primitive_desc(engine(), algorithm, src, weight, dst, g.strides,
                                                                      g.dilation, g.padding, g.padding_end, forward);
    c.primitive = dnnl::convolution_backward_weights(desc);
    c.src.wanted = desc.src_desc();
    c.weight.wanted = desc.diff_weights_desc();
    c.dst.wanted = desc.diff_dst_desc();
  }
  c.src.prepare(call.pass == ConvPass::BackwardInput);
  c.weight.prepare(call.pass == ConvPass::BackwardWeight);
  c.dst.prepare(call.pass == ConvPass::Forward);
  return c;
}

bool lies_plain(const TensorBase& t) {
  return t.is_contiguous() || (t.dim() == 4 && t.is_contiguous(MemoryFormat::ChannelsLast)) ||
         (t.dim() == 5 && t.is_contiguous(MemoryFormat::ChannelsLast3d));
}
TensorBase plain(const TensorBase& t) {
  if (lies_plain(t)) return t;
  const TensorBase copy = empty_tensor(t.sizes(), t.scalar_type());
  native::copy_stub(DeviceType::CPU, copy, t);
  return copy;
}

// The memory of an operand in the layout the primitive wants; `room` keeps it alive.
struct Bound {
  memory given, wanted;
  TensorBase room;
  Bound(const Operand& operand, const void* data) : given(onednn::memory(operand.given, data)), wanted(given) {
    if (operand.direct) return;
    const int64_t bytes[] = {static_cast<int64_t>(operand.wanted.get_size())};
    room = empty_tensor(bytes, kByte);
    wanted = onednn::memory(operand.wanted, room.mutable_data_ptr());
  }
};

void execute(Convolution& c, const ConvCall& call, const TensorBase& src, const TensorBase& weight,
             const TensorBase& dst, const TensorBase& bias) {
  const bool writes_src = call.pass == ConvPass::BackwardInput, writes_weight = call.pass == ConvPass::BackwardWeight,
             writes_dst = call.pass == ConvPass::Forward;
  const auto data = [](const TensorBase& t, bool write) -> const void* {
    return write ? t.mutable_data_ptr() : t.const_data_ptr();
  };
  Bound s(c.src, data(src, writes_src)), w(c.weight, data(weight, writes_weight)), d(c.dst, data(dst, writes_dst));
  if (!writes_src && !c.src.direct) c.src.reorder.execute(stream(), s.given, s.wanted);
  if (!writes_weight && !c.weight.direct) c.weight.reorder.execute(stream(), w.given, w.wanted);
  if (!writes_dst && !c.dst.direct) c.dst.reorder.execute(stream(), d.given, d.wanted);
  std::unordered_map<int, memory> args = {{writes_src ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, s.wanted},
                                          {writes_weight ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, w.wanted},
                                          {writes_dst ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, d.wanted}};
  if (bias.defined())
    args.emplace(writes_weight ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS, onednn::memory(c.bias, data(bias, writes_weight)));
  c.primitive.execute(stream(), args);
  if (writes_src && !c.src.direct) c.src.reorder.execute(stream(), s.wanted, s.given);
  if (writes_weight && !c.weight.direct) c.weight.reorder.execute(stream(), w.wanted, w.given);
  if (writes_dst && !c.dst.direct) c.dst.reorder.execute(stream(), d.wanted, d.given);
}

void add_geometry(Key& key, const TensorBase& t) {
  for (int64_t v : t.sizes()) key.push_back(v);
  key.push_back(t.is_contiguous());
}

bool onednn_conv(const ConvCall& call, const char** reason) {
  const ScalarType dtype = call.src.scalar_type();
  if (data_type(dtype) == memory::data_type::undef) return *reason = "the dtype is neither float32 nor bfloat16", false;
  const TensorBase& result = call.pass == ConvPass::Forward         ? call.dst
                             : call.pass == ConvPass::BackwardInput ? call.src
                                                                    : call.weight;
  if (!lies_plain(result)) return *reason = "the result is neither contiguous nor channels last", false;
  if (call.bias.defined() && !call.bias.is_contiguous()) return *reason = "the bias is not dense", false;
  const ConvCall dense_call{call.pass,   plain(call.src), plain(call.weight), plain(call.dst), call.bias,
                            call.stride, call.padding,    call.dilation,      call.groups};
  Key key{static_cast<int64_t>(call.pass), static_cast<int64_t>(dtype), call.bias.defined() ? 1 : 0, get_num_threads(),
          call.groups};
  for (const TensorBase* t : {&dense_call.src, &dense_call.weight, &dense_call.dst}) add_geometry(key, *t);
  for (IntArrayRef list : {call.stride, call.padding, call.dilation}) {
    for (int64_t v : list) key.push_back(v);
  }
  static thread_local PrimitiveCache<Convolution> cache;
  const ThreadCountScope threads;
  Convolution* c = nullptr;
  try {
    c = &cache.get(key, [&] { return make_convolution(dense_call); });
  } catch (const dnnl::error&) {
    return *reason = "oneDNN has no implementation for these shapes", false;
  }
  execute(*c, dense_call, dense_call.src, dense_call.weight, dense_call.dst, dense_call.bias);
  return true;
}

const bool registered = (cpu::add_conv_implementation({"onednn_conv", &onednn_conv}), true);

}  // namespace
}  // namespace tiny_torch::onednn
