#include "api/build_info.h"

#include <thread>

#include "c10/errors.h"
#include "c10/parallel.h"
#include "generated/config.h"

namespace tiny_torch {

std::string get_cxx_flags() { return str(TINY_TORCH_COMPILER, ", ", TINY_TORCH_BUILD_TYPE); }

std::string show_config() {
  const auto used = [](int is_used) { return is_used != 0 ? "yes" : "no"; };
  return str("tiny-torch ", TINY_TORCH_VERSION, "\n  - compiler: ", get_cxx_flags(),
             "\n  - OpenMP: ", used(TINY_TORCH_HAVE_OPENMP), "\n  - oneDNN: ", used(TINY_TORCH_HAVE_ONEDNN),
             "\n  - Highway: ", used(TINY_TORCH_HAVE_HIGHWAY), "\n");
}

std::string get_parallel_info() {
  return str("threads: ", get_num_threads(), "\nthreads between operators: ", get_num_interop_threads(),
             "\nrun by: ", TINY_TORCH_HAVE_OPENMP != 0 ? "OpenMP" : "std::thread",
             "\nprocessors: ", std::thread::hardware_concurrency(), "\n");
}

}  // namespace tiny_torch
