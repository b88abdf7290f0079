#include "aten/core/IValue.h"

namespace tiny_torch {

IValueObject::~IValueObject() = default;

namespace {
template <class T>
struct Held final : intrusive_ptr_target, Pooled {
  explicit Held(T v) : value(std::move(v)) {}
  T value;
};
}  // namespace

template <class T>
void IValue::hold(Tag tag, T value) {
  tag_ = tag;
  ptr_ = make_intrusive<Held<T>>(std::move(value));
}
template <class T>
const T& IValue::held(Tag tag) const {
  check(tag);
  return static_cast<const Held<T>*>(ptr_.get())->value;
}

IValue::IValue(TensorBase t) { hold(Tag::Tensor, std::move(t)); }
IValue::IValue(complex<double> v) { hold(Tag::Complex, v); }
IValue::IValue(const Scalar& s) {
  switch (s.kind()) {
    case Scalar::Kind::Int:
      *this = IValue(s.to_int());
      break;
    case Scalar::Kind::Double:
      *this = IValue(s.to_double());
      break;
    case Scalar::Kind::Bool:
      *this = IValue(s.to_bool());
      break;
    case Scalar::Kind::Complex:
      *this = IValue(s.to_complex_double());
      break;
  }
}
IValue::IValue(std::string s) { hold(Tag::String, std::move(s)); }
IValue::IValue(std::vector<int64_t> v) { hold(Tag::IntList, std::move(v)); }
IValue::IValue(std::vector<double> v) { hold(Tag::DoubleList, std::move(v)); }
IValue::IValue(std::vector<bool> v) { hold(Tag::BoolList, std::move(v)); }
IValue::IValue(std::vector<TensorBase> v) { hold(Tag::TensorList, std::move(v)); }
IValue::IValue(std::vector<std::optional<TensorBase>> v) { hold(Tag::OptionalTensorList, std::move(v)); }
IValue::IValue(std::vector<IValue> v) { hold(Tag::GenericList, std::move(v)); }
IValue::IValue(Generator g) { hold(Tag::Generator, std::move(g)); }
IValue::IValue(Storage s) { hold(Tag::Storage, std::move(s)); }
IValue::IValue(intrusive_ptr<IValueObject> o) : ptr_(std::move(o)), tag_(Tag::Object) {}
IValue IValue::make_tuple(std::vector<IValue> elements) {
  IValue v;
  v.hold(Tag::Tuple, std::move(elements));
  return v;
}

Scalar IValue::to_scalar() const {
  switch (tag_) {
    case Tag::Int:
      return Scalar(u_.i);
    case Tag::Double:
      return Scalar(u_.d);
    case Tag::Bool:
      return Scalar(u_.i != 0);
    default:
      return Scalar(held<complex<double>>(Tag::Complex));
  }
}
const TensorBase& IValue::to_tensor() const { return held<TensorBase>(Tag::Tensor); }
const std::string& IValue::to_string() const { return held<std::string>(Tag::String); }
const std::vector<int64_t>& IValue::to_int_list() const { return held<std::vector<int64_t>>(Tag::IntList); }
const std::vector<double>& IValue::to_double_list() const { return held<std::vector<double>>(Tag::DoubleList); }
const std::vector<bool>& IValue::to_bool_list() const { return held<std::vector<bool>>(Tag::BoolList); }
const std::vector<TensorBase>& IValue::to_tensor_list() const { return held<std::vector<TensorBase>>(Tag::TensorList); }
const std::vector<std::optional<TensorBase>>& IValue::to_optional_tensor_list() const {
  return held<std::vector<std::optional<TensorBase>>>(Tag::OptionalTensorList);
}
const std::vector<IValue>& IValue::to_list() const {
  return held<std::vector<IValue>>(tag_ == Tag::Tuple ? Tag::Tuple : Tag::GenericList);
}
Generator IValue::to_generator() const { return held<Generator>(Tag::Generator); }
Storage IValue::to_storage() const { return held<Storage>(Tag::Storage); }
intrusive_ptr<IValueObject> IValue::to_object() const {
  check(Tag::Object);
  return intrusive_ptr<IValueObject>::reclaim_copy(static_cast<IValueObject*>(ptr_.get()));
}

namespace {
const char* name_of(IValue::Tag tag) {
  static constexpr const char* kNames[] = {"None", "Tensor", "int",     "float",     "bool",     "complex",
                                           "str",  "int[]",  "float[]", "bool[]",    "Tensor[]", "Tensor?[]",
                                           "list", "tuple",  "Device",  "Generator", "Storage",  "object"};
  return kNames[static_cast<int>(tag)];
}
}  // namespace
const char* IValue::tag_name() const { return name_of(tag_); }
void IValue::wrong_tag(Tag expected) const {
  detail::throw_type_error(
      str("expected a value of type '", name_of(expected), "' but got one of type '", name_of(tag_), "'"));
}

}  // namespace tiny_torch
