// layer_norm and batch_norm on the CPU. Half types are computed in float, row by row.
#include <array>
#include <cmath>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/cpu/norm_rows.h"
#include "aten/cpu/simd/convert.h"
#include "aten/native/norm.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::BatchNormBackwardCall;
using native::BatchNormCall;
using native::LayerNormBackwardCall;
using native::LayerNormCall;

template <class F>
void dispatch_compute(ScalarType dtype, const char* name, const F& f) {
  if (dtype == kDouble) return f(double());
  TORCH_CHECK_NOT_IMPLEMENTED(dtype == kFloat || dtype == kHalf || dtype == kBFloat16, "\"", name,
                              "\" not implemented for '", to_string(dtype), "'");
  f(float());
}

// Contiguous memory read as A, through a buffer where it holds something else.
template <class A>
class Reader {
 public:
  explicit Reader(const TensorBase& t)
      : base_(static_cast<const char*>(t.const_data_ptr())), itemsize_(static_cast<int64_t>(t.itemsize())) {
    if (t.scalar_type() != scalar_type_of<A>) convert_ = simd::load_function(t.scalar_type(), scalar_type_of<A>);
  }
  const A* row(int64_t first, int64_t n, std::vector<A>& buffer) const {
    const char* at = base_ + first * itemsize_;
    if (convert_ == nullptr) return reinterpret_cast<const A*>(at);
    buffer.resize(static_cast<size_t>(n));
    convert_(buffer.data(), at, n);
    return buffer.data();
  }

 private:
  const char* base_;
  int64_t itemsize_;
  simd::ConvertFn convert_ = nullptr;
};

template <class A>
class Writer {
 public:
  explicit Writer(const TensorBase& t)
      : base_(static_cast<char*>(t.mutable_data_ptr())), itemsize_(static_cast<int64_t>(t.itemsize())) {
    if (t.scalar_type() != scalar_type_of<A>) convert_ = simd::store_function(scalar_type_of<A>, t.scalar_type());
  }
  /// Where to write n values; `finish` puts them in place.
  A* row(int64_t first, int64_t n, std::vector<A>& buffer) const {
    if (convert_ == nullptr) return reinterpret_cast<A*>(base_ + first * itemsize_);
    buffer.resize(static_cast<size_t>(n));
    return buffer.data();
  }
  void finish(int64_t first, int64_t n, const std::vector<A>& buffer) const {
    if (convert_ != nullptr) convert_(base_ + first * itemsize_, buffer.data(), n);
  }

 private:
  char* base_;
  int64_t itemsize_;
  simd::ConvertFn convert_ = nullptr;
};

// A vector of parameters, converted once; null if it is undefined.
template <class A>
class Values {
 public:
  explicit Values(const TensorBase& t) {
    if (t.defined()) data_ = Reader<A>(t).row(0, t.numel(), buffer_);
  }
  const A* get() const { return data_; }
  A at(int64_t i, A otherwise) const { return data_ == nullptr ? otherwise : data_[i]; }

 private:
  std::vector<A> buffer_;
  const A* data_ = nullptr;
};

template <class A>
void store_values(const TensorBase& to, const std::vector<A>& values) {
  if (to.defined())
    simd::store_block(scalar_type_of<A>, values.data(), to.scalar_type(), to.mutable_data_ptr(), to.element_size(),
                      to.numel());
}

int64_t rows_per_task(int64_t n) { return std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, n)); }

// Sums over rows are taken in this many parts whatever the number of threads, so that results do not depend on it.
constexpr int64_t kParts = 16;

