// What the oneDNN kernels share: one CPU engine, a stream per thread, and a cache of primitives by their description.
#pragma once

#include <omp.h>
#include <dnnl.hpp>

#include <functional>
#include <list>
#include <unordered_map>

#include "aten/core/TensorBase.h"
#include "c10/parallel.h"

namespace tiny_torch::onednn {

inline const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
inline dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

/// The oneDNN type of a dtype, or undef for those it does not compute with.
inline dnnl::memory::data_type data_type(ScalarType t) {
  return t == kFloat      ? dnnl::memory::data_type::f32
         : t == kBFloat16 ? dnnl::memory::data_type::bf16
                          : dnnl::memory::data_type::undef;
}

inline dnnl::memory memory(const dnnl::memory::desc& desc, const void* data) {
  return dnnl::memory(desc, engine(), const_cast<void*>(data));
}

/// oneDNN starts its own parallel regions with OpenMP's current count: ours, for a scope.
class ThreadCountScope {
 public:
  ThreadCountScope() : saved_(omp_get_max_threads()) {
    wanted_ = in_parallel_region() ? 1 : get_num_threads();
    if (wanted_ != saved_) omp_set_num_threads(wanted_);
  }
  ThreadCountScope(const ThreadCountScope&) = delete;
  ThreadCountScope& operator=(const ThreadCountScope&) = delete;
  ~ThreadCountScope() {
    if (wanted_ != saved_) omp_set_num_threads(saved_);
  }

 private:
  int saved_;
  int wanted_;
};

/// A key made of numbers: sizes, strides, dtypes, attributes.
using Key = SmallVector<int64_t, 32>;
struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t h = 0xcbf29ce484222325ull;
    for (int64_t v : key) h = (h ^ static_cast<uint64_t>(v)) * 0x9e3779b97f4a7c15ull, h ^= h >> 29;
    return static_cast<size_t>(h);
  }
};

/// Keeps the last `capacity` values by key, per thread; making a primitive costs far more than running a small one.
template <class Value>
class PrimitiveCache {
 public:
  explicit PrimitiveCache(size_t capacity = 512) : capacity_(capacity) {}
  template <class Make>
  Value& get(const Key& key, const Make& make) {
    auto found = index_.find(key);
    if (found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->second;
    }
    order_.emplace_front(key, make());
    index_.emplace(key, order_.begin());
    if (order_.size() > capacity_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    return order_.front().second;
  }

 private:
  size_t capacity_;
  std::list<std::pair<Key, Value>> order_;
  std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator, KeyHash> index_;
};

}  // namespace tiny_torch::onednn
