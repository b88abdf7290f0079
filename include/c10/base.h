// What needs no tensors: dtypes, devices, scalars, lists, errors, complex numbers, threads. The headers of c10/util,
// c10/core and c10/macros that libtorch programs include stand for this one; see include/forwarding.txt.
#pragma once

#include "c10/Allocator.h"
#include "c10/ArrayRef.h"
#include "c10/Device.h"
#include "c10/DispatchKey.h"
#include "c10/Generator.h"
#include "c10/Half.h"
#include "c10/Layout.h"
#include "c10/NotCompiledError.h"
#include "c10/Scalar.h"
#include "c10/ScalarType.h"
#include "c10/SmallVector.h"
#include "c10/Storage.h"
#include "c10/SymInt.h"
#include "c10/TensorImpl.h"
#include "c10/TypeMeta.h"
#include "c10/complex.h"
#include "c10/complex_math.h"
#include "c10/dispatch_macros.h"
#include "c10/errors.h"
#include "c10/intrusive_ptr.h"
#include "c10/irange.h"
#include "c10/libtorch_macros.h"
#include "c10/libtorch_names.h"
#include "c10/parallel.h"
#include "c10/parallel_reduce.h"

namespace tiny_torch {
using std::make_optional;
using std::nullopt;
using std::nullopt_t;
using std::optional;
}  // namespace tiny_torch

// Namespaces of their own, not aliases, because programs open them again.
namespace torch {
using namespace ::tiny_torch;  // NOLINT
}  // namespace torch
namespace at {
using namespace ::tiny_torch;  // NOLINT
}  // namespace at
namespace c10 {
using namespace ::tiny_torch;  // NOLINT
}  // namespace c10
namespace caffe2 {
using ::tiny_torch::TypeMeta;
}  // namespace caffe2