template <class A>
void layer_norm_typed(const LayerNormCall& call) {
  const RowFunctions<A>& f = row_functions<A>();
  const int64_t n = call.n, rows = call.input.numel() / n;
  const Reader<A> in(call.input);
  const Writer<A> out(call.out);
  const Values<A> w(call.weight), b(call.bias);
  std::vector<A> mean(static_cast<size_t>(rows)), rstd(static_cast<size_t>(rows));
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    std::vector<A> x_buffer, y_buffer;
    for (int64_t i = begin; i < end; ++i) {
      const A* x = in.row(i * n, n, x_buffer);
      A* y = out.row(i * n, n, y_buffer);
      const Moments<A> m = f.moments(x, n);
      const A scale = static_cast<A>(1 / std::sqrt(static_cast<double>(m.square) / static_cast<double>(n) + call.eps));
      mean[static_cast<size_t>(i)] = m.mean;
      rstd[static_cast<size_t>(i)] = scale;
      f.normalize(y, x, n, m.mean, scale, w.get(), b.get());
      out.finish(i * n, n, y_buffer);
    }
  });
  store_values(call.mean, mean);
  store_values(call.rstd, rstd);
}

template <class A>
void layer_norm_backward_typed(const LayerNormBackwardCall& call) {
  const RowFunctions<A>& f = row_functions<A>();
  const int64_t n = call.n, rows = call.input.numel() / n;
  const Reader<A> in(call.input), grad(call.grad_out);
  const Values<A> w(call.weight), mean(call.mean), rstd(call.rstd);
  const bool want_input = call.grad_input.defined(), want_weight = call.grad_weight.defined(),
             want_bias = call.grad_bias.defined();
  const Writer<A> out(want_input ? call.grad_input : call.input);
  const int64_t parts =
      want_weight || want_bias ? std::min(kParts, rows) : (rows + rows_per_task(n) - 1) / rows_per_task(n);
  const auto width = static_cast<size_t>(n);
  std::vector<A> dw(want_weight ? static_cast<size_t>(parts) * width : 0),
      db(want_bias ? static_cast<size_t>(parts) * width : 0);
  parallel_for(0, parts, std::max<int64_t>(1, kGrainSize * parts / std::max<int64_t>(1, rows * n)),
               [&](int64_t first_part, int64_t last_part) {
                 std::vector<A> x_buffer, g_buffer, y_buffer;
                 for (int64_t part = first_part; part < last_part; ++part) {
                   A* part_dw = want_weight ? dw.data() + part * n : nullptr;
                   A* part_db = want_bias ? db.data() + part * n : nullptr;
                   for (int64_t i = rows * part / parts; i < rows * (part + 1) / parts; ++i) {
                     const A *x = in.row(i * n, n, x_buffer), *g = grad.row(i * n, n, g_buffer);
                     const A m = mean.get()[i], r = rstd.get()[i];
                     if (want_weight || want_bias) f.accumulate(part_dw, part_db, g, x, n, m, r);
                     if (!want_input) continue;
                     A sums[2] = {0, 0};
                     f.dots(sums, g, x, n, m, w.get());
                     const A slope = -sums[1] * r * r * r / static_cast<A>(n);
                     f.combine(out.row(i * n, n, y_buffer), g, x, n, r, slope,
                               -r * sums[0] / static_cast<A>(n) - m * slope, w.get());
                     out.finish(i * n, n, y_buffer);
                   }
                 }
               });
  for (auto* sums : {&dw, &db}) {
    if (sums->empty()) continue;
    for (int64_t part = 1; part < parts; ++part)
      f.accumulate(nullptr, sums->data(), sums->data() + part * n, sums->data(), n, A(0), A(0));
    sums->resize(width);
  }
  if (want_weight) store_values(call.grad_weight, dw);
  if (want_bias) store_values(call.grad_bias, db);
}

// The order of the values of a batch: rows of one channel, or rows of all channels.
struct BatchLayout {
  int64_t batch, channels, positions;
  bool channels_last;
  BatchLayout(const TensorBase& input, bool last) : batch(input.size(0)), channels(input.size(1)), channels_last(last) {
    positions = channels == 0 || batch == 0 ? 0 : input.numel() / channels / batch;
  }
  int64_t count() const { return batch * positions; }
};

/// f(begin of the row of channel c) for each row of the channel.
template <class F>
void for_rows(const BatchLayout& l, int64_t c, const F& f) {
  for (int64_t n = 0; n < l.batch; ++n) f((n * l.channels + c) * l.positions);
}
int64_t channels_per_task(const BatchLayout& l) {
  return std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, l.count()));
}

