// Edge: where a gradient goes, a Node and which of its inputs. Include autograd/Node.h to use it.
#pragma once

#include "autograd/inline_vector.h"
#include "c10/intrusive_ptr.h"

namespace tiny_torch::autodiff {

struct Node;

struct Edge {
  intrusive_ptr<Node> function;
  uint32_t input_nr = 0;

  Edge();
  Edge(intrusive_ptr<Node> function_, uint32_t input_nr_);
  Edge(const Edge&);
  Edge(Edge&&) noexcept;
  Edge& operator=(const Edge&);
  Edge& operator=(Edge&&) noexcept;
  ~Edge();

  bool is_valid() const { return function.defined(); }
  bool operator==(const Edge& o) const { return function == o.function && input_nr == o.input_nr; }
};

using edge_list = InlineVector<Edge, 2>;

}  // namespace tiny_torch::autodiff
