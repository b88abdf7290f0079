// einsum, by pairs of operands brought to one batch of matrix products each.
#include <algorithm>
#include <string>

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "generated/kernels/products.h"
#include "generated/ops/copy.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/matmul.h"
#include "generated/ops/products.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

// Labels: A to Z, a to z, then the dims that an ellipsis stands for, right-aligned.
constexpr int kEllipsis = 52;

int label_of(char c) {
  TORCH_CHECK((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'), "einsum(): invalid subscript given at '",
              std::string(1, c), "', subscripts must be in [a-zA-Z]");
  return c <= 'Z' ? c - 'A' : c - 'a' + 26;
}

// The labels of one operand; -1 stands where the ellipsis was.
std::vector<int> parse(const std::string& text, const char* where) {
  std::vector<int> labels;
  bool seen = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.') {
      labels.push_back(label_of(text[i]));
      continue;
    }
    TORCH_CHECK(!seen && text.compare(i, 3, "...") == 0, "einsum(): found '.' ", where,
                " that is not part of any ellipsis, or a second ellipsis");
    seen = true;
    labels.push_back(-1);
    i += 2;
  }
  return labels;
}

struct Equation {
  std::vector<std::vector<int>> inputs;
  std::vector<int> output;
  int ellipsis = 0;  // dims it stands for

  Equation(std::string text, TensorList tensors) {
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    const size_t arrow = text.find("->");
    const std::string left = text.substr(0, arrow);
    for (size_t start = 0;;) {
      const size_t comma = left.find(',', start);
      inputs.push_back(parse(left.substr(start, comma - start), "for an operand"));
      if (comma == std::string::npos) break;
      start = comma + 1;
    }
    TORCH_CHECK(inputs.size() <= tensors.size(),
                "einsum(): fewer operands were provided than specified in the equation");
    TORCH_CHECK(inputs.size() >= tensors.size(),
                "einsum(): more operands were provided than specified in the equation");
    spread_ellipses(tensors);
    if (arrow == std::string::npos) {
      implicit_output();
    } else {
      explicit_output(parse(text.substr(arrow + 2), "in the output"));
    }
  }

 private:
  void spread_ellipses(TensorList tensors) {
    std::vector<int> hidden;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto& labels = inputs[i];
      const bool has = std::find(labels.begin(), labels.end(), -1) != labels.end();
      const auto named = static_cast<int64_t>(labels.size()) - (has ? 1 : 0);
      TORCH_CHECK(has ? named <= tensors[i].dim() : named == tensors[i].dim(),
                  "einsum(): the number of subscripts in the equation (", named, ") ",
                  has ? "is more than" : "does not match", " the number of dimensions (", tensors[i].dim(),
                  ") for operand ", i, has ? "" : " and no ellipsis was given");
      hidden.push_back(has ? static_cast<int>(tensors[i].dim() - named) : 0);
      ellipsis = std::max(ellipsis, hidden.back());
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::vector<int> spread;
      for (int label : inputs[i]) {
        if (label != -1) spread.push_back(label);
        for (int d = ellipsis - hidden[i]; label == -1 && d < ellipsis; ++d) spread.push_back(kEllipsis + d);
      }
      inputs[i] = std::move(spread);
    }
  }

  void implicit_output() {
    for (int d = 0; d < ellipsis; ++d) output.push_back(kEllipsis + d);
    for (int label = 0; label < kEllipsis; ++label) {
      int64_t count = 0;
      for (const auto& labels : inputs) count += std::count(labels.begin(), labels.end(), label);
      if (count == 1) output.push_back(label);
    }
  }

  void explicit_output(const std::vector<int>& labels) {
    for (int label : labels) {
      for (int d = 0; label == -1 && d < ellipsis; ++d) output.push_back(kEllipsis + d);
      if (label == -1) continue;
      const bool known = std::any_of(inputs.begin(), inputs.end(), [&](const auto& from) {
        return std::find(from.begin(), from.end(), label) != from.end();
      });
      TORCH_CHECK(std::find(output.begin(), output.end(), label) == output.end(), "einsum(): output subscript ",
                  name(label), " appears more than once in the output");
      TORCH_CHECK(known, "einsum(): output subscript ", name(label),
                  " does not appear in the equation for any input operand");
      output.push_back(label);
    }
  }

  static std::string name(int label) {
    return std::string(1, static_cast<char>(label < 26 ? 'A' + label : 'a' + label - 26));
  }
};

// A label twice in one operand means its diagonal.
TensorBase without_repeats(TensorBase t, std::vector<int>& labels) {
  for (size_t i = 0; i < labels.size(); ++i) {
    for (size_t j = i + 1; j < labels.size();) {
      if (labels[j] != labels[i]) {
        ++j;
        continue;
      }
      const auto a = static_cast<int64_t>(i), b = static_cast<int64_t>(j);
      TORCH_CHECK(t.size(a) == t.size(b), "einsum(): subscript is repeated for an operand but the sizes don't match, ",
                  t.size(b), " != ", t.size(a));
      t = ops::movedim(ops::diagonal(t, 0, a, b), -1, a);
      labels.erase(labels.begin() + static_cast<int64_t>(j));
    }
  }
  return t;
}

