// Compute behind embedding_bag.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

enum class BagMode : int8_t { Sum, Mean, Max };

/// Bag b has indices[offsets[b]] up to the next offset; `offsets` has one entry more than there are bags.
struct EmbeddingBagCall {
  TensorBase out;             // (bags, width)
  TensorBase offset2bag;      // (n) the bag of each index
  TensorBase bag_size;        // (bags) without padding
  TensorBase max_indices;     // (bags, width) rows of the maxima; undefined but for Max
  TensorBase weight;          // (rows, width), rows dense
  TensorBase indices;         // (n) int64, contiguous
  TensorBase offsets;         // (bags + 1) int64, contiguous
  TensorBase sample_weights;  // (n) contiguous, of the weight's dtype, or undefined
  BagMode mode;
  int64_t padding_idx;
};
/// Checks all offsets and indices before it writes.
DECLARE_STUB(embedding_bag_stub, void(const EmbeddingBagCall& call));

}  // namespace tiny_torch::native
