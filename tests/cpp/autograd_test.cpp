// The autograd core: engine, hooks, saved tensors, views and in-place changes, over toy operations.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "autograd/AccumulateGrad.h"
#include "autograd/anomaly_mode.h"
#include "tests/cpp/autograd_test_ops.h"

namespace {

using toy::at;
using toy::tensor;
using toy::values;
using namespace tiny_torch;
using namespace tiny_torch::autodiff;
using V = std::vector<double>;

class Autograd : public ::testing::Test {
 protected:
  toy::Install toy_operations_;
};

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void run(const TensorBase& t, bool retain = false, bool create = false) { backward(t, {}, retain, create); }
V grad_of(const TensorBase& t) { return grad(t).defined() ? values(grad(t)) : V(); }
using autodiff::grad;

TEST_F(Autograd, ChainRuleThroughSharedInput) {
  TensorBase x = tensor({3}, {1, 2, 3}, true);
  TensorBase y = toy::sum(toy::mul(toy::mul(x, x), x));
  run(y);
  EXPECT_EQ(grad_of(x), V({3, 12, 27}));
}

TEST_F(Autograd, TensorReturnedTwiceIsNotOverwritten) {
  TensorBase a = tensor({2}, {1, 2}, true), b = tensor({2}, {3, 4}, true);
  run(toy::sum(toy::add(toy::add(a, b), a)));
  EXPECT_EQ(grad_of(a), V({2, 2}));
  EXPECT_EQ(grad_of(b), V({1, 1}));
  EXPECT_NE(grad(a).storage().get(), grad(b).storage().get());
}

TEST_F(Autograd, GradsOfTwoLeavesNeverShareMemory) {
  TensorBase a = tensor({2}, {1, 2}, true), b = tensor({2, 1}, {3, 4}, true);
  TensorBase flat = toy::as_strided(b, {2}, {1}, 0);
  TensorBase s = toy::add(a, flat);
  backward(s, tensor({2}, {5, 6}));
  EXPECT_EQ(grad_of(b), V({5, 6}));
  EXPECT_NE(grad(a).storage().get(), grad(b).storage().get());
}

TEST_F(Autograd, RootGradientOfCallerIsNeitherStolenNorChanged) {
  TensorBase a = tensor({2}, {1, 2}, true), g = tensor({2}, {1, 1});
  TensorBase y = toy::add(a, a);
  backward(y, g, true);
  backward(y, g);
  EXPECT_EQ(values(g), V({1, 1}));
  EXPECT_EQ(grad_of(a), V({4, 4}));
}

TEST_F(Autograd, SecondBackwardNeedsRetainGraph) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::sum(toy::mul(x, x));
  run(y, true);
  run(y);
  EXPECT_EQ(grad_of(x), V({4, 8}));
  EXPECT_TRUE(contains(message_of([&] { run(y); }), "Trying to backward through the graph a second time"));
}

TEST_F(Autograd, DoubleBackward) {
  TensorBase x = tensor({2}, {2, 3}, true);
  TensorBase y = toy::sum(toy::mul(toy::mul(x, x), x));
  TensorBase g = autodiff::grad(y, x, {}, std::nullopt, true)[0];
  EXPECT_EQ(values(g), V({12, 27}));
  TensorBase g2 = autodiff::grad(toy::sum(g), x, {}, std::nullopt, true)[0];
  EXPECT_EQ(values(g2), V({12, 18}));
  EXPECT_EQ(values(autodiff::grad(toy::sum(g2), x)[0]), V({6, 6}));
  EXPECT_FALSE(grad(x).defined());
}

TEST_F(Autograd, DoubleBackwardThroughSavedOutput) {
  TensorBase x = tensor({1}, {0.5}, true);
  TensorBase g = autodiff::grad(toy::sum(toy::exp(x)), x, {}, std::nullopt, true)[0];
  EXPECT_DOUBLE_EQ(values(autodiff::grad(toy::sum(g), x)[0])[0], std::exp(0.5));
}

