#include "aten/core/CPUGeneratorImpl.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <random>

namespace tiny_torch {
namespace {

// The layout of PyTorch's saved states. Field names are ours, offsets are the format.
struct SavedEngine {
  uint64_t seed;
  int32_t left;
  int32_t seeded;
  uint64_t next;
  uint64_t words[mt19937::kStateSize];
  double normal_x;
  double normal_y;
  double normal_rho;
  int32_t normal_y_is_valid;
};
struct SavedState {
  SavedEngine engine;
  float float_sample;
  bool float_sample_is_valid;
};
static_assert(offsetof(SavedEngine, words) == 24 && offsetof(SavedEngine, normal_y) == 5024);
static_assert(offsetof(SavedState, float_sample) == 5048);
static_assert(sizeof(SavedState) == CPUGeneratorImpl::kStateBytes);

}  // namespace

CPUGeneratorImpl::CPUGeneratorImpl(uint64_t seed) : GeneratorImpl(Device(DeviceType::CPU)), engine_(seed) {}
CPUGeneratorImpl::~CPUGeneratorImpl() = default;

void CPUGeneratorImpl::set_current_seed(uint64_t seed) {
  next_float_normal_sample_.reset();
  next_double_normal_sample_.reset();
  engine_ = mt19937(seed);
}

uint64_t CPUGeneratorImpl::seed() {
  const uint64_t value = nondeterministic_seed();
  set_current_seed(value);
  return value;
}

std::vector<uint8_t> CPUGeneratorImpl::get_state() const {
  SavedState saved;
  std::memset(&saved, 0, sizeof(saved));  // padding too: equal states have equal bytes
  const mt19937::State& state = engine_.state();
  saved.engine.seed = state.seed;
  saved.engine.left = state.left;
  saved.engine.seeded = state.seeded;
  saved.engine.next = state.next;
  std::copy(state.words.begin(), state.words.end(), saved.engine.words);
  if (next_double_normal_sample_) {
    saved.engine.normal_y = *next_double_normal_sample_;
    saved.engine.normal_y_is_valid = 1;
  }
  if (next_float_normal_sample_) {
    saved.float_sample = *next_float_normal_sample_;
    saved.float_sample_is_valid = true;
  }
  std::vector<uint8_t> bytes(kStateBytes);
  std::memcpy(bytes.data(), &saved, kStateBytes);
  return bytes;
}

void CPUGeneratorImpl::set_state(const std::vector<uint8_t>& bytes) {
  TORCH_CHECK(bytes.size() == kStateBytes, "Expected a CPUGeneratorImplState of size ", kStateBytes,
              " but found the input RNG state size to be ", bytes.size());
  SavedEngine saved;
  std::memcpy(&saved, bytes.data(), sizeof(saved));
  TORCH_CHECK(saved.next <= mt19937::kStateSize, "Invalid mt19937 state");
  mt19937::State state;
  state.seed = saved.seed;
  state.seeded = saved.seeded;
  state.left = saved.left;
  state.next = static_cast<uint32_t>(saved.next);
  for (int i = 0; i < mt19937::kStateSize; ++i) state.words[i] = static_cast<uint32_t>(saved.words[i]);
  const mt19937 engine(state);
  TORCH_CHECK(engine.is_valid(), "Invalid mt19937 state");

  float float_sample;
  std::memcpy(&float_sample, bytes.data() + offsetof(SavedState, float_sample), sizeof(float_sample));
  const bool float_sample_is_valid = bytes[offsetof(SavedState, float_sample_is_valid)] != 0;
  engine_ = engine;
  next_double_normal_sample_.reset();
  next_float_normal_sample_.reset();
  if (saved.normal_y_is_valid != 0) next_double_normal_sample_ = saved.normal_y;
  if (float_sample_is_valid) next_float_normal_sample_ = float_sample;
}

intrusive_ptr<GeneratorImpl> CPUGeneratorImpl::clone() const {
  auto copy = make_intrusive<CPUGeneratorImpl>();
  copy->engine_ = engine_;
  copy->next_float_normal_sample_ = next_float_normal_sample_;
  copy->next_double_normal_sample_ = next_double_normal_sample_;
  return copy;
}

Generator make_cpu_generator(uint64_t seed) { return Generator(make_intrusive<CPUGeneratorImpl>(seed)); }

const Generator& default_cpu_generator() {
  // Never destroyed: threads and Python objects may draw until the very end of the process.
  static const Generator* generator = new Generator(make_cpu_generator(nondeterministic_seed()));
  return *generator;
}

void manual_seed(uint64_t seed) {
  GeneratorImpl* generator = default_cpu_generator().get();
  const std::lock_guard<std::mutex> lock(generator->mutex());
  generator->set_current_seed(seed);
}

uint64_t nondeterministic_seed() {
  std::random_device device;
  const uint64_t high = device();
  return (high << 32) | device();
}

}  // namespace tiny_torch
