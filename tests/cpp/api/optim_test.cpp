// Optimizers against values of torch.optim for two steps, L-BFGS on Rosenbrock's function, schedulers, saved state.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

namespace {

namespace optim = torch::optim;

torch::Tensor leaf(std::vector<double> values) {
  return torch::tensor(values, torch::dtype(torch::kFloat64).requires_grad(true));
}

/// Steps of `optimizer` on sum(p^2) and the parameter's values after them.
template <class O>
std::vector<double> run(O& optimizer, const torch::Tensor& p, int steps = 2) {
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    (p * p).sum().backward();
    optimizer.step();
  }
  return {p[0].item<double>(), p[1].item<double>()};
}

void expect_values(const std::vector<double>& got, double first, double second) {
  EXPECT_NEAR(got[0], first, 1e-7);
  EXPECT_NEAR(got[1], second, 1e-7);
}

// The numbers are those of torch.optim in Python for p = (1, -2) in float64.
TEST(Optim, AdamFamily) {
  torch::Tensor p = leaf({1, -2});
  optim::Adam adam({p}, optim::AdamOptions(0.1).weight_decay(0.1));
  expect_values(run(adam, p), 0.8004122286, -1.8001664861);
  p = leaf({1, -2});
  optim::Adam amsgrad({p}, optim::AdamOptions(0.1).amsgrad(true).betas({0.5, 0.6}));
  expect_values(run(amsgrad, p), 0.8005769213, -1.8002461900);
  p = leaf({1, -2});
  optim::AdamW adamw({p}, optim::AdamWOptions(0.1).weight_decay(0.5));
  expect_values(run(adamw, p), 0.7082484434, -1.6104122282);
}

TEST(Optim, AdagradAndRMSprop) {
  torch::Tensor p = leaf({1, -2});
  optim::Adagrad adagrad({p}, optim::AdagradOptions(0.1).lr_decay(0.5).weight_decay(0.1));
  expect_values(run(adagrad, p), 0.8554023512, -1.8540833692);
  p = leaf({1, -2});
  optim::RMSprop rmsprop({p}, optim::RMSpropOptions(0.1).momentum(0.9).centered(true).weight_decay(0.1));
  expect_values(run(rmsprop, p), -0.9044836852, 0.3608286997);
}

TEST(Optim, LBFGSFindsTheMinimumOfRosenbrock) {
  for (const bool wolfe : {false, true}) {
    torch::Tensor p = leaf({-1.5, 2});
    optim::LBFGSOptions options(wolfe ? 1.0 : 0.1);
    options.max_iter(wolfe ? 60 : 400).history_size(10);
    if (wolfe) options.line_search_fn("strong_wolfe");
    optim::LBFGS optimizer({p}, options);
    const auto closure = [&] {
      optimizer.zero_grad();
      torch::Tensor loss = (1 - p[0]).square() + 100 * (p[1] - p[0] * p[0]).square();
      loss.backward();
      return loss;
    };
    const double before = closure().item<double>();
    double after = before;
    for (int i = 0; i < (wolfe ? 3 : 5); ++i) after = optimizer.step(closure).item<double>();
    EXPECT_LT(closure().item<double>(), wolfe ? 1e-8 : 1e-3 * before) << "wolfe " << wolfe << ", last " << after;
  }
  torch::Tensor p = leaf({1, 1});
  EXPECT_THROW(optim::LBFGS({p}, optim::LBFGSOptions().line_search_fn("armijo")), c10::Error);
  EXPECT_THROW(optim::LBFGS(std::vector<optim::OptimizerParamGroup>{}), c10::Error);
}

TEST(Optim, GroupsInheritWhatTheyDoNotSay) {
  torch::Tensor a = leaf({1, 1}), b = leaf({1, 1});
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<torch::Tensor>{a});
  groups.emplace_back(std::vector<torch::Tensor>{b},
                      std::make_unique<optim::AdamOptions>(optim::AdamOptions().weight_decay(0.5)));
  optim::Adam adam(groups, optim::AdamOptions(0.25).eps(1e-3));
  const auto& second = static_cast<const optim::AdamOptions&>(adam.param_groups()[1].options());
  EXPECT_EQ(second.lr(), 0.25);
  EXPECT_EQ(second.eps(), 1e-3);
  EXPECT_EQ(second.weight_decay(), 0.5);
  EXPECT_EQ(adam.param_groups()[0].options().get_lr(), 0.25);
}

TEST(Optim, Schedulers) {
  torch::Tensor p = leaf({1, 1});
  optim::SGD sgd({p}, 1.0);
  optim::StepLR every_two(sgd, 2, 0.1);
  std::vector<double> seen;
  for (int i = 0; i < 5; ++i) {
    every_two.step();
    seen.push_back(sgd.param_groups()[0].options().get_lr());
  }
  EXPECT_NEAR(seen[1], 1.0, 1e-12);
  EXPECT_NEAR(seen[2], 0.1, 1e-12);
  EXPECT_NEAR(seen[4], 0.01, 1e-12);
  EXPECT_THROW(optim::StepLR(sgd, 0), c10::Error);

  sgd.param_groups()[0].options().set_lr(1.0);
  optim::ReduceLROnPlateauScheduler plateau(sgd, optim::ReduceLROnPlateauScheduler::min, 0.5, /*patience=*/1);
  for (const float metric : {3.0F, 2.0F, 2.5F}) plateau.step(metric);
  EXPECT_EQ(sgd.param_groups()[0].options().get_lr(), 1.0);
  plateau.step(2.0F);
  EXPECT_NEAR(sgd.param_groups()[0].options().get_lr(), 0.5, 1e-7);
}

