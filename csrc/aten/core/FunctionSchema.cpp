#include "aten/core/FunctionSchema.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace tiny_torch {
namespace {

bool fits(const SchemaType& t, IValue& v);

bool is_type_name(const std::string& base) {
  for (const char* known : {"Tensor",     "int",      "float",   "bool",         "complex",   "Scalar",  "str",
                            "ScalarType", "Device",   "Layout",  "MemoryFormat", "Generator", "Storage", "Stream",
                            "SymInt",     "SymFloat", "SymBool", "Any",          "NoneType",  "Dimname"}) {
    if (base == known) return true;
  }
  return base.find('.') != std::string::npos;  // a class by its full name
}

class Parser {
 public:
  Parser(const std::string& text, const std::string& ns) : text_(text), ns_(ns) {}

  FunctionSchema parse() {
    FunctionSchema schema;
    schema.name = identifier();
    if (accept("::")) {
      schema.name += "::" + identifier();
    } else {
      schema.name = ns_ + "::" + schema.name;
    }
    if (accept(".")) schema.overload_name = identifier();
    expect("(");
    bool kwarg_only = false;
    while (!accept(")")) {
      if (accept("*")) {
        kwarg_only = true;
      } else if (accept("...")) {
        schema.is_vararg = true;
      } else {
        Argument next = argument();
        for (const Argument& a : schema.arguments) {
          if (a.name == next.name) fail("an argument name that is not taken");
        }
        schema.arguments.push_back(std::move(next));
        schema.arguments.back().kwarg_only = kwarg_only;
      }
      if (!peek(")")) expect(",");
    }
    expect("->");
    if (accept("(")) {
      while (!accept(")")) {
        schema.returns.push_back(returned());
        if (!peek(")")) expect(",");
      }
    } else {
      schema.returns.push_back(returned());
    }
    skip_spaces();
    if (at_ != text_.size()) fail("the end");
    return schema;
  }

 private:
  [[noreturn]] void fail(const char* expected) const {
    detail::throw_error(str("schema: expected ", expected, " at position ", at_, " of '", text_, "'"));
  }
  void skip_spaces() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool peek(const char* token) {
    skip_spaces();
    return text_.compare(at_, std::char_traits<char>::length(token), token) == 0;
  }
  bool accept(const char* token) {
    if (!peek(token)) return false;
    at_ += std::char_traits<char>::length(token);
    return true;
  }
  void expect(const char* token) {
    if (!accept(token)) fail(token);
  }
  std::string identifier() {
    skip_spaces();
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    if (start == at_) fail("a name");
    return text_.substr(start, at_ - start);
  }

  SchemaType type() {
    SchemaType t;
    t.base = identifier();
    while (accept(".")) t.base += "." + identifier();
    if (!is_type_name(t.base)) fail("a type before this position");
    alias(t);
    if (accept("?")) {
      if (peek("[")) {
        t.element_optional = true;
      } else {
        t.is_optional = true;
      }
    }
    if (accept("[")) {
      t.is_list = true;
      if (!peek("]")) t.list_size = integer(identifier());
      expect("]");
      alias(t);
      if (accept("?")) t.is_optional = true;
    }
    return t;
  }
  void alias(SchemaType& t) {
    if (!accept("(")) return;
    AliasInfo info;
    if (!accept("*")) info.set = identifier();
    info.is_write = accept("!");
    while (accept("|")) identifier();
    if (accept("->")) {
      if (!accept("*")) identifier();
    }
    expect(")");
    t.alias = info;
  }

  Argument argument() {
    Argument a;
    a.type = type();
    a.name = identifier();
    if (accept("=")) {
      const size_t start = (skip_spaces(), at_);
      a.default_value = literal(a.type);
      a.default_text = text_.substr(start, at_ - start);
      if (!fits(a.type, *a.default_value)) fail("a default of the argument's type before this position");
    }
    return a;
  }
  Argument returned() {
    Argument a;
    a.type = type();
    if (!peek(",") && !peek(")") && (skip_spaces(), at_ < text_.size())) a.name = identifier();
    return a;
  }