TEST_F(Autograd, GradRunsOnlyWhatLeadsToInputs) {
  TensorBase a = tensor({2}, {1, 2}, true), b = tensor({2}, {3, 4}, true);
  TensorBase mid = toy::mul(a, a);
  int calls = 0;
  register_hook(b, [&](const TensorBase&) {
    ++calls;
    return TensorBase();
  });
  TensorBase y = toy::sum(toy::mul(mid, b));
  const variable_list g = autodiff::grad(y, {mid, a});
  EXPECT_EQ(values(g[0]), V({3, 4}));
  EXPECT_EQ(values(g[1]), V({6, 16}));
  EXPECT_EQ(calls, 0);
  EXPECT_FALSE(grad(a).defined());
}

TEST_F(Autograd, UnusedInputs) {
  TensorBase a = tensor({2}, {1, 2}, true), b = tensor({2}, {3, 4}, true);
  TensorBase y = toy::sum(toy::mul(a, a));
  EXPECT_TRUE(contains(message_of([&] { autodiff::grad(y, b, {}, true); }),
                       "at index 0 appears to not have been used in the graph"));
  EXPECT_FALSE(autodiff::grad(y, b, {}, true, false, true)[0].defined());
  EXPECT_EQ(values(autodiff::grad(y, b, {}, true, false, true, true)[0]), V({0, 0}));
  EXPECT_TRUE(contains(message_of([&] { autodiff::grad(y, tensor({1}, {1})); }),
                       "One of the differentiated Tensors does not require grad"));
}

TEST_F(Autograd, BackwardWithInputs) {
  TensorBase a = tensor({2}, {1, 2}, true), b = tensor({2}, {3, 4}, true);
  TensorBase mid = toy::mul(a, b);
  TensorBase y = toy::sum(toy::mul(mid, mid));
  backward(y, {}, true, false, TensorList({a, mid}));
  EXPECT_EQ(grad_of(a), V({18, 64}));
  EXPECT_EQ(grad_of(mid), V({6, 16}));
  EXPECT_FALSE(grad(b).defined());
  EXPECT_TRUE(contains(message_of([&] { backward(y, {}, true, false, TensorList()); }), "cannot be empty"));
}

TEST_F(Autograd, ErrorsOfTheEntryPoints) {
  TensorBase a = tensor({2}, {1, 2}, true);
  EXPECT_EQ(message_of([&] { run(toy::exp(a)); }), "grad can be implicitly created only for scalar outputs");
  EXPECT_EQ(message_of([&] { run(tensor({1}, {1})); }),
            "element 0 of tensors does not require grad and does not have a grad_fn");
  EXPECT_EQ(
      message_of([&] { backward(toy::exp(a), tensor({3}, {1})); }),
      "Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2]).");
}

TEST_F(Autograd, BroadcastGradientIsSummed) {
  TensorBase s = tensor({}, {2}, true), x = tensor({3}, {1, 2, 3}, true);
  run(toy::sum(toy::mul(s, x)));
  EXPECT_EQ(grad_of(s), V({6}));
  EXPECT_EQ(grad(s).dim(), 0);
}

struct BadNode final : Node {
  explicit BadNode(variable_list r) : r_(std::move(r)) {}
  variable_list apply(variable_list&&) override { return r_; }
  std::string name() const override { return "BadBackward0"; }
  variable_list r_;
};

TEST_F(Autograd, WrongResultsOfNodesAreRefused) {
  TensorBase a = tensor({2, 3}, {1}, true);
  auto make = [&](variable_list r) {
    auto node = make_intrusive<BadNode>(std::move(r));
    node->set_next_edges(collect_next_edges(a));
    TensorBase y = tensor({}, {1});
    set_history(y, node);
    return y;
  };
  EXPECT_EQ(message_of([&] { run(make({tensor({7}, {1})})); }),
            "Function BadBackward0 returned an invalid gradient at index 0 - got [7] but expected shape compatible "
            "with [2, 3]");
  EXPECT_EQ(message_of([&] { run(make({})); }),
            "Function BadBackward0 returned an incorrect number of gradients (expected 1, got 0)");
}

TEST_F(Autograd, UndefinedGradientIsZero) {
  TensorBase a = tensor({1}, {1}, true);
  auto node = make_intrusive<BadNode>(variable_list(1));
  node->set_next_edges(collect_next_edges(a));
  TensorBase y = tensor({}, {1});
  set_history(y, node);
  run(y);
  EXPECT_FALSE(grad(a).defined());
}