// Runs f(part, first row, last row) over the rows of a channels-last batch.
template <class F>
void for_parts(const BatchLayout& l, int64_t parts, const F& f) {
  parallel_for(0, parts, std::max<int64_t>(1, kGrainSize * parts / std::max<int64_t>(1, l.count() * l.channels)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t part = begin; part < end; ++part)
                   f(part, l.count() * part / parts, l.count() * (part + 1) / parts);
               });
}

template <class A>
void add_parts(std::vector<A>& sums, int64_t parts, int64_t channels) {
  for (int64_t part = 1; part < parts; ++part) {
    for (int64_t c = 0; c < channels; ++c)
      sums[static_cast<size_t>(c)] += sums[static_cast<size_t>(part * channels + c)];
  }
  sums.resize(static_cast<size_t>(channels));
}

// Mean and sum of squared deviations of each channel.
template <class A>
void batch_moments(const BatchLayout& l, const Reader<A>& in, std::vector<A>& mean, std::vector<A>& squares) {
  const RowFunctions<A>& f = row_functions<A>();
  if (!l.channels_last) {
    parallel_for(0, l.channels, channels_per_task(l), [&](int64_t begin, int64_t end) {
      std::vector<A> buffer;
      for (int64_t c = begin; c < end; ++c) {
        double sum = 0, square = 0;
        for_rows(l, c,
                 [&](int64_t at) { sum += static_cast<double>(f.sum(in.row(at, l.positions, buffer), l.positions)); });
        const A m = static_cast<A>(sum / static_cast<double>(l.count()));
        for_rows(l, c, [&](int64_t at) {
          square += static_cast<double>(f.squares(in.row(at, l.positions, buffer), l.positions, m));
        });
        mean[static_cast<size_t>(c)] = m;
        squares[static_cast<size_t>(c)] = static_cast<A>(square);
      }
    });
    return;
  }
  const int64_t parts = std::min(kParts, l.count()), width = l.channels;
  std::vector<A> sums(static_cast<size_t>(parts * width));
  for_parts(l, parts, [&](int64_t part, int64_t begin, int64_t end) {
    std::vector<A> buffer;
    for (int64_t i = begin; i < end; ++i) {
      const A* x = in.row(i * width, width, buffer);
      f.accumulate(nullptr, sums.data() + part * width, x, x, width, A(0), A(0));
    }
  });
  add_parts(sums, parts, width);
  for (int64_t c = 0; c < width; ++c)
    mean[static_cast<size_t>(c)] = sums[static_cast<size_t>(c)] / static_cast<A>(l.count());
  sums.assign(static_cast<size_t>(parts * width), A(0));
  for_parts(l, parts, [&](int64_t part, int64_t begin, int64_t end) {
    std::vector<A> buffer;
    for (int64_t i = begin; i < end; ++i)
      f.column_squares(sums.data() + part * width, in.row(i * width, width, buffer), mean.data(), width);
  });
  add_parts(sums, parts, width);
  squares = std::move(sums);
}

template <class A>
void update_running(const TensorBase& running, const std::vector<A>& batch, double momentum) {
  if (!running.defined()) return;
  std::vector<A> values(batch.size());
  simd::load_block(running.scalar_type(), running.const_data_ptr(), running.stride(0) * running.element_size(),
                   scalar_type_of<A>, values.data(), running.numel());
  for (size_t c = 0; c < values.size(); ++c) {
    values[c] =
        static_cast<A>(momentum * static_cast<double>(batch[c]) + (1 - momentum) * static_cast<double>(values[c]));
  }
  simd::store_block(scalar_type_of<A>, values.data(), running.scalar_type(), running.mutable_data_ptr(),
                    running.stride(0) * running.element_size(), running.numel());
}

