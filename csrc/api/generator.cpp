#include "c10/Generator.h"

#include "api/tensor_factories.h"

namespace tiny_torch {

Tensor Generator::get_state() const {
  std::vector<uint8_t> bytes = impl_->get_state();
  return from_blob(bytes.data(), {static_cast<int64_t>(bytes.size())}, kByte).clone();
}

void Generator::set_state(const Tensor& state) {
  TORCH_CHECK(state.defined() && state.scalar_type() == kByte && state.device().is_cpu(),
              "set_state(): expected a uint8 tensor on the CPU as get_state() returns it");
  const Tensor bytes = state.contiguous();
  const uint8_t* data = bytes.const_data_ptr<uint8_t>();
  impl_->set_state(std::vector<uint8_t>(data, data + bytes.numel()));
}

}  // namespace tiny_torch