TEST_F(Autograd, NotImplementedNodeNamesTheOperator) {
  TensorBase a = tensor({1}, {1}, true), y = tensor({}, {1});
  auto node = make_intrusive<NotImplementedNode>("my_op");
  node->set_next_edges(collect_next_edges(a));
  set_history(y, node);
  EXPECT_THROW(run(y), NotImplementedError);
}

TEST_F(Autograd, LongChainsAreFreedWithoutRecursion) {
  TensorBase x = tensor({1}, {1}, true), one = tensor({1}, {1});
  TensorBase y = x;
  for (int i = 0; i < 200000; ++i) y = toy::mul(y, one);
  TensorBase z = x;
  for (int i = 0; i < 200000; ++i) z = toy::add(z, one);
  run(toy::add(y, z), true);
  EXPECT_EQ(grad_of(x), V({2}));
}

// ---- Versions and saved tensors -------------------------------------------------------------------------------------

TEST_F(Autograd, ChangedSavedInputIsNoticed) {
  TensorBase x = tensor({2}, {1, 2}, true), w = tensor({2}, {3, 4});
  TensorBase y = toy::sum(toy::mul(x, w));
  toy::add_(w, tensor({}, {1}));
  EXPECT_EQ(message_of([&] { run(y); }),
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            "[torch.DoubleTensor [2]] "
            "is at version 1; expected version 0 instead. Hint: enable anomaly detection to find the operation that "
            "failed to compute "
            "its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False).");
}

TEST_F(Autograd, ChangedSavedOutputIsNoticed) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase e = toy::exp(x);
  toy::add_(e, tensor({}, {1}));
  EXPECT_TRUE(
      contains(message_of([&] { run(toy::sum(e)); }), "which is output 0 of Exp, is at version 1; expected version 0"));
}

TEST_F(Autograd, ChangeThroughDetachedAndViewsIsNoticed) {
  TensorBase x = tensor({2}, {1, 2}, true), w = tensor({2, 2}, {3, 4});
  TensorBase y = toy::sum(toy::mul(x, toy::row(w, 0)));
  TensorBase other = toy::row(detach(w), 1);
  toy::add_(other, tensor({}, {1}));
  EXPECT_TRUE(contains(message_of([&] { run(y, true); }), "modified by an inplace operation"));
  TensorBase v = tensor({2}, {3, 4});
  TensorBase z = toy::sum(toy::mul(x, v));
  TensorBase data = variable_data(v);
  toy::add_(data, tensor({}, {1}));
  run(z);
  EXPECT_EQ(grad_of(x), V({4, 5}));
}

TEST_F(Autograd, SavedOutputMakesNoCycle) {
  TensorBase x = tensor({2}, {1, 2}, true);
  intrusive_ptr<WeakNode> weak;
  {
    TensorBase e = toy::exp(x);
    weak = weak_reference(grad_fn(e));
    EXPECT_TRUE(weak->lock().defined());
  }
  EXPECT_FALSE(weak->lock().defined());
}

struct DoublingHooks final : SavedVariableHooks {
  void pack(const TensorBase& t) override {
    packed = toy::raw_map(t, [](double x) { return 2 * x; });
  }
  TensorBase unpack() override {
    return toy::raw_map(packed, [](double x) { return x / 2; });
  }
  TensorBase packed;
};

TEST_F(Autograd, SavedTensorHooks) {
  TensorBase x = tensor({2}, {1, 2}, true);
  SavedTensorDefaultHooks::push([] { return std::make_unique<DoublingHooks>(); });
  TensorBase y = toy::sum(toy::mul(toy::exp(x), x));
  SavedTensorDefaultHooks::pop();
  TensorBase g = autodiff::grad(y, x, {}, true, true)[0];
  EXPECT_NEAR(values(g)[1], 3 * std::exp(2), 1e-12);
  EXPECT_NEAR(values(autodiff::grad(toy::sum(g), x)[0])[1], 4 * std::exp(2), 1e-12);
}