  IValue literal(const SchemaType& t) {
    if (accept("None")) return IValue();
    if (accept("True")) return IValue(true);
    if (accept("False")) return IValue(false);
    if (accept("[")) return list_literal(t);
    if (peek("'") || peek("\"")) return string_literal();
    skip_spaces();
    if (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) return named_literal();
    return number(t);
  }
  IValue list_literal(const SchemaType& t) {
    std::vector<IValue> items;
    SchemaType element = t;
    element.is_list = false;
    while (!accept("]")) {
      items.push_back(literal(element));
      if (!peek("]")) expect(",");
    }
    if (t.base == "int" || t.base == "SymInt") {
      std::vector<int64_t> ints;
      for (const IValue& item : items) ints.push_back(item.to_int());
      return IValue(ints);
    }
    if (t.base == "float") {
      std::vector<double> doubles;
      for (const IValue& item : items) doubles.push_back(item.to_double());
      return IValue(doubles);
    }
    if (t.base == "bool") {
      std::vector<bool> bools;
      for (const IValue& item : items) bools.push_back(item.to_bool());
      return IValue(bools);
    }
    return IValue(items);
  }
  IValue string_literal() {
    const char quote = text_[at_++];
    const size_t end = text_.find(quote, at_);
    if (end == std::string::npos) fail("a closing quote");
    std::string value = text_.substr(at_, end - at_);
    at_ = end + 1;
    return IValue(value);
  }
  IValue named_literal() {
    const std::string name = identifier();
    if (name == "Mean") return IValue(int64_t{1});
    if (name == "Sum") return IValue(int64_t{2});
    if (name == "contiguous_format") return IValue(MemoryFormat::Contiguous);
    if (name == "preserve_format") return IValue(MemoryFormat::Preserve);
    if (name == "strided") return IValue(Layout::Strided);
    if (name == "long") return IValue(kLong);
    if (name == "float") return IValue(kFloat);
    if (name == "inf") return IValue(std::numeric_limits<double>::infinity());
    fail("a literal");
  }
  int64_t integer(const std::string& digits) const {
    char* end = nullptr;
    errno = 0;
    const int64_t value = std::strtoll(digits.c_str(), &end, 10);
    if (digits.empty() || *end != '\0' || errno != 0) fail("an int64 before this position");
    return value;
  }
  IValue number(const SchemaType& t) {
    const char* start = text_.c_str() + at_;
    char* end = nullptr;
    const double value = std::strtod(start, &end);
    if (end == start) fail("a literal");
    const std::string digits(start, static_cast<const char*>(end));
    at_ += static_cast<size_t>(end - start);
    if (t.base != "float" && digits.find_first_of(".eE") == std::string::npos) return IValue(integer(digits));
    return IValue(value);
  }

