// torch::save and torch::load, and that damaged files are errors.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

namespace {

struct InnerImpl : torch::nn::Cloneable<InnerImpl> {
  InnerImpl() { InnerImpl::reset(); }
  void reset() override { weight = register_parameter("weight", torch::randn({2, 3})); }
  torch::Tensor weight;
};
TORCH_MODULE(Inner);
struct OuterImpl : torch::nn::Module {
  OuterImpl() : inner(register_module("inner", Inner())), list(register_module("list", torch::nn::ModuleList())) {
    list->push_back(Inner());
    counter = register_buffer("counter", torch::tensor(3));
  }
  Inner inner;
  torch::nn::ModuleList list;
  torch::Tensor counter;
};
TORCH_MODULE(Outer);

template <class T>
std::string saved(const T& value) {
  std::ostringstream out;
  torch::save(value, out);
  return out.str();
}
template <class T>
void load_from(T& value, const std::string& file) {
  std::istringstream in(file);
  torch::load(value, in);
}

TEST(Serialize, TensorsOfEveryDtypeAndLayout) {
  for (const auto dtype :
       {torch::kFloat64, torch::kFloat32, torch::kHalf, torch::kBFloat16, torch::kInt64, torch::kInt32, torch::kInt16,
        torch::kInt8, torch::kUInt8, torch::kBool, torch::kComplexFloat}) {
    const torch::Tensor t = torch::arange(12).view({3, 4}).to(dtype).t().slice(0, 1, 3);
    torch::Tensor read;
    load_from(read, saved(t));
    EXPECT_EQ(read.scalar_type(), dtype);
    EXPECT_EQ(read.strides(), t.strides());
    EXPECT_TRUE(torch::equal(read, t)) << to_string(dtype);
  }
  torch::Tensor read;
  load_from(read, saved(torch::ones({2}, torch::requires_grad())));
  EXPECT_TRUE(read.requires_grad());
  load_from(read, saved(torch::empty({0, 3})));
}

TEST(Serialize, ListsShareStorages) {
  const torch::Tensor base = torch::arange(1000, torch::kFloat32);
  const std::string file = saved(std::vector<torch::Tensor>{base, base.slice(0, 10, 20)});
  EXPECT_LT(file.size(), 6000U);
  std::istringstream in(file);
  std::vector<torch::Tensor> read;
  torch::load(read, in);
  ASSERT_EQ(read.size(), 2U);
  read[0].index_put_({10}, -1);
  EXPECT_EQ(read[1][0].item<float>(), -1);
}

TEST(Serialize, ModulesByName) {
  Outer a, b;
  a->counter.fill_(8);
  load_from(b, saved(a));
  EXPECT_TRUE(torch::equal(a->inner->weight, b->inner->weight));
  EXPECT_TRUE(torch::equal(a->list[0]->as<Inner>()->weight, b->list[0]->as<Inner>()->weight));
  EXPECT_EQ(b->counter.item<int64_t>(), 8);
  EXPECT_TRUE(b->inner->weight.requires_grad());
  EXPECT_TRUE(b->inner->weight.is_same(b->parameters()[0])) << "the parameters stay the same tensors";

  Inner inner;
  EXPECT_THROW(load_from(inner, saved(torch::nn::ModuleList(Inner()))), c10::Error);
  struct OtherImpl : torch::nn::Module {
    OtherImpl() { register_parameter("weight", torch::zeros({5})); }
  };
  auto other = std::make_shared<OtherImpl>();
  EXPECT_THROW(load_from(other, saved(inner)), c10::Error) << "another shape";
}

TEST(Serialize, ValuesOfArchives) {
  torch::serialize::OutputArchive out, below;
  below.write("text", torch::IValue("x"));
  out.write("number", torch::IValue(int64_t{1} << 40));
  out.write("real", torch::IValue(-0.5));
  out.write("below", below);
  EXPECT_THROW(out.write("real", torch::IValue(1)), c10::Error);
  std::stringstream file;
  out.save_to(file);
  torch::serialize::InputArchive in, nested;
  in.load_from(file);
  torch::IValue value;
  in.read("number", value);
  EXPECT_EQ(value.to_int(), int64_t{1} << 40);
  in.read("below", nested);
  nested.read("text", value);
  EXPECT_EQ(value.to_string(), "x");
  EXPECT_FALSE(in.try_read("nothing", value));
  EXPECT_THROW(in.read("nothing", value), c10::Error);
  EXPECT_EQ(in.keys(), (std::vector<std::string>{"number", "real", "below"}));
}

TEST(Serialize, PickledValues) {
  const torch::Tensor t = torch::arange(3);
  const torch::IValue value = torch::pickle_load(torch::pickle_save(
      torch::IValue(std::make_tuple(torch::TensorBase(t), int64_t{-5}, 2.5, std::string("text"), true))));
  const auto& parts = value.to_list();
  EXPECT_TRUE(torch::equal(parts[0].to_tensor(), t));
  EXPECT_EQ(parts[1].to_int(), -5);
  EXPECT_EQ(parts[2].to_double(), 2.5);
  EXPECT_EQ(parts[3].to_string(), "text");
  EXPECT_TRUE(parts[4].to_bool());
}

// Every cut and many changed bytes: an error, or a load that went well, never a crash.
TEST(Serialize, DamagedFilesAreErrors) {
  const std::string file = saved(torch::arange(6, torch::kFloat32).view({2, 3}));
  torch::Tensor read;
  for (size_t size = 0; size < file.size(); size += 7) EXPECT_THROW(load_from(read, file.substr(0, size)), c10::Error);
  int errors = 0, tries = 0;
  for (size_t at = 0; at < file.size(); at += 3, ++tries) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    torch::Tensor target;
    try {
      load_from(target, changed);
    } catch (const c10::Error&) {
      ++errors;
    }
  }
  EXPECT_GT(errors, tries / 4) << "of " << tries;
  EXPECT_THROW(torch::load(read, "/nonexistent/file.pt"), c10::Error);
}

}  // namespace