TEST_F(Autograd, InferenceTensorsAreNotSaved) {
  TensorBase x = tensor({2}, {1, 2}, true), w;
  {
    InferenceMode mode;
    w = tensor({2}, {3, 4});
  }
  EXPECT_TRUE(contains(message_of([&] { toy::mul(x, w); }), "Inference tensors cannot be saved for backward"));
  EXPECT_TRUE(
      contains(message_of([&] { increment_version(w); }), "Inplace update to inference tensor outside InferenceMode"));
  EXPECT_EQ(message_of([&] { version(w); }), "Inference tensors do not track version counter.");
}

// ---- Views and in-place changes -------------------------------------------------------------------------------------

TEST_F(Autograd, InPlaceOnNonLeaf) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::add(x, tensor({}, {1}));
  toy::mul_(y, tensor({2}, {5, 7}));
  run(toy::sum(y));
  EXPECT_EQ(grad_of(x), V({5, 7}));
}

TEST_F(Autograd, InPlaceOnViewReachesBase) {
  TensorBase x = tensor({2, 2}, {1, 2, 3, 4}, true), w = tensor({2}, {10, 20}, true);
  TensorBase y = toy::add(x, tensor({}, {0}));
  TensorBase v = toy::row(y, 1);
  TensorBase other = toy::row(y, 1);
  toy::mul_(v, w);
  EXPECT_EQ(short_name(*grad_fn(y)), "CopySlices");
  EXPECT_EQ(grad_fn(other)->name(), "AsStridedBackward0");
  run(toy::add(toy::sum(y), toy::sum(other)));
  EXPECT_EQ(grad_of(x), V({1, 1, 20, 40}));
  EXPECT_EQ(grad_of(w), V({6, 8}));
}

TEST_F(Autograd, InPlaceOnViewOfViewOfPlainBase) {
  TensorBase w = tensor({2}, {10, 20}, true), base = tensor({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  TensorBase inner = toy::row(toy::row(base, 1), 0);
  toy::mul_(inner, w);
  EXPECT_TRUE(base.requires_grad());
  EXPECT_TRUE(view_base(inner).is_same(base));
  run(toy::sum(base));
  EXPECT_EQ(grad_of(w), V({5, 6}));
}

TEST_F(Autograd, InPlaceOnViewUnderGradOfInputs) {
  TensorBase x = tensor({2, 2}, {1, 2, 3, 4}, true), w = tensor({2}, {10, 20}, true);
  TensorBase y = toy::add(x, tensor({}, {0}));
  TensorBase v = toy::row(y, 0);
  toy::mul_(v, w);
  const variable_list g = autodiff::grad(toy::sum(y), {x, w}, {}, true);
  EXPECT_EQ(values(g[0]), V({10, 20, 1, 1}));
  EXPECT_EQ(values(g[1]), V({1, 2}));
}

TEST_F(Autograd, RefusedInPlaceChanges) {
  TensorBase x = tensor({2, 2}, {1}, true), one = tensor({}, {1});
  EXPECT_EQ(message_of([&] { toy::add_(x, one); }),
            "a leaf Variable that requires grad is being used in an in-place operation.");
  TensorBase v = toy::row(x, 0);
  EXPECT_EQ(message_of([&] { toy::add_(v, one); }),
            "a view of a leaf Variable that requires grad is being used in an in-place operation.");
  TensorBase y = toy::add(x, one);
  TensorBase u = toy::row(y, 0);
  set_creation_meta(u, CreationMeta::MultiOutputNode);
  EXPECT_TRUE(contains(message_of([&] { toy::add_(u, one); }),
                       "Output 0 of AsStrided is a view and is being modified inplace. This view is the "
                       "output of a function that returns multiple views."));
  TensorBase plain = tensor({2, 2}, {1}), w = tensor({2}, {1}, true), n;
  {
    NoGradGuard no_grad;
    n = toy::row(plain, 0);
    toy::add_(x, one);
    EXPECT_EQ(version(x), 1);
  }
  EXPECT_TRUE(contains(message_of([&] { toy::mul_(n, w); }),
                       "A view was created in no_grad mode and is being modified inplace with grad mode enabled."));
}

TEST_F(Autograd, ExpandedViewIsReadAnewFromItsBase) {
  TensorBase x = tensor({}, {2}, true);
  TensorBase y = toy::add(x, tensor({}, {0}));
  TensorBase wide = toy::expand(y, {3});
  toy::mul_(y, tensor({}, {5}));
  run(toy::sum(wide));
  EXPECT_EQ(grad_of(x), V({15}));
}

TEST_F(Autograd, DetachedTensorsAndRequiresGrad) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::mul(x, x), d = detach(y);
  EXPECT_FALSE(d.requires_grad());
  EXPECT_TRUE(is_leaf(d));
  EXPECT_TRUE(contains(message_of([&] { set_requires_grad(y, false); }),
                       "you can only change requires_grad flags of leaf variables"));
  EXPECT_EQ(message_of([&] { set_requires_grad(empty_tensor({1}, kLong), true); }),
            "only Tensors of floating point and complex dtype can require gradients");
  detach_(y);
  EXPECT_FALSE(y.requires_grad());
  TensorBase z = toy::mul(x, x);
  TensorBase v = toy::row(z, 0);
  EXPECT_TRUE(contains(message_of([&] { detach_(v); }), "Can't detach views in-place"));
}

// ---- Hooks ----------------------------------------------------------------------------------------------------------

TEST_F(Autograd, TensorHooksChangeGradients) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::mul(x, x);
  const uint32_t id = register_hook(y, [](const TensorBase& g) { return toy::mul(g, tensor({}, {10})); });
  register_hook(y, [](const TensorBase& g) { return toy::add(g, tensor({}, {1})); });
  register_hook(x, [](const TensorBase& g) { return toy::mul(g, tensor({}, {2})); });
  TensorBase s = toy::sum(y);
  run(s, true);
  EXPECT_EQ(grad_of(x), V({44, 88}));
  remove_hook(y, id);
  run(s);
  EXPECT_EQ(grad_of(x), V({52, 104}));
  EXPECT_TRUE(contains(message_of([&] { register_hook(tensor({1}, {1}), [](const TensorBase& g) { return g; }); }),
                       "cannot register a hook on a tensor that doesn't require gradient"));
}

