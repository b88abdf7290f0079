#include "api/optim/fields.h"

namespace tiny_torch::frontend::optim {
namespace {

std::vector<IValue> as_values(const std::vector<Tensor>& tensors) {
  return std::vector<IValue>(tensors.begin(), tensors.end());
}
std::vector<Tensor> tensors_of(const IValue& value) {
  std::vector<Tensor> result;
  if (value.is_tensor_list()) {
    for (const TensorBase& t : value.to_tensor_list()) result.emplace_back(t);
  } else {
    for (const IValue& one : value.to_list()) result.emplace_back(one.to_tensor());
  }
  return result;
}

}  // namespace

OptimizerOptions::~OptimizerOptions() = default;
OptimizerParamState::~OptimizerParamState() = default;

#define NOT_IMPLEMENTED(Class, function) \
  TORCH_CHECK_NOT_IMPLEMENTED(false, #function "() has not been implemented for this subclass of " #Class)
#define NO_SERIALIZE(Class)                                                              \
  std::unique_ptr<Class> Class::clone() const { NOT_IMPLEMENTED(Class, clone); }         \
  void Class::serialize(serialize::InputArchive&) { NOT_IMPLEMENTED(Class, serialize); } \
  void Class::serialize(serialize::OutputArchive&) const { NOT_IMPLEMENTED(Class, serialize); }
NO_SERIALIZE(OptimizerOptions)
NO_SERIALIZE(OptimizerParamState)
double OptimizerOptions::get_lr() const { NOT_IMPLEMENTED(OptimizerOptions, get_lr); }
void OptimizerOptions::set_lr(double) { NOT_IMPLEMENTED(OptimizerOptions, set_lr); }
std::unique_ptr<OptimizerOptions> OptimizerOptions::merged_over(const OptimizerOptions&) const { return clone(); }
#undef NO_SERIALIZE
#undef NOT_IMPLEMENTED

void FieldWriter::operator()(const char* name, double value) const { archive.write(name, IValue(value)); }
void FieldWriter::operator()(const char* name, int64_t value) const { archive.write(name, IValue(value)); }
void FieldWriter::operator()(const char* name, bool value) const { archive.write(name, IValue(value)); }
void FieldWriter::operator()(const char* name, const std::tuple<double, double>& value) const {
  archive.write(name, IValue(value));
}
void FieldWriter::operator()(const char* name, const std::optional<int64_t>& value) const {
  if (value.has_value() || writes_missing) archive.write(name, IValue(value));
}
void FieldWriter::operator()(const char* name, const std::optional<std::string>& value) const {
  if (value.has_value() || writes_missing) archive.write(name, IValue(value));
}
void FieldWriter::operator()(const char* name, const Tensor& value) const {
  if (value.defined()) archive.write(name, value, /*is_buffer=*/true);
}
void FieldWriter::operator()(const char* name, const std::deque<Tensor>& value) const {
  archive.write(name, IValue(as_values({value.begin(), value.end()})));
}
void FieldWriter::operator()(const char* name, const std::optional<std::vector<Tensor>>& value) const {
  if (!value.has_value()) return;
  // Slots that were never filled have no form in a file.
  std::vector<Tensor> defined;
  for (const Tensor& t : *value) {
    if (t.defined()) defined.push_back(t);
  }
  archive.write(name, IValue(as_values(defined)));
}

void FieldReader::operator()(const char* name, double& value) const {
  IValue read;
  archive.read(name, read);
  value = read.to_double();
}
void FieldReader::operator()(const char* name, int64_t& value) const {
  IValue read;
  archive.read(name, read);
  value = read.to_int();
}
void FieldReader::operator()(const char* name, bool& value) const {
  IValue read;
  archive.read(name, read);
  value = read.to_bool();
}
void FieldReader::operator()(const char* name, std::tuple<double, double>& value) const {
  IValue read;
  archive.read(name, read);
  const std::vector<IValue>& parts = read.to_list();
  TORCH_CHECK(parts.size() == 2, "load(): '", name, "' must be a pair");
  value = {parts[0].to_double(), parts[1].to_double()};
}
void FieldReader::operator()(const char* name, std::optional<int64_t>& value) const {
  IValue read;
  value.reset();
  if (archive.try_read(name, read) && !read.is_none()) value = read.to_int();
}
void FieldReader::operator()(const char* name, std::optional<std::string>& value) const {
  IValue read;
  value.reset();
  if (archive.try_read(name, read) && !read.is_none()) value = read.to_string();
}
void FieldReader::operator()(const char* name, Tensor& value) const {
  value = Tensor();
  archive.try_read(name, value, /*is_buffer=*/true);
}
void FieldReader::operator()(const char* name, std::deque<Tensor>& value) const {
  IValue read;
  value.clear();
  if (!archive.try_read(name, read)) return;
  for (Tensor& t : tensors_of(read)) value.push_back(std::move(t));
}
void FieldReader::operator()(const char* name, std::optional<std::vector<Tensor>>& value) const {
  IValue read;
  value.reset();
  if (archive.try_read(name, read)) value = tensors_of(read);
}

}  // namespace tiny_torch::frontend::optim
