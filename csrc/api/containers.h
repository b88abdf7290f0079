// torch::List and torch::Dict: containers whose copies share their contents, as those of a Python program do.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "api/ordered_dict.h"
#include "c10/ArrayRef.h"

namespace tiny_torch {

template <class T>
class List {
 public:
  using value_type = T;
  using iterator = typename std::vector<T>::iterator;

  List() : values_(std::make_shared<std::vector<T>>()) {}
  List(std::initializer_list<T> values) : values_(std::make_shared<std::vector<T>>(values)) {}
  explicit List(ArrayRef<T> values) : values_(std::make_shared<std::vector<T>>(values.begin(), values.end())) {}
  explicit List(std::vector<T> values) : values_(std::make_shared<std::vector<T>>(std::move(values))) {}

  size_t size() const { return values_->size(); }
  bool empty() const { return values_->empty(); }
  /// std::out_of_range for a position that is not there.
  T get(size_t i) const { return values_->at(i); }
  void set(size_t i, T value) const { values_->at(i) = std::move(value); }
  T extract(size_t i) const { return std::move(values_->at(i)); }
  decltype(auto) operator[](size_t i) const { return values_->at(i); }
  iterator begin() const { return values_->begin(); }
  iterator end() const { return values_->end(); }
  void push_back(T value) const { values_->push_back(std::move(value)); }
  template <class... Args>
  void emplace_back(Args&&... args) const {
    values_->emplace_back(std::forward<Args>(args)...);
  }
  iterator insert(iterator position, T value) const { return values_->insert(position, std::move(value)); }
  iterator erase(iterator position) const { return values_->erase(position); }
  void append(const List& other) const {
    const std::vector<T> copy = other.vec();
    values_->insert(values_->end(), copy.begin(), copy.end());
  }
  void pop_back() const { values_->pop_back(); }
  void resize(size_t n) const { values_->resize(n); }
  void reserve(size_t n) const { values_->reserve(n); }
  void clear() const { values_->clear(); }
  std::vector<T> vec() const { return *values_; }
  /// A list of its own with the same values.
  List copy() const { return List(*values_); }
  /// Whether both share their contents.
  bool is(const List& other) const { return values_ == other.values_; }
  uint32_t use_count() const { return static_cast<uint32_t>(values_.use_count()); }
  friend bool operator==(const List& a, const List& b) { return *a.values_ == *b.values_; }
  friend bool operator!=(const List& a, const List& b) { return !(a == b); }

 private:
  std::shared_ptr<std::vector<T>> values_;
};

/// Keeps the order of insertion. Entries have key() and value().
template <class Key, class Value>
class Dict {
 public:
  using Items = OrderedDict<Key, Value>;
  using iterator = typename Items::Iterator;

  Dict() : items_(std::make_shared<Items>()) {}
  size_t size() const { return items_->size(); }
  bool empty() const { return items_->is_empty(); }
  bool contains(const Key& key) const { return items_->contains(key); }
  iterator begin() const { return items_->begin(); }
  iterator end() const { return items_->end(); }
  iterator find(const Key& key) const {
    iterator it = begin();
    while (it != end() && !(it->key() == key)) ++it;
    return it;
  }
  /// std::out_of_range for a key that is not there.
  Value at(const Key& key) const {
    const Value* value = items_->find(key);
    if (value == nullptr) throw std::out_of_range("Argument passed to at() was not in the map.");
    return *value;
  }
  /// Adds an entry unless there is one for `key`; says where it is and whether it is new.
  std::pair<iterator, bool> insert(Key key, Value value) const {
    const bool is_new = !contains(key);
    if (is_new) items_->insert(key, std::move(value));
    return {find(key), is_new};
  }
  std::pair<iterator, bool> insert_or_assign(Key key, Value value) const {
    if (Value* there = items_->find(key)) {
      *there = std::move(value);
      return {find(key), false};
    }
    return insert(std::move(key), std::move(value));
  }
  size_t erase(const Key& key) const {
    if (!contains(key)) return 0;
    items_->erase(key);
    return 1;
  }
  void clear() const { items_->clear(); }
  void reserve(size_t n) const { items_->reserve(n); }
  /// A dictionary of its own with the same entries.
  Dict copy() const {
    Dict result;
    *result.items_ = *items_;
    return result;
  }
  bool is(const Dict& other) const { return items_ == other.items_; }

 private:
  std::shared_ptr<Items> items_;
};

}  // namespace tiny_torch