TEST_F(Autograd, LeafHookRunsOnceForTheSum) {
  TensorBase x = tensor({2}, {1, 2}, true);
  int calls = 0;
  register_hook(x, [&](const TensorBase& g) {
    ++calls;
    EXPECT_EQ(values(g), V({2, 4}));
    return TensorBase();
  });
  run(toy::sum(toy::mul(x, x)));
  EXPECT_EQ(calls, 1);
}

TEST_F(Autograd, RetainGrad) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::mul(x, x);
  retain_grad(y);
  {
    TensorBase gone = toy::mul(y, y);
    retain_grad(gone);
    toy::sum(gone);
  }
  toy::mul_(y, tensor({2}, {3, 4}));  // retain_grad follows the tensor to its new node
  run(toy::sum(toy::mul(y, tensor({2}, {5, 6}))));
  EXPECT_EQ(grad_of(y), V({5, 6}));
  EXPECT_EQ(grad_of(x), V({30, 96}));
}

TEST_F(Autograd, RetainedTensorMayDieBeforeBackward) {
  TensorBase x = tensor({2}, {1, 2}, true), s;
  {
    TensorBase y = toy::mul(x, x);
    retain_grad(y);
    s = toy::sum(y);
  }
  run(s);
  EXPECT_EQ(grad_of(x), V({2, 4}));
}

struct CountingPostHook final : FunctionPostHook {
  explicit CountingPostHook(int* calls) : calls_(calls) {}
  variable_list operator()(variable_list outputs, const variable_list& inputs) override {
    ++*calls_;
    EXPECT_EQ(inputs.size(), 1u);
    return outputs;
  }
  int* calls_;
};
struct NegatingPreHook final : FunctionPreHook {
  variable_list operator()(variable_list grads) override { return {toy::mul(grads[0], tensor({}, {-1}))}; }
};
struct ClearingHook final : PostAccumulateGradHook {
  void operator()(const TensorBase& variable) override {
    seen = values(grad(variable));
    mutable_grad(variable).reset();
  }
  V seen;
};

