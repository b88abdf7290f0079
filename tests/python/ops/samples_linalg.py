"""Samples of linear algebra whose results are unique; factorisations with free signs have tests/python/linalg."""

import torch as oracle

from .samples import Sample, samples

REAL = ["float32", "float64"]
NUMBERS = ["float32", "float64", "int64"]


def well_conditioned(make, *batch, n=4):
    return make(*batch, n, n, low=-1, high=1) + 3 * oracle.eye(n, dtype=make.dtype)


def positive(make, *batch, n=4):
    a = make(*batch, n, n, low=-1, high=1)
    return a @ a.mT + n * oracle.eye(n, dtype=make.dtype)


BATCHES = [(), (2,), (2, 3), (0,)]


@samples("linalg_inv", "inverse", "linalg_det", "det", "linalg_slogdet", "slogdet", "logdet", dtypes=REAL)
def inverse(op, make):
    for batch in BATCHES:
        for n in (1, 4, 0):
            a = positive(make, *batch, n=n) if op.name == "logdet" else well_conditioned(make, *batch, n=n)
            # Of nothing, and of single numbers twice, PyTorch has no gradient.
            yield Sample(a, length=64, meta=False, grad=n > 1 and batch != (0,))


@samples("linalg_inv_ex", dtypes=REAL)
def inverse_ex(op, make):
    for batch in BATCHES:
        yield Sample(well_conditioned(make, *batch), length=64)


@samples("linalg_cholesky", "cholesky", "linalg_cholesky_ex", dtypes=REAL)
def cholesky(op, make):
    for batch in BATCHES:
        yield Sample(positive(make, *batch), length=64, meta=False, smooth=False)
        yield Sample(positive(make, *batch), upper=True, length=64, meta=False, smooth=False)


@samples("cholesky_solve", dtypes=REAL)
def cholesky_solve(op, make):
    for upper in (False, True):
        factor = oracle.linalg.cholesky(positive(make, 2), upper=upper)
        yield Sample(make(2, 4, 3), factor, upper, length=256, smooth=False)


@samples("cholesky_inverse", dtypes=REAL)
def cholesky_inverse(op, make):
    for upper in (False, True):
        yield Sample(oracle.linalg.cholesky(positive(make, 2), upper=upper), upper, length=256, smooth=False)


@samples("linalg_solve", "linalg_solve_ex", dtypes=REAL)
def solve(op, make):
    for batch_a, batch_b in [((), ()), ((2,), (2,)), ((2,), ()), ((), (2,)), ((2, 1), (3,))]:
        yield Sample(well_conditioned(make, *batch_a), make(*batch_b, 4, 3), length=64, meta=False)
        yield Sample(well_conditioned(make, *batch_a), make(*batch_b, 3, 4), left=False, length=64, meta=False)
    yield Sample(well_conditioned(make), make(4), length=64, meta=False)
    yield Sample(well_conditioned(make, 2), make(2, 4), length=64, meta=False)


@samples("linalg_solve_triangular", dtypes=REAL)
def solve_triangular(op, make):
    for upper in (False, True):
        for left in (False, True):
            for unit in (False, True):
                options = {"upper": upper, "left": left, "unitriangular": unit}
                b = make(2, 4, 3) if left else make(2, 3, 4)
                yield Sample(well_conditioned(make, 2), b, length=256, **options)


@samples("triangular_solve", dtypes=REAL)
def triangular_solve(op, make):
    for upper in (False, True):
        for transpose in (False, True):
            yield Sample(make(2, 4, 3), well_conditioned(make, 2), upper, transpose, length=256)


@samples("linalg_lu_factor", "linalg_lu_factor_ex", "linalg_lu", dtypes=REAL)
def lu(op, make):
    for shape in [(4, 4), (2, 3, 5), (2, 5, 3), (0, 3, 3)]:
        yield Sample(make(*shape), length=64, meta=False)


@samples("linalg_lu_solve", dtypes=REAL)
def lu_solve(op, make):
    factors, pivots = oracle.linalg.lu_factor(well_conditioned(make, 2))
    for left in (False, True):
        for adjoint in (False, True):
            b = make(2, 4, 3) if left else make(2, 3, 4)
            yield Sample(factors, pivots, b, left=left, adjoint=adjoint, length=256, meta=False)


@samples("lu_solve", dtypes=REAL)
def old_lu_solve(op, make):
    factors, pivots = oracle.linalg.lu_factor(well_conditioned(make, 2))
    yield Sample(make(2, 4, 3), factors, pivots, length=256, meta=False)


@samples("lu_unpack", dtypes=REAL)
def lu_unpack(op, make):
    for shape in [(4, 4), (2, 3, 5), (2, 5, 3)]:
        yield Sample(*oracle.linalg.lu_factor(make(*shape)), length=64, meta=False)


