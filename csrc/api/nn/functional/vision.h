// torch::nn::functional: padding, resampling, pixel shuffling, folding, distances.
#pragma once

#include "api/nn/options/vision.h"

namespace tiny_torch::frontend::nn::functional {

/// options.pad() holds what goes before and after the last dimension, then the one before it, and so on.
TORCH_API Tensor pad(const Tensor& input, const PadFuncOptions& options);
/// (N, C, ...) to the size, or by the factors, given; RuntimeError unless exactly one of them is.
TORCH_API Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& options = {});
/// (..., C r r, H, W) -> (..., C, H r, W r)
TORCH_API Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options);
TORCH_API Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options);
/// Sums the columns (N, C kernel, L) into images.
TORCH_API Tensor fold(const Tensor& input, const FoldFuncOptions& options);
/// The windows of images (N, C, H, W) as columns (N, C kernel, L).
TORCH_API Tensor unfold(const Tensor& input, const UnfoldFuncOptions& options);
TORCH_API Tensor affine_grid(const Tensor& theta, IntArrayRef size, bool align_corners = false);
/// Values of input (N, C, ...) at the places grid (N, ..., 2 or 3) names in [-1, 1].
TORCH_API Tensor grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options = {});

TORCH_API Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, const CosineSimilarityFuncOptions& options = {});
/// Distances of order p between all pairs of rows of (N, M): (N (N - 1) / 2).
TORCH_API Tensor pdist(const Tensor& input, double p = 2.0);
TORCH_API Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, const PairwiseDistanceFuncOptions& options = {});

}  // namespace tiny_torch::frontend::nn::functional
