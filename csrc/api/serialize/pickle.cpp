#include "api/serialize/pickle.h"

#include <cstring>
#include <unordered_map>

#include "generated/ops/copy.h"
#include "generated/ops/view.h"

namespace tiny_torch::frontend::serialize {
namespace {

// Names of the storage classes, which pickles use for dtypes.
constexpr std::pair<const char*, ScalarType> kStorageNames[] = {{"ByteStorage", kByte},
                                                                {"CharStorage", kChar},
                                                                {"ShortStorage", kShort},
                                                                {"IntStorage", kInt},
                                                                {"LongStorage", kLong},
                                                                {"HalfStorage", kHalf},
                                                                {"FloatStorage", kFloat},
                                                                {"DoubleStorage", kDouble},
                                                                {"ComplexFloatStorage", kComplexFloat},
                                                                {"BoolStorage", kBool},
                                                                {"ComplexDoubleStorage", kComplexDouble},
                                                                {"BFloat16Storage", kBFloat16}};

std::string storage_name(ScalarType dtype) {
  for (const auto& one : kStorageNames) {
    if (one.second == dtype) return one.first;
  }
  TORCH_CHECK(false, "save(): tensors of dtype ", to_string(dtype), " cannot be saved");
}

using Kind = PickleValue::Kind;

PickleValue make(Kind kind) {
  PickleValue v;
  v.kind = kind;
  if (kind == Kind::List || kind == Kind::Tuple || kind == Kind::Dict || kind == Kind::Object) {
    v.items = std::make_shared<std::vector<PickleValue>>();
  }
  return v;
}

class Reader {
 public:
  using LoadStorage = std::function<Tensor(ScalarType, const std::string&, int64_t)>;
  Reader(std::string_view data, const LoadStorage& load_storage) : data_(data), load_storage_(load_storage) {}

  PickleValue run() {
    for (;;) {
      const char op = take(1)[0];
      if (op == '.') return pop();
      step(op);
    }
  }

