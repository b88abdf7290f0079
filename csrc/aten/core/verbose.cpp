#include "aten/core/verbose.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tiny_torch {

bool verbose_dispatch() {
  static const bool on = [] {
    const char* text = std::getenv("TINY_TORCH_VERBOSE");
    return text != nullptr && std::strstr(text, "dispatch") != nullptr;
  }();
  return on;
}

void log_refusal(const char* op, const char* implementation, const char* reason) {
  std::fprintf(stderr, "tiny_torch dispatch: %s: %s refused: %s\n", op, implementation,
               reason != nullptr ? reason : "no reason given");
}

}  // namespace tiny_torch
