// The generator and the distributions against numbers that PyTorch 2.13 gives from the same seeds.
#include <gtest/gtest.h>

#include <thread>

#include "aten/core/CPUGeneratorImpl.h"
#include "aten/core/distributions.h"
#include "generated/ops/random.h"

namespace tiny_torch {
namespace {

std::vector<double> draw(int count, double (*sample)(CPUGeneratorImpl&), uint64_t seed = 7) {
  CPUGeneratorImpl rng(seed);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(sample(rng));
  return values;
}

TEST(Mt19937, words_equal_pytorch) {
  mt19937 engine(42);
  std::vector<uint32_t> words;
  for (int i = 0; i < 2000; ++i) words.push_back(engine() % (uint32_t{1} << 31));
  EXPECT_EQ(words[0], 1608637542u);
  EXPECT_EQ(words[1], 1273642419u);
  EXPECT_EQ(words[623], 1077437785u);
  EXPECT_EQ(words[624], 108880612u);
  EXPECT_EQ(words[1999], 91485680u);
}

TEST(Mt19937, fill_equals_single_draws_across_refills) {
  for (int64_t count : {1, 2, 623, 624, 625, 1248, 1249, 5000}) {
    for (int skipped : {0, 1, 600, 623, 624}) {
      mt19937 filled(3);
      mt19937 single(3);
      for (int i = 0; i < skipped; ++i) EXPECT_EQ(filled(), single());
      std::vector<uint32_t> words(count);
      filled.fill(words.data(), count);
      for (uint32_t word : words) ASSERT_EQ(word, single()) << count << " after " << skipped;
      EXPECT_EQ(filled.state().left, single.state().left);
      EXPECT_EQ(filled.state().next, single.state().next);
      ASSERT_EQ(filled(), single());
    }
  }
}

TEST(Mt19937, a_state_that_reaches_past_the_table_is_invalid) {
  mt19937::State state = mt19937(1).state();
  EXPECT_TRUE(mt19937(state).is_valid());
  state.left = 624;
  state.next = 1;
  EXPECT_TRUE(mt19937(state).is_valid());
  state.next = 2;
  EXPECT_FALSE(mt19937(state).is_valid());
  state.next = 0;
  state.left = 625;
  EXPECT_FALSE(mt19937(state).is_valid());
  state.left = 0;
  EXPECT_FALSE(mt19937(state).is_valid());
  state.left = 1;
  state.seeded = 0;
  EXPECT_FALSE(mt19937(state).is_valid());
}

TEST(Distributions, uniform_equals_pytorch) {
  CPUGeneratorImpl rng(7);
  EXPECT_EQ(uniform_sample(rng, -1.0f, 3.0f), 0x1.35a41ap-1f);
  EXPECT_EQ(uniform_sample(rng, -1.0f, 3.0f), -0x1.9d46dp-2f);
  EXPECT_EQ(uniform_sample(rng, -1.0f, 3.0f), 0x1.f48c96p-1f);
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return uniform_sample(rng, -1.0, 3.0); }),
            (std::vector<double>{-0x1.4b7c9459d46dp-3, -0x1.6e6d02c1e0878p-3, 0x1.96165f7a3393cp+0}));
}

/// Equal up to the last bits, which the system's mathematical library decides.
void expect_values(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_DOUBLE_EQ(values[i], expected[i]) << "at " << i;
}

TEST(Distributions, continuous_ones_equal_pytorch) {
  expect_values(draw(3, [](CPUGeneratorImpl& rng) { return normal_sample(rng, 1, 2); }),
                {0x1.69ae8bc45af2p-1, 0x1.49408e600d742p+1, 0x1.7262e6a5d16e8p+1});
  expect_values(draw(3, [](CPUGeneratorImpl& rng) { return exponential_sample(rng, 0.5); }),
                {0x1.4f81e377c8288p-1, 0x1.47755178bda9ap-1, 0x1.fb2e5087c41b6p+1});
  expect_values(draw(3, [](CPUGeneratorImpl& rng) { return log_normal_sample(rng, 1, 2); }),
                {0x1.036af7fe36643p+1, 0x1.a30fd4cb1a577p+3, 0x1.20f197da70788p+4});
  expect_values(draw(3, [](CPUGeneratorImpl& rng) { return cauchy_sample(rng, 1, 2); }),
                {-0x1.527d368bdef8p-1, -0x1.71df36befb53ep-1, 0x1.54b8e270317d5p+2});
}