  const std::string& text_;
  const std::string& ns_;
  size_t at_ = 0;
};

bool is_int_like(const std::string& base) {
  return base == "int" || base == "SymInt" || base == "ScalarType" || base == "Layout" || base == "MemoryFormat";
}

// Converts a value to what the type calls for where that is harmless; false when it does not fit.
bool fits(const SchemaType& t, IValue& v) {
  using Tag = IValue::Tag;
  if (v.is_none()) return t.is_optional || t.element_optional;
  if (t.is_list) {
    if (t.base == "Tensor") {
      if (v.tag() == Tag::GenericList && v.to_list().empty()) v = IValue(std::vector<TensorBase>());
      if (t.element_optional && v.tag() == Tag::TensorList) {
        const auto& tensors = v.to_tensor_list();
        v = IValue(std::vector<std::optional<TensorBase>>(tensors.begin(), tensors.end()));
      }
      return v.tag() == (t.element_optional ? Tag::OptionalTensorList : Tag::TensorList);
    }
    if (v.tag() == Tag::GenericList && v.to_list().empty()) {
      v = is_int_like(t.base) ? IValue(std::vector<int64_t>())
          : t.base == "float" ? IValue(std::vector<double>())
                              : IValue(std::vector<bool>());
    }
    if (is_int_like(t.base)) {
      if (v.is_int() && t.list_size > 0) v = IValue(std::vector<int64_t>(static_cast<size_t>(t.list_size), v.to_int()));
      return v.tag() == Tag::IntList;
    }
    if (t.base == "float" && v.tag() == Tag::IntList)
      v = IValue(std::vector<double>(v.to_int_list().begin(), v.to_int_list().end()));
    return t.base == "float" ? v.tag() == Tag::DoubleList : t.base == "bool" ? v.tag() == Tag::BoolList : v.is_list();
  }
  if (t.base == "Tensor") return v.is_tensor();
  if (is_int_like(t.base)) return v.is_int();
  if (t.base == "float") {
    if (v.is_int()) v = IValue(v.to_double());
    return v.is_double();
  }
  if (t.base == "bool") return v.is_bool();
  if (t.base == "Scalar") return v.is_scalar();
  if (t.base == "str") return v.is_string();
  if (t.base == "Device") return v.tag() == Tag::Device;
  if (t.base == "Generator") return v.tag() == Tag::Generator;
  if (t.base == "Storage") return v.tag() == Tag::Storage;
  return true;
}

void print_arguments(std::ostream& out, const std::vector<Argument>& arguments) {
  bool star = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument& a = arguments[i];
    if (i != 0) out << ", ";
    if (a.kwarg_only && !star) {
      out << "*, ";
      star = true;
    }
    out << a.type.str();
    if (!a.name.empty()) out << ' ' << a.name;
    if (a.default_value.has_value()) out << '=' << a.default_text;
  }
}

}  // namespace

std::string SchemaType::str() const {
  std::string text = base;
  const std::string mark = alias.has_value() ? "(" + alias->set + (alias->is_write ? "!" : "") + ")" : "";
  text += mark;
  if (element_optional) text += "?";
  if (is_list) text += list_size >= 0 ? "[" + std::to_string(list_size) + "]" : "[]";
  if (is_optional) text += "?";
  return text;
}

std::string FunctionSchema::str() const {
  std::ostringstream out;
  out << name << (overload_name.empty() ? "" : "." + overload_name) << '(';
  print_arguments(out, arguments);
  out << ") -> ";
  if (returns.size() == 1) {
    print_arguments(out, returns);
  } else {
    out << '(';
    print_arguments(out, returns);
    out << ')';
  }
  return out.str();
}

bool FunctionSchema::is_mutable() const {
  for (const Argument& a : arguments) {
    if (a.type.alias.has_value() && a.type.alias->is_write) return true;
  }
  return false;
}

void FunctionSchema::check_and_normalize(Stack& stack) const {
  TORCH_CHECK(stack.size() <= arguments.size(), name, "() expected at most ", arguments.size(),
              " argument(s) but received ", stack.size(), " argument(s). Declaration: ", str());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument& a = arguments[i];
    if (i == stack.size()) {
      TORCH_CHECK(a.default_value.has_value(), name, "() is missing value for argument '", a.name,
                  "'. Declaration: ", str());
      stack.push_back(*a.default_value);
      continue;
    }
    TORCH_CHECK(fits(a.type, stack[i]), name, "() Expected a value of type '", a.type.str(), "' for argument '", a.name,
                "' but instead found type '", stack[i].tag_name(), "'. Declaration: ", str());
  }
}

FunctionSchema parse_schema(const std::string& text, const std::string& ns) { return Parser(text, ns).parse(); }
std::ostream& operator<<(std::ostream& out, const FunctionSchema& schema) { return out << schema.str(); }

}  // namespace tiny_torch