TEST_F(Autograd, NodeHooks) {
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::mul(x, x);
  int calls = 0;
  const uint64_t id = grad_fn(y)->add_post_hook(std::make_shared<CountingPostHook>(&calls));
  grad_fn(y)->add_pre_hook(std::make_shared<NegatingPreHook>());
  TensorBase s = toy::sum(y);
  run(s, true);
  EXPECT_EQ(grad_of(x), V({-2, -4}));
  grad_fn(y)->remove_hook(id);
  run(s);
  EXPECT_EQ(calls, 1);
}

TEST_F(Autograd, PostAccumulateGradHook) {
  TensorBase x = tensor({2}, {1, 2}, true);
  auto hook = std::make_shared<ClearingHook>();
  set_post_accumulate_grad_hook(x, hook);
  run(toy::sum(toy::mul(x, x)));
  EXPECT_EQ(hook->seen, V({2, 4}));
  EXPECT_FALSE(grad(x).defined());
  TensorBase y = toy::mul(x, x);
  EXPECT_THROW(set_post_accumulate_grad_hook(y, hook), Error);
}

// ---- Runs within runs, threads, failures ------------------------------------------------------------------------------

struct NestedNode final : Node {
  explicit NestedNode(int depth) : depth_(depth) {}
  variable_list apply(variable_list&& grads) override {
    AutoGradMode on(true);
    TensorBase x = tensor({1}, {3}, true);
    TensorBase y = toy::mul(x, x);
    if (depth_ > 0) {
      auto deeper = make_intrusive<NestedNode>(depth_ - 1);
      deeper->set_next_edges(collect_next_edges(y));
      TensorBase z = tensor({1}, {1});
      set_history(z, deeper);
      run(z);
    } else {
      run(y);
    }
    EXPECT_EQ(values(grad(x)), V({6}));
    return {grads[0]};
  }
  int depth_;
};

TEST_F(Autograd, NestedRuns) {
  TensorBase a = tensor({1}, {1}, true), y = tensor({1}, {1});
  auto node = make_intrusive<NestedNode>(150);  // deeper than runs may nest on one stack
  node->set_next_edges(collect_next_edges(toy::mul(a, a)));
  set_history(y, node);
  run(y);
  EXPECT_EQ(grad_of(a), V({2}));
}

TEST_F(Autograd, FailureInANodeReachesTheCallerAndLeavesTheEngineUsable) {
  TensorBase x = tensor({2}, {1, 2}, true), y = tensor({}, {1});
  auto node = make_intrusive<ErrorNode>("on purpose");
  node->set_next_edges(collect_next_edges(toy::mul(x, x)));
  set_history(y, node);
  EXPECT_EQ(message_of([&] { run(y); }), "on purpose");
  EXPECT_FALSE(Engine::is_running());
  run(toy::sum(toy::mul(x, x)));
  EXPECT_EQ(grad_of(x), V({2, 4}));
}

TEST_F(Autograd, CallbacksRunAtTheEnd) {
  EXPECT_THROW(Engine::get().queue_callback([] {}), Error);
  TensorBase x = tensor({2}, {1, 2}, true);
  TensorBase y = toy::mul(x, x);
  V seen;
  register_hook(y, [&](const TensorBase&) {
    Engine::get().queue_callback([&] { Engine::get().queue_callback([&] { seen = grad_of(x); }); });
    return TensorBase();
  });
  run(toy::sum(y));
  EXPECT_EQ(seen, V({2, 4}));
}

TEST_F(Autograd, SeveralThreadsOverOneGraph) {
  TensorBase x = tensor({8}, {1, 2, 3}, true);
  TensorBase shared = toy::exp(toy::mul(x, tensor({8}, {0.1})));
  constexpr int kThreads = 4, kRounds = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) run(toy::sum(toy::mul(shared, shared)), true);
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_NEAR(grad_of(x)[1], kThreads * kRounds * 0.2 * std::exp(0.4), 1e-6);
}

