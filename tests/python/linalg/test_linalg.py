"""Factorisations against what defines them and against PyTorch where results are unique, gradients, errors."""

import os
import subprocess
import sys

import pytest

import tiny_torch as torch

oracle = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

DTYPES = ["float32", "float64"]
SHAPES = [(4, 4), (5, 3), (3, 5), (2, 4, 3), (2, 0, 3, 4), (3, 0), (1, 1)]


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def tolerance(a):
    return 100 * torch.finfo(a.dtype).eps * max(1, *a.shape[-2:])


def near(a, b):
    assert a.shape == b.shape
    assert a.numel() == 0 or float((a - b).abs().max()) <= tolerance(a) * (1 + float(b.abs().max()))


def identity_like(a):
    return torch.eye(a.shape[-1], dtype=a.dtype).expand(a.shape)


def made(shape, dtype):
    return torch.randn(*shape, dtype=getattr(torch, dtype))


def symmetric(n, *batch, dtype="float64"):
    a = made((*batch, n, n), dtype)
    return a + a.mT


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [False, True])
def test_svd(dtype, shape, full):
    a = made(shape, dtype)
    u, s, vh = torch.linalg.svd(a, full_matrices=full)
    k = min(shape[-2:])
    near(u.mT @ u, identity_like(u.mT @ u))
    near(vh @ vh.mT, identity_like(vh @ vh.mT))
    near(u[..., :k] * s.unsqueeze(-2) @ vh[..., :k, :], a)
    assert bool((s[..., :-1] >= s[..., 1:]).all()) and bool((s >= 0).all())
    near(torch.linalg.svdvals(a), s)
    old = torch.svd(a, some=not full)
    near(old.V.mT, vh)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
def test_qr(dtype, shape, mode):
    a = made(shape, dtype)
    q, r = torch.linalg.qr(a, mode)
    near(r, r.triu())
    if mode == "r":
        assert q.shape == (0,)
        return
    near(q.mT @ q, identity_like(q.mT @ q))
    near(q @ r, a)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("uplo", ["L", "U", "u"])
def test_eigh_reads_one_triangle(dtype, uplo):
    a = symmetric(5, 3, dtype=dtype)
    half = a.tril() if uplo == "L" else a.triu()
    w, v = torch.linalg.eigh(half, uplo)
    near(v * w.unsqueeze(-2) @ v.mT, a)
    near(torch.linalg.eigvalsh(half, uplo), w)


@pytest.mark.parametrize("dtype", DTYPES)
def test_eig_of_real_matrices(dtype):
    a = made((3, 5, 5), dtype)
    values, vectors = torch.linalg.eig(a)
    assert values.is_complex() and vectors.is_complex()
    theirs = oracle.linalg.eigvals(oracle.from_numpy(a.double().numpy()))
    ours = oracle.from_numpy(values.numpy())
    for mine, wanted in zip(ours, theirs):
        distance = (mine.unsqueeze(0) - wanted.unsqueeze(1)).abs().amin(0)
        assert float(distance.max()) < 1e3 * torch.finfo(a.dtype).eps
    left = oracle.from_numpy(a.numpy()).to(ours.dtype) @ oracle.from_numpy(vectors.numpy())
    right = oracle.from_numpy(vectors.numpy()) * ours.unsqueeze(-2)
    assert float((left - right).abs().max()) < 1e3 * torch.finfo(a.dtype).eps


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 3), (1, 1), (0, 0)])
def test_eig_of_complex_matrices(dtype, shape):
    a = made(shape, dtype)
    values, vectors = torch.linalg.eig(a)
    ours, theirs = (a @ vectors).numpy(), (vectors * values.unsqueeze(-2)).numpy()
    oracle.testing.assert_close(oracle.from_numpy(ours), oracle.from_numpy(theirs), rtol=1e-4, atol=1e-4)
    traces = oracle.linalg.eigvals(oracle.from_numpy(a.numpy())).sum(-1)
    oracle.testing.assert_close(oracle.from_numpy(values.sum(-1).numpy()), traces, rtol=1e-4, atol=1e-4)