// y = x * scale + shift, per channel.
template <class A>
void batch_affine(const BatchLayout& l, const Writer<A>& out, const Reader<A>& in, const std::vector<A>& scale,
                  const std::vector<A>& shift) {
  const RowFunctions<A>& f = row_functions<A>();
  const int64_t n = l.channels_last ? l.channels : l.positions,
                rows = l.channels_last ? l.count() : l.batch * l.channels;
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    std::vector<A> x_buffer, y_buffer;
    for (int64_t i = begin; i < end; ++i) {
      const A* x = in.row(i * n, n, x_buffer);
      A* y = out.row(i * n, n, y_buffer);
      if (l.channels_last) {
        f.normalize(y, x, n, A(0), A(1), scale.data(), shift.data());
      } else {
        f.affine(y, x, n, scale[static_cast<size_t>(i % l.channels)], shift[static_cast<size_t>(i % l.channels)]);
      }
      out.finish(i * n, n, y_buffer);
    }
  });
}

template <class A>
void batch_norm_typed(const BatchNormCall& call) {
  const BatchLayout l(call.input, call.channels_last);
  const auto channels = static_cast<size_t>(l.channels);
  const Reader<A> in(call.input);
  std::vector<A> mean(channels), invstd(channels);
  const auto inverse = [&](double variance) { return static_cast<A>(1 / std::sqrt(variance + call.eps)); };
  if (call.training) {
    std::vector<A> squares(channels);
    batch_moments(l, in, mean, squares);
    const auto count = static_cast<double>(l.count());
    std::vector<A> unbiased(channels);
    for (size_t c = 0; c < channels; ++c) {
      invstd[c] = inverse(static_cast<double>(squares[c]) / count);
      unbiased[c] = static_cast<A>(static_cast<double>(squares[c]) / (count - 1));
    }
    update_running(call.running_mean, mean, call.momentum);
    update_running(call.running_var, unbiased, call.momentum);
    store_values(call.save_mean, mean);
    store_values(call.save_invstd, invstd);
  } else {
    const Values<A> running_mean(call.running_mean), running_var(call.running_var);
    for (size_t c = 0; c < channels; ++c) {
      mean[c] = running_mean.get()[c];
      invstd[c] = inverse(static_cast<double>(running_var.get()[c]));
    }
  }
  const Values<A> w(call.weight), b(call.bias);
  std::vector<A> scale(channels), shift(channels);
  for (int64_t c = 0; c < l.channels; ++c) {
    const auto i = static_cast<size_t>(c);
    scale[i] = invstd[i] * w.at(c, A(1));
    shift[i] = b.at(c, A(0)) - mean[i] * scale[i];
  }
  batch_affine(l, Writer<A>(call.out), in, scale, shift);
}

// Sums of g and of g * (x - mean) of each channel.
template <class A>
void batch_dots(const BatchLayout& l, const Reader<A>& in, const Reader<A>& grad, const A* mean, std::vector<A>& s1,
                std::vector<A>& s2) {
  const RowFunctions<A>& f = row_functions<A>();
  if (!l.channels_last) {
    s1.resize(static_cast<size_t>(l.channels));
    s2.resize(static_cast<size_t>(l.channels));
    parallel_for(0, l.channels, channels_per_task(l), [&](int64_t begin, int64_t end) {
      std::vector<A> x_buffer, g_buffer;
      for (int64_t c = begin; c < end; ++c) {
        double plain = 0, crossed = 0;
        for_rows(l, c, [&](int64_t at) {
          A sums[2] = {0, 0};
          f.dots(sums, grad.row(at, l.positions, g_buffer), in.row(at, l.positions, x_buffer), l.positions, mean[c],
                 nullptr);
          plain += static_cast<double>(sums[0]);
          crossed += static_cast<double>(sums[1]);
        });
        s1[static_cast<size_t>(c)] = static_cast<A>(plain);
        s2[static_cast<size_t>(c)] = static_cast<A>(crossed);
      }
    });
    return;
  }
  const int64_t parts = std::min(kParts, l.count()), width = l.channels;
  s1.assign(static_cast<size_t>(parts * width), A(0));
  s2.assign(static_cast<size_t>(parts * width), A(0));
  for_parts(l, parts, [&](int64_t part, int64_t begin, int64_t end) {
    std::vector<A> x_buffer, g_buffer;
    for (int64_t i = begin; i < end; ++i) {
      f.column_dots(s1.data() + part * width, s2.data() + part * width, grad.row(i * width, width, g_buffer),
                    in.row(i * width, width, x_buffer), mean, width);
    }
  });
  add_parts(s1, parts, width);
  add_parts(s2, parts, width);
}

