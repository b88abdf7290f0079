#include "aten/core/Context.h"

#include <iterator>

#include "aten/core/CPUGeneratorImpl.h"
#include "aten/lapack/library.h"
#include "c10/Allocator.h"
#include "generated/config.h"

namespace tiny_torch {

bool Context::hasCUDA() {
  const DeviceGuardInterface* guard = try_device_guard(DeviceType::CUDA);
  return guard != nullptr && guard->device_count() > 0;
}
bool Context::hasMKLDNN() { return TINY_TORCH_HAVE_ONEDNN != 0; }
bool Context::hasLAPACK() { return lapack::is_available(); }
bool Context::hasOpenMP() { return TINY_TORCH_HAVE_OPENMP != 0; }

const Generator& Context::defaultGenerator(Device device) const {
  TORCH_CHECK(device.is_cpu(), "defaultGenerator(): expected the CPU, got ", device);
  return default_cpu_generator();
}

namespace {
constexpr const char* kPrecisions[] = {"highest", "high", "medium"};
}
const char* to_string(Float32MatmulPrecision precision) { return kPrecisions[static_cast<size_t>(precision)]; }

void Context::setFloat32MatmulPrecision(std::string_view name) {
  for (size_t i = 0; i < std::size(kPrecisions); ++i) {
    if (name == kPrecisions[i]) return setFloat32MatmulPrecision(static_cast<Float32MatmulPrecision>(i));
  }
  TORCH_CHECK(false, "set_float32_matmul_precision(): expected 'highest', 'high' or 'medium', got '", name, "'");
}

Context& globalContext() {
  static Context context;
  return context;
}

}  // namespace tiny_torch