@samples("linalg_matrix_norm", "linalg_matrix_norm.str_ord", "linalg_norm", "linalg_norm.ord_str", dtypes=REAL)
def matrix_norm(op, make):
    orders = ["fro", "nuc"] if "str" in op.full else [2, -2, 1, -1, float("inf"), -float("inf")]
    for ord in orders:
        yield Sample(make(3, 4), ord, length=64)
        yield Sample(make(3, 2, 4), ord, [0, 2], True, length=64)


@samples("nuclear_norm", "nuclear_norm.dim", "frobenius_norm.dim", dtypes=REAL)
def old_norms(op, make):
    extra = [[0, 1]] if op.overload else []
    yield Sample(make(3, 4), *extra, length=64)
    yield Sample(make(3, 4), *extra, keepdim=True, length=64)


@samples("linalg_cond", "linalg_cond.p_str", dtypes=REAL)
def cond(op, make):
    for p in ["fro", "nuc"] if op.overload else [None, 2, -2, 1, float("inf")]:
        # PyTorch has no gradient where it writes into the inverse.
        yield Sample(well_conditioned(make, 2), p, length=256, meta=False, grad=p in (None, 2, -2))


@samples("linalg_svdvals", "linalg_eigvalsh", dtypes=REAL)
def values(op, make):
    # eigvalsh reads one triangle: its gradient is right for symmetric changes only.
    yield Sample(positive(make), length=64, grad=op.name == "linalg_svdvals")
    yield Sample(positive(make, 2), length=64, grad=op.name == "linalg_svdvals")
    if op.name == "linalg_svdvals":
        yield Sample(make(2, 3, 5), length=64)


@samples("linalg_matrix_rank", "linalg_matrix_rank.atol_rtol_float", dtypes=REAL)
def matrix_rank(op, make):
    a = make(3, 5, 2)
    if op.overload:
        yield Sample(a @ a.mT)
        yield Sample(a, atol=0.5, rtol=0.1)
        yield Sample(a @ a.mT, hermitian=True)
    else:
        yield Sample(a @ a.mT, 0.01)


@samples("linalg_pinv", "linalg_pinv.atol_rtol_float", "pinverse", dtypes=REAL)
def pinv(op, make):
    extra = [0.01] if op.full == "linalg_pinv" else []
    for shape in [(4, 4), (2, 3, 5), (2, 5, 3)]:
        yield Sample(make(*shape), *extra, length=256)


@samples("linalg_matrix_power", "matrix_power", dtypes=REAL)
def matrix_power(op, make):
    for n in (0, 1, 2, 5, -1, -3):
        yield Sample(well_conditioned(make, 2), n, length=1024, meta=False)


@samples("linalg_matrix_exp", "matrix_exp", dtypes=REAL)
def matrix_exp(op, make):
    for batch in [(), (2,), (0,)]:
        yield Sample(make(*batch, 4, 4, low=-1, high=1), length=256)
    yield Sample(make(3, 3) * 4, length=4096)


@samples("linalg_multi_dot", "chain_matmul", dtypes=REAL)
def multi_dot(op, make):
    matrices = [make(2, 30), make(30, 3), make(3, 20), make(20, 4)]
    if op.name == "chain_matmul":
        return
    yield Sample(matrices, length=256)
    yield Sample([make(5), make(5, 3), make(3)], length=64)


@samples("linalg_cross", "cross", dtypes=NUMBERS)
def cross(op, make):
    yield Sample(make(4, 3), make(4, 3), length=8)
    yield Sample(make(3, 4), make(3, 4), dim=0, length=8)
    yield Sample(make(1, 3), make(4, 3), dim=-1, length=8)


@samples("linalg_vecdot", dtypes=REAL)
def vecdot(op, make):
    yield Sample(make(2, 5), make(2, 5), length=16)
    yield Sample(make(5, 2), make(5, 1), dim=0, length=16)


@samples("linalg_vander", "vander", dtypes=NUMBERS)
def vander(op, make):
    # PyTorch's vander has no gradient: it writes into what it saved.
    grad = op.name == "linalg_vander"
    yield Sample(make(4), N=3, length=16, grad=grad)
    yield Sample(make(4), length=64, grad=grad)
    if not grad:
        yield Sample(make(3), 4, True, length=64, grad=False)


@samples("linalg_tensorinv", dtypes=REAL)
def tensorinv(op, make):
    yield Sample(make(4, 6, 8, 3), 2, length=1024, meta=False)


@samples("linalg_tensorsolve", dtypes=REAL)
def tensorsolve(op, make):
    yield Sample(make(2, 3, 6), make(2, 3), length=1024, meta=False)
    yield Sample(make(2, 6, 3), make(2, 3), [1], length=1024, meta=False)


@samples("linalg_matmul", dtypes=NUMBERS)
def matmul(op, make):
    yield Sample(make(2, 3, 4), make(4, 5), length=4)


