#include "api/demangle.h"

#if defined(__has_include) && __has_include(<cxxabi.h>)
#include <cxxabi.h>
#define TINY_TORCH_HAVE_CXXABI
#endif

#include <cstdlib>

namespace tiny_torch::detail {

std::string type_name(const std::type_info& type) {
  std::string name = type.name();
#if defined(TINY_TORCH_HAVE_CXXABI)
  int status = 0;
  char* readable = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  if (status == 0) name = readable;
  std::free(readable);
#endif
  for (const std::string ours : {"tiny_torch::frontend::", "tiny_torch::"}) {
    for (size_t at = name.find(ours); at != std::string::npos; at = name.find(ours, at)) {
      name.replace(at, ours.size(), "torch::");
    }
  }
  return name;
}

}  // namespace tiny_torch::detail
