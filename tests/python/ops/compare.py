"""Holds results of the two libraries against each other: structure, dtype, shape, strides, values."""

import math

import torch as oracle

from .libraries import dtype_name, tiny, to_oracle

EPS = {
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
    "float32": 2.0**-23,
    "float64": 2.0**-52,
    "complex64": 2.0**-23,
    "complex128": 2.0**-52,
}

# k of the tolerance k * eps * f(length). Pointwise functions: both sides promise 2 ulp, and 16-bit results round once more.
POINTWISE_K = 4
REDUCED_K = 8


class Mismatch(AssertionError):
    pass


def flatten(result):
    """Lists the leaves of a nested result, with a path for messages."""
    if isinstance(result, (list, tuple)) and not type(result).__name__ == "Size":
        leaves = [("", "sequence", len(result))]
        for i, part in enumerate(result):
            leaves += [(f"[{i}]{path}", kind, leaf) for path, kind, leaf in flatten(part)]
        return leaves
    if isinstance(result, (oracle.Tensor, tiny.Tensor)):
        return [("", "tensor", result)]
    return [("", "value", result)]


def tolerance(expected, kind, length, factor=1.0, dtype=None):
    """(rtol, atol) for a result tensor; `length` is how many elements one element of the result was made from."""
    eps = EPS.get(dtype_name(dtype or expected.dtype))
    if eps is None:
        return 0.0, 0.0
    if kind == "pointwise":
        return POINTWISE_K * eps * factor, 0.0
    finite = expected[expected.isfinite()] if expected.numel() else expected
    scale = finite.abs().max().item() if finite.numel() else 0.0
    bound = REDUCED_K * eps * math.sqrt(max(length, 1)) * factor
    return bound, bound * scale


def check_tensor(got, want, kind, length, where="", factor=1.0, second_opinion=None, strides=True, dtype=None):
    """Raises Mismatch unless `got` (under test) agrees with `want` (oracle)."""
    if dtype_name(got.dtype) != dtype_name(want.dtype):
        raise Mismatch(f"{where}: dtype {got.dtype}, expected {want.dtype}")
    if tuple(got.shape) != tuple(want.shape):
        raise Mismatch(f"{where}: shape {tuple(got.shape)}, expected {tuple(want.shape)}")
    if strides:
        check_strides(got, want, where)
    if str(want.device) == "meta" or str(got.device) == "meta":
        if str(got.device) != str(want.device):
            raise Mismatch(f"{where}: device {got.device}, expected {want.device}")
        return
    check_values(to_oracle(got), want.detach().resolve_conj(), kind, length, where, factor, second_opinion, dtype)


def check_strides(got, want, where):
    if want.numel() == 0:
        return
    seen = [(n, a, b) for n, a, b in zip(want.shape, got.stride(), want.stride()) if n > 1]
    if any(a != b for _, a, b in seen):
        raise Mismatch(
            f"{where}: strides {tuple(got.stride())}, expected {tuple(want.stride())} for {tuple(want.shape)}"
        )


def check_values(mine, want, kind, length, where, factor, second_opinion, dtype=None):
    if not (want.is_floating_point() or want.is_complex()):
        if not oracle.equal(mine, want):
            bad = (mine != want).nonzero()[0].tolist()
            raise Mismatch(f"{where}: at {bad} got {mine[tuple(bad)].item()}, expected {want[tuple(bad)].item()}")
        return
    rtol, atol = tolerance(want, kind, length, factor, dtype)
    close = oracle.isclose(mine, want, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return
    if second_opinion is not None:
        exact = second_opinion()
        if exact is not None and as_good(mine, want, exact, rtol, atol):
            return
    bad = (~close).nonzero()
    first = tuple(bad[0].tolist())
    raise Mismatch(
        f"{where}: {len(bad)} of {want.numel()} differ, at {list(first)} got {mine[first].item()}, expected "
        f"{want[first].item()} (rtol {rtol:.1e}, atol {atol:.1e})"
    )


def as_good(mine, want, exact, rtol, atol):
    """True when the distance to the float64 result is at most twice the oracle's own worst, beside the tolerance."""
    if exact.shape != want.shape or not (exact.is_floating_point() or exact.is_complex()):
        return False
    wide = exact.dtype
    finite = exact.isfinite() & want.isfinite()
    if not finite.any():
        return False
    worst = (want.to(wide) - exact)[finite].abs().max().item()
    near = oracle.isclose(mine.to(wide), exact, rtol=rtol, atol=2 * worst + atol)
    same = oracle.isclose(mine, want, rtol=rtol, atol=atol, equal_nan=True)
    return bool((near | same).all())


def check_result(
    got,
    want,
    kind="custom",
    length=1,
    where="result",
    factor=1.0,
    second_opinion=None,
    strides=True,
    computed_in=None,
):
    """Compares whole results: sequences by length, tensors by check_tensor, other values by equality and type.

    `computed_in`: tensors of the dtypes the results had before they were stored in a wider one, which bound their precision.
    """
    mine, theirs = flatten(got), flatten(want)
    if [(p, k) for p, k, _ in mine] != [(p, k) for p, k, _ in theirs]:
        raise Mismatch(f"{where}: structure {[(p, k) for p, k, _ in mine]}, expected {[(p, k) for p, k, _ in theirs]}")
    position = 0
    for (path, kind_of, a), (_, _, b) in zip(mine, theirs):
        if kind_of == "tensor":
            opinion = None
            if second_opinion is not None:
                opinion = lambda i=position: second_opinion(i)  # noqa: E731
            dtype = computed_in[position].dtype if computed_in is not None else None
            check_tensor(a, b, kind, length, where + path, factor, opinion, strides, dtype)
            position += 1
        elif kind_of == "sequence" or a is None or b is None or isinstance(a, (bool, int, str)):
            if a != b:
                raise Mismatch(f"{where}{path}: {a!r}, expected {b!r}")
        elif isinstance(a, float) and not (a == b or math.isclose(a, b, rel_tol=1e-6) or (a != a and b != b)):
            raise Mismatch(f"{where}{path}: {a!r}, expected {b!r}")
