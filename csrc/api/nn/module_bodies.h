// The bodies of modules that call one function: modules/<family>.cpp define their forward() and pretty_print() by these.
#pragma once

#define TINY_TORCH_FORWARD(Name, expression) \
  Tensor Name##Impl::forward(const Tensor& input) { return expression; }
#define TINY_TORCH_PRINT(Name, shown) \
  void Name##Impl::pretty_print(std::ostream& stream) const { Shown(stream, #Name) shown; }
/// Calls functional::function with the module's options.
#define TINY_TORCH_CALL(Name, function, shown)                   \
  TINY_TORCH_FORWARD(Name, functional::function(input, options)) \
  TINY_TORCH_PRINT(Name, shown)
/// A module without options.
#define TINY_TORCH_PLAIN(Name, expression) \
  TINY_TORCH_FORWARD(Name, expression)     \
  TINY_TORCH_PRINT(Name, ;)
