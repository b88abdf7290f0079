#include "c10/ScalarType.h"

#include <atomic>

#include "c10/errors.h"

namespace tiny_torch {
namespace {
std::atomic<ScalarType> default_dtype_{kFloat};

// Order of the standard types within a category; promotion takes the larger.
int width_rank(ScalarType t) {
  switch (t) {
    case kChar:
      return 1;
    case kShort:
      return 2;
    case kInt:
      return 3;
    case kLong:
      return 4;
    default:
      return 0;
  }
}

ScalarType promote_integral(ScalarType a, ScalarType b) {
  if (a == kBool) return b;
  if (b == kBool) return a;
  if (a == kByte || b == kByte) {
    const ScalarType other = a == kByte ? b : a;
    return other == kChar ? kShort : other;
  }
  TORCH_CHECK(width_rank(a) != 0 && width_rank(b) != 0,
              "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote ", to_string(a),
              " and ", to_string(b));
  return width_rank(a) > width_rank(b) ? a : b;
}

ScalarType promote_floating(ScalarType a, ScalarType b) {
  if (a == kDouble || b == kDouble) return kDouble;
  return kFloat;  // unequal and neither is double: float with a half type, or the two half types together
}
}  // namespace

ScalarType promote_types(ScalarType a, ScalarType b) {
  if (a == b) return a;
  TORCH_CHECK(a != ScalarType::Undefined && b != ScalarType::Undefined, "promote_types(): undefined dtype");
  TORCH_CHECK(!is_float8(a) && !is_float8(b), "Promotion for Float8 Types is not supported, attempted to promote ",
              to_string(a), " and ", to_string(b));
  const bool complex_result = is_complex_type(a) || is_complex_type(b);
  if (complex_result) {
    const ScalarType real_a = to_real(a), real_b = to_real(b);
    if (!is_floating_point(real_a)) return b;
    if (!is_floating_point(real_b)) return a;
    if (real_a == real_b) return to_complex(real_a);
    // A complex half beside bfloat16 or float becomes complex64.
    return to_complex(promote_floating(real_a, real_b));
  }
  const bool float_a = is_floating_point(a), float_b = is_floating_point(b);
  if (float_a && float_b) return promote_floating(a, b);
  if (float_a) return a;
  if (float_b) return b;
  return promote_integral(a, b);
}

ScalarType default_dtype() { return default_dtype_.load(std::memory_order_relaxed); }
void set_default_dtype(ScalarType t) {
  TORCH_CHECK_TYPE(is_floating_point(t) && !is_float8(t),
                   "only floating-point types are supported as the default type");
  default_dtype_.store(t);
}

}  // namespace tiny_torch