// All operands with a dimension for each label, in `order`; size 1 where they have none.
TensorBase with_all_labels(const TensorBase& t, const std::vector<int>& labels, const std::vector<int>& order) {
  DimVector dims;
  for (int label : order) {
    const auto at = std::find(labels.begin(), labels.end(), label);
    if (at != labels.end()) dims.push_back(at - labels.begin());
  }
  TensorBase result = ops::permute(t, dims);
  for (size_t i = 0; i < order.size(); ++i) {
    if (std::find(labels.begin(), labels.end(), order[i]) == labels.end())
      result = ops::unsqueeze(result, static_cast<int64_t>(i));
  }
  return result;
}

// Sum of a * b over the dims marked; those keep size 1.
TensorBase sum_of_products(TensorBase a, TensorBase b, const std::vector<bool>& summed) {
  if (std::find(summed.begin(), summed.end(), true) == summed.end()) return a * b;
  TORCH_CHECK(a.scalar_type() == b.scalar_type(), "einsum(): expected scalar type ", to_string(a.scalar_type()),
              " but found ", to_string(b.scalar_type()));
  DimVector both, left, right, inner, sizes;
  int64_t both_size = 1, left_size = 1, right_size = 1, inner_size = 1;
  for (size_t d = 0; d < summed.size(); ++d) {
    const auto dim = static_cast<int64_t>(d);
    const int64_t n = a.size(dim), m = b.size(dim);
    const DimVector one{dim};
    if (summed[d] && (n == 1 || m == 1)) {
      if (n != 1) a = ops::sum(a, OptionalIntArrayRef(IntArrayRef(one)), true);
      if (m != 1) b = ops::sum(b, OptionalIntArrayRef(IntArrayRef(one)), true);
      right.push_back(dim);
    } else if (summed[d]) {
      inner.push_back(dim);
      inner_size *= n;
    } else if (n != 1 && m != 1) {
      both.push_back(dim);
      both_size *= n;
    } else if (n != 1) {
      left.push_back(dim);
      left_size *= n;
    } else {
      right.push_back(dim);
      right_size *= m;
    }
  }
  // Sums of small integers are int64.
  const ScalarType common = promote_types(a.scalar_type(), b.scalar_type());
  a = ops::to(a, common);
  b = ops::to(b, common);
  const auto joined = [](std::initializer_list<const DimVector*> parts) {
    DimVector all;
    for (const DimVector* part : parts) {
      for (int64_t d : *part) all.push_back(d);
    }
    return all;
  };
  const TensorBase x =
      ops::reshape(ops::permute(a, joined({&both, &left, &inner, &right})), {both_size, left_size, inner_size});
  const TensorBase y =
      ops::reshape(ops::permute(b, joined({&both, &inner, &right, &left})), {both_size, inner_size, right_size});
  const DimVector order = joined({&both, &left, &inner, &right});
  DimVector back(order);
  for (size_t i = 0; i < order.size(); ++i) {
    const int64_t d = order[i];
    back[static_cast<size_t>(d)] = static_cast<int64_t>(i);
    const bool is_inner = std::find(inner.begin(), inner.end(), d) != inner.end();
    sizes.push_back(is_inner ? 1 : std::max(a.size(d), b.size(d) == 0 ? 0 : b.size(d)));
    if (a.size(d) == 0 && !is_inner) sizes.back() = 0;
    if (b.size(d) == 0 && !is_inner) sizes.back() = 0;
  }
  return ops::permute(ops::reshape(ops::bmm(x, y), sizes), back);
}

class Contraction {
 public:
  Contraction(const Equation& equation, TensorList tensors)
      : kept_(equation.output.size()), is_product_(tensors.size() > 1) {
    std::vector<int> order = equation.output;
    for (const auto& labels : equation.inputs) {
      for (int label : labels) {
        if (std::find(order.begin(), order.end(), label) == order.end()) order.push_back(label);
      }
    }
    for (size_t i = 0; i < tensors.size(); ++i) {
      std::vector<int> labels = equation.inputs[i];
      const TensorBase plain = without_repeats(tensors[i], labels);
      operands_.push_back(with_all_labels(plain, labels, order));
    }
    sizes_.resize(order.size(), 1);
    for (size_t i = 0; i < operands_.size(); ++i) {
      for (size_t d = 0; d < order.size(); ++d) {
        const int64_t n = operands_[i].size(static_cast<int64_t>(d));
        TORCH_CHECK(n == 1 || sizes_[d] == 1 || n == sizes_[d], "einsum(): subscript has size ", n, " for operand ", i,
                    " which does not broadcast with previously seen size ", sizes_[d]);
        if (n != 1) sizes_[d] = n;
      }
    }
  }

