// The dispatcher: which kernel a call reaches, boxed and unboxed forms, removal, errors, calls during registration.
#include "aten/core/Dispatcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "aten/core/Library.h"

namespace tiny_torch {
namespace {

using Kind = Library::Kind;

Library definitions(const std::string& ns) { return Library(Kind::Def, ns, std::nullopt, __FILE__, __LINE__); }
Library kernels(const std::string& ns, DispatchKey key) { return Library(Kind::Impl, ns, key, __FILE__, __LINE__); }
OperatorEntry& op(const std::string& name) { return Dispatcher::singleton().entry(name); }

TensorBase zeros(DeviceType device = DeviceType::CPU) { return empty_tensor({2, 3}, kFloat, Device(device)); }

using IntOp = TypedOperator<int64_t(const TensorBase&)>;

TEST(Dispatcher, TheHighestKeyWithAKernelAnswers) {
  Library defs = definitions("disp1");
  defs.def("which(Tensor x) -> int");
  Library cpu = kernels("disp1", DispatchKey::CPU);
  cpu.impl("which", [](const TensorBase&) -> int64_t { return 1; });
  const IntOp which(op("disp1::which"));
  EXPECT_EQ(which.call(zeros()), 1) << "no autograd kernel: autograd is passed through";

  Library autograd = kernels("disp1", DispatchKey::Autograd);
  autograd.impl("which", [](const TensorBase&) -> int64_t { return 2; });
  EXPECT_EQ(which.call(zeros()), 2);
  {
    const AutoDispatchBelowAutograd below;
    EXPECT_EQ(which.call(zeros()), 1);
  }
  {
    Library tracer = kernels("disp1", DispatchKey::Tracer);
    tracer.impl("which", [](const TensorBase&) -> int64_t { return 3; });
    EXPECT_EQ(which.call(zeros()), 2) << "a key that neither tensor nor thread carries";
    const IncludeDispatchKeyGuard tracing(DispatchKeySet(DispatchKey::Tracer));
    EXPECT_EQ(which.call(zeros()), 3);
  }
  EXPECT_EQ(which.redispatch(DispatchKeySet(DispatchKey::CPU), zeros()), 1);
}

TEST(Dispatcher, CompositesServeEveryBackend) {
  Library defs = definitions("disp2");
  defs.def("composite(Tensor x) -> int", [](const TensorBase&) -> int64_t { return 5; });
  const IntOp composite(op("disp2::composite"));
  EXPECT_EQ(composite.call(zeros()), 5);
  EXPECT_EQ(composite.call(zeros(DeviceType::Meta)), 5);
  Library meta = kernels("disp2", DispatchKey::Meta);
  meta.impl("composite", [](const TensorBase&) -> int64_t { return 6; });
  const AutoDispatchBelowAutograd below;
  EXPECT_EQ(composite.call(zeros()), 5);
  EXPECT_EQ(composite.call(zeros(DeviceType::Meta)), 6) << "a backend's own kernel comes before the composite";
}

TEST(Dispatcher, ExplicitCompositesLeaveAutogradOpen) {
  Library defs = definitions("disp3");
  defs.def("both(Tensor x) -> int");
  Library composite = kernels("disp3", DispatchKey::CompositeExplicitAutograd);
  composite.impl("both", [](const TensorBase&) -> int64_t { return 1; });
  EXPECT_EQ(IntOp(op("disp3::both")).call(zeros()), 1);
  EXPECT_FALSE(op("disp3::both").has_kernel(DispatchKey::AutogradCPU));
}

TEST(Dispatcher, AMissingKernelNamesOperatorAndBackend) {
  Library defs = definitions("disp4");
  defs.def("lonely(Tensor x) -> int");
  Library cpu = kernels("disp4", DispatchKey::CPU);
  cpu.impl("lonely", [](const TensorBase&) -> int64_t { return 1; });
  try {
    IntOp(op("disp4::lonely")).call(zeros(DeviceType::Meta));
    FAIL() << "expected NotImplementedError";
  } catch (const NotImplementedError& e) {
    const std::string message = e.what();
    EXPECT_NE(message.find("disp4::lonely"), std::string::npos) << message;
    EXPECT_NE(message.find("'Meta'"), std::string::npos) << message;
    EXPECT_NE(message.find("CPU"), std::string::npos) << message;
  }
}

TEST(Dispatcher, ALibraryTakesItsKernelsAlong) {
  Library defs = definitions("disp5");
  defs.def("gone(Tensor x) -> int");
  {
    Library cpu = kernels("disp5", DispatchKey::CPU);
    cpu.impl("gone", [](const TensorBase&) -> int64_t { return 1; });
    EXPECT_EQ(IntOp(op("disp5::gone")).call(zeros()), 1);
  }
  EXPECT_THROW(IntOp(op("disp5::gone")).call(zeros()), NotImplementedError);
}

TEST(Dispatcher, BoxedAndUnboxedCallsAgree) {
  Library defs = definitions("disp6");
  defs.def("mix(Tensor x, int a, float b=0.5, *, bool c=True, int[2] d=3) -> float");
  Library cpu = kernels("disp6", DispatchKey::CPU);
  cpu.impl("mix", [](const TensorBase& x, int64_t a, double b, bool c, IntArrayRef d) -> double {
    return static_cast<double>(x.numel() + a) + b + (c ? 100 : 0) + static_cast<double>(d[0] * 1000 + d[1] * 10000);
  });
  const TypedOperator<double(const TensorBase&, int64_t, double, bool, IntArrayRef)> mix(op("disp6::mix"));
  EXPECT_DOUBLE_EQ(mix.call(zeros(), 2, 0.25, false, std::vector<int64_t>{1, 2}), 6 + 2 + 0.25 + 1000 + 20000);

  Stack stack{zeros(), 2};
  op("disp6::mix").call_boxed(stack);
  ASSERT_EQ(stack.size(), 1u);
  EXPECT_DOUBLE_EQ(stack[0].to_double(), 6 + 2 + 0.5 + 100 + 3000 + 30000) << "defaults of the schema are filled in";
}

TEST(Dispatcher, BoxedCallsCheckTheirArguments) {
  Library defs = definitions("disp7");
  defs.def("one(Tensor x, int a) -> int");
  Library cpu = kernels("disp7", DispatchKey::CPU);
  cpu.impl("one", [](const TensorBase&, int64_t a) -> int64_t { return a; });
  for (Stack wrong : {Stack{}, Stack{zeros()}, Stack{zeros(), "text"}, Stack{3, zeros()}, Stack{zeros(), 1, 2},
                      Stack{zeros(), 1.5}}) {
    const size_t size = wrong.size();
    EXPECT_THROW(op("disp7::one").call_boxed(wrong), Error) << size << " arguments";
  }
}

TEST(Dispatcher, ABoxedKernelAnswersTypedCalls) {
  Library defs = definitions("disp8");
  defs.def("twice(Tensor x, int n) -> Tensor");
  Library cpu = kernels("disp8", DispatchKey::CPU);
  cpu.impl("twice", CppFunction::makeFromBoxedFunction(
                        [](KernelFunctor*, const OperatorEntry& entry, DispatchKeySet, Stack& stack) {
                          ASSERT_EQ(entry.full_name(), "disp8::twice");
                          ASSERT_EQ(stack.at(1).to_int(), 4);
                          stack.resize(1);
                        }));
  const TypedOperator<TensorBase(const TensorBase&, int64_t)> twice(op("disp8::twice"));
  const TensorBase x = zeros();
  EXPECT_TRUE(twice.call(x, 4).is_same(x));
}

TEST(Dispatcher, InPlaceKernelsReturnTheirArgument) {
  Library defs = definitions("disp9");
  defs.def("touch_(Tensor(a!) x) -> Tensor(a!)");
  Library cpu = kernels("disp9", DispatchKey::CPU);
  cpu.impl("touch_", [](TensorBase& x) -> TensorBase& { return x; });
  TensorBase x = zeros();
  const TypedOperator<TensorBase&(TensorBase&)> touch(op("disp9::touch_"));
  EXPECT_EQ(&touch.call(x), &x);
  Stack stack{x};
  op("disp9::touch_").call_boxed(stack);
  ASSERT_EQ(stack.size(), 1u);
  EXPECT_TRUE(stack[0].to_tensor().is_same(x));
}

// A kernel that knows only the stack answers a typed out= call: the references are the caller's tensors.
TEST(Dispatcher, BoxedKernelsReturnTheOutsTheyWereGiven) {
  Library defs = definitions("disp13");
  defs.def("two.out(Tensor x, *, Tensor(a!) first, Tensor(b!) second) -> (Tensor(a!), Tensor(b!))");
  Library cpu = kernels("disp13", DispatchKey::CPU);
  cpu.impl("two.out", CppFunction::makeFromBoxedFunction([](KernelFunctor*, const OperatorEntry&, DispatchKeySet,
                                                            Stack& stack) { stack.erase(stack.begin()); }));
  using Outs = std::tuple<TensorBase&, TensorBase&>;
  const TypedOperator<Outs(const TensorBase&, TensorBase&, TensorBase&)> two(op("disp13::two.out"));
  TensorBase first = zeros();
  TensorBase second = zeros();
  const Outs outs = two.call(zeros(), first, second);
  EXPECT_EQ(&std::get<0>(outs), &first);
  EXPECT_EQ(&std::get<1>(outs), &second);

  Library wrong = kernels("disp13", DispatchKey::AutogradCPU);
  wrong.impl("two.out", CppFunction::makeFromBoxedFunction([](KernelFunctor*, const OperatorEntry&, DispatchKeySet,
                                                              Stack& stack) { stack = {zeros(), zeros()}; }));
  EXPECT_THROW(two.call(zeros(), first, second), Error);
}

TEST(Dispatcher, FallthroughSkipsAKey) {
  Library defs = definitions("disp10");
  defs.def("through(Tensor x) -> int");
  Library cpu = kernels("disp10", DispatchKey::CPU);
  cpu.impl("through", [](const TensorBase&) -> int64_t { return 1; });
  Library autograd = kernels("disp10", DispatchKey::AutogradCPU);
  autograd.impl("through", CppFunction::makeFallthrough());
  EXPECT_EQ(IntOp(op("disp10::through")).call(zeros()), 1);
}

TEST(Dispatcher, SchemasAreDefinedOnceAndMustParse) {
  Library defs = definitions("disp11");
  defs.def("same(Tensor x) -> int");
  EXPECT_THROW(defs.def("same(Tensor x) -> int"), Error);
  EXPECT_THROW(defs.def("same(Tensor x, int y) -> int"), Error);
  for (const char* wrong :
       {"", "f1", "f2(", "f3(Tensor)", "f4(Tensor x) ->", "f5(Tensr x) -> int", "f6(Tensor x, Tensor x) -> int",
        "f7(int a=) -> int", "f8(int[ a) -> int", "f9(Tensor x) -> int a b", "f10(int a=1.5) -> int",
        "f11(int a=99999999999999999999) -> int", "f12(int[x] a) -> int", "f13(Tensor x=3) -> int",
        "f14(str s='a) -> int"}) {
    EXPECT_THROW(defs.def(wrong), Error) << wrong;
  }
  EXPECT_THROW(kernels("disp11", DispatchKey::CPU).def("other(Tensor x) -> int"), Error);
}

TEST(Dispatcher, SchemasPrintAsWritten) {
  for (const char* text : {"aten::f(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor",
                           "aten::f.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)",
                           "aten::f(Tensor(a) self, int dim=-1, bool keepdim=False) -> Tensor(a)",
                           "aten::f(Tensor? x, int[2] size, float? scale=None) -> (Tensor, Tensor)",
                           "aten::f(Tensor[] tensors, str mode=\"mean\") -> Tensor[]"}) {
    EXPECT_EQ(parse_schema(text).str(), text);
  }
}

// Calls take no lock; defining and removing other operators meanwhile must not disturb them.
TEST(Dispatcher, CallsRunWhileOthersRegister) {
  Library defs = definitions("disp12");
  defs.def("busy(Tensor x) -> int");
  Library cpu = kernels("disp12", DispatchKey::CPU);
  cpu.impl("busy", [](const TensorBase&) -> int64_t { return 11; });
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      const IntOp busy(op("disp12::busy"));
      for (int i = 0; i < 2000; ++i) {
        if (busy.call(zeros()) != 11) ++wrong;
      }
    });
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string name = "extra" + std::to_string(t) + "_" + std::to_string(i);
        Library more(Kind::Fragment, "disp12", std::nullopt, __FILE__, __LINE__);
        more.def(name + "(Tensor x) -> int", [i](const TensorBase&) -> int64_t { return i; });
        if (IntOp(op("disp12::" + name)).call(zeros()) != i) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace tiny_torch
