#include "autograd/anomaly_mode.h"

#include "autograd/Node.h"

namespace tiny_torch::autodiff {

namespace detail {
std::atomic<bool> anomaly_mode{false};
}  // namespace detail

namespace {
std::atomic<bool> check_nan{true};
std::atomic<AnomalyMetadataFactory> metadata_factory{nullptr};
}  // namespace

bool AnomalyMode::is_enabled() { return detail::anomaly_mode.load(std::memory_order_relaxed); }
bool AnomalyMode::should_check_nan() { return check_nan.load(std::memory_order_relaxed); }
void AnomalyMode::set_enabled(bool enabled, bool with_nan_check) {
  detail::anomaly_mode.store(enabled, std::memory_order_relaxed);
  check_nan.store(with_nan_check, std::memory_order_relaxed);
}

void set_anomaly_metadata_factory(AnomalyMetadataFactory factory) { metadata_factory.store(factory); }

std::unique_ptr<AnomalyMetadata> make_anomaly_metadata() {
  AnomalyMetadataFactory factory = metadata_factory.load();
  return factory == nullptr ? nullptr : factory();
}

DetectAnomalyGuard::DetectAnomalyGuard(bool with_nan_check)
    : saved_enabled_(AnomalyMode::is_enabled()), saved_check_nan_(AnomalyMode::should_check_nan()) {
  AnomalyMode::set_enabled(true, with_nan_check);
}
DetectAnomalyGuard::~DetectAnomalyGuard() { AnomalyMode::set_enabled(saved_enabled_, saved_check_nan_); }

}  // namespace tiny_torch::autodiff