TEST(Distributions, discrete_ones_equal_pytorch) {
  EXPECT_EQ(draw(6, [](CPUGeneratorImpl& rng) { return geometric_sample(rng, 0.1); }),
            (std::vector<double>{13, 13, 2, 4, 1, 2}));
  EXPECT_EQ(draw(6, [](CPUGeneratorImpl& rng) { return double(bernoulli_sample(rng, 0.3)); }),
            (std::vector<double>{1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return double(random_from_to_sample(rng, 10, -5)); }),
            (std::vector<double>{0, -3, -4}));
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return double(random_from_to_sample(rng, 1 << 27, 0)); }),
            (std::vector<double>{59306159, 36889796, 128500249}));
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return double(random_from_to_sample(rng, 1 << 28, 0)); }),
            (std::vector<double>{171107524, 27798006, 174903507}));
}

TEST(Distributions, unbounded_integers_equal_pytorch) {
  CPUGeneratorImpl rng(7);
  EXPECT_EQ(random_from_to_sample(rng, uint64_t{1} << 63, -(int64_t{1} << 62)), -3204046499487750972);
  EXPECT_EQ(random_from_to_sample(rng, uint64_t{1} << 63, -(int64_t{1} << 62)), 551904368352831990);
  EXPECT_EQ(draw(1, [](CPUGeneratorImpl& rng) { return double(random_sample<int64_t>(rng) >> 16); }),
            (std::vector<double>{double(int64_t{1407639518939636932} >> 16)}));
  const std::vector<double> floats{8974492, 3335306, 11059538};
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return double(random_sample<float>(rng)); }), floats);
  const std::vector<double> bytes{175, 196, 25};
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return double(random_sample<uint8_t>(rng)); }), bytes);
  const std::vector<double> bools{1, 0, 1};
  EXPECT_EQ(draw(3, [](CPUGeneratorImpl& rng) { return double(random_sample<bool>(rng)); }), bools);
}

