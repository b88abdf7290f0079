// The release of libtorch whose API this library has, which is what programs compare; TINY_TORCH_VERSION is our own.
#pragma once

#include "generated/config.h"

#define TORCH_VERSION_MAJOR 2
#define TORCH_VERSION_MINOR 13
#define TORCH_VERSION_PATCH 0
#define TORCH_VERSION "2.13.0"
