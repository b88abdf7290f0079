"""Random numbers against PyTorch: the same seed has to give the same samples, and leave the same generator state."""

# Samplers are called before the loop around them moves on.
# ruff: noqa: B023

import pickle

import pytest

import tiny_torch

oracle = pytest.importorskip("torch", reason="PyTorch, the oracle of these tests, is not installed")
if oracle is tiny_torch:
    pytest.skip("torch is an alias of tiny_torch in this process", allow_module_level=True)

SIZES = [0, 1, 15, 16, 17, 23, 31, 32, 100, 1040, 4099]
SEEDS = [0, 1, 2**40 + 5]
FLOATING = ["float32", "float64", "float16", "bfloat16"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]
REAL = [*FLOATING, *INTEGERS, "bool"]
# (sizes, strides): transposed, permuted, gapped, with dimensions of one element.
LAYOUTS = [
    ((7, 5), (5, 1)),
    ((4, 5, 6), (1, 4, 20)),
    ((8, 5), (10, 2)),
    ((5, 8), (1, 7)),
    ((2, 3, 4, 5), (60, 1, 15, 3)),
    ((3, 1, 5), (5, 7, 1)),
    ((40,), (3,)),
    ((), ()),
]


def generators(seed):
    return [library.Generator().manual_seed(seed) for library in (tiny_torch, oracle)]


def values(t):
    """Everything as Python numbers: exact for every dtype here."""
    return t.tolist()


def state(generator):
    return bytes(generator.get_state().tolist())


def assert_same(sample, seed=0):
    """`sample(library, generator)` gives a tensor; it and the generator's state afterwards must agree."""
    ours, theirs = generators(seed)
    result, expected = sample(tiny_torch, ours), sample(oracle, theirs)
    assert str(result.dtype) == str(expected.dtype)
    assert tuple(result.shape) == tuple(expected.shape)
    assert result.stride() == expected.stride()
    assert values(result) == values(expected)
    assert state(ours) == state(theirs)


def strided(library, dtype, sizes, strides):
    count = 1 + sum((size - 1) * stride for size, stride in zip(sizes, strides))
    return library.empty(count, dtype=getattr(library, dtype)).as_strided(sizes, strides)


SAMPLERS = {
    "uniform_": (FLOATING, lambda t, g: t.uniform_(-1.3, 2.7, generator=g)),
    "uniform_unit": (FLOATING, lambda t, g: t.uniform_(generator=g)),
    "uniform_narrow": (FLOATING, lambda t, g: t.uniform_(1, 1.0001, generator=g)),
    "normal_": (FLOATING, lambda t, g: t.normal_(0.3, 2.7, generator=g)),
    "exponential_": (FLOATING, lambda t, g: t.exponential_(0.7, generator=g)),
    "cauchy_": (FLOATING, lambda t, g: t.cauchy_(0.3, 0.7, generator=g)),
    "log_normal_": (FLOATING, lambda t, g: t.log_normal_(0.3, 0.7, generator=g)),
    "geometric_": ([*FLOATING, *INTEGERS], lambda t, g: t.geometric_(0.3, generator=g)),
    "bernoulli_": (REAL, lambda t, g: t.bernoulli_(0.3, generator=g)),
    "random_": (REAL, lambda t, g: t.random_(generator=g)),
    "random_to": (REAL, lambda t, g: t.random_(2, generator=g)),
    "random_from_to": ([*FLOATING, *INTEGERS], lambda t, g: t.random_(3, 100, generator=g)),
    "random_from": ([*FLOATING, *INTEGERS], lambda t, g: t.random_(5, None, generator=g)),
    "random_wide": (["int64", "float64"], lambda t, g: t.random_(5, 5 + 2**28, generator=g)),
    "random_all_bits": (["int64"], lambda t, g: t.random_(-(2**63), None, generator=g)),
}
SAMPLER_CASES = [(name, dtype) for name, (dtypes, _) in SAMPLERS.items() for dtype in dtypes]