uint64_t fnv1a(const uint8_t* bytes, size_t count) {
  uint64_t hash = 14695981039346656037ull;
  for (size_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
  return hash;
}

TEST(CPUGenerator, state_bytes_equal_pytorch) {
  CPUGeneratorImpl rng(7);
  for (int i = 0; i < 4; ++i) rng.random();
  rng.set_next_double_normal_sample(-0x1.69ae8bc45af2p-1);
  const std::vector<uint8_t> state = rng.get_state();
  EXPECT_EQ(fnv1a(state.data(), state.size()), 0xc0e2c125ada3dd8dull);
}

TEST(CPUGenerator, a_restored_state_continues_the_stream) {
  CPUGeneratorImpl rng(11);
  for (int i = 0; i < 700; ++i) rng.random();
  normal_sample(rng, 0, 1);
  CPUGeneratorImpl restored(12);
  restored.set_state(rng.get_state());
  EXPECT_EQ(restored.current_seed(), 11u);
  const auto cloned = rng.clone();
  auto& copy = static_cast<CPUGeneratorImpl&>(*cloned);
  for (int i = 0; i < 701; ++i) {
    const double expected = normal_sample(rng, 0, 1);
    ASSERT_EQ(normal_sample(restored, 0, 1), expected);
    ASSERT_EQ(normal_sample(copy, 0, 1), expected);
  }
}

TEST(CPUGenerator, seeding_forgets_the_second_sample_of_a_pair) {
  CPUGeneratorImpl rng(7);
  const double first = normal_sample(rng, 0, 1);
  rng.set_current_seed(7);
  EXPECT_EQ(normal_sample(rng, 0, 1), first);
}

TEST(CPUGenerator, a_bad_state_is_refused_and_changes_nothing) {
  CPUGeneratorImpl rng(7);
  rng.random();
  const std::vector<uint8_t> good = rng.get_state();
  EXPECT_THROW(rng.set_state(std::vector<uint8_t>(5048)), Error);
  EXPECT_THROW(rng.set_state(std::vector<uint8_t>(5056)), Error);
  std::vector<uint8_t> beyond = good;
  beyond[20] = 1;  // `next` becomes 2^32 + 1
  EXPECT_THROW(rng.set_state(beyond), Error);
  EXPECT_EQ(rng.get_state(), good);
}

TEST(CPUGenerator, there_is_one_default) {
  const Generator* elsewhere = nullptr;
  std::thread([&] { elsewhere = &default_cpu_generator(); }).join();
  EXPECT_EQ(elsewhere, &default_cpu_generator());
  EXPECT_EQ(check_generator<CPUGeneratorImpl>(std::nullopt, default_cpu_generator()), default_cpu_generator().get());
  EXPECT_NE(nondeterministic_seed(), nondeterministic_seed());
}

std::optional<Generator> seeded() { return make_cpu_generator(7); }

uint64_t hash_of(const TensorBase& t) { return fnv1a(static_cast<const uint8_t*>(t.const_data_ptr()), t.nbytes()); }

TEST(RandomOps, single_precision_normals_equal_pytorch_bit_for_bit) {
  const struct {
    ScalarType dtype;
    int64_t size;
    uint64_t hash;
  } cases[] = {
      {kFloat, 16, 0x5d310a33b33c13d8},    {kFloat, 17, 0xb8b2b898064e9a44},    {kFloat, 4099, 0xbb7b783e8d538c28},
      {kHalf, 16, 0xd1a746719a4c652},      {kHalf, 17, 0x76c0160903189fb0},     {kHalf, 4099, 0xa0a946151f27b122},
      {kBFloat16, 16, 0xc7019f3a60594764}, {kBFloat16, 17, 0x5e40d87a08a74d8f}, {kBFloat16, 4099, 0xb87dc7c8bac83b19},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(hash_of(ops::randn({c.size}, seeded(), c.dtype)), c.hash) << c.dtype << " of " << c.size;
  }
}

TEST(RandomOps, uniform_samples_equal_pytorch_bit_for_bit) {
  EXPECT_EQ(hash_of(ops::rand({1040}, seeded(), kFloat)), 0xe4ab65d1ef97a15au);
  EXPECT_EQ(hash_of(ops::rand({1040}, seeded(), kDouble)), 0x88b8689a97936c5eu);
  TensorBase narrow = empty_tensor({1040}, kBFloat16);
  EXPECT_EQ(hash_of(ops::uniform_(narrow, -1, 2, seeded())), 0x4f14688a0c3e4774u);
}

std::vector<int64_t> integers(const TensorBase& t) {
  const auto* data = t.const_data_ptr<int64_t>();
  return std::vector<int64_t>(data, data + t.numel());
}

TEST(RandomOps, integers_equal_pytorch) {
  EXPECT_EQ(integers(ops::randperm(10, seeded())), (std::vector<int64_t>{5, 0, 3, 4, 1, 7, 9, 6, 8, 2}));
  EXPECT_EQ(integers(ops::randint(-5, 5, {10}, seeded())), (std::vector<int64_t>{0, -3, -4, 1, -2, 2, 2, 4, 3, -4}));
  TensorBase flags = empty_tensor({20}, kLong);
  EXPECT_EQ(integers(ops::bernoulli_(flags, 0.3, seeded())),
            (std::vector<int64_t>{1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0}));
}

TEST(RandomOps, a_transposed_tensor_is_filled_in_the_order_of_its_memory) {
  TensorBase base = empty_tensor({3, 2}, kFloat);
  TensorBase transposed = alias_with(base, {2, 3}, {1, 2}, 0);
  ops::uniform_(transposed, 0, 1, seeded());
  EXPECT_EQ(hash_of(base), hash_of(ops::rand({3, 2}, seeded(), kFloat)));
}

TEST(RandomOps, an_expanded_tensor_is_refused) {
  TensorBase expanded = alias_with(empty_tensor({3}, kFloat), {2, 3}, {0, 1}, 0);
  EXPECT_THROW(ops::uniform_(expanded), Error);
  EXPECT_THROW(ops::normal_(expanded), Error);
  EXPECT_THROW(ops::random_(expanded), Error);
}

TEST(RandomOps, a_bad_probability_draws_nothing) {
  std::optional<Generator> generator = seeded();
  const std::vector<uint8_t> before = generator->get()->get_state();
  TensorBase p = empty_tensor({2}, kFloat);
  p.mutable_data_ptr<float>()[0] = 0.5f;
  p.mutable_data_ptr<float>()[1] = 1.5f;
  EXPECT_THROW(ops::bernoulli(p, generator), Error);
  EXPECT_EQ(generator->get()->get_state(), before);
}

TEST(RandomOps, manual_seed_restarts_the_default_generator) {
  manual_seed(3);
  const uint64_t first = hash_of(ops::rand({5}));
  ops::rand({5});
  manual_seed(3);
  EXPECT_EQ(hash_of(ops::rand({5})), first);
}

}  // namespace
}  // namespace tiny_torch