 private:
  std::string_view take(size_t n) {
    TORCH_CHECK(data_.size() - at_ >= n, "load(): the pickle is cut off");
    at_ += n;
    return data_.substr(at_ - n, n);
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string line() {
    const size_t end = data_.find('\n', at_);
    TORCH_CHECK(end != std::string_view::npos, "load(): the pickle is cut off");
    std::string text(data_.substr(at_, end - at_));
    at_ = end + 1;
    return text;
  }
  void push(PickleValue v) { stack_.push_back(std::move(v)); }
  void push_int(int64_t i, Kind kind = Kind::Int) {
    PickleValue v = make(kind);
    v.integer = i;
    push(std::move(v));
  }
  void push_text(std::string text, Kind kind = Kind::String) {
    PickleValue v = make(kind);
    v.text = std::move(text);
    push(std::move(v));
  }
  PickleValue pop() {
    TORCH_CHECK(!stack_.empty(), "load(): the pickle takes more values than it has");
    PickleValue v = std::move(stack_.back());
    stack_.pop_back();
    return v;
  }
  PickleValue& top() {
    TORCH_CHECK(!stack_.empty(), "load(): the pickle takes more values than it has");
    return stack_.back();
  }
  /// The values above the last mark, which goes as well.
  std::vector<PickleValue> pop_mark() {
    size_t mark = stack_.size();
    while (mark > 0 && stack_[mark - 1].kind != Kind::Mark) --mark;
    TORCH_CHECK(mark > 0, "load(): the pickle has no mark where one is needed");
    std::vector<PickleValue> values(std::make_move_iterator(stack_.begin() + static_cast<std::ptrdiff_t>(mark)),
                                    std::make_move_iterator(stack_.end()));
    stack_.resize(mark - 1);
    return values;
  }
  void append_to_top(std::vector<PickleValue> values) {
    PickleValue& target = top();
    TORCH_CHECK(target.items != nullptr && target.kind != Kind::Tuple, "load(): the pickle adds items to no container");
    for (PickleValue& v : values) target.items->push_back(std::move(v));
  }
  void push_tuple(size_t n) {
    PickleValue tuple = make(Kind::Tuple);
    tuple.items->resize(n);
    for (size_t i = n; i-- > 0;) (*tuple.items)[i] = pop();
    push(std::move(tuple));
  }
  void memoize(size_t slot) {
    TORCH_CHECK(slot <= data_.size(), "load(): the pickle's memo is too large");
    memo_[slot] = top();
  }
  void recall(size_t slot) {
    const auto it = memo_.find(slot);
    TORCH_CHECK(it != memo_.end(), "load(): the pickle asks for a value it never kept");
    push(it->second);
  }

  void step(char op);
  void persistent_id();
  void reduce();

  std::string_view data_;
  size_t at_ = 0;
  const LoadStorage& load_storage_;
  std::vector<PickleValue> stack_;
  std::unordered_map<size_t, PickleValue> memo_;
};

void Reader::step(char op) {
  switch (op) {
    case '\x80':
      take(1);
      break;
    case '\x95':
      take(8);
      break;
    case '(':
      push(make(Kind::Mark));
      break;
    case ')':
      push(make(Kind::Tuple));
      break;
    case ']':
      push(make(Kind::List));
      break;
    case '}':
      push(make(Kind::Dict));
      break;
    case 'N':
      push(make(Kind::None));
      break;
    case '\x88':
      push_int(1, Kind::Bool);
      break;
    case '\x89':
      push_int(0, Kind::Bool);
      break;
    case 'K':
      push_int(number<uint8_t>());
      break;
    case 'M':
      push_int(number<uint16_t>());
      break;
    case 'J':
      push_int(number<int32_t>());
      break;
    case '\x8a': {
      const size_t n = number<uint8_t>();
      TORCH_CHECK(n <= 8, "load(): an integer of the pickle does not fit in 64 bits");
      const std::string_view bytes = take(n);
      uint64_t value = 0;
      for (size_t i = 0; i < 8; ++i) {
        const uint8_t fill = n > 0 && (bytes[n - 1] & 0x80) != 0 ? 0xff : 0;
        value |= static_cast<uint64_t>(i < n ? static_cast<uint8_t>(bytes[i]) : fill) << (8 * i);
      }
      push_int(static_cast<int64_t>(value));
      break;
    }
    case 'G': {
      uint64_t bits = 0;
      for (const char c : take(8)) bits = bits << 8 | static_cast<uint8_t>(c);
      PickleValue v = make(Kind::Real);
      std::memcpy(&v.real, &bits, 8);
      push(std::move(v));
      break;
    }
    case 'X':
      push_text(std::string(take(number<uint32_t>())));
      break;
    case '\x8c':
      push_text(std::string(take(number<uint8_t>())));
      break;
    case 'c': {
      std::string name = line();
      name += ' ';
      push_text(name + line(), Kind::Global);
      break;
    }
    case 't': {
      PickleValue tuple = make(Kind::Tuple);
      *tuple.items = pop_mark();
      push(std::move(tuple));
      break;
    }
    case '\x85':
      push_tuple(1);
      break;
    case '\x86':
      push_tuple(2);
      break;
    case '\x87':
      push_tuple(3);
      break;
    case 'q':
      memoize(number<uint8_t>());
      break;
    case 'r':
      memoize(number<uint32_t>());
      break;
    case '\x94':
      memoize(memo_.size());
      break;
    case 'h':
      recall(number<uint8_t>());
      break;
    case 'j':
      recall(number<uint32_t>());
      break;
    case 'a': {
      PickleValue v = pop();
      append_to_top({std::move(v)});
      break;
    }
    case 'e':
    case 'u':
      append_to_top(pop_mark());
      break;
    case 's': {
      PickleValue value = pop(), key = pop();
      append_to_top({std::move(key), std::move(value)});
      break;
    }
    case '\x81': {
      pop();
      const PickleValue type = pop();
      TORCH_CHECK(type.kind == Kind::Global, "load(): the pickle makes an object of no class");
      push(make(Kind::Object));
      break;
    }
    case 'b': {
      const PickleValue state = pop();
      TORCH_CHECK(top().kind == Kind::Object && state.kind == Kind::Dict, "load(): unexpected state in the pickle");
      *top().items = *state.items;
      break;
    }
    case 'Q':
      persistent_id();
      break;
    case 'R':
      reduce();
      break;
    default:
      TORCH_CHECK(false, "load(): unknown opcode ", static_cast<int>(static_cast<uint8_t>(op)), " in the pickle");
  }
}

/// ('storage', torch.FloatStorage, key, device, numel)
void Reader::persistent_id() {
  const PickleValue id = pop();
  TORCH_CHECK(id.kind == Kind::Tuple && id.items->size() == 5, "load(): unexpected persistent id in the pickle");
  const std::vector<PickleValue>& parts = *id.items;
  TORCH_CHECK(parts[1].kind == Kind::Global && parts[2].kind == Kind::String && parts[4].kind == Kind::Int,
              "load(): unexpected persistent id in the pickle");
  for (const auto& one : kStorageNames) {
    if (parts[1].text != std::string("torch ") + one.first) continue;
    PickleValue v = make(Kind::Storage);
    v.tensor = load_storage_(one.second, parts[2].text, parts[4].integer);
    return push(std::move(v));
  }
  TORCH_CHECK(false, "load(): unknown storage class ", parts[1].text);
}

std::vector<int64_t> integers_of(const PickleValue& tuple) {
  std::vector<int64_t> result;
  TORCH_CHECK(tuple.kind == Kind::Tuple, "load(): sizes and strides of a tensor must be tuples");
  for (const PickleValue& v : *tuple.items) {
    TORCH_CHECK(v.kind == Kind::Int && v.integer >= 0, "load(): sizes and strides of a tensor must be numbers >= 0");
    result.push_back(v.integer);
  }
  return result;
}

void Reader::reduce() {
  const PickleValue arguments = pop(), function = pop();
  TORCH_CHECK(function.kind == Kind::Global && arguments.kind == Kind::Tuple, "load(): unexpected call in the pickle");
  const std::vector<PickleValue>& a = *arguments.items;
  if (function.text == "collections OrderedDict") return push(make(Kind::Dict));
  if (function.text == "torch._utils _rebuild_tensor_v2") {
    TORCH_CHECK(a.size() >= 5 && a[0].kind == Kind::Storage && a[1].kind == Kind::Int && a[1].integer >= 0,
                "load(): unexpected tensor in the pickle");
    const std::vector<int64_t> sizes = integers_of(a[2]), strides = integers_of(a[3]);
    TORCH_CHECK(sizes.size() == strides.size(), "load(): a tensor has ", sizes.size(), " sizes and ", strides.size(),
                " strides");
    TORCH_CHECK(
        checked_numel(sizes) == 0 || storage_elements_needed(sizes, strides, a[1].integer) <= a[0].tensor.numel(),
        "load(): a tensor reaches beyond its storage");
    PickleValue v = make(Kind::Tensor);
    v.tensor = ops::as_strided(a[0].tensor, sizes, strides, a[1].integer);
    if (a[4].integer != 0) v.tensor.requires_grad_(true);
    return push(std::move(v));
  }
  // torch.jit._pickle.build_intlist and the like give their argument.
  TORCH_CHECK(function.text.rfind("torch.jit._pickle build_", 0) == 0 && a.size() == 1, "load(): unknown function ",
              function.text, " in the pickle");
  push(a[0]);
}

}  // namespace

void PickleWriter::string(const std::string& text) {
  out_ += 'X';
  for (int i = 0; i < 4; ++i) out_.push_back(static_cast<char>(text.size() >> (8 * i)));
  out_ += text;
}

void PickleWriter::integer(int64_t value) {
  const bool fits = value >= INT32_MIN && value <= INT32_MAX;
  out_ += fits ? "J" : "\x8a\x08";
  for (int i = 0; i < (fits ? 4 : 8); ++i) out_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * i)));
}