def test_complex_matrices():
    real, imaginary = oracle.randn(2, 4, 4, dtype=oracle.float64), oracle.randn(2, 4, 4, dtype=oracle.float64)
    theirs = oracle.complex(real, imaginary)
    a = torch.from_numpy(theirs.numpy())
    for name in ("inv", "det", "svdvals"):
        ours = oracle.from_numpy(getattr(torch.linalg, name)(a).numpy())
        oracle.testing.assert_close(ours, getattr(oracle.linalg, name)(theirs), rtol=1e-10, atol=1e-10)
    hermitian = theirs @ theirs.mH + 4 * oracle.eye(4)
    for name in ("cholesky", "eigvalsh"):
        ours = getattr(torch.linalg, name)(torch.from_numpy(hermitian.numpy()))
        oracle.testing.assert_close(oracle.from_numpy(ours.numpy()), getattr(oracle.linalg, name)(hermitian))


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd", "gelss"])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 6, 4)])
def test_lstsq(driver, shape):
    a, b = oracle.randn(*shape, dtype=oracle.float64), oracle.randn(*shape[:-1], 2, dtype=oracle.float64)
    wanted = oracle.linalg.lstsq(a, b, driver=driver)
    ours = torch.linalg.lstsq(torch.from_numpy(a.numpy()), torch.from_numpy(b.numpy()), driver=driver)
    for mine, theirs in zip(ours, wanted):
        oracle.testing.assert_close(oracle.from_numpy(mine.numpy()), theirs)


@pytest.mark.parametrize("shape", [(5, 3), (2, 6, 4), (4, 4)])
def test_householder_products(shape):
    a = made(shape, "float64")
    packed, tau = torch.geqrf(a)
    q = torch.linalg.householder_product(packed, tau)
    near(q @ packed.triu()[..., : shape[-1], :], a)
    near(q, torch.linalg.householder_product(packed.clone().requires_grad_(), tau).detach())
    c = made((*shape[:-2], shape[-2], 2), "float64")
    back = torch.ormqr(packed, tau, torch.ormqr(packed, tau, c), transpose=True)
    near(back, c)
    near(torch.ormqr(packed, tau, c.mT, left=False), torch.ormqr(packed, tau, c, transpose=True).mT)


def test_ldl():
    a, b = symmetric(5, 2), made((2, 5, 3), "float64")
    factors, pivots = torch.linalg.ldl_factor(a)
    near(a @ torch.linalg.ldl_solve(factors, pivots, b), b)


def positive(a):
    return a @ a.mT + 3 * torch.eye(a.shape[-1], dtype=a.dtype)


def skewed(a):
    return a + 3 * torch.eye(a.shape[-1], dtype=a.dtype)


