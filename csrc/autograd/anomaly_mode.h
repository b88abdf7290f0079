// Anomaly mode: remembers where each node was created and checks each gradient for nan.
#pragma once

#include <memory>

#include "autograd/hooks.h"

namespace tiny_torch::autodiff {

struct TORCH_API AnomalyMode {
  static bool is_enabled();
  static bool should_check_nan();
  static void set_enabled(bool enabled, bool check_nan = true);
};

/// Made for each node created while anomaly mode is on; installed by the Python binding.
using AnomalyMetadataFactory = std::unique_ptr<AnomalyMetadata> (*)();
TORCH_API void set_anomaly_metadata_factory(AnomalyMetadataFactory factory);
std::unique_ptr<AnomalyMetadata> make_anomaly_metadata();

class TORCH_API DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool check_nan = true);
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;
  ~DetectAnomalyGuard();

 private:
  bool saved_enabled_;
  bool saved_check_nan_;
};

}  // namespace tiny_torch::autodiff