@pytest.mark.parametrize(("name", "dtype"), SAMPLER_CASES)
def test_samplers(name, dtype):
    sampler = SAMPLERS[name][1]
    for seed in SEEDS:
        for size in SIZES:
            assert_same(lambda lib, g: sampler(lib.empty(size, dtype=getattr(lib, dtype)), g), seed)
        for sizes, strides in LAYOUTS:
            assert_same(lambda lib, g: sampler(strided(lib, dtype, sizes, strides), g), seed)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_samples_are_pairs(dtype):
    for size in SIZES:
        assert_same(lambda lib, g: lib.rand(size, dtype=getattr(lib, dtype), generator=g))
        assert_same(lambda lib, g: lib.randn(size, dtype=getattr(lib, dtype), generator=g))


@pytest.mark.parametrize("dtype", FLOATING)
def test_factories(dtype):
    for size in SIZES:
        assert_same(lambda lib, g: lib.rand(size, dtype=getattr(lib, dtype), generator=g))
        assert_same(lambda lib, g: lib.randn((size,), dtype=getattr(lib, dtype), generator=g))
        assert_same(lambda lib, g: lib.normal(1.0, 2.0, (size,), dtype=getattr(lib, dtype), generator=g))
    assert_same(lambda lib, g: lib.rand(2, 3, 4, dtype=getattr(lib, dtype), generator=g))


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATING])
def test_randint_and_randperm(dtype):
    for size in SIZES:
        assert_same(lambda lib, g: lib.randint(100, (size,), dtype=getattr(lib, dtype), generator=g))
        assert_same(lambda lib, g: lib.randint(3, 120, (size, 2), dtype=getattr(lib, dtype), generator=g))
    for size in [0, 1, 2, 19, 20, 128]:
        assert_same(lambda lib, g: lib.randperm(size, dtype=getattr(lib, dtype), generator=g))


def test_default_dtypes_and_global_generator():
    draws = (
        lambda lib: lib.rand(5),
        lambda lib: lib.randn(3, 7),
        lambda lib: lib.randn(3),
        lambda lib: lib.randint(10, (4,)),
        lambda lib: lib.randperm(30),
        lambda lib: lib.normal(0.0, 1.0, (3,)),
        lambda lib: lib.rand_like(lib.empty(3, 4).t()),
        lambda lib: lib.randn_like(lib.empty(30), dtype=lib.float64),
        lambda lib: lib.randint_like(lib.empty(5), 3),
        lambda lib: lib.randint_like(lib.empty(5), 3, 9),
        lambda lib: lib.empty(40).normal_(),
    )
    results = []
    for lib in (tiny_torch, oracle):
        lib.manual_seed(5)
        tensors = [draw(lib) for draw in draws]
        results.append([(str(t.dtype), t.stride(), values(t)) for t in tensors] + [bytes(lib.get_rng_state().tolist())])
    assert results[0] == results[1]


def test_out_forms():
    assert_same(lambda lib, g: lib.rand(2, 3, generator=g, out=lib.empty(5)))
    assert_same(lambda lib, g: lib.randn(2, 3, generator=g, out=lib.empty(3, 2).t()))
    assert_same(lambda lib, g: lib.randint(2, 9, (4,), generator=g, out=lib.empty(4)))
    assert_same(lambda lib, g: lib.randperm(6, generator=g, out=lib.empty(12, dtype=lib.int32)[::2]))
    assert_same(lambda lib, g: lib.bernoulli(lib.full((5,), 0.5), generator=g, out=lib.empty(2, dtype=lib.int64)))


