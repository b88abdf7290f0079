// What this build of the library is and how it runs, as text for people.
#pragma once

#include <string>

#include "c10/macros.h"

namespace tiny_torch {

/// Version, compiler and the libraries it was built with, a line each.
TORCH_API std::string show_config();
/// The compiler and the type of build.
TORCH_API std::string get_cxx_flags();
/// How many threads operators use and what runs them.
TORCH_API std::string get_parallel_info();

}  // namespace tiny_torch