  TensorBase run(OptionalIntArrayRef path) {
    TORCH_CHECK(!path.has_value() || path->size() == 2 * (operands_.size() - 1),
                "einsum(): expected contraction path given in path parameter to have size ", 2 * (operands_.size() - 1),
                " but got ", path.has_value() ? path->size() : 0);
    for (size_t step = 0; operands_.size() > 1; ++step) {
      size_t i = 0, j = 1;
      if (path.has_value()) {
        i = checked((*path)[2 * step]);
        j = checked((*path)[2 * step + 1]);
        TORCH_CHECK(i != j, "einsum(): expected a path of pairs of different operands, got ", i, " twice");
        if (i > j) std::swap(i, j);
      }
      const TensorBase a = operands_[i], b = operands_[j];
      operands_.erase(operands_.begin() + static_cast<int64_t>(j));
      operands_.erase(operands_.begin() + static_cast<int64_t>(i));
      const TensorBase product = sum_of_products(a, b, summed_now());
      operands_.insert(path.has_value() ? operands_.end() : operands_.begin(), product);
    }
    return finish();
  }

 private:
  size_t checked(int64_t i) const {
    TORCH_CHECK(i >= 0 && static_cast<size_t>(i) < operands_.size(), "einsum(): path names operand ", i, " of ",
                operands_.size());
    return static_cast<size_t>(i);
  }
  // Dims that no operand but the two taken out has any more.
  std::vector<bool> summed_now() const {
    std::vector<bool> summed(sizes_.size(), false);
    for (size_t d = kept_; d < sizes_.size(); ++d) {
      summed[d] = std::all_of(operands_.begin(), operands_.end(),
                              [&](const TensorBase& t) { return t.size(static_cast<int64_t>(d)) == 1; });
    }
    return summed;
  }
  TensorBase finish() const {
    TensorBase result = operands_.front();
    DimVector rest;
    bool plain = true;
    for (size_t d = kept_; d < sizes_.size(); ++d) {
      rest.push_back(static_cast<int64_t>(d));
      plain = plain && result.size(static_cast<int64_t>(d)) == 1;
    }
    if (rest.empty()) return result;
    // One operand is summed, which promotes integers; products have summed already.
    if (plain && is_product_) return ops::squeeze(result, IntArrayRef(rest));
    return ops::sum(result, OptionalIntArrayRef(IntArrayRef(rest)), false);
  }

  size_t kept_;
  bool is_product_;
  std::vector<TensorBase> operands_;
  std::vector<int64_t> sizes_;
};

}  // namespace

TensorBase einsum(std::string_view equation, TensorList tensors, OptionalIntArrayRef path) {
  TORCH_CHECK(!tensors.empty(), "einsum(): must provide at least one operand");
  const Equation parsed(std::string(equation), tensors);
  return Contraction(parsed, tensors).run(path);
}

TensorBase tensordot(const TensorBase& self, const TensorBase& other, IntArrayRef dims_self, IntArrayRef dims_other) {
  TORCH_CHECK(dims_self.size() == dims_other.size(), "both dimension lists should have same length");
  TORCH_CHECK(self.scalar_type() == other.scalar_type(), "both inputs should have same dtype");
  DimVector inner_self, inner_other, left, right, shape;
  int64_t count = 1, rows = 1, columns = 1;
  TensorBase a = self, b = other;
  for (size_t i = 0; i < dims_self.size(); ++i) {
    const int64_t d = maybe_wrap_dim(dims_self[i], self.dim()), e = maybe_wrap_dim(dims_other[i], other.dim());
    TORCH_CHECK(std::find(inner_self.begin(), inner_self.end(), d) == inner_self.end() &&
                    std::find(inner_other.begin(), inner_other.end(), e) == inner_other.end(),
                "tensordot(): a dimension appears more than once in the lists of dims");
    inner_self.push_back(d);
    inner_other.push_back(e);
    const int64_t n = a.size(d), m = b.size(e);
    TORCH_CHECK(n == m || n == 1 || m == 1, "contracted dimensions need to match, but first has size ", n, " in dim ",
                d, " and second has size ", m, " in dim ", e);
    // A dimension of size 1 is broadcast: the other side is summed first.
    if (n != m && m == 1) a = ops::sum(a, OptionalIntArrayRef(IntArrayRef(d)), true, a.scalar_type());
    if (n != m && n == 1) b = ops::sum(b, OptionalIntArrayRef(IntArrayRef(e)), true, b.scalar_type());
    count *= a.size(d);
  }
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (std::find(inner_self.begin(), inner_self.end(), d) != inner_self.end()) continue;
    left.push_back(d);
    shape.push_back(self.size(d));
    rows *= self.size(d);
  }
  for (int64_t d = 0; d < other.dim(); ++d) {
    if (std::find(inner_other.begin(), inner_other.end(), d) != inner_other.end()) continue;
    right.push_back(d);
    shape.push_back(other.size(d));
    columns *= other.size(d);
  }
  for (int64_t d : inner_self) left.push_back(d);
  DimVector second(inner_other);
  for (int64_t d : right) second.push_back(d);
  return ops::reshape(ops::mm(ops::reshape(ops::permute(a, left), {rows, count}),
                              ops::reshape(ops::permute(b, second), {count, columns})),
                      shape);
}

}  // namespace tiny_torch::native