@pytest.mark.parametrize("dtype", FLOATING)
def test_bernoulli_with_tensor(dtype):
    def probabilities(lib):
        return lib.tensor([0.0, 0.1, 0.5, 0.9, 1.0, 0.25], dtype=getattr(lib, dtype)).reshape(2, 3)

    for seed in SEEDS:
        assert_same(lambda lib, g: lib.bernoulli(probabilities(lib), generator=g), seed)
        assert_same(lambda lib, g: lib.bernoulli(probabilities(lib).t(), generator=g), seed)
        assert_same(lambda lib, g: lib.bernoulli(probabilities(lib), 0.4, generator=g), seed)
        assert_same(lambda lib, g: lib.empty(4, 2, 3).bernoulli_(probabilities(lib), generator=g), seed)
        assert_same(
            lambda lib, g: lib.empty(3, 2, dtype=lib.int32).t().bernoulli_(probabilities(lib), generator=g), seed
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binomial(dtype):
    def of(lib, numbers):
        return lib.tensor(numbers, dtype=getattr(lib, dtype))

    # Both ways to draw, and the side on which each is used.
    # float32 has no counts beyond 2^24, where PyTorch's terms round.
    counts = [0, 1, 2, 7, 12.5, 19, 25, 40, 100, 1000, 123456, 3e9 if dtype == "float64" else 1e7]
    probabilities = [-1, 0, 1e-9, 0.01, 0.1, 0.3, 0.5, 0.50001, 0.7, 0.93, 0.999, 1, 2]
    for seed in SEEDS:
        assert_same(
            lambda lib, g: lib.binomial(
                of(lib, counts * 13), of(lib, [p for p in probabilities for _ in counts]), generator=g
            ),
            seed,
        )
    assert_same(lambda lib, g: lib.binomial(of(lib, [20] * 2000), of(lib, [0.6] * 2000), g))
    assert_same(lambda lib, g: lib.binomial(of(lib, [10, 100]), of(lib, 0.25), generator=g))
    assert_same(lambda lib, g: lib.binomial(of(lib, 30), of(lib, 0.25), generator=g))


def test_binomial_refusals_and_numbers_without_samples():
    for count, prob, error in [
        ("int64", "float32", ValueError),
        ("float32", "bool", ValueError),
        ("float32", "float64", RuntimeError),
        ("float16", "float16", NotImplementedError),
    ]:
        for lib in (tiny_torch, oracle):
            with pytest.raises(error):
                lib.binomial(lib.ones(2, dtype=getattr(lib, count)), lib.ones(2, dtype=getattr(lib, prob)))
    nan, inf = float("nan"), float("inf")
    samples = tiny_torch.binomial(
        tiny_torch.tensor([nan, 5, 50, inf]), tiny_torch.tensor([0.5, nan, nan, 0.5])
    ).tolist()
    assert [s != s for s in samples] == [True, True, True, False] and samples[3] == inf


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("shape", [(5,), (3, 17), (17, 3), (2, 300)])
def test_multinomial(dtype, shape):
    def weights(lib):
        count = 1
        for size in shape:
            count *= size
        return lib.tensor([i * 7 % 11 for i in range(count)], dtype=getattr(lib, dtype)).reshape(shape)

    for count, replacement in [(1, False), (1, True), (3, False), (50, True)]:
        for seed in SEEDS:
            assert_same(lambda lib, g: lib.multinomial(weights(lib), count, replacement, generator=g), seed)


def test_normal_with_tensors():
    def mean(lib):
        return lib.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])

    def std(lib):
        return lib.tensor([1.0, 0.0, 2.0])

    assert_same(lambda lib, g: lib.normal(mean(lib), 2.0, generator=g))
    assert_same(lambda lib, g: lib.normal(3.0, std(lib), generator=g))
    assert_same(lambda lib, g: lib.normal(mean(lib), std(lib), generator=g))
    assert_same(lambda lib, g: lib.normal(mean(lib).t(), 2.0, generator=g))


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("name", ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"])
def test_dropout(name, dtype):
    for p in (0.0, 0.3, 0.5, 1.0):
        for train in (True, False):
            results = []
            for lib in (tiny_torch, oracle):
                lib.manual_seed(3)
                x = lib.tensor(list(range(60)), dtype=getattr(lib, dtype)).reshape(5, 12).t().requires_grad_()
                y = getattr(lib, name)(x, p, train)
                y.backward(lib.ones_like(y))
                z = getattr(lib, name + "_")(x.detach().clone(), p, train)
                after = bytes(lib.get_rng_state().tolist())
                results.append((values(y), y.stride(), values(x.grad), values(z), after))
            assert results[0] == results[1]


@pytest.mark.parametrize("train", [True, False])
def test_native_dropout(train):
    results = []
    for lib in (tiny_torch, oracle):
        lib.manual_seed(3)
        x = lib.tensor(list(range(60)), dtype=lib.float32).reshape(5, 12).requires_grad_()
        y, mask = lib.native_dropout(x, 0.3, train)
        y.backward(lib.ones_like(y))
        results.append((values(y), values(mask), values(x.grad)))
    assert results[0] == results[1]


def test_samples_do_not_depend_on_threads():
    threads = tiny_torch.get_num_threads()
    draws = []
    try:
        for count in (1, 2, 4):
            tiny_torch.set_num_threads(count)
            tiny_torch.manual_seed(1)
            draws.append(
                values(tiny_torch.randn(100_003)) + values(tiny_torch.dropout(tiny_torch.ones(100_003), 0.5, True))
            )
    finally:
        tiny_torch.set_num_threads(threads)
    assert draws[0] == draws[1] == draws[2]


@pytest.mark.parametrize("seed", [0, 1, -3, 2**64 - 1, -(2**63)])
def test_seeds(seed):
    ours, theirs = generators(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    assert state(ours) == state(theirs)
    assert tiny_torch.manual_seed(seed) is tiny_torch.default_generator
    assert tiny_torch.initial_seed() == theirs.initial_seed()


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "a", None])
def test_bad_seeds(seed):
    for call in (lambda lib: lib.Generator().manual_seed(seed), lambda lib: lib.manual_seed(seed)):
        try:
            call(oracle)
        except Exception as error:
            with pytest.raises(type(error)):
                call(tiny_torch)
        else:
            call(tiny_torch)