DIFFERENTIABLE = {
    "svd": ((4, 3), lambda a: torch.linalg.svd(a, full_matrices=False)[1:2]),
    "svd vectors": ((2, 4, 3), lambda a: [p.abs() for p in torch.linalg.svd(a, full_matrices=False)]),
    "svd wide": ((3, 5), lambda a: [p.abs() for p in torch.linalg.svd(a, full_matrices=False)]),
    "qr": ((4, 3), torch.linalg.qr),
    "qr wide": ((2, 3, 5), torch.linalg.qr),
    "qr complete": ((3, 5), lambda a: torch.linalg.qr(a, "complete")),
    "eigh": ((2, 4, 4), lambda a: [p.abs() for p in torch.linalg.eigh(a + a.mT)]),
    "eigvals": ((4, 4), lambda a: torch.linalg.eigvals(positive(a)).real),
    "cholesky": ((2, 3, 3), lambda a: torch.linalg.cholesky(positive(a))),
    "cholesky upper": ((3, 3), lambda a: torch.linalg.cholesky(positive(a), upper=True)),
    "lu": ((3, 3), lambda a: torch.linalg.lu(skewed(a))[1:]),
    "lu wide": ((2, 3, 5), lambda a: torch.linalg.lu(a)[1:]),
    "lu tall": ((5, 3), lambda a: torch.linalg.lu(a)[1:]),
    "lu_solve": ((3, 3), lambda a: torch.linalg.lu_solve(*torch.linalg.lu_factor(skewed(a)), a)),
    "lu_solve adjoint": (
        (3, 3),
        lambda a: torch.linalg.lu_solve(*torch.linalg.lu_factor(skewed(a)), a, left=False, adjoint=True),
    ),
    "solve": ((2, 3, 3), lambda a: torch.linalg.solve(skewed(a), a[..., :2])),
    "solve vector": ((2, 3, 3), lambda a: torch.linalg.solve(skewed(a), a[..., 0])),
    "solve right": ((3, 3), lambda a: torch.linalg.solve(skewed(a), a[:2], left=False)),
    "inv": ((2, 3, 3), lambda a: torch.linalg.inv(skewed(a))),
    "det": ((2, 3, 3), torch.linalg.det),
    "slogdet": ((3, 3), lambda a: torch.linalg.slogdet(a)[1]),
    "pinv": ((2, 4, 3), torch.linalg.pinv),
    "matrix_exp": ((2, 3, 3), torch.linalg.matrix_exp),
    "lstsq": ((4, 3), lambda a: torch.linalg.lstsq(a, a[:, :2] * 2 + 1)[0]),
    "householder_product": ((4, 3), lambda a: torch.linalg.householder_product(a, a[0])),
    "nuclear norm": ((3, 4), lambda a: torch.norm(a, "nuc")),
    "spectral norm": ((2, 3, 4), lambda a: torch.linalg.matrix_norm(a, 2)),
    "cond": ((3, 3), torch.linalg.cond),
    "cross": ((2, 3), lambda a: torch.linalg.cross(a, a.flip(0) * 2 + 1)),
    "multi_dot": ((3, 3), lambda a: torch.linalg.multi_dot([a, a[:, :2], a[:2]])),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives(name):
    shape, f = DIFFERENTIABLE[name]
    a = made(shape, "float64").requires_grad_()
    f_tuple = lambda x: tuple(r) if isinstance(r := f(x), (tuple, list)) else r
    assert torch.autograd.gradcheck(f_tuple, (a,))
    assert torch.autograd.gradgradcheck(f_tuple, (a,))


def test_det_of_singular_matrices():
    a = torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]], dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(torch.linalg.det(a), a)
    wanted = torch.tensor([[4.0, 4.0, -4.0], [-2.0, -2.0, 2.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    near(grad, wanted)


SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda a: torch.linalg.inv(a),
        lambda a: torch.inverse(a),
        lambda a: torch.linalg.solve(a, a),
        lambda a: torch.linalg.cholesky(-a),
        lambda a: torch.linalg.inv_ex(a, check_errors=True),
        lambda a: torch.linalg.matrix_power(a, -1),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_singular_matrices_raise(call, batch):
    a = torch.tensor(SINGULAR)
    if batch:
        a = torch.stack([torch.eye(2), a])
    with pytest.raises(torch.linalg.LinAlgError, match="singular|positive-definite"):
        call(a)
    assert issubclass(torch.linalg.LinAlgError, RuntimeError)


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), float("nan")])
@pytest.mark.parametrize("dtype", [*DTYPES, "complex128"])
def test_singular_values_of_what_is_not_finite(dtype, value):
    a = torch.ones(2, 4, 5, dtype=getattr(torch, dtype))
    a[1, 0, 0] = value
    for call in (torch.linalg.svd, torch.linalg.svdvals, torch.linalg.pinv, torch.linalg.matrix_rank):
        with pytest.raises(torch.linalg.LinAlgError, match="Batch element 1"):
            call(a)
    for driver in ("gelss", "gelsd") if dtype != "complex128" else ():
        with pytest.raises(torch.linalg.LinAlgError):
            torch.linalg.lstsq(a, torch.ones(2, 4, 1, dtype=a.dtype), driver=driver)
    for call in (torch.linalg.eig, torch.linalg.eigvals):
        with pytest.raises(RuntimeError, match="infs or NaNs|non-finite"):
            call(a[..., :4])