void PickleWriter::real(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, 8);
  out_ += 'G';
  for (int i = 7; i >= 0; --i) out_.push_back(static_cast<char>(bits >> (8 * i)));
}

void PickleWriter::tuple_of(IntArrayRef values) {
  op('(');
  for (int64_t v : values) integer(v);
  op('t');
}

void PickleWriter::tensor(const Tensor& given) {
  TORCH_CHECK(given.defined() && !given.is_meta(), "save(): a tensor without data cannot be saved");
  const bool plain = given.is_cpu() && !given.is_conj();
  // Only CPU memory is written; elsewhere a copy of the elements takes its place.
  const Tensor t =
      plain ? given.detach() : Tensor(ops::clone(ops::to(given.detach(), Device(kCPU), given.scalar_type())));
  size_t number = 0;
  while (number < storages_.size() && !(storages_[number].storage() == t.storage())) ++number;
  if (number == storages_.size()) storages_.push_back(t);
  global("torch._utils", "_rebuild_tensor_v2");
  op('(');
  op('(');
  string("storage");
  global("torch", storage_name(t.scalar_type()));
  string(std::to_string(number));
  string("cpu");
  integer(static_cast<int64_t>(t.storage()->nbytes() / t.itemsize()));
  op('t');
  op('Q');
  integer(t.storage_offset());
  tuple_of(t.sizes());
  tuple_of(t.strides());
  op(given.requires_grad() ? '\x88' : '\x89');
  global("collections", "OrderedDict");
  op(')');
  op('R');
  op('t');
  op('R');
}

