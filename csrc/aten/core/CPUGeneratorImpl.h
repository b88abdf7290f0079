// CPUGeneratorImpl: the CPU's random number generator, a Mersenne Twister and the second half of a normal pair.
//
// Contract: from the same seed it yields PyTorch's words, and its state has PyTorch's bytes. Whoever draws holds mutex().
//
//   auto* rng = check_generator<CPUGeneratorImpl>(generator, default_cpu_generator());
//   std::lock_guard<std::mutex> lock(rng->mutex());
//   const uint32_t word = rng->random();
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aten/core/mt19937.h"
#include "c10/Generator.h"

namespace tiny_torch {

/// The seed of a generator that nobody seeded.
inline constexpr uint64_t kDefaultSeed = 67280421310721;

class TORCH_API CPUGeneratorImpl final : public GeneratorImpl {
 public:
  /// Bytes of a saved state.
  static constexpr size_t kStateBytes = 5056;

  explicit CPUGeneratorImpl(uint64_t seed = kDefaultSeed);
  ~CPUGeneratorImpl() override;

  void set_current_seed(uint64_t seed) override;
  uint64_t current_seed() const override { return engine_.state().seed; }
  uint64_t seed() override;
  std::vector<uint8_t> get_state() const override;
  /// RuntimeError unless `state` has kStateBytes bytes and holds a valid engine; the generator is then unchanged.
  void set_state(const std::vector<uint8_t>& state) override;
  intrusive_ptr<GeneratorImpl> clone() const override;

  uint32_t random() { return engine_(); }
  /// Two words, the first one on top.
  uint64_t random64() {
    const uint64_t high = engine_();
    return (high << 32) | engine_();
  }
  /// The words of `count` calls of random().
  void fill_random(uint32_t* out, int64_t count) { engine_.fill(out, count); }

  std::optional<float> next_float_normal_sample() const { return next_float_normal_sample_; }
  std::optional<double> next_double_normal_sample() const { return next_double_normal_sample_; }
  void set_next_float_normal_sample(std::optional<float> sample) { next_float_normal_sample_ = sample; }
  void set_next_double_normal_sample(std::optional<double> sample) { next_double_normal_sample_ = sample; }

 private:
  mt19937 engine_;
  std::optional<float> next_float_normal_sample_;
  std::optional<double> next_double_normal_sample_;
};

/// The generator of everyone who names none: one per process, seeded by the system, referenced and never copied.
TORCH_API const Generator& default_cpu_generator();
/// Seeds the default generator.
TORCH_API void manual_seed(uint64_t seed);
/// A new generator with its own state.
TORCH_API Generator make_cpu_generator(uint64_t seed = kDefaultSeed);
/// A 64-bit seed from the operating system.
TORCH_API uint64_t nondeterministic_seed();

}  // namespace tiny_torch
