// Box-Muller over blocks of 16 uniform samples, in place: the core of normal_ on contiguous tensors.
#pragma once

#include <cstdint>

namespace tiny_torch::cpu {

inline constexpr int64_t kBoxMullerBlock = 16;

/// Turns each block of 16 samples of U[0, 1) into 16 of N(mean, std^2). Elements j and j + 8 of a block form a pair.
void box_muller(float* data, int64_t blocks, float mean, float std);
void box_muller(double* data, int64_t blocks, double mean, double std);

/// Uniform samples on [from, to) of 24 random bits, one per word; what rounds up to `to` becomes `from`.
void uniform_from_words(float* data, const uint32_t* words, int64_t count, float from, float to);

}  // namespace tiny_torch::cpu
