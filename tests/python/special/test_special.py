"""Special functions against PyTorch: values over their ranges, special arguments, dtypes, derivatives, refusals."""

import math
from fractions import Fraction

import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, -2.5, 1e-300]
# Name in torch, range of the arguments; the Bessel functions are approximations of about nine digits in PyTorch.
UNARY = {
    "lgamma": (-20, 20),
    "digamma": (-8, 20),
    "erfinv": (-1, 1),
    "i0": (-30, 30),
    "logit": (0, 1),
    "special.entr": (0, 10),
    "special.ndtri": (0, 1),
    "special.ndtr": (-9, 9),
    "special.log_ndtr": (-30, 30),
    "special.erfcx": (-5, 30),
    "special.i0e": (-30, 30),
    "special.i1": (-30, 30),
    "special.i1e": (-30, 30),
    "special.airy_ai": (-2, 30),
    "special.bessel_j0": (-10, 10),
    "special.bessel_j1": (-10, 10),
    "special.bessel_y0": (0.1, 10),
    "special.bessel_y1": (0.1, 10),
    "special.modified_bessel_i0": (-30, 30),
    "special.modified_bessel_i1": (-30, 30),
    "special.modified_bessel_k0": (0.01, 30),
    "special.modified_bessel_k1": (0.01, 30),
    "special.scaled_modified_bessel_k0": (0.01, 30),
    "special.scaled_modified_bessel_k1": (0.01, 30),
    "special.spherical_bessel_j0": (-10, 10),
}
LIMITED = ("bessel_j", "bessel_y")
WITHOUT_DERIVATIVE = ("bessel", "airy")
# Functions whose limits at the special arguments PyTorch gives as nan.
NO_LIMITS = ("bessel", "airy", "i0", "i1", "i1e")
SMOOTH = [name for name in UNARY if not any(word in name for word in WITHOUT_DERIVATIVE)]  # those with a derivative


def resolve(module, name):
    for part in name.split("."):
        module = getattr(module, part)
    return module


def values(low, high, count=400):
    return oracle.rand(count, dtype=oracle.float64, generator=oracle.Generator().manual_seed(1)) * (high - low) + low


def ours(t):
    return torch.from_numpy(t.numpy().copy())


def same(got, wanted, rtol=1e-11, atol=1e-13):
    oracle.testing.assert_close(oracle.from_numpy(got.detach().numpy()), wanted, rtol=rtol, atol=atol, equal_nan=True)


@pytest.mark.parametrize("name", UNARY)
def test_values(name):
    x = values(*UNARY[name])
    rtol, atol = (1e-4, 2e-6) if any(word in name for word in LIMITED) else (1e-10, 1e-12)
    same(resolve(torch, name)(ours(x)), resolve(oracle, name)(x), rtol, atol)
    wanted = resolve(oracle, name)(x.float().double()).float()
    same(resolve(torch, name)(ours(x.float())), wanted, max(rtol, 1e-6), max(atol, 1e-7))
    if not any(word in name for word in NO_LIMITS):
        x = oracle.tensor(SPECIAL, dtype=oracle.float64)
        same(resolve(torch, name)(ours(x)), resolve(oracle, name)(x))