def test_verdicts_instead_of_errors():
    a = torch.stack([torch.eye(2), torch.tensor(SINGULAR)])
    assert torch.linalg.inv_ex(a).info.tolist() == [0, 2]
    assert torch.linalg.cholesky_ex(-a).info.tolist() == [1, 1]
    assert torch.linalg.solve_ex(a, a).info.dtype == torch.int32


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.linalg.inv(torch.zeros(2, 3)),
        lambda: torch.linalg.svd(torch.zeros(3)),
        lambda: torch.linalg.inv(torch.zeros(2, 2, dtype=torch.int64)),
        lambda: torch.linalg.qr(torch.zeros(2, 2, dtype=torch.bfloat16)),
        lambda: torch.linalg.solve(torch.eye(2), torch.zeros(3, 1)),
        lambda: torch.linalg.solve(torch.eye(2), torch.zeros(2, 1, dtype=torch.float64)),
        lambda: torch.linalg.qr(torch.eye(2), "all"),
        lambda: torch.linalg.eigh(torch.eye(2), "X"),
        lambda: torch.linalg.lstsq(torch.eye(2), torch.eye(2), driver="none"),
        lambda: torch.linalg.lu_solve(torch.eye(2), torch.tensor([1, 9], dtype=torch.int32), torch.eye(2)),
        lambda: torch.lu_unpack(torch.eye(2), torch.tensor([1, 9], dtype=torch.int32)),
        lambda: torch.linalg.eig(torch.full((2, 2), float("nan"))),
        lambda: torch.linalg.multi_dot([torch.eye(2)]),
        lambda: torch.linalg.matrix_norm(torch.eye(2), 3),
        lambda: torch.einsum("ij,jk->iz", torch.eye(2), torch.eye(2)),
        lambda: torch.einsum("ij", torch.zeros(2)),
        lambda: torch.norm(torch.zeros(2, 2, 2), "nuc"),
    ],
)
def test_wrong_calls(call):
    with pytest.raises(RuntimeError):
        call()


def test_einsum_paths_and_sublists():
    a, b, c = made((2, 3), "float64"), made((3, 4), "float64"), made((4, 5), "float64")
    near(torch.einsum(a, [0, 1], b, [1, 2], c, [2, 3], [0, 3]), a @ b @ c)
    near(torch._C._VariableFunctions.einsum("ij,jk,kl", [a, b, c], path=[1, 2, 0, 1]), a @ b @ c)


def test_low_rank():
    a = made((30, 3), "float64") @ made((3, 20), "float64")
    u, s, v = torch.svd_lowrank(a, q=5)
    near(u * s @ v.mT, a)
    u, s, v = torch.pca_lowrank(a, q=4)
    near(u * s @ v.mT, a - a.mean(0))


def test_library_that_is_missing():
    program = (
        "import tiny_torch as torch\n"
        "try:\n    torch.linalg.inv(torch.eye(2))\n"
        "except RuntimeError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "TINY_TORCH_LAPACK": "/nowhere/liblapack.so"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert "LAPACK" in done.stdout and "scipy-openblas32" in done.stdout


@pytest.mark.parametrize("name, operands", [("eig", 1), ("symeig", 1), ("solve", 2), ("lstsq", 2), ("matrix_rank", 1)])
def test_removed_functions_name_what_to_use(name, operands):
    for module in (oracle, torch):
        tensors = [module.eye(2)] * operands
        with pytest.raises(RuntimeError, match=r"now removed(.|\n)*torch\.linalg\."):
            getattr(module, name)(*tensors)
        if name != "matrix_rank":
            with pytest.raises(RuntimeError, match="now removed"):
                getattr(tensors[0], name)(*tensors[1:])