// A run that is saved and loaded in the middle goes on as one that was not.
template <class O, class Options>
void expect_resumes(const Options& options) {
  torch::Tensor p = leaf({1, -2}), whole = leaf({1, -2});
  O reference({whole}, options);
  run(reference, whole, 5);
  O first({p}, options);
  run(first, p, 3);
  std::stringstream file;
  torch::save(first, file);
  torch::Tensor resumed = torch::tensor({0.0, 0.0}, torch::kFloat64);
  resumed.copy_(p.detach());
  resumed.set_requires_grad(true);
  O second({resumed}, Options(77.0));
  torch::load(second, file);
  run(second, resumed, 2);
  EXPECT_TRUE(torch::allclose(resumed, whole, 1e-12, 0));
}

TEST(Optim, StateIsSavedAndLoaded) {
  expect_resumes<optim::SGD>(optim::SGDOptions(0.1).momentum(0.9));
  expect_resumes<optim::Adam>(optim::AdamOptions(0.1).amsgrad(true));
  expect_resumes<optim::AdamW>(optim::AdamWOptions(0.1));
  expect_resumes<optim::Adagrad>(optim::AdagradOptions(0.1).lr_decay(0.1));
  expect_resumes<optim::RMSprop>(optim::RMSpropOptions(0.1).momentum(0.5).centered(true));
}

TEST(Optim, LBFGSStateIsSavedAndLoaded) {
  torch::Tensor p = leaf({1, -2});
  optim::LBFGS first({p}, optim::LBFGSOptions(0.1).max_iter(3)), second({p}, optim::LBFGSOptions(1));
  first.step([&] {
    first.zero_grad();
    torch::Tensor loss = p.pow(4).sum();
    loss.backward();
    return loss;
  });
  std::stringstream file;
  torch::save(first, file);
  torch::load(second, file);
  const auto& state = static_cast<const optim::LBFGSParamState&>(*second.state().at(p.impl()));
  const auto& saved = static_cast<const optim::LBFGSParamState&>(*first.state().at(p.impl()));
  EXPECT_EQ(state.n_iter(), saved.n_iter());
  ASSERT_EQ(state.old_dirs().size(), saved.old_dirs().size());
  EXPECT_TRUE(torch::equal(state.old_dirs()[0], saved.old_dirs()[0]));
  EXPECT_FALSE(static_cast<const optim::LBFGSOptions&>(second.param_groups()[0].options()).max_eval().has_value());
}

TEST(Optim, LoadRefusesOtherGroups) {
  torch::Tensor a = leaf({1, 1}), b = leaf({1, 1});
  optim::SGD one({a}, 0.1), two({a, b}, 0.1);
  std::stringstream file;
  torch::save(two, file);
  EXPECT_THROW(torch::load(one, file), c10::Error);
}

/// An optimizer as libtorch's users write them: options and state that say nothing of their fields.
struct HeavyBallOptions : optim::OptimizerCloneableOptions<HeavyBallOptions> {
  HeavyBallOptions(double lr = 0.1) : lr_(lr) {}  // NOLINT: implicit
  TORCH_ARG(double, lr);
  TORCH_ARG(double, momentum) = 0.5;
};
struct HeavyBallState : optim::OptimizerCloneableParamState<HeavyBallState> {
  TORCH_ARG(torch::Tensor, velocity);
};
class HeavyBall : public optim::Optimizer {
 public:
  explicit HeavyBall(std::vector<torch::Tensor> params, HeavyBallOptions defaults = {})
      : Optimizer({optim::OptimizerParamGroup(std::move(params))}, std::make_unique<HeavyBallOptions>(defaults)) {}
  torch::Tensor step(LossClosure = nullptr) override {
    const torch::NoGradGuard no_grad;
    for (auto& group : param_groups_) {
      const auto& options = static_cast<const HeavyBallOptions&>(group.options());
      for (auto& p : group.params()) {
        auto& state = state_[p.unsafeGetTensorImpl()];
        if (state == nullptr) {
          auto fresh = std::make_unique<HeavyBallState>();
          fresh->velocity(torch::zeros_like(p));
          state = std::move(fresh);
        }
        auto& velocity = static_cast<HeavyBallState&>(*state).velocity();
        velocity.mul_(options.momentum()).add_(p.grad());
        p.sub_(velocity * options.lr());
      }
    }
    return {};
  }
};

TEST(Optim, OptimizersOfOnesOwn) {
  torch::Tensor p = leaf({1, -2});
  HeavyBall own({p}, HeavyBallOptions(0.25));
  const std::vector<double> got = run(own, p, 3);
  p = leaf({1, -2});
  optim::SGD sgd({p}, optim::SGDOptions(0.25).momentum(0.5));
  expect_values(run(sgd, p, 3), got[0], got[1]);
  own.param_groups()[0].options().set_lr(0.5);
  EXPECT_EQ(own.param_groups()[0].options().get_lr(), 0.5);
  std::stringstream file;
  EXPECT_THROW(torch::save(own, file), c10::NotImplementedError);
  torch::save(sgd, file);
  EXPECT_THROW(torch::load(own, file), c10::NotImplementedError);
  EXPECT_TRUE(optim::AdamOptions(0.5) == optim::AdamOptions(0.5));
  EXPECT_TRUE(optim::AdamOptions(0.5) != optim::AdamOptions(0.5).amsgrad(true));
}

}  // namespace
