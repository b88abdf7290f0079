#include "c10/Device.h"

#include "c10/errors.h"

namespace tiny_torch {

std::string to_string(DeviceType type) {
  switch (type) {
    case DeviceType::CPU:
      return "cpu";
    case DeviceType::CUDA:
      return "cuda";
    case DeviceType::Meta:
      return "meta";
    case DeviceType::PrivateUse1:
      return "privateuseone";
  }
  return "unknown";
}

namespace {
DeviceType parse_type(const std::string& name, const std::string& text) {
  for (DeviceType t : {DeviceType::CPU, DeviceType::CUDA, DeviceType::Meta, DeviceType::PrivateUse1}) {
    if (name == to_string(t)) return t;
  }
  // Devices that PyTorch knows and this build does not have get the same sentence as unknown names.
  TORCH_CHECK(false, "Expected one of cpu, cuda, meta, privateuseone device type at start of device string: ", text);
}
}  // namespace

Device::Device(const std::string& text) {
  TORCH_CHECK(!text.empty(), "Device string must not be empty");
  const size_t colon = text.find(':');
  type_ = parse_type(text.substr(0, colon), text);
  if (colon == std::string::npos) return;
  const std::string digits = text.substr(colon + 1);
  const bool well_formed = !digits.empty() && digits.size() <= 3 &&
                           digits.find_first_not_of("0123456789") == std::string::npos &&
                           (digits == "0" || digits[0] != '0');
  TORCH_CHECK(well_formed, "Invalid device string: '", text, "'");
  const int index = std::stoi(digits);
  TORCH_CHECK(index < 128, "Device index must be between 0 and 127, got ", index);
  index_ = static_cast<DeviceIndex>(index);
}

std::string Device::str() const {
  std::string text = to_string(type_);
  if (has_index()) text += ":" + std::to_string(static_cast<int>(index_));
  return text;
}

}  // namespace tiny_torch
