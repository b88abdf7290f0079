// What anomaly mode and users note on nodes: a Python dict owned by the node.
#pragma once

#include "autograd/Node.h"
#include "python/support.h"

namespace tiny_torch {
namespace python {

/// The dict of `node`, made when it has none; borrowed.
PyObject* metadata_dict(autodiff::Node& node);
void init_autograd_anomaly(PyObject* module);

}  // namespace python
}  // namespace tiny_torch
