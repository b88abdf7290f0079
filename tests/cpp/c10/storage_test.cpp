// Storage: every way to the bytes moves the write counter, and an opaque layout never shows through it.
#include "c10/Storage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "api/tensor_factories.h"
#include "generated/functions/binary.h"
#include "generated/functions/creation.h"

namespace tiny_torch {
namespace {

// A layout of the kind libraries have: the floats backwards. Counts how often it was turned into plain memory.
class Backwards final : public OpaqueLayout {
 public:
  Backwards(std::vector<float> values, std::atomic<int>* turned) : values_(std::move(values)), turned_(turned) {}
  void materialize(void* out) const override {
    ++*turned_;
    std::reverse_copy(values_.begin(), values_.end(), static_cast<float*>(out));
  }

 private:
  std::vector<float> values_;
  std::atomic<int>* turned_;
};

// A tensor of shape (2, 3) holding 0 ... 5, whose storage has no plain memory yet.
Tensor opaque_tensor(std::atomic<int>* turned) {
  Tensor t = empty({2, 3});
  t.storage()->set_data_ptr(DataPtr(nullptr, kCPU), 6 * sizeof(float));
  t.storage()->set_opaque(std::make_unique<Backwards>(std::vector<float>{5, 4, 3, 2, 1, 0}, turned));
  return t;
}

TEST(Storage, OpaqueLayoutShowsPlainSizesStridesAndValues) {
  std::atomic<int> turned{0};
  const Tensor t = opaque_tensor(&turned);
  EXPECT_EQ(t.sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(t.strides(), (std::vector<int64_t>{3, 1}));
  const Tensor view = t.t().select(0, 2);
  EXPECT_EQ(turned, 0) << "views need no values";
  EXPECT_NE(view.storage()->opaque(), nullptr);
  EXPECT_TRUE(view.equal(tensor({2.F, 5.F})));
  EXPECT_TRUE(t.sum().equal(tensor(15.F)));
  EXPECT_EQ(turned, 1) << "two readers, one conversion";
  EXPECT_NE(t.storage()->opaque(), nullptr) << "reading keeps the layout for kernels that understand it";
}

TEST(Storage, AWriteThroughAViewDropsTheOpaqueLayout) {
  std::atomic<int> turned{0};
  const Tensor t = opaque_tensor(&turned);
  t.select(0, 1).add_(10);
  EXPECT_EQ(t.storage()->opaque(), nullptr);
  EXPECT_TRUE(t.equal(tensor({0.F, 1.F, 2.F, 13.F, 14.F, 15.F}).view({2, 3})));
}

TEST(Storage, ManyThreadsReadAnOpaqueLayoutAtOnce) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> turned{0}, wrong{0};
    const Tensor t = opaque_tensor(&turned);
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] {
        const auto* values = static_cast<const float*>(t.storage()->data());
        for (int k = 0; k < 6; ++k) wrong += values[k] != static_cast<float>(k);
      });
    }
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(turned, 1);
  }
}

TEST(Storage, ResizingAnOpaqueLayoutKeepsItsValues) {
  std::atomic<int> turned{0};
  const Tensor t = opaque_tensor(&turned);
  t.storage()->resize(8 * sizeof(float));
  EXPECT_EQ(t.storage()->opaque(), nullptr);
  EXPECT_TRUE(t.equal(tensor({0.F, 1.F, 2.F, 3.F, 4.F, 5.F}).view({2, 3})));
}

TEST(Storage, EveryWayToWriteMovesTheCounter) {
  const Tensor t = ones({2, 3});
  uint64_t before = t.storage()->write_count();
  const auto moved = [&] {
    const uint64_t now = t.storage()->write_count();
    return now != std::exchange(before, now);
  };
  t.add_(1);
  EXPECT_TRUE(moved());
  t.t().select(0, 0).fill_(3);
  EXPECT_TRUE(moved());
  t.detach().mul_(2);
  EXPECT_TRUE(moved());
  t.index_put_({1}, 4);
  EXPECT_TRUE(moved());
  Tensor out = t.view({6});
  add_out(out, ones({6}), ones({6}));
  EXPECT_TRUE(moved());
  static_cast<void>(t.mutable_data_ptr());
  EXPECT_TRUE(moved());

  static_cast<void>(t.sum());
  static_cast<void>(t.t().contiguous());
  static_cast<void>(t.const_data_ptr<float>());
  EXPECT_FALSE(moved()) << "reading moved it";
}

TEST(Storage, AKeptPointerMakesTheMemoryVisibleOutside) {
  const Tensor t = ones({2});
  static_cast<void>(t.mutable_data_ptr<float>());
  EXPECT_FALSE(t.storage()->externally_visible());
  static_cast<void>(t.select(0, 0).data_ptr<float>());
  EXPECT_TRUE(t.storage()->externally_visible());
}

}  // namespace
}  // namespace tiny_torch
