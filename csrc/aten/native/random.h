// Stubs of the random family. Each fills `self` in place from `generator`, or from the device's default one.
//
// Contract: arguments have been checked by the fronts in random.cpp; `self` has elements and no two of them share memory.
// What is drawn depends on the generator, the shape and the strides alone, never on the number of threads.
#pragma once

#include <optional>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

using OptionalGenerator = std::optional<Generator>;

/// `to` is excluded. Floating types.
DECLARE_STUB(uniform_stub, void(const TensorBase& self, double from, double to, const OptionalGenerator& generator));
/// Floating types.
DECLARE_STUB(normal_stub, void(const TensorBase& self, double mean, double std, const OptionalGenerator& generator));
DECLARE_STUB(exponential_stub, void(const TensorBase& self, double lambd, const OptionalGenerator& generator));
DECLARE_STUB(cauchy_stub,
             void(const TensorBase& self, double median, double sigma, const OptionalGenerator& generator));
DECLARE_STUB(log_normal_stub,
             void(const TensorBase& self, double mean, double std, const OptionalGenerator& generator));
/// Real types except bool.
DECLARE_STUB(geometric_stub, void(const TensorBase& self, double p, const OptionalGenerator& generator));
/// Real types.
DECLARE_STUB(bernoulli_stub, void(const TensorBase& self, double p, const OptionalGenerator& generator));
/// `p` is floating and has the sizes of `self`; RuntimeError when one of its elements is not a probability.
DECLARE_STUB(bernoulli_tensor_stub,
             void(const TensorBase& self, const TensorBase& p, const OptionalGenerator& generator));
/// `self` and `rates` are floating, of one dtype and shape; RuntimeError when a rate is negative or nan.
DECLARE_STUB(poisson_stub, void(const TensorBase& self, const TensorBase& rates, const OptionalGenerator& generator));
/// `self`, `count` and `prob` are floating, contiguous, of one dtype and shape.
DECLARE_STUB(binomial_stub, void(const TensorBase& self, const TensorBase& count, const TensorBase& prob,
                                 const OptionalGenerator& generator));
/// Integers in [0, largest of the type], or [0, 2^digits] for floating types.
DECLARE_STUB(random_stub, void(const TensorBase& self, const OptionalGenerator& generator));
/// Integers in [base, base + range).
DECLARE_STUB(random_from_to_stub,
             void(const TensorBase& self, uint64_t range, int64_t base, const OptionalGenerator& generator));
/// Integers of all 64 bits. int64, double, float and bfloat16.
DECLARE_STUB(random_full_64_bits_stub, void(const TensorBase& self, const OptionalGenerator& generator));
/// A permutation of 0 ... n - 1 in the 1-d `self` of n elements.
DECLARE_STUB(randperm_stub, void(const TensorBase& self, int64_t n, const OptionalGenerator& generator));
/// `self` (int64, contiguous) gets indices drawn with replacement from each row of the floating `weights` (1-d or 2-d).
DECLARE_STUB(multinomial_with_replacement_stub,
             void(const TensorBase& self, const TensorBase& weights, const OptionalGenerator& generator));

/// `self` (int64, contiguous) gets the indices of the largest elements of each row of `scores`, largest first.
DECLARE_STUB(multinomial_select_stub, void(const TensorBase& self, const TensorBase& scores));
/// RuntimeError unless all elements of `weights` are finite and not negative and each row has a positive sum.
DECLARE_STUB(check_multinomial_stub, void(const TensorBase& weights));
/// 1 / keep with probability `keep`, else 0. Floating types.
DECLARE_STUB(dropout_noise_stub, void(const TensorBase& self, double keep, const OptionalGenerator& generator));

/// RuntimeError unless all elements of `std` are at least 0. Real types.
DECLARE_STUB(check_std_stub, void(const TensorBase& std));

}  // namespace tiny_torch::native