def test_states_are_exchanged_both_ways():
    ours, theirs = generators(9)
    for lib, generator in ((tiny_torch, ours), (oracle, theirs)):
        lib.empty(3).normal_(generator=generator)  # leaves the second sample of a pair behind
        lib.rand(700, generator=generator)
    fresh_ours, fresh_theirs = generators(1)
    fresh_ours.set_state(tiny_torch.tensor(theirs.get_state().tolist(), dtype=tiny_torch.uint8))
    fresh_theirs.set_state(oracle.tensor(ours.get_state().tolist(), dtype=oracle.uint8))
    assert values(tiny_torch.empty(5).normal_(generator=fresh_ours)) == values(
        oracle.empty(5).normal_(generator=theirs)
    )
    assert values(oracle.empty(5).normal_(generator=fresh_theirs)) == values(
        tiny_torch.empty(5).normal_(generator=ours)
    )
    assert fresh_ours.initial_seed() == 9


def test_bad_states():
    good = tiny_torch.Generator().get_state()
    for bad in (
        lambda lib, s: s[:5048],
        lambda lib, s: s.to(lib.int32),
        lambda lib, s: [1, 2],
        lambda lib, s: lib.zeros(5056, dtype=lib.uint8),
        lambda lib, s: lib.zeros(2 * 5056, dtype=lib.uint8)[::2],
    ):
        with pytest.raises(Exception) as expected:
            oracle.Generator().set_state(bad(oracle, oracle.Generator().get_state()))
        generator = tiny_torch.Generator()
        with pytest.raises(expected.type):
            generator.set_state(bad(tiny_torch, good))
        assert state(generator) == bytes(good.tolist())


