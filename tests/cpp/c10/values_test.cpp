// The small value types: SmallVector, Scalar's conversions and limits, Device strings, dispatch key sets.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "c10/Device.h"
#include "c10/DispatchKey.h"
#include "c10/Scalar.h"
#include "c10/SmallVector.h"

namespace tiny_torch {
namespace {

using Vector = SmallVector<int64_t, 4>;

TEST(SmallVector, GrowsOutOfItsInlineRoom) {
  Vector v;
  for (int64_t i = 0; i < 100; ++i) v.push_back(i);
  ASSERT_EQ(v.size(), 100u);
  for (int64_t i = 0; i < 100; ++i) ASSERT_EQ(v[static_cast<size_t>(i)], i);
}

TEST(SmallVector, CopiesAndMovesAreIndependent) {
  for (size_t n : {size_t{3}, size_t{4}, size_t{50}}) {
    Vector original(n, 7);
    Vector copy = original;
    copy[0] = 1;
    EXPECT_EQ(original[0], 7);
    Vector moved = std::move(copy);
    EXPECT_EQ(moved.size(), n);
    EXPECT_EQ(moved[0], 1);
    EXPECT_TRUE(copy.empty());  // NOLINT: moved from on purpose
    copy.push_back(3);
    EXPECT_EQ(copy.back(), 3);
    original = moved;
    moved = Vector({9, 8});
    EXPECT_EQ(original[0], 1);
    EXPECT_EQ(moved, Vector({9, 8}));
    Vector& same = original;
    original = same;
    EXPECT_EQ(original.size(), n);
  }
}

TEST(SmallVector, InsertsAndErases) {
  Vector v({1, 2, 4});
  v.insert(v.begin() + 2, 3);
  EXPECT_EQ(v, Vector({1, 2, 3, 4}));
  v.insert(v.begin(), 0);
  v.insert(v.end(), 5);
  EXPECT_EQ(v, Vector({0, 1, 2, 3, 4, 5}));
  v.erase(v.begin());
  v.erase(v.begin() + 4);
  EXPECT_EQ(v, Vector({1, 2, 3, 4}));
  v.resize(6, 9);
  EXPECT_EQ(v, Vector({1, 2, 3, 4, 9, 9}));
}

TEST(SmallVector, PushingItsOwnElementWhileGrowing) {
  Vector v({1, 2, 3, 4});
  v.push_back(v[0]);
  EXPECT_EQ(v.back(), 1);
}

TEST(Scalar, KeepsKindAndValue) {
  EXPECT_TRUE(Scalar(true).is_boolean());
  EXPECT_TRUE(Scalar(3).is_integral(false));
  EXPECT_FALSE(Scalar(true).is_integral(false));
  EXPECT_TRUE(Scalar(true).is_integral(true));
  EXPECT_TRUE(Scalar(2.5f).is_floating_point());
  EXPECT_TRUE(Scalar(complex<float>(1, 2)).is_complex());
  EXPECT_EQ(Scalar(int64_t{1} << 62).to<int64_t>(), int64_t{1} << 62);
  EXPECT_EQ(Scalar(2.9).to<int64_t>(), 2);
  EXPECT_EQ(Scalar(-2.9).to<int32_t>(), -2);
  EXPECT_EQ((-Scalar(5)).to<int>(), -5);
  EXPECT_EQ(Scalar(complex<double>(1, 2)).conj().to_complex_double(), complex<double>(1, -2));
}

TEST(Scalar, RefusesWhatDoesNotFit) {
  EXPECT_EQ(Scalar(127).to<int8_t>(), 127);
  EXPECT_THROW(Scalar(128).to<int8_t>(), Error);
  EXPECT_EQ(Scalar(-128).to<int8_t>(), -128);
  EXPECT_THROW(Scalar(-129).to<int8_t>(), Error);
  EXPECT_THROW(Scalar(256).to<uint8_t>(), Error);
  EXPECT_THROW(Scalar(std::ldexp(1.0, 63)).to<int64_t>(), Error);
  EXPECT_EQ(Scalar(-std::ldexp(1.0, 63)).to<int64_t>(), std::numeric_limits<int64_t>::min());
  EXPECT_THROW(Scalar(std::nan("")).to<int64_t>(), Error);
  EXPECT_THROW(Scalar(1e300).to<float>(), Error);
  EXPECT_THROW(Scalar(70000.0).to<Half>(), Error);
  EXPECT_TRUE(std::isinf(Scalar(std::numeric_limits<double>::infinity()).to<float>()));
  EXPECT_THROW(Scalar(complex<double>(1, 2)).to<double>(), Error);
  EXPECT_EQ(Scalar(complex<double>(1, 0)).to<double>(), 1.0);
}

TEST(Scalar, ComparesByKindAndValue) {
  EXPECT_TRUE(Scalar(1) == Scalar(1));
  EXPECT_FALSE(Scalar(1) == Scalar(1.0));
  EXPECT_FALSE(Scalar(1) == Scalar(2));
  EXPECT_TRUE(Scalar(1).equal(1.0));
}

TEST(Device, ParsesWhatItPrints) {
  for (const char* text : {"cpu", "cuda", "cuda:0", "cuda:127", "meta", "privateuseone:3"}) {
    EXPECT_EQ(Device(text).str(), text);
  }
  EXPECT_EQ(Device("cuda:1"), Device(DeviceType::CUDA, 1));
  EXPECT_NE(Device("cuda"), Device("cuda:0"));
}

TEST(Device, RefusesOtherStrings) {
  for (const char* text :
       {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:01", "cuda:128", "cuda:9999", "cuda:0:1", "CPU"}) {
    EXPECT_THROW(Device{std::string(text)}, Error) << '"' << text << '"';
  }
}

TEST(DispatchKeySet, TheHighestKeyRunsFirst) {
  const auto keys = DispatchKeySet::of(DispatchKey::CPU, DispatchKey::AutogradCPU, DispatchKey::ADInplaceOrView);
  EXPECT_EQ(keys.highest(), static_cast<int>(DispatchKey::AutogradCPU));
  EXPECT_EQ((keys & kAfterAutograd).highest(), static_cast<int>(DispatchKey::ADInplaceOrView));
  EXPECT_EQ((keys & kAfterADInplaceOrView).highest(), static_cast<int>(DispatchKey::CPU));
  EXPECT_EQ(keys - kADKeys, DispatchKeySet(DispatchKey::CPU));
  EXPECT_TRUE(DispatchKeySet().empty());
}

TEST(DispatchKeySet, GuardsRestoreTheThreadsKeys) {
  const auto before = local_dispatch_keys();
  {
    const AutoDispatchBelowAutograd outer;
    EXPECT_TRUE(local_dispatch_keys().excluded.has(DispatchKey::AutogradCPU));
    {
      const IncludeDispatchKeyGuard inner(DispatchKeySet(DispatchKey::Tracer));
      EXPECT_TRUE(local_dispatch_keys().included.has(DispatchKey::Tracer));
    }
    EXPECT_FALSE(local_dispatch_keys().included.has(DispatchKey::Tracer));
  }
  EXPECT_EQ(local_dispatch_keys().excluded, before.excluded);
  EXPECT_EQ(local_dispatch_keys().included, before.included);
}

TEST(DispatchKeySet, NamesGoBothWays) {
  for (int k = 0; k < kNumDispatchKeys; ++k) {
    const auto key = static_cast<DispatchKey>(k);
    EXPECT_EQ(parse_dispatch_key(to_string(key)), key);
  }
  EXPECT_EQ(parse_dispatch_key("CompositeImplicitAutograd"), DispatchKey::CompositeImplicitAutograd);
  EXPECT_THROW(parse_dispatch_key("Nonsense"), Error);
}

}  // namespace
}  // namespace tiny_torch
