#include "aten/native/random.h"

namespace tiny_torch::native {

DEFINE_STUB(uniform_stub);
DEFINE_STUB(normal_stub);
DEFINE_STUB(exponential_stub);
DEFINE_STUB(cauchy_stub);
DEFINE_STUB(log_normal_stub);
DEFINE_STUB(geometric_stub);
DEFINE_STUB(bernoulli_stub);
DEFINE_STUB(bernoulli_tensor_stub);
DEFINE_STUB(random_stub);
DEFINE_STUB(random_from_to_stub);
DEFINE_STUB(random_full_64_bits_stub);
DEFINE_STUB(randperm_stub);
DEFINE_STUB(multinomial_with_replacement_stub);

}  // namespace tiny_torch::native