@samples("diagonal", "diagonal_copy", "linalg_diagonal", "diag_embed")
def diagonal(op, make):
    for offset in (0, 1, -2, 7):
        if op.name == "diag_embed":
            yield Sample(make(2, 3), min(offset, 2))
        else:
            yield Sample(make(3, 4), offset=offset)
            yield Sample(make(2, 3, 4), offset=offset, dim1=2, dim2=0)


@samples("diag", "diagflat")
def diag(op, make):
    for offset in (0, 1, -2):
        yield Sample(make(3), offset)
        yield Sample(make(3, 4), offset)


@samples("diagonal_scatter")
def diagonal_scatter(op, make):
    yield Sample(make(3, 4), make(3))
    yield Sample(make(3, 4), make(2), -1)


@samples("trace", dtypes=NUMBERS)
def trace(op, make):
    yield Sample(make(3, 4), length=4)


@samples("addr", dtypes=NUMBERS)
def addr(op, make):
    yield Sample(make(3, 4), make(3), make(4), length=4)
    yield Sample(make(3, 4), make(3), make(4), beta=2, alpha=3, length=4)


@samples("addbmm", dtypes=NUMBERS)
def addbmm(op, make):
    yield Sample(make(2, 4), make(3, 2, 5), make(3, 5, 4), length=16)
    yield Sample(make(2, 4), make(3, 2, 5), make(3, 5, 4), beta=2, alpha=3, length=16)


@samples("inner", dtypes=NUMBERS)
def inner(op, make):
    yield Sample(make(4), make(4), length=4)
    yield Sample(make(2, 3, 4), make(5, 4), length=4)
    yield Sample(make(2, 3), make())


@samples("kron", dtypes=NUMBERS)
def kron(op, make):
    yield Sample(make(2, 3), make(4, 1))
    yield Sample(make(2), make(3, 4))
    yield Sample(make(), make(3, 4))


@samples("tensordot", dtypes=NUMBERS)
def tensordot(op, make):
    # The public function takes both lists as one argument.
    yield Sample(make(2, 3, 4), make(4, 3, 5), ([1, 2], [1, 0]), length=16)
    yield Sample(make(2, 3), make(3, 4), 1, length=16)


@samples("einsum", dtypes=NUMBERS)
def einsum(op, make):
    for equation, *shapes in [
        ("ij->ji", (2, 3)),
        ("ii->i", (3, 3)),
        ("ii", (3, 3)),
        ("ij,jk", (2, 3), (3, 4)),
        ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
        ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
        ("i,j,k->kji", (2,), (3,), (4,)),
        ("ij,ij->", (2, 3), (2, 3)),
        ("bn,anm,bm->ba", (2, 3), (4, 3, 5), (2, 5)),
        ("i->", (0,)),
        ("ij,jk->ik", (2, 0), (0, 3)),
    ]:
        yield Sample(equation, *[make(*shape) for shape in shapes], length=64)


@samples("bilinear", dtypes=REAL)
def bilinear(op, make):
    yield Sample(make(2, 3), make(2, 4), make(5, 3, 4), make(5), length=64)
    yield Sample(make(2, 6, 3), make(2, 6, 4), make(5, 3, 4), None, length=64)


@samples("block_diag", "cartesian_prod", dtypes=REAL)
def joined(op, make):
    # Both take their tensors one by one.
    shapes = [(2, 3), (4,), (1, 1)] if op.name == "block_diag" else [(2,), (3,), (1,)]
    yield Sample(*[make(*shape) for shape in shapes])


@samples("cov", "corrcoef", dtypes=REAL)
def cov(op, make):
    yield Sample(make(3, 7), length=64)
    yield Sample(make(7), length=64)
    if op.name == "cov":
        yield Sample(make(3, 7), correction=0, fweights=make.index(7, high=5) + 1, length=64)
        yield Sample(make(3, 7), aweights=make(7, low=0.1), length=64, fixed=())


@samples("trapezoid.x", "trapz.x", "cumulative_trapezoid.x", dtypes=REAL)
def trapezoid_x(op, make):
    yield Sample(make(3, 4), make(4), length=16)
    yield Sample(make(3, 4), make(3, 4), dim=0, length=16)
    for shape in ((3, 0), (3, 1)):
        yield Sample(make(*shape), make(shape[1]))


@samples("trapezoid.dx", "trapz.dx", "cumulative_trapezoid.dx", dtypes=REAL)
def trapezoid_dx(op, make):
    yield Sample(make(3, 4), length=16)
    yield Sample(make(3, 4), dx=0.5, dim=0, length=16)
    for shape in ((3, 0), (3, 1)):
        yield Sample(make(*shape))


@samples("tril_indices", "triu_indices", dtypes=["float32"])
def indices(op, make):
    for offset in (0, 1, -1, 5, -5):
        yield Sample(3, 4, offset)
    yield Sample(0, 4)
