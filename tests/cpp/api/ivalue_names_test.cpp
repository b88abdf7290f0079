// torch::IValue, torch::List and torch::Dict under libtorch's names.
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/ivalue.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

namespace {

std::string printed(const torch::IValue& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST(IValueNames, KindsAndValues) {
  const torch::IValue number(3);
  EXPECT_TRUE(number.isInt());
  EXPECT_EQ(number.tagKind(), "Int");
  EXPECT_EQ(number.to<int>(), 3);
  EXPECT_EQ(torch::IValue("a").to<std::string>(), "a");
  EXPECT_TRUE(torch::IValue(torch::ones({2})).to<torch::Tensor>().equal(torch::ones({2})));
  EXPECT_EQ(torch::IValue().toOptional<double>(), std::nullopt);
  EXPECT_EQ(torch::IValue(2.5).toOptional<double>(), 2.5);
  EXPECT_THROW(number.toTensor(), c10::Error);
  EXPECT_THROW(number.toTuple(), c10::Error);
}

TEST(IValueNames, TuplesAndLists) {
  const torch::IValue tuple(std::make_tuple(int64_t{1}, 2.5));
  ASSERT_TRUE(tuple.isTuple());
  EXPECT_EQ(tuple.toTuple()->elements()[1].toDouble(), 2.5);
  const torch::IValue again(c10::ivalue::Tuple::create({torch::IValue(1), torch::IValue("b")}));
  EXPECT_EQ(again.toTuple()->size(), 2U);
  const torch::IValue mixed(std::vector<torch::IValue>{4, 5});
  EXPECT_EQ(mixed.toIntVector(), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(mixed.toList().get(1).toInt(), 5);
  const torch::IValue tensors(std::vector<torch::Tensor>{torch::ones({1})});
  EXPECT_EQ(tensors.toTensorList().get(0).numel(), 1);
  EXPECT_EQ(torch::IValue(torch::List<double>({1.5})).toDoubleVector(), std::vector<double>{1.5});
}

TEST(IValueNames, PrintAsPythonWrites) {
  EXPECT_EQ(printed(torch::IValue()), "None");
  EXPECT_EQ(printed(true), "True");
  EXPECT_EQ(printed(2.0), "2.");
  EXPECT_EQ(printed(2.5), "2.5");
  EXPECT_EQ(printed(std::vector<int64_t>{1, 2}), "[1, 2]");
  EXPECT_EQ(printed(std::make_tuple(int64_t{1}, 2.5)), "(1, 2.5)");
  EXPECT_EQ(printed(std::vector<std::string>{"a", "b"}), "[a, b]");
}

TEST(IValueNames, PickledValuesComeBack) {
  const torch::Tensor x = torch::arange(3);
  EXPECT_TRUE(torch::pickle_load(torch::pickle_save(torch::IValue(x))).toTensor().equal(x));
  const torch::IValue list(std::vector<torch::Tensor>{x, x * 2});
  EXPECT_TRUE(torch::pickle_load(torch::pickle_save(list)).toTensorVector().at(1).equal(x * 2));
}

TEST(ListNames, CopiesShareTheirContents) {
  torch::List<int64_t> list({1, 2});
  const torch::List<int64_t> same = list;
  const torch::List<int64_t> other = list.copy();
  list.push_back(3);
  list[0] = 7;
  EXPECT_EQ(same.vec(), (std::vector<int64_t>{7, 2, 3}));
  EXPECT_EQ(other.vec(), (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(same.is(list));
  EXPECT_FALSE(other == list);
  EXPECT_THROW(list.get(9), std::out_of_range);
}

TEST(DictNames, KeepsTheOrderOfInsertion) {
  c10::Dict<std::string, int64_t> dict;
  EXPECT_TRUE(dict.insert("b", 1).second);
  EXPECT_TRUE(dict.insert("a", 2).second);
  EXPECT_FALSE(dict.insert("b", 3).second);
  EXPECT_EQ(dict.at("b"), 1);
  EXPECT_FALSE(dict.insert_or_assign("b", 3).second);
  std::string keys;
  for (const auto& entry : dict) keys += entry.key() + std::to_string(entry.value());
  EXPECT_EQ(keys, "b3a2");
  EXPECT_EQ(dict.erase("b"), 1U);
  EXPECT_FALSE(dict.contains("b"));
  EXPECT_TRUE(dict.find("b") == dict.end());
  EXPECT_THROW(dict.at("b"), std::out_of_range);
}

}  // namespace
