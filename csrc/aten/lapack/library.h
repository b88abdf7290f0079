// OpenBLAS, opened on first use and told to use one thread: batches are shared among ours.
#pragma once

#include <string>

namespace tiny_torch::lapack {

/// Whether there is one.
bool is_available();

/// Address of the routine `name` ("dgesdd"). RuntimeError with the remedy when the library cannot be opened.
void* symbol(const std::string& name);

}  // namespace tiny_torch::lapack