@pytest.mark.parametrize("name", UNARY)
def test_dtypes(name):
    f, g = resolve(torch, name), resolve(oracle, name)
    whole = oracle.arange(1, 4)
    assert f(ours(whole)).dtype == torch.float32
    same(f(ours(whole)), g(whole), 1e-5)
    assert f(torch.ones(2, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert f(torch.ones(2, 0, device="meta")).shape == (2, 0)
    out = torch.empty(0, dtype=torch.float64)
    x = torch.ones(2, 3, dtype=torch.float64) * 0.25
    assert f(x, out=out) is out and torch.equal(out, f(x))


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives(name):
    low, high = UNARY[name]
    low, high = (low + 0.1, high - 0.1) if high - low < 3 else (0.3, 4.3)
    x = ours(values(low, high, 6)).requires_grad_()
    assert torch.autograd.gradcheck(resolve(torch, name), (x,))
    assert torch.autograd.gradgradcheck(resolve(torch, name), (x,))


def test_bessel_functions_satisfy_their_wronskians():
    x = torch.linspace(0.1, 60, 500, dtype=torch.float64)
    s = torch.special
    first = s.bessel_j1(x) * s.bessel_y0(x) - s.bessel_j0(x) * s.bessel_y1(x)
    assert torch.allclose(first * x, torch.full_like(x, 2 / math.pi), rtol=1e-12)
    second = s.i0e(x) * s.scaled_modified_bessel_k1(x) + s.i1e(x) * s.scaled_modified_bessel_k0(x)
    assert torch.allclose(second * x, torch.ones_like(x), rtol=1e-13)


def test_functions_of_two_numbers():
    a, x = values(0.05, 40), values(0.05, 40).flip(0)
    same(torch.igamma(ours(a), ours(x)), oracle.igamma(a, x), 1e-7)
    same(torch.igammac(ours(a), ours(x)), oracle.igammac(a, x), 1e-7)
    same(torch.special.gammainc(ours(a), ours(x)), oracle.special.gammainc(a, x), 1e-7)
    s, q = values(1.1, 9), values(0.01, 30).flip(0)
    same(torch.special.zeta(ours(s), ours(q)), oracle.special.zeta(s, q), 1e-10)
    same(torch.special.zeta(3, ours(q)), oracle.special.zeta(3, q), 1e-10)
    same(torch.special.xlog1py(ours(a), ours(x)), oracle.special.xlog1py(a, x))
    same(torch.special.xlogy(2, ours(x)), oracle.special.xlogy(2, x))
    b = ours(values(0.5, 5, 6)).requires_grad_()
    c = ours(values(0.5, 5, 6))
    assert torch.autograd.gradcheck(lambda t: torch.igamma(c, t), (b,))
    assert torch.autograd.gradcheck(lambda t: torch.igammac(c, t), (b,))
    assert torch.autograd.gradcheck(lambda t: torch.special.zeta(3, t), (b,))
    assert torch.autograd.gradgradcheck(torch.special.xlog1py, (b, b.detach().clone().requires_grad_()))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_polygamma(n):
    x = values(0.1, 20)
    same(torch.polygamma(n, ours(x)), oracle.polygamma(n, x), 1e-9)
    same(ours(x).polygamma_(n), oracle.polygamma(n, x), 1e-9)
    with pytest.raises(RuntimeError):
        torch.ones(2, dtype=torch.int64).polygamma_(n)
    x = ours(values(0.5, 3, 5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: torch.polygamma(n, t), (x,))
    assert torch.autograd.gradcheck(lambda t: (t * 2).polygamma_(n), (x,))


@pytest.mark.parametrize("p", [1, 2, 5])
def test_mvlgamma(p):
    x = values(3, 20)
    same(torch.mvlgamma(ours(x), p), oracle.mvlgamma(x, p))
    x = ours(values(3, 9, 5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: t.mvlgamma(p), (x,))


@pytest.mark.parametrize("eps", [None, 0.2, 1e-6])
def test_logit_within(eps):
    x = oracle.cat([values(-0.5, 1.5), oracle.tensor([0.0, 1.0])])
    same(torch.logit(ours(x), eps), oracle.logit(x, eps))
    theirs = x.clone().requires_grad_()
    oracle.logit(theirs, eps).sum().backward()
    mine = ours(x).requires_grad_()
    torch.logit(mine, eps).sum().backward()
    same(mine.grad, theirs.grad)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_bits_of_numbers(dtype):
    x = oracle.tensor([0.0, -0.0, 1.0, -1.0, 3.25, 1e-30, 6e4, math.inf], dtype=oracle.float64).to(
        getattr(oracle, dtype)
    )
    towards = oracle.tensor([1.0, -1.0, 2.0, 2.0, math.inf, 0.0, 0.0, 0.0]).to(x.dtype)
    mine = torch.nextafter(
        torch.tensor(x.tolist(), dtype=getattr(torch, dtype)),
        torch.tensor(towards.tolist(), dtype=getattr(torch, dtype)),
    )
    assert mine.tolist() == oracle.nextafter(x, towards).tolist()
    mantissa, exponent = torch.frexp(torch.tensor(x.tolist()[:-1], dtype=getattr(torch, dtype)))
    wanted = oracle.frexp(x[:-1])
    assert mantissa.tolist() == wanted.mantissa.tolist() and exponent.tolist() == wanted.exponent.tolist()
    assert exponent.dtype == torch.int32 and str(mantissa.dtype) == f"torch.{dtype}"


def test_derivative_of_frexp():
    x = ours(values(0.5, 9, 5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: torch.frexp(t).mantissa, (x,))


def test_refusals():
    with pytest.raises(RuntimeError):
        torch.polygamma(-1, torch.ones(1))
    with pytest.raises(RuntimeError):
        torch.mvlgamma(torch.ones(1), 0)
    with pytest.raises(RuntimeError):
        torch.frexp(torch.ones(1, dtype=torch.int64))
    with pytest.raises(NotImplementedError):
        torch.nextafter(torch.ones(1, dtype=torch.int64), torch.ones(1, dtype=torch.int64))
    with pytest.raises(NotImplementedError):
        a = torch.ones(1, requires_grad=True)
        torch.igamma(a, torch.ones(1)).backward()


def airy_by_series(x):
    """Ai(x) by its power series in rational numbers."""
    cube = Fraction(x) ** 3
    f, g = Fraction(1), Fraction(x)
    first, second = f, g
    for k in range(3, 240, 3):
        f, g = f * cube / (k * (k - 1)), g * cube / (k * (k + 1))
        first, second = first + f, second + g
    a, b = Fraction("0.355028053887817239260063186004183"), Fraction("0.258819403792806798405183560189204")
    return float(a * first - b * second)


def test_airy_function_where_pytorch_has_six_digits():
    x = [-9.0, -5.0, -4.0, -3.0, -2.5, -2.3125, -2.125, -1.5, 1.5, 2.0, 4.0]
    got = torch.special.airy_ai(torch.tensor(x, dtype=torch.float64)).tolist()
    assert got == pytest.approx([airy_by_series(v) for v in x], rel=1e-12, abs=1e-15)


POLYNOMIALS = [
    *[f"{shifted}chebyshev_polynomial_{kind}" for shifted in ("", "shifted_") for kind in "tuvw"],
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
]


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_orthogonal_polynomials(name):
    f, g = getattr(torch.special, name), getattr(oracle.special, name)
    x = oracle.cat([values(-3, 3, 60), values(-1, 1, 60), values(0, 1, 60), oracle.tensor([-1.0, 0.0, 0.5, 1.0])])
    n = oracle.tensor([-3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 6.0, 7.0, 8.0, 9.0, 12.5, 30.0, math.nan], dtype=oracle.float64)
    same(f(ours(x)[:, None], ours(n)), g(x[:, None], n), 1e-9, 1e-10)
    wanted = g(x.float().double()[:, None], n)
    within = wanted.abs() < 1e30  # in float32 the recurrences overflow earlier
    got = oracle.from_numpy(f(ours(x.float())[:, None], ours(n.float())).numpy()).double()
    size = 1 + wanted.abs().amax(0)
    assert ((got - wanted).abs() <= 1e-4 * size)[within].all()
    same(f(ours(x), 5), g(x, 5), 1e-11, 1e-11)
    same(f(0.3, ours(n)), g(0.3, n), 1e-11, 1e-11)
    whole = oracle.arange(5)
    same(f(ours(whole), ours(whole)), g(whole, whole), 1e-5)
    with pytest.raises(TypeError):
        f(0.3, 2)
    y = f(ours(x).requires_grad_(), 3)
    assert not y.requires_grad and y.dtype == torch.float64


@pytest.mark.parametrize("name", ["zeta", "xlog1py", "xlogy"])
def test_two_numbers_are_refused(name):
    for library in (torch, oracle):
        with pytest.raises(TypeError):
            getattr(library.special, name)(2.0, 3.0)
