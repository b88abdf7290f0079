// embedding_bag on the CPU: bags in parallel, each a pass over its rows.
#include "aten/native/embedding_bag.h"

#include <algorithm>
#include <vector>

#include "aten/core/Dispatch.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::BagMode;
using native::EmbeddingBagCall;

void check_bags(const EmbeddingBagCall& call) {
  const int64_t n = call.indices.numel(), bags = call.bag_size.numel(), rows = call.weight.size(0);
  const int64_t *offsets = call.offsets.const_data_ptr<int64_t>(), *indices = call.indices.const_data_ptr<int64_t>();
  if (bags > 0) {
    TORCH_CHECK(offsets[0] == 0,
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
                "position 0. However, got ",
                offsets[0]);
  }
  for (int64_t b = 0; b < bags; ++b) {
    TORCH_CHECK(offsets[b] <= n, "offsets[-1] can not be greater than input's length ", n, " but got offsets[-1] of ",
                offsets[b]);
    TORCH_CHECK_INDEX(offsets[b] >= 0 || call.mode == BagMode::Sum,
                      "embedding_bag: index out of range in self: expected offsets of at least 0, got ", offsets[b]);
    TORCH_CHECK(offsets[b] >= 0, "embedding_bag: expected offsets of at least 0, got ", offsets[b]);
    TORCH_CHECK(offsets[b] <= offsets[b + 1] || offsets[b + 1] < 0,
                "embedding_bag: expected offsets that do not fall, got ", offsets[b], " before ", offsets[b + 1]);
  }
  TORCH_CHECK(offsets[bags] == n || bags == 0, "embedding_bag: expected the last offset to be input's length ", n,
              ", got ", offsets[bags]);
  TORCH_CHECK(bags > 0 || n == 0, "embedding_bag: expected offsets for ", n, " indices, got none");
  for (int64_t i = 0; i < n; ++i) {
    TORCH_CHECK(indices[i] >= 0 && indices[i] < rows,
                "embedding_bag: Expected idx >= 0 && idx < num_embeddings but "
                "found idx to be ",
                indices[i], " with ", rows, " embeddings");
  }
}

// Adds up, or takes the maximum of, the rows of one bag into `sums`; returns how many there were.
template <class T, class A>
int64_t gather_bag(const EmbeddingBagCall& call, int64_t begin, int64_t end, std::vector<A>& sums, int64_t* winners) {
  const auto width = static_cast<int64_t>(sums.size());
  const T* weight = static_cast<const T*>(call.weight.const_data_ptr());
  const T* factors =
      call.sample_weights.defined() ? static_cast<const T*>(call.sample_weights.const_data_ptr()) : nullptr;
  const int64_t* indices = call.indices.const_data_ptr<int64_t>();
  int64_t count = 0;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t index = indices[i];
    if (index == call.padding_idx) continue;
    const T* row = weight + index * width;
    if (winners != nullptr) {
      for (int64_t d = 0; d < width; ++d) {
        const A value = static_cast<A>(row[d]);
        A& best = sums[static_cast<size_t>(d)];
        if (count != 0 && !(value > best)) continue;
        best = value;
        winners[d] = index;
      }
    } else {
      const A factor = factors != nullptr ? static_cast<A>(factors[i]) : A(1);
      for (int64_t d = 0; d < width; ++d) sums[static_cast<size_t>(d)] += factor * static_cast<A>(row[d]);
    }
    ++count;
  }
  return count;
}

void embedding_bag_kernel(const EmbeddingBagCall& call) {
  check_bags(call);
  const int64_t bags = call.bag_size.numel(), width = call.weight.size(1);
  const int64_t* offsets = call.offsets.const_data_ptr<int64_t>();
  auto* offset2bag = call.offset2bag.mutable_data_ptr<int64_t>();
  auto* bag_size = call.bag_size.mutable_data_ptr<int64_t>();
  auto* winners = call.mode == BagMode::Max ? call.max_indices.mutable_data_ptr<int64_t>() : nullptr;
  dispatch_floating(call.weight.scalar_type(), "embedding_bag", [&](auto tag) {
    using T = decltype(tag);
    using A = opmath_t<T>;
    T* out = static_cast<T*>(call.out.mutable_data_ptr());
    const int64_t work = bags == 0 ? 1 : std::max<int64_t>(1, call.indices.numel() * width / bags);
    parallel_for(0, bags, std::max<int64_t>(1, kGrainSize / work), [&](int64_t first, int64_t last) {
      std::vector<A> sums(static_cast<size_t>(width));
      for (int64_t b = first; b < last; ++b) {
        std::fill(sums.begin(), sums.end(), A(0));
        int64_t* won = winners != nullptr ? winners + b * width : nullptr;
        if (won != nullptr) std::fill(won, won + width, 0);
        const int64_t count = gather_bag<T, A>(call, offsets[b], offsets[b + 1], sums, won);
        std::fill(offset2bag + offsets[b], offset2bag + offsets[b + 1], b);
        bag_size[b] = count;
        const A divisor = call.mode == BagMode::Mean && count > 1 ? static_cast<A>(count) : A(1);
        for (int64_t d = 0; d < width; ++d) out[b * width + d] = static_cast<T>(sums[static_cast<size_t>(d)] / divisor);
      }
    });
  });
}

using namespace native;  // NOLINT: the stub below
REGISTER_STUB(embedding_bag_stub, DeviceType::CPU, &embedding_bag_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