// dx = g * a + x * b + c, per channel.
template <class A>
void batch_combine(const BatchLayout& l, const Writer<A>& out, const Reader<A>& grad, const Reader<A>& in,
                   const std::array<std::vector<A>, 3>& k) {
  const RowFunctions<A>& f = row_functions<A>();
  const int64_t n = l.channels_last ? l.channels : l.positions,
                rows = l.channels_last ? l.count() : l.batch * l.channels;
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    std::vector<A> x_buffer, g_buffer, y_buffer;
    for (int64_t i = begin; i < end; ++i) {
      const A *g = grad.row(i * n, n, g_buffer), *x = in.row(i * n, n, x_buffer);
      A* y = out.row(i * n, n, y_buffer);
      if (l.channels_last) {
        f.column_combine(y, g, x, k[0].data(), k[1].data(), k[2].data(), n);
      } else {
        const auto c = static_cast<size_t>(i % l.channels);
        f.combine(y, g, x, n, k[0][c], k[1][c], k[2][c], nullptr);
      }
      out.finish(i * n, n, y_buffer);
    }
  });
}

template <class A>
void batch_norm_backward_typed(const BatchNormBackwardCall& call) {
  const BatchLayout l(call.input, call.channels_last);
  const auto channels = static_cast<size_t>(l.channels);
  const Reader<A> in(call.input), grad(call.grad_out);
  const Values<A> w(call.weight), mean(call.mean), invstd(call.invstd);
  std::vector<A> s1, s2;
  const bool sums = call.training || call.grad_weight.defined() || call.grad_bias.defined();
  if (sums) batch_dots(l, in, grad, mean.get(), s1, s2);
  if (call.grad_input.defined()) {
    std::array<std::vector<A>, 3> k{std::vector<A>(channels), std::vector<A>(channels), std::vector<A>(channels)};
    const auto count = static_cast<A>(l.count());
    for (size_t c = 0; c < channels; ++c) {
      const A r = invstd.get()[c];
      k[0][c] = r * w.at(static_cast<int64_t>(c), A(1));
      if (!call.training) continue;
      k[1][c] = -k[0][c] * r * r * s2[c] / count;
      k[2][c] = -k[0][c] * s1[c] / count - mean.get()[c] * k[1][c];
    }
    batch_combine(l, Writer<A>(call.grad_input), grad, in, k);
  }
  if (call.grad_bias.defined()) store_values(call.grad_bias, s1);
  if (call.grad_weight.defined()) {
    for (size_t c = 0; c < channels; ++c) s2[c] *= invstd.get()[c];
    store_values(call.grad_weight, s2);
  }
}

void layer_norm_kernel(const LayerNormCall& call) {
  dispatch_compute(call.input.scalar_type(), "LayerNormKernelImpl",
                   [&](auto tag) { layer_norm_typed<decltype(tag)>(call); });
}
void layer_norm_backward_kernel(const LayerNormBackwardCall& call) {
  dispatch_compute(call.input.scalar_type(), "LayerNormBackwardKernelImpl",
                   [&](auto tag) { layer_norm_backward_typed<decltype(tag)>(call); });
}
void batch_norm_kernel(const BatchNormCall& call) {
  dispatch_compute(call.input.scalar_type(), "batch_norm", [&](auto tag) { batch_norm_typed<decltype(tag)>(call); });
}
void batch_norm_backward_kernel(const BatchNormBackwardCall& call) {
  dispatch_compute(call.input.scalar_type(), "batch_norm_backward",
                   [&](auto tag) { batch_norm_backward_typed<decltype(tag)>(call); });
}

using namespace native;  // NOLINT: the stubs below
REGISTER_STUB(layer_norm_stub, DeviceType::CPU, &layer_norm_kernel);
REGISTER_STUB(layer_norm_backward_stub, DeviceType::CPU, &layer_norm_backward_kernel);
REGISTER_STUB(batch_norm_stub, DeviceType::CPU, &batch_norm_kernel);
REGISTER_STUB(batch_norm_backward_stub, DeviceType::CPU, &batch_norm_backward_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
