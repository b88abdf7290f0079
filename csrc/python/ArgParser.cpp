#include "python/ArgParser.h"

#include <cstring>
#include <sstream>
#include <unordered_map>

#include "python/arg_checks.h"

namespace tiny_torch {
namespace python {

namespace {

const std::unordered_map<std::string, ParameterKind>& kinds() {
  static const std::unordered_map<std::string, ParameterKind> table = {
      {"Tensor", ParameterKind::Tensor},         {"TensorOrNumber", ParameterKind::TensorOrNumber},
      {"Tensor[]", ParameterKind::TensorList},   {"Tensor?[]", ParameterKind::OptionalTensorList},
      {"Scalar", ParameterKind::Scalar},         {"int", ParameterKind::Int},
      {"float", ParameterKind::Float},           {"bool", ParameterKind::Bool},
      {"int[]", ParameterKind::IntList},         {"float[]", ParameterKind::FloatList},
      {"bool[]", ParameterKind::BoolList},       {"Scalar[]", ParameterKind::ScalarList},
      {"ScalarType", ParameterKind::ScalarType}, {"Device", ParameterKind::Device},
      {"Layout", ParameterKind::Layout},         {"MemoryFormat", ParameterKind::MemoryFormat},
      {"Generator", ParameterKind::Generator},   {"str", ParameterKind::String},
      {"Storage", ParameterKind::Storage},
  };
  return table;
}

const char* numpy_name(const std::string& name) {
  return name == "dim"       ? "axis"
         : name == "keepdim" ? "keepdims"
         : name == "input"   ? "x"
         : name == "other"   ? "x2"
                             : nullptr;
}

// "int[2] stride=1" -> kind, list size, name, optional.
SignatureParameter parse_parameter(std::string text) {
  SignatureParameter p;
  const size_t equals = text.find('=');
  if (equals != std::string::npos) {
    p.optional = true;
    const std::string value = text.substr(equals + 1);
    p.allow_none = value == "None" || value == "[]";
    text.resize(equals);
  }
  const size_t space = text.rfind(' ');
  p.name = text.substr(space + 1);
  std::string type = text.substr(0, space);
  p.type_text = type;
  if (type.back() == '?') {
    p.allow_none = true;
    type.pop_back();
  }
  const size_t bracket = type.find('[');
  if (bracket != std::string::npos && type[bracket + 1] != ']') {
    p.list_size = std::atoll(type.c_str() + bracket + 1);
    type = type.substr(0, bracket) + "[]";
  }
  const auto found = kinds().find(type);
  TORCH_INTERNAL_ASSERT(found != kinds().end(), "unknown parameter type ", type);
  p.kind = found->second;
  p.interned = PyUnicode_InternFromString(p.name.c_str());
  if (const char* alias = numpy_name(p.name)) p.alias = PyUnicode_InternFromString(alias);
  return p;
}

}  // namespace

PythonSignature::PythonSignature(const std::string& signature) {
  const size_t open = signature.find('(');
  text = signature.substr(open);
  std::string list = text.substr(1, text.rfind(')') - 1);
  bool kwarg_only = false;
  size_t start = 0;
  while (start < list.size()) {
    size_t depth = 0, end = start;
    for (; end < list.size() && (list[end] != ',' || depth != 0); ++end)
      depth += list[end] == '[' || list[end] == '(' ? 1 : list[end] == ']' || list[end] == ')' ? -1 : 0;
    const std::string part = list.substr(start, end - start);
    start = end + 2;
    if (part == "*") {
      kwarg_only = true;
    } else if (part == "@") {
      self_index = static_cast<int>(parameters.size());
      SignatureParameter p;
      p.kind = ParameterKind::Self;
      parameters.push_back(p);
    } else {
      parameters.push_back(parse_parameter(part));
      parameters.back().kwarg_only = kwarg_only;
      positional += kwarg_only ? 0 : 1;
    }
  }
  TORCH_INTERNAL_ASSERT(parameters.size() <= kMaxParameters, "too many parameters: ", text);
  for (const SignatureParameter& p : parameters) {
    if (p.kind == ParameterKind::Self) continue;
    varargs = p.kind == ParameterKind::IntList && positional == 1 && p.list_size <= 0;
    break;
  }
  const size_t at = text.find("@");
  if (at != std::string::npos) text.erase(at, text.compare(at, 3, "@, ") == 0 ? 3 : 1);
}

PythonArgParser::PythonArgParser(const char* name, std::initializer_list<const char*> signatures, const char* module)
    : name_(name), module_(module) {
  for (const char* text : signatures) signatures_.emplace_back(text);
}

bool PythonArgParser::parse(PythonArgs& out, PyObject* self, PyObject* const* args, Py_ssize_t nargs,
                            PyObject* kwnames) const {
  out.parser_ = this;
  out.self_ = self;
  out.args_ = args;
  out.nargs_ = nargs;
  out.kwnames_ = kwnames;
  for (size_t i = 0; i < signatures_.size(); ++i) {
    bool overloaded = self != nullptr && has_torch_function(self);
    if (match(signatures_[i], out, overloaded, nullptr)) {
      out.signature_ = static_cast<int>(i);
      return (overloaded && torch_function_enabled()) || torch_function_modes_active();
    }
  }
  report(out);
}

// Binds one signature; `why` collects the reason of a refusal when it is wanted.
bool PythonArgParser::match(const PythonSignature& s, PythonArgs& out, bool& overloaded, std::string* why) const {
  const Py_ssize_t nkw = out.kwnames_ == nullptr ? 0 : PyTuple_GET_SIZE(out.kwnames_);
  const bool varargs = s.varargs && out.nargs_ >= 1 && is_int_like(out.args_[0]);
  if (!varargs && out.nargs_ > static_cast<Py_ssize_t>(s.positional)) {
    if (why != nullptr)
      *why = str("takes ", s.positional, " positional argument", s.positional == 1 ? "" : "s", " but ", out.nargs_,
                 out.nargs_ == 1 ? " was" : " were", " given");
    return false;
  }
  Py_ssize_t position = 0, used_kw = 0;
  for (size_t i = 0; i < s.parameters.size(); ++i) {
    const SignatureParameter& p = s.parameters[i];
    PyObject*& value = out.values_[i];
    value = nullptr;
    if (p.kind == ParameterKind::Self) {
      value = out.self_;
      continue;
    }
    bool by_position = false;
    if (!p.kwarg_only && position < out.nargs_) {
      by_position = true;
      if (varargs) {
        if (!all_int_like(out.args_, out.nargs_)) {
          if (why != nullptr) *why = str("argument '", p.name, "' must be tuple of ints");
          return false;
        }
        out.varargs_ = PyRef(check(PyTuple_New(out.nargs_)));
        for (Py_ssize_t k = 0; k < out.nargs_; ++k) PyTuple_SET_ITEM(out.varargs_.get(), k, Py_NewRef(out.args_[k]));
        value = out.varargs_.get();
        position = out.nargs_;
      } else {
        value = out.args_[position++];
      }
    }
    if (nkw != 0) {
      PyObject* by_name = find_keyword(out.kwnames_, out.args_ + out.nargs_, p.interned, p.alias);
      if (by_name != nullptr && value != nullptr) {
        if (why != nullptr) *why = str("got multiple values for argument '", p.name, "'");
        return false;
      }
      if (by_name != nullptr) {
        value = by_name;
        ++used_kw;
      }
    }
    if (value == nullptr) {
      if (p.optional) continue;
      if (why != nullptr) *why = missing_text(s, out, i);
      return false;
    }
    if (value == Py_None && p.allow_none) {
      if (p.optional) value = nullptr;
      continue;
    }
    if (!check_argument(p, value, overloaded)) {
      if (why != nullptr) *why = wrong_type_text(p, value, by_position ? static_cast<int>(position) : 0);
      return false;
    }
  }
  if (used_kw == nkw) return true;
  if (why != nullptr) *why = unexpected_keyword_text(s, out.kwnames_);
  return false;
}

void PythonArgParser::report(PythonArgs& out) const {
  bool overloaded = false;
  if (signatures_.size() == 1) {
    std::string why;
    match(signatures_[0], out, overloaded, &why);
    const bool unbound = why.compare(0, 8, "argument") == 0 || why.compare(0, 3, "got") == 0 ||
                         why.compare(0, 7, "missing") == 0 || why.compare(0, 5, "takes") == 0;
    throw TypeError(str(name_, unbound && why.compare(0, 8, "argument") == 0 ? "(): " : "() ", why));
  }
  std::ostringstream message;
  message << name_ << "() received an invalid combination of arguments - got "
          << describe_call(out.args_, out.nargs_, out.kwnames_) << ", but expected one of:\n";
  for (const PythonSignature& s : signatures_) {
    message << " * " << s.text << '\n';
    std::string why;
    if (!match(s, out, overloaded, &why))
      message << "      didn't match because it "
              << (why.compare(0, 8, "argument") == 0 ? "has a wrong argument: " : "") << why << '\n';
  }
  throw TypeError(message.str());
}

}  // namespace python
}  // namespace tiny_torch
