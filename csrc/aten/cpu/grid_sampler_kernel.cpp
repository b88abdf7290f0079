// Sampling at positions on the CPU: samples and blocks of positions among the threads.
#include <algorithm>

#include "aten/cpu/grid_sampler_rows.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

template <class T>
GridJob<T> make_job(const TensorBase& input, const TensorBase& grid, const native::GridMode& mode) {
  GridJob<T> job{};
  job.input = input.const_data_ptr<T>();
  job.grid = grid.const_data_ptr<T>();
  job.channels = input.size(1);
  job.dims = static_cast<int>(input.dim() - 2);
  job.mode = mode;
  job.plane = job.positions = 1;
  for (int d = 0; d < job.dims; ++d) {
    job.size[d] = input.size(-1 - d);
    job.stride[d] = job.plane;
    job.plane *= job.size[d];
    job.positions *= grid.size(d + 1);
  }
  return job;
}

/// The least that a thread gets.
constexpr int64_t kPositions = 256;

template <class F>
void for_blocks(int64_t samples, int64_t positions, int64_t work, const F& f) {
  const int64_t blocks = (positions + kPositions - 1) / kPositions;
  const int64_t grain = std::max<int64_t>(1, kGrainSize / (kPositions * std::max<int64_t>(1, work)));
  parallel_for(0, samples * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t first = unit % blocks * kPositions;
      f(unit / blocks, first, std::min(first + kPositions, positions));
    }
  });
}

template <class T>
void sample(const TensorBase& out, const TensorBase& input, const TensorBase& grid, const native::GridMode& mode) {
  GridJob<T> job = make_job<T>(input, grid, mode);
  job.out = out.mutable_data_ptr<T>();
  const auto run = grid_rows<T>().forward;
  for_blocks(input.size(0), job.positions, 4 + job.channels,
             [&](int64_t n, int64_t begin, int64_t end) { run(job, n, begin, end); });
}

void grid_sampler_kernel(const TensorBase& out, const TensorBase& input, const TensorBase& grid,
                         const native::GridMode& mode) {
  input.scalar_type() == kDouble ? sample<double>(out, input, grid, mode) : sample<float>(out, input, grid, mode);
}

template <class T>
void gradients(const TensorBase& grad_input, const TensorBase& grad_grid, const TensorBase& grad_output,
               const TensorBase& input, const TensorBase& grid, const native::GridMode& mode) {
  GridJob<T> job = make_job<T>(input, grid, mode);
  job.grad_output = grad_output.const_data_ptr<T>();
  job.grad_input = grad_input.defined() ? grad_input.mutable_data_ptr<T>() : nullptr;
  job.grad_grid = grad_grid.mutable_data_ptr<T>();
  const auto run = grid_rows<T>().backward;
  if (job.grad_input == nullptr) {
    for_blocks(input.size(0), job.positions, 2 * (4 + job.channels),
               [&](int64_t n, int64_t begin, int64_t end) { run(job, n, begin, end); });
  } else {
    // Positions of one sample add to the same places, so a sample stays with one thread.
    const int64_t work = std::max<int64_t>(1, job.positions * (4 + job.channels));
    parallel_for(0, input.size(0), std::max<int64_t>(1, kGrainSize / work), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) run(job, n, 0, job.positions);
    });
  }
}

void grid_sampler_backward_kernel(const TensorBase& grad_input, const TensorBase& grad_grid,
                                  const TensorBase& grad_output, const TensorBase& input, const TensorBase& grid,
                                  const native::GridMode& mode) {
  const auto run = input.scalar_type() == kDouble ? &gradients<double> : &gradients<float>;
  run(grad_input, grad_grid, grad_output, input, grid, mode);
}

REGISTER_STUB(native::grid_sampler_stub, DeviceType::CPU, &grid_sampler_kernel);
REGISTER_STUB(native::grid_sampler_backward_stub, DeviceType::CPU, &grid_sampler_backward_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
