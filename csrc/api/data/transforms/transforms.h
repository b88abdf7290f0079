// Transforms of batches: Stack and Collate make one example of a batch, Lambda and Normalize change each example.
//
// Example: `dataset.map(Normalize<>(0.1307, 0.3081)).map(Stack<>())`
#pragma once

#include <functional>
#include <vector>

#include "api/data/example.h"
#include "api/expanding_array.h"
#include "generated/functions/creation.h"
#include "generated/functions/join.h"
#include "generated/functions/reduce.h"

namespace tiny_torch::frontend::data::transforms {

/// From a whole batch to something else.
template <class Input, class Output>
class BatchTransform {
 public:
  using InputBatchType = Input;
  using OutputBatchType = Output;
  virtual ~BatchTransform() = default;
  virtual OutputBatchType apply_batch(InputBatchType input_batch) = 0;
};

/// From each example of a batch to another.
template <class Input, class Output>
class Transform : public BatchTransform<std::vector<Input>, std::vector<Output>> {
 public:
  using InputType = Input;
  using OutputType = Output;
  virtual OutputType apply(InputType input) = 0;
  std::vector<Output> apply_batch(std::vector<Input> input_batch) override {
    std::vector<Output> result;
    result.reserve(input_batch.size());
    for (Input& input : input_batch) result.push_back(apply(std::move(input)));
    return result;
  }
};

template <class Input, class Output = Input>
class BatchLambda : public BatchTransform<Input, Output> {
 public:
  using FunctionType = std::function<Output(Input)>;
  explicit BatchLambda(FunctionType function) : function_(std::move(function)) {}
  Output apply_batch(Input input_batch) override { return function_(std::move(input_batch)); }

 private:
  FunctionType function_;
};

template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
 public:
  using FunctionType = std::function<Output(Input)>;
  explicit Lambda(FunctionType function) : function_(std::move(function)) {}
  Output apply(Input input) override { return function_(std::move(input)); }

 private:
  FunctionType function_;
};

/// A function of the whole batch.
template <class T, class BatchType = std::vector<T>>
using Collation = BatchTransform<BatchType, T>;
template <class T, class BatchType = std::vector<T>>
using Collate = BatchLambda<BatchType, T>;

/// Stacks the examples of a batch: data and targets of one more dimension, the first.
template <class T = Example<>>
struct Stack;
template <>
struct Stack<Example<>> : public Collation<Example<>> {
  Example<> apply_batch(std::vector<Example<>> examples) override {
    std::vector<Tensor> data, targets;
    for (Example<>& one : examples) {
      data.push_back(std::move(one.data));
      targets.push_back(std::move(one.target));
    }
    return {tiny_torch::stack(data), tiny_torch::stack(targets)};
  }
};
template <>
struct Stack<TensorExample> : public Collation<TensorExample> {
  TensorExample apply_batch(std::vector<TensorExample> examples) override {
    std::vector<Tensor> data;
    for (TensorExample& one : examples) data.push_back(std::move(one.data));
    return tiny_torch::stack(data);
  }
};

/// Changes the data of each example and leaves its target.
template <class Target = Tensor>
class TensorTransform : public Transform<Example<Tensor, Target>, Example<Tensor, Target>> {
 public:
  using E = Example<Tensor, Target>;
  virtual Tensor operator()(Tensor input) = 0;
  E apply(E input) override {
    input.data = (*this)(std::move(input.data));
    return input;
  }
};

template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
 public:
  using FunctionType = std::function<Tensor(Tensor)>;
  explicit TensorLambda(FunctionType function) : function_(std::move(function)) {}
  Tensor operator()(Tensor input) override { return function_(std::move(input)); }

 private:
  FunctionType function_;
};

/// (data - mean) / stddev, one value for all channels or one for each.
template <class Target = Tensor>
struct Normalize : public TensorTransform<Target> {
  Normalize(ArrayRef<double> mean, ArrayRef<double> stddev) : mean(channels(mean)), stddev(channels(stddev)) {}
  Tensor operator()(Tensor input) override { return input.sub(mean).div(stddev); }
  Tensor mean, stddev;

 private:
  static Tensor channels(ArrayRef<double> values) {
    Tensor t = tiny_torch::empty({static_cast<int64_t>(values.size()), 1, 1}, kFloat32);
    for (size_t i = 0; i < values.size(); ++i) t.mutable_data_ptr<float>()[i] = static_cast<float>(values[i]);
    return t;
  }
};

}  // namespace tiny_torch::frontend::data::transforms
