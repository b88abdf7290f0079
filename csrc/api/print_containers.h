// std::cout << std::vector and other standard containers: their elements with spaces between, as libtorch's headers print them.
#pragma once

#include <map>
#include <ostream>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tiny_torch::detail {
template <class T>
std::ostream& print_elements(std::ostream& out, const T& container);
}  // namespace tiny_torch::detail

// In std, where the operators are found from any namespace.
namespace std {  // NOLINT
template <class First, class Second>
ostream& operator<<(ostream& out, const pair<First, Second>& item) {
  return out << '(' << item.first << ", " << item.second << ')';
}
#define TINY_TORCH_PRINT_CONTAINER(container)                              \
  template <class... Types>                                                \
  ostream& operator<<(ostream& out, const container<Types...>& elements) { \
    return ::tiny_torch::detail::print_elements(out, elements);            \
  }
TINY_TORCH_PRINT_CONTAINER(vector)
TINY_TORCH_PRINT_CONTAINER(map)
TINY_TORCH_PRINT_CONTAINER(set)
TINY_TORCH_PRINT_CONTAINER(unordered_map)
TINY_TORCH_PRINT_CONTAINER(unordered_set)
#undef TINY_TORCH_PRINT_CONTAINER
}  // namespace std

namespace tiny_torch::detail {
template <class T>
std::ostream& print_elements(std::ostream& out, const T& container) {
  bool first = true;
  for (const auto& element : container) {
    if (!first) out << ' ';
    first = false;
    out << element;
  }
  return out;
}
}  // namespace tiny_torch::detail
