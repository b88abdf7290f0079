// What a factory with `out=` checks before it is called.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch {
namespace python {

/// RuntimeError where a factory's dtype, layout or device is given and is not that of its `out`.
inline void check_out_matches(const TensorBase& out, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                              std::optional<Device> device) {
  TORCH_CHECK(!dtype.has_value() || *dtype == out.scalar_type(), "dtype ", to_string(*dtype),
              " does not match dtype of out parameter (", to_string(out.scalar_type()), ")");
  TORCH_CHECK(!layout.has_value() || *layout == out.layout(), "layout ", *layout,
              " does not match layout of out parameter (", out.layout(), ")");
  TORCH_CHECK(!device.has_value() || device->type() == out.device().type(), "device type ", device->type(),
              " does not match device type of out parameter (", out.device().type(), ")");
}

}  // namespace python
}  // namespace tiny_torch
