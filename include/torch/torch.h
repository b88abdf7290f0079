// The C++ frontend.
//
// Example:
//   torch::Tensor x = torch::randn({8, 3}, torch::requires_grad());
//   (x * 2).sum().backward();
//   std::cout << x.grad().sizes() << "\n";
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/data.h>
#include <torch/library.h>
#include <torch/mps.h>
#include <torch/nn.h>
#include <torch/optim.h>
#include <torch/serialize.h>
#include <torch/types.h>
#include <torch/version.h>