TEST_F(Autograd, ThreadsRacingForTheFreedGraphFailCleanly) {
  for (int round = 0; round < 50; ++round) {
    TensorBase x = tensor({8}, {1, 2, 3}, true);
    TensorBase y = toy::sum(toy::exp(toy::mul(x, x)));
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        try {
          run(y);
        } catch (const Error&) {
          ++failed;
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_LE(failed.load(), 2);
  }
}

TEST_F(Autograd, AccumulatorsComeAndGoWithGraphs) {
  TensorBase x = tensor({2}, {1, 2}, true);
  intrusive_ptr<Node> first = grad_accumulator(x);
  EXPECT_EQ(first.get(), grad_accumulator(x).get());
  first.reset();
  EXPECT_EQ(meta_or_null(x)->accumulator_, nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) toy::mul(x, x);
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(x.use_count(), 1u);
}

TEST_F(Autograd, LeafLivesAsLongAsItsGraph) {
  TensorBase y;
  V seen;
  {
    TensorBase x = tensor({2}, {1, 2}, true);
    register_hook(x, [&](const TensorBase& g) {
      seen = values(g);
      return TensorBase();
    });
    y = toy::sum(toy::mul(x, x));
  }
  run(y);
  EXPECT_EQ(seen, V({2, 4}));
}

TEST_F(Autograd, NodesOfAnAcceleratorRunOnItsThread) {
  struct DeviceNode final : Node {
    variable_list apply(variable_list&& grads) override {
      thread = std::this_thread::get_id();
      EXPECT_FALSE(GradMode::is_enabled());
      if (fail) throw Error("device failed");
      return {grads[0], grads[0]};
    }
    std::thread::id thread;
    bool fail = false;
  };
  struct ToDevice final : Node {
    variable_list apply(variable_list&&) override {
      auto impl = make_intrusive<TensorImpl>(Storage(), kDouble, Device(DeviceType::PrivateUse1, 1));
      impl->set_sizes_contiguous({2});
      return {TensorBase(std::move(impl))};
    }
  };
  struct FromDevice final : Node {
    variable_list apply(variable_list&&) override { return {tensor({2}, {3, 4})}; }
  };
  auto impl = make_intrusive<TensorImpl>(Storage(), kDouble, Device(DeviceType::PrivateUse1, 1));
  impl->set_sizes_contiguous({2});
  const TensorBase on_device(impl);
  TensorBase x = tensor({2}, {1, 2}, true), y = tensor({}, {1});
  auto from = make_intrusive<FromDevice>();
  from->set_next_edges(collect_next_edges(x));
  from->add_input_metadata(on_device);
  auto middle = make_intrusive<DeviceNode>();
  middle->set_next_edges({Edge(from, 0), Edge()});
  middle->add_input_metadata(on_device);
  auto to = make_intrusive<ToDevice>();
  to->set_next_edges({Edge(middle, 0)});
  set_history(y, to);
  run(y, true);
  EXPECT_EQ(grad_of(x), V({3, 4}));
  EXPECT_NE(middle->thread, std::thread::id());
  EXPECT_NE(middle->thread, std::this_thread::get_id());
  middle->fail = true;
  EXPECT_EQ(message_of([&] { run(y, true); }), "device failed");
  middle->fail = false;
  run(y);
  EXPECT_EQ(grad_of(x), V({6, 8}));
}

TEST_F(Autograd, ForkedChildCanRunBackward) {
  TensorBase x = tensor({2}, {1, 2}, true);
  run(toy::sum(toy::mul(x, x)));
  const pid_t child = fork();
  if (child == 0) {
    mutable_grad(x).reset();
    run(toy::sum(toy::mul(x, x)));
    _exit(grad_of(x) == V({2, 4}) ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(Autograd, AnomalyModeFindsNan) {
  TensorBase x = tensor({1}, {1}, true), y = tensor({}, {1});
  auto node = make_intrusive<BadNode>(variable_list({tensor({1}, {NAN})}));
  node->set_next_edges(collect_next_edges(x));
  set_history(y, node);
  DetectAnomalyGuard guard;
  EXPECT_EQ(message_of([&] { run(y); }), "Function 'BadBackward0' returned nan values in its 0th output.");
}

}  // namespace