template <class List>
void PickleWriter::list_of(const List& list) {
  op(']');
  op('(');
  for (const auto& one : list) value(IValue(one));
  op('e');
}

void PickleWriter::value(const IValue& v) {
  using Tag = IValue::Tag;
  switch (v.tag()) {
    case Tag::None:
      op('N');
      break;
    case Tag::Tensor:
      tensor(v.to_tensor());
      break;
    case Tag::Int:
      integer(v.to_int());
      break;
    case Tag::Double:
      real(v.to_double());
      break;
    case Tag::Bool:
      op(v.to_bool() ? '\x88' : '\x89');
      break;
    case Tag::String:
      string(v.to_string());
      break;
    case Tag::Tuple:
      op('(');
      for (const IValue& one : v.to_list()) value(one);
      op('t');
      break;
    case Tag::IntList:
      list_of(v.to_int_list());
      break;
    case Tag::DoubleList:
      list_of(v.to_double_list());
      break;
    case Tag::BoolList:
      list_of(std::vector<IValue>(v.to_bool_list().begin(), v.to_bool_list().end()));
      break;
    case Tag::TensorList:
      list_of(v.to_tensor_list());
      break;
    case Tag::GenericList:
      list_of(v.to_list());
      break;
    default:
      TORCH_CHECK(false, "save(): a value of type ", v.tag_name(), " cannot be saved");
  }
}

IValue PickleValue::to_ivalue(int depth) const {
  TORCH_CHECK(depth < 64, "load(): values of the archive are nested too deeply");
  switch (kind) {
    case Kind::None:
      return IValue();
    case Kind::Bool:
      return IValue(integer != 0);
    case Kind::Int:
      return IValue(integer);
    case Kind::Real:
      return IValue(real);
    case Kind::String:
      return IValue(text);
    case Kind::Tensor:
      return IValue(TensorBase(tensor));
    case Kind::List:
    case Kind::Tuple: {
      std::vector<IValue> values;
      for (const PickleValue& one : *items) values.push_back(one.to_ivalue(depth + 1));
      return kind == Kind::List ? IValue(std::move(values)) : IValue::make_tuple(std::move(values));
    }
    default:
      TORCH_CHECK(false, "load(): the archive holds a value of a kind that cannot be read");
  }
}

PickleValue read_pickle(std::string_view data,
                        const std::function<Tensor(ScalarType, const std::string&, int64_t)>& load_storage) {
  return Reader(data, load_storage).run();
}

}  // namespace tiny_torch::frontend::serialize