def test_generator_object():
    generator = tiny_torch.Generator()
    assert generator.initial_seed() == oracle.Generator().initial_seed()
    assert generator.device == tiny_torch.device("cpu")
    seed = generator.seed()
    assert 0 <= seed < 2**64
    assert generator.initial_seed() == seed
    tiny_torch.rand(3, generator=generator)
    clone = generator.clone_state()
    copy = pickle.loads(pickle.dumps(generator))
    expected = values(tiny_torch.rand(5, generator=generator))
    assert values(tiny_torch.rand(5, generator=clone)) == expected
    assert values(tiny_torch.rand(5, generator=copy)) == expected


def test_fork_rng():
    tiny_torch.manual_seed(1)
    expected = values(tiny_torch.rand(3))
    tiny_torch.manual_seed(1)
    with tiny_torch.random.fork_rng():
        tiny_torch.manual_seed(7)
        tiny_torch.rand(3)
    assert values(tiny_torch.rand(3)) == expected


def test_gradient_of_overwritten_values_is_zero():
    x = tiny_torch.ones(3, requires_grad=True)
    for name, arguments in {
        "uniform_": (),
        "normal_": (),
        "bernoulli_": (0.5,),
        "random_": (),
        "geometric_": (0.5,),
    }.items():
        x.grad = None
        y = getattr(x.clone(), name)(*arguments)
        assert y.requires_grad
        y.backward(tiny_torch.ones_like(y))
        assert values(x.grad) == [0.0, 0.0, 0.0]


