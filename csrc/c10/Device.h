// Device: a kind of device (PyTorch's numbers) and an index; -1 means the current one.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "c10/macros.h"

namespace tiny_torch {

enum class DeviceType : int8_t { CPU = 0, CUDA = 1, Meta = 14, PrivateUse1 = 20 };
inline constexpr int kMaxDeviceTypes = 21;
inline constexpr DeviceType kCPU = DeviceType::CPU;
inline constexpr DeviceType kCUDA = DeviceType::CUDA;
inline constexpr DeviceType kMeta = DeviceType::Meta;
inline constexpr DeviceType kPrivateUse1 = DeviceType::PrivateUse1;
using DeviceIndex = int8_t;

/// "cpu", "cuda", "meta", "privateuseone" (or the name it was given).
TORCH_API std::string to_string(DeviceType type);

struct TORCH_API Device {
  DeviceType type_ = DeviceType::CPU;
  DeviceIndex index_ = -1;

  Device() = default;
  Device(DeviceType type, DeviceIndex index = -1) : type_(type), index_(index) {}  // NOLINT: implicit as in PyTorch
  /// Parses "cpu", "cuda:1"; RuntimeError for anything else.
  Device(const std::string& text);                         // NOLINT
  Device(const char* text) : Device(std::string(text)) {}  // NOLINT

  DeviceType type() const { return type_; }
  DeviceIndex index() const { return index_; }
  bool has_index() const { return index_ != -1; }
  bool is_cpu() const { return type_ == DeviceType::CPU; }
  bool is_cuda() const { return type_ == DeviceType::CUDA; }
  bool is_meta() const { return type_ == DeviceType::Meta; }
  std::string str() const;
  bool operator==(const Device& o) const { return type_ == o.type_ && index_ == o.index_; }
  bool operator!=(const Device& o) const { return !(*this == o); }
};

inline std::ostream& operator<<(std::ostream& out, const Device& d) { return out << d.str(); }
inline std::ostream& operator<<(std::ostream& out, DeviceType t) { return out << to_string(t); }

}  // namespace tiny_torch

template <>
struct std::hash<tiny_torch::Device> {
  size_t operator()(const tiny_torch::Device& d) const {
    return static_cast<size_t>(static_cast<uint8_t>(d.type_)) << 8 | static_cast<uint8_t>(d.index_);
  }
};