WRONG_CALLS = [
    "lib.empty(3, dtype=lib.int32).uniform_()",
    "lib.empty(3).uniform_(2, 1)",
    "lib.empty(0).uniform_(2, 1)",
    "lib.empty(3).uniform_(0, 1e39)",
    "lib.empty(3).uniform_(-3e38, 3e38)",
    "lib.empty(3).uniform_(float('nan'), 1)",
    "lib.empty(3, dtype=lib.float16).uniform_(0, 70000)",
    "lib.empty(3).expand(2, 3).uniform_()",
    "lib.empty(1).expand(30).normal_()",
    "lib.empty(3, dtype=lib.int32).normal_()",
    "lib.empty(3).normal_(0, -1)",
    "lib.empty(0).normal_(0, -1)",
    "lib.empty(3).normal_(0, float('nan'))",
    "lib.empty(3).random_(5, 5)",
    "lib.empty(3).random_(0)",
    "lib.empty(3, dtype=lib.uint8).random_(0, 257)",
    "lib.empty(3, dtype=lib.uint8).random_(-1, 2)",
    "lib.empty(3, dtype=lib.bool).random_(0, 3)",
    "lib.empty(3, dtype=lib.float16).random_(0, 100000)",
    "lib.empty(3).random_(2**24 + 1, None)",
    "lib.empty(3, dtype=lib.complex64).random_()",
    "lib.empty(3, dtype=lib.complex64).random_(0, 3)",
    "lib.empty(3, dtype=lib.float16).random_(-2**63, None)",
    "lib.empty(3, dtype=lib.int32).random_(-2**63, None)",
    "lib.empty(3).bernoulli_(1.5)",
    "lib.empty(3).bernoulli_(float('nan'))",
    "lib.empty(3, dtype=lib.complex64).bernoulli_()",
    "lib.empty(3).bernoulli_(lib.tensor([0.1, 0.2, 1.3]))",
    "lib.empty(3).bernoulli_(lib.tensor([1, 0, 1]))",
    "lib.empty(3).bernoulli_(lib.tensor([0.1, 0.2]))",
    "lib.empty(3).bernoulli_(lib.zeros(2, 3))",
    "lib.bernoulli(lib.tensor([1, 0, 1]))",
    "lib.bernoulli(lib.tensor([1.0, float('nan')]))",
    "lib.empty(3).exponential_(0)",
    "lib.empty(3, dtype=lib.int32).exponential_()",
    "lib.empty(3, dtype=lib.bool).geometric_(0.5)",
    "lib.empty(3).geometric_(1)",
    "lib.empty(3).geometric_(0)",
    "lib.empty(3).log_normal_(0, 0)",
    "lib.empty(3, dtype=lib.int32).log_normal_()",
    "lib.empty(3).cauchy_(0, 0)",
    "lib.empty(3, dtype=lib.int32).cauchy_()",
    "lib.rand(3, dtype=lib.int32)",
    "lib.rand(-1)",
    "lib.rand()",
    "lib.randint(5, 5, (3,))",
    "lib.randint(0, (3,))",
    "lib.randint(3, (3,), dtype=lib.bool)",
    "lib.randint(0, 2**63, (3,))",
    "lib.randint(2, (3,), requires_grad=True)",
    "lib.randperm(-1)",
    "lib.randperm(257, dtype=lib.uint8)",
    "lib.randperm(2050, dtype=lib.float16)",
    "lib.randperm(5, dtype=lib.bool)",
    "lib.rand(3, generator=3)",
    "lib.rand_like(lib.tensor([1, 2]))",
    "lib.randint_like(lib.zeros(2), lib.tensor([3, 4]))",
    "lib.multinomial(lib.tensor([0.5, 0.5]), 0)",
    "lib.multinomial(lib.tensor([0.5, 0.5]), 3)",
    "lib.multinomial(lib.tensor([0.5, -0.5]), 1)",
    "lib.multinomial(lib.tensor([0.5, -0.5]), 2, True)",
    "lib.multinomial(lib.tensor([0.5, float('nan')]), 2, True)",
    "lib.multinomial(lib.tensor([0.0, 0.0]), 2)",
    "lib.multinomial(lib.tensor([0.0, 0.0]), 2, True)",
    "lib.multinomial(lib.tensor([1, 2]), 1)",
    "lib.multinomial(lib.zeros(2, 2, 2), 1)",
    "lib.multinomial(lib.tensor(1.0), 1)",
    "lib.multinomial(lib.zeros(2, 0), 3, True)",
    "lib.multinomial(lib.ones(2), 1, out=lib.empty(1))",
    "lib.dropout(lib.ones(3), 1.5, True)",
    "lib.dropout(lib.ones(3), -0.5, False)",
    "lib.dropout(lib.tensor([1, 2]), 0.5, True)",
    "lib.feature_dropout(lib.ones(3), 0.5, True)",
    "lib.native_dropout(lib.ones(3), 1.5, True)",
    "lib.normal(lib.tensor([1.0, 2]), lib.tensor([1.0, -2]))",
    "lib.normal(lib.tensor([1.0, 2]), -1.0)",
    "lib.normal(lib.tensor([1, 2]), 1.0)",
    "lib.normal(lib.tensor([1.0, 2]), lib.ones(3))",
    "lib.normal(1.0, 2.0)",
    "lib.ones(3, requires_grad=True).uniform_()",
]


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_wrong_calls_raise_what_pytorch_raises(call):
    with pytest.raises(Exception) as expected:
        eval(call, {"lib": oracle})
    with pytest.raises(expected.type):
        eval(call, {"lib": tiny_torch})


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("rate", [0.0, 0.1, 1.0, 9.99, 10.0, 13.7, 100.0, 1e4])
def test_poisson(dtype, rate):
    for seed in SEEDS:
        for sizes, strides in LAYOUTS:
            assert_same(lambda t, g: t.poisson(strided(t, dtype, sizes, strides).fill_(rate), generator=g), seed)


def test_poisson_of_several_rates():
    rates = [0.5 * i for i in range(100)]
    for dtype in FLOATING:
        assert_same(lambda t, g: t.poisson(t.tensor(rates, dtype=getattr(t, dtype)), g))
    for library in (tiny_torch, oracle):
        for bad in (-1.0, float("nan")):
            with pytest.raises(RuntimeError):
                library.poisson(library.tensor([1.0, bad]))
        with pytest.raises(NotImplementedError):
            library.poisson(library.tensor([1, 2]))
