"""The checks that test_ops.py runs for one op: each returns the list of what went wrong, one line per failing call."""

import math

from . import compare
from .calls import Raised, attempt, both, function_of, method_of
from .compare import Mismatch, check_result, flatten
from .libraries import COMPLEX, dtype_name, oracle, tiny, tiny_dtype, to_oracle, to_tiny, unsupported
from .samples import DTYPES, Maker, generator_of, load_tables

VALUE_DTYPES = ["float32", "float64", "int64", "bool", "bfloat16", "float16", "int32", "uint8"]
WITH_COMPLEX = {"real", "add.Tensor", "mul.Tensor", "mm", "sum", "sum.dim_IntList"}


def dtypes_of(op, wanted=None):
    load_tables()
    names = DTYPES.get(op.full) or DTYPES.get(op.name) or VALUE_DTYPES
    if op.full in WITH_COMPLEX:
        names = names + COMPLEX[:1]
    return [n for n in names if wanted is None or n in wanted]


def samples_of(op, name, limit=None, seed=0):
    """The samples of an op in a dtype (by name), evenly thinned to `limit`."""
    generator = generator_of(op)
    found = list(generator(op, Maker(getattr(oracle, name), seed))) if generator else []
    if limit and len(found) > limit:
        found = [found[i * len(found) // limit] for i in range(limit)]
    return found


def map_tensors(value, function):
    if isinstance(value, oracle.Tensor):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_tensors(v, function) for v in value)
    if isinstance(value, dict):
        return {k: map_tensors(v, function) for k, v in value.items()}
    return value


def tensors_in(value):
    found = []
    map_tensors(value, found.append)
    return found


def strided(t):
    """The same values in every second place of a larger storage, after an offset."""
    if t.dim() == 0:
        return t.new_zeros(3).as_strided((), (), 1).copy_(t)
    whole = t.new_zeros(t.shape[:-1] + (2 * t.shape[-1] + 1,))
    return whole[..., 1::2].copy_(t)


def permuted(t):
    """The same values stored with the dimensions in reverse order."""
    order = list(range(t.dim()))[::-1]
    return t.permute(order).contiguous().permute(order)


LAYOUTS = {"plain": lambda t: t, "strided": strided, "permuted": permuted}


def length_of(sample, result):
    """How many elements one result element was made from: the f(length) of the tolerance."""
    if sample.length:
        return sample.length
    most = max([t.numel() for t in tensors_in([sample.args, sample.kwargs])] or [1])
    least = min([t.numel() for t in tensors_in(result) if t.numel()] or [1])
    return max(most // least, 1)


def widen(value):
    def wide(t):
        if t.is_floating_point():
            return t.detach().to(oracle.float64).requires_grad_(t.requires_grad)
        return t

    return map_tensors(value, wide)


def second_opinion(op, args, kwargs, method=False, run=None):
    """A function giving the i-th tensor of the oracle's result in float64, or None; worked out on first use."""
    cache = []

    def opinion(i):
        if not cache:
            function = method_of(oracle, op.name) if method else function_of(oracle, op.name)
            result = attempt(function, widen(list(args)), widen(kwargs)) if run is None else run()
            cache.append([] if isinstance(result, Raised) else tensors_in([result]))
        return cache[0][i] if i < len(cache[0]) else None

    return opinion


def judge_errors(mine, theirs):
    """None when both returned; '' when both failed alike; else what is wrong."""
    if isinstance(theirs, Raised):
        if unsupported(theirs.error):
            return ""
        if not isinstance(mine, Raised):
            return f"returned a result, expected {theirs}"
        if not issubclass(mine.kind, theirs.kind):
            return f"raised {mine}, expected {theirs}"
        return ""
    if isinstance(mine, Raised):
        return f"raised {mine}"
    return None


def kind_of(op):
    """Whose tolerance applies: results that no sum has gone through are held to a few ulp of each element."""
    if op.name in ("addcmul", "addcdiv", "lerp", "sum_to_size"):
        return "custom"  # a sum of products cancels, and whether the product is rounded first is not settled
    exact = generator_of(op).__module__.endswith(("samples_view", "samples_factory"))
    return "pointwise" if exact or op.kind in ("pointwise", "view", "factory") else "custom"


def layouts_for(sample, dtype):
    """The layouts to run a sample in: all of them for small arguments of the two commonest dtypes."""
    small = max([t.numel() for t in tensors_in([sample.args, sample.kwargs])] or [0]) <= 5000
    every = sample.layouts and small and dtype in ("float32", "int64")
    return LAYOUTS.items() if every else [("plain", LAYOUTS["plain"])]


class Report(list):
    """Failures, each with the sample that caused it."""

    def add(self, what, *context):
        self.append(" ".join(str(c) for c in context) + f": {what}")


def check_values(op, method=False, wanted=None, limit=None):
    """Values, dtype, shape, strides, aliasing and the arguments afterwards, in every dtype and layout."""
    report, done = Report(), 0
    for dtype in dtypes_of(op, wanted):
        for sample in samples_of(op, dtype, limit):
            for layout, change in layouts_for(sample, dtype):
                args, kwargs = (map_tensors(sample.args, change), map_tensors(sample.kwargs, change))
                saved = map_tensors([args, kwargs], lambda t: t.detach().clone()) if op.mutates else None
                done += 1
                try:
                    mine, theirs, (my_args, _) = both(op.name, args, kwargs, method)
                    wrong = judge_errors(mine, theirs)
                    if wrong:
                        raise Mismatch(wrong)
                    if wrong is None:
                        opinion = None if saved else second_opinion(op, args, kwargs, method)
                        check_result(mine, theirs, kind_of(op), length_of(sample, theirs), second_opinion=opinion)
                        check_result(my_args, list(args), kind_of(op), where="argument afterwards", strides=False)
                        check_alias(mine, my_args, theirs, args)
                except AssertionError as error:
                    report.add(error, dtype, layout, sample)
    return report, done


def check_alias(mine, my_args, theirs, args):
    """Where the oracle returns a view of an argument, the offset in memory is the same; elsewhere memory is fresh."""
    for (path, kind, a), (_, _, b) in zip(flatten(mine), flatten(theirs)):
        if kind != "tensor" or b.numel() == 0 or b.device.type == "meta":
            continue
        for x, y in zip(my_args, args):
            if not isinstance(y, oracle.Tensor) or y.numel() == 0:
                continue
            shared = b.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()
            same = a.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
            if shared != same:
                raise Mismatch(f"result{path} {'shares' if same else 'does not share'} memory with an argument")
            if shared and a.data_ptr() - x.data_ptr() != b.data_ptr() - y.data_ptr():
                raise Mismatch(
                    f"result{path} begins {a.data_ptr() - x.data_ptr()} bytes after the argument, expected "
                    f"{b.data_ptr() - y.data_ptr()}"
                )


def check_inplace(op):
    """The method name_: values of self, the same object returned, and refusals."""
    report, done, name = Report(), 0, op.name + "_"
    for dtype in dtypes_of(op, ["float32", "int64", "bool", "bfloat16"]):
        for sample in samples_of(op, dtype, 25):
            if not sample.inplace or not sample.args or not isinstance(sample.args[0], oracle.Tensor):
                continue
            for layout, change in layouts_for(sample, dtype):
                args = [map_tensors(map_tensors(a, oracle.clone), change) for a in sample.args]
                done += 1
                try:
                    mine, theirs, (my_args, _) = both(name, args, sample.kwargs, method=True)
                    wrong = judge_errors(mine, theirs)
                    if wrong:
                        raise Mismatch(wrong)
                    if wrong is None:
                        if mine is not my_args[0]:
                            raise Mismatch("the result is not self")
                        check_result(
                            mine,
                            theirs,
                            kind_of(op),
                            length_of(sample, theirs),
                            where="self",
                            second_opinion=inplace_opinion(op, sample),
                        )
                except AssertionError as error:
                    report.add(error, dtype, layout, sample)
    return report, done


def inplace_opinion(op, sample):
    """The functional form's result in float64, where its dtype is that of self."""
    if op.kind == "random":
        return None
    return second_opinion(op, sample.args, sample.kwargs, method="function" not in op.variants)


def out_variants(results):
    """Lists of out tensors made from the oracle's results: right, empty, of another shape, strided, of another dtype."""
    yield ("right", [oracle.full_like(r, 7) if r.dtype != oracle.bool else oracle.ones_like(r) for r in results])
    yield "empty", [r.new_empty(0) for r in results]
    yield "strided", [strided(r.clone()) for r in results]
    yield "permuted", [permuted(r.clone()) for r in results]
    yield "other shape", [r.new_zeros(tuple(r.shape) + (2,)) for r in results]
    yield "float64", [oracle.zeros_like(r, dtype=oracle.float64) for r in results]
    yield "int32", [oracle.zeros_like(r, dtype=oracle.int32) for r in results]


def check_out(op):
    """out=: values, the same object returned, resizing, other dtypes; a refusal leaves out as it was."""
    report, done = Report(), 0
    mine_function, their_function = (function_of(tiny, op.name), function_of(oracle, op.name))
    for dtype in dtypes_of(op, ["float32", "int64", "bool"]):
        for sample in samples_of(op, dtype, 8):
            if sample.skip_out or max([t.numel() for t in tensors_in([sample.args, sample.kwargs])] or [0]) > 5000:
                continue
            plain = attempt(their_function, sample.args, sample.kwargs)
            if isinstance(plain, Raised):
                continue
            results = tensors_in([plain])
            for variant, outs in out_variants(results):
                if op.kind == "random" and variant in ("float64", "int32"):
                    continue  # the dtype drawn in is PyTorch's private choice
                single = isinstance(plain, oracle.Tensor)
                mine_outs = to_tiny(outs)
                shapes = [tuple(o.shape) for o in mine_outs]
                theirs = attempt(
                    their_function, sample.args, {**sample.kwargs, "out": outs[0] if single else tuple(outs)}
                )
                mine = attempt(
                    mine_function,
                    to_tiny(list(sample.args)),
                    {**to_tiny(sample.kwargs), "out": mine_outs[0] if single else tuple(mine_outs)},
                )
                done += 1
                try:
                    if isinstance(theirs, Raised) and "unexpected keyword argument 'out'" in str(theirs.error):
                        break
                    if isinstance(theirs, Raised) and not isinstance(mine, Raised):
                        # Accepting an out that PyTorch refuses is fine as long as it holds the right values.
                        check_accepted_out(op, sample, mine_outs, results)
                        continue
                    wrong = judge_errors(mine, theirs)
                    if wrong:
                        raise Mismatch(wrong)
                    if isinstance(mine, Raised) and [tuple(o.shape) for o in mine_outs] != shapes:
                        raise Mismatch("refused, but out was resized")
                    if wrong is None:
                        if (mine if single else mine[0]) is not mine_outs[0]:
                            raise Mismatch("the result is not out")
                        check_result(
                            mine,
                            theirs,
                            "custom" if variant == "float64" else kind_of(op),
                            length_of(sample, theirs),
                            where="out",
                            computed_in=results if op.kind == "pointwise" else None,
                            second_opinion=second_opinion(op, sample.args, sample.kwargs),
                        )
                except AssertionError as error:
                    report.add(error, dtype, "out", variant, sample)
    return report, done


def check_accepted_out(op, sample, outs, results):
    for i, (out, result) in enumerate(zip(outs, results)):
        mine = to_oracle(out).to(result.dtype)
        compare.check_values(mine, result, "custom", length_of(sample, results), f"out {i}", 1.0, None)


def check_meta(op):
    """On the meta device: shape, dtype and strides as the oracle's CPU result has them, and no memory."""
    report, done = Report(), 0
    function = function_of(tiny, op.name)
    for dtype in dtypes_of(op, ["float32", "int64"]):
        for sample in samples_of(op, dtype, 20):
            if not sample.meta or "generator" in sample.kwargs:
                continue
            for layout in ["plain", "permuted"] if sample.layouts else ["plain"]:
                args = map_tensors(list(sample.args), LAYOUTS[layout])
                kwargs = dict(sample.kwargs)
                theirs = attempt(function_of(oracle, op.name), args, kwargs)
                if isinstance(theirs, Raised):
                    continue
                if not tensors_in([args, kwargs]):
                    kwargs["device"] = "meta"
                on_meta = map_tensors(
                    [args, kwargs], lambda t: oracle.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta")
                )
                expected = attempt(function_of(oracle, op.name), on_meta[0], on_meta[1])
                if isinstance(expected, Raised):
                    continue
                done += 1
                mine = attempt(function, to_tiny(on_meta[0]), to_tiny(on_meta[1]))
                try:
                    if isinstance(mine, Raised):
                        raise Mismatch(f"raised {mine}")
                    for (path, kind, a), (_, _, b), (_, _, c) in zip(flatten(mine), flatten(theirs), flatten(expected)):
                        if kind == "tensor":
                            check_like(a, b, c, path)
                except AssertionError as error:
                    report.add(error, dtype, "meta", layout, sample)
    return report, done


def check_like(a, b, on_meta, path):
    """Holds a meta result to the CPU's; strides may also be those of the oracle's own meta kernel, which differ at times."""
    if str(a.device) != "meta":
        raise Mismatch(f"result{path} is on {a.device}")
    if a.dtype != tiny_dtype(b.dtype) or tuple(a.shape) != tuple(b.shape):
        raise Mismatch(
            f"result{path} is {dtype_name(a.dtype)}{list(a.shape)}, on the CPU {dtype_name(b.dtype)}{list(b.shape)}"
        )
    if tuple(a.stride()) != tuple(on_meta.stride()):
        compare.check_strides(a, b, f"result{path}")


# -------------------------------------------------------------------------------------------------------------- gradients
def with_grad(value, fixed=()):
    """The same arguments as leaves that require a gradient, but for the positions in `fixed`."""

    def leaf(t):
        return t.detach().requires_grad_() if t.is_floating_point() or t.is_complex() else t

    if fixed:
        return [v if i in fixed else map_tensors(v, leaf) for i, v in enumerate(value)]
    return map_tensors(value, leaf)


def cotangents(results, seed):
    generator = oracle.Generator().manual_seed(seed)
    return [oracle.randn(r.shape, generator=generator, dtype=oracle.float64).to(r.dtype) for r in results]


def leaves_in(library, value):
    found = []

    def visit(v):
        if isinstance(v, library.Tensor):
            if v.requires_grad:
                found.append(v)
        elif isinstance(v, (list, tuple)):
            for part in v:
                visit(part)
        elif isinstance(v, dict):
            for part in v.values():
                visit(part)

    visit(value)
    return found


def gradients(library, function, args, kwargs, given, double):
    """Gradients of all leaves for the cotangents `given` (oracle tensors; chosen here when None).

    Returns requires_grad of the results, the gradients, and with `double` the gradients of those.
    """
    move = to_tiny if library is tiny else lambda v: v
    library.manual_seed(1)
    result = function(*args, **kwargs)
    outputs = [r for r in leaves_in(library, result)]
    flags = [bool(t.requires_grad) for _, kind, t in flatten(result) if kind == "tensor"]
    if not outputs:
        return flags, [], []
    leaves = leaves_in(library, [args, kwargs])
    first = [move(c).requires_grad_(double) for c in (given[0] or cotangents(outputs, 3))]
    if not given[0]:
        given[0] = [c.detach() for c in first]
    grads = list(library.autograd.grad(outputs, leaves, first, allow_unused=True, create_graph=double))
    if not double:
        return flags, grads, []
    live = [g for g in grads if g is not None and g.requires_grad]
    if not live:
        return flags, grads, []
    if not given[1]:
        given[1] = cotangents(live, 5)
    second = library.autograd.grad(live, leaves + first, [move(c) for c in given[1]], allow_unused=True)
    return flags, grads, list(second)


def zeros_for_none(grads, others):
    """None where the other side has a gradient that is all zero counts as that zero."""
    pairs = []
    for a, b in zip(grads, others):
        if a is None and b is not None and not bool((b != 0).any()):
            a = b = None
        elif b is None and a is not None and not bool((a != 0).any()):
            a = b = None
        pairs.append((a, b))
    return pairs


def rounding_factor(gradient, cotangents):
    """How much coarser than the gradient's dtype the one is that the results were computed in."""
    fine = compare.EPS.get(dtype_name(gradient.dtype), 1.0)
    return 4 * max([1.0, *(compare.EPS.get(dtype_name(c.dtype), 0.0) / fine for c in cotangents or [])])


def cancellation(gradient, gradients):
    """How much smaller than its terms the sum is that the gradient of a broadcast input may be."""
    scales = [g.abs().max().item() for g in gradients if g is not None and g.numel() and g.isfinite().all()]
    own = gradient.abs().max().item() if gradient.numel() else 0.0
    is_sum = any(g is not None and g.numel() > gradient.numel() for g in gradients)
    return max(1.0, max(scales) / own) if is_sum and scales and 0.0 < own < math.inf else 1.0


def compare_grads(mine, theirs, exact, length, what, cotangents):
    if mine[0] != theirs[0]:
        raise Mismatch(f"requires_grad of the results {mine[0]}, expected {theirs[0]}")
    for order in (1, 2):
        if len(mine[order]) != len(theirs[order]):
            raise Mismatch(f"{what}: {len(mine[order])} gradients of order {order}, expected {len(theirs[order])}")
        for i, (a, b) in enumerate(zeros_for_none(mine[order], theirs[order])):
            if (a is None) != (b is None):
                raise Mismatch(f"{what}: gradient {i} of order {order} is {a}, expected {b}")
            if a is not None:
                opinion = None if exact is None else (lambda: exact()[order][i])  # noqa: B023
                compare.check_tensor(
                    a,
                    b,
                    "custom",
                    length,
                    f"{what} {i} of order {order}",
                    rounding_factor(b, cotangents) * cancellation(b, theirs[order]),
                    opinion,
                    strides=False,
                )


def check_gradients(op, double=False, inplace=False):
    """Gradients for a fixed cotangent against the oracle's; with `double` also their own gradients (float64)."""
    report, done = Report(), 0
    for dtype in dtypes_of(op, ["float64"] if double or inplace else ["float64", "float32"]):
        for sample in samples_of(op, dtype, 20 if double else 40):
            if (
                not sample.grad
                or inplace
                and not (sample.inplace and sample.args and isinstance(sample.args[0], oracle.Tensor))
            ):
                continue
            for layout in ["plain", "permuted"] if sample.layouts and not double else ["plain"]:
                args = with_grad(map_tensors(list(sample.args), LAYOUTS[layout]), sample.fixed)
                kwargs = with_grad(map_tensors(sample.kwargs, LAYOUTS[layout]))
                if max([t.numel() for t in tensors_in(args)] or [0]) > (3000 if double else 10**6):
                    continue
                outcome = gradient_case(op, args, kwargs, double, inplace, sample)
                if outcome is None:
                    continue
                done += 1
                if outcome:
                    report.add(outcome, dtype, layout, sample)
    return report, done


def as_function(library, op, inplace):
    if not inplace and not op.name.endswith("_"):
        return function_of(library, op.name)
    method = method_of(library, op.name + "_" if inplace else op.name)
    return lambda x, *args, **kwargs: method(x.clone(), *args, **kwargs)


def gradient_case(op, args, kwargs, double, inplace, sample):
    """None when the oracle has no gradient there, '' when equal, else what is wrong."""
    given = [None, None]
    try:
        their_function = as_function(oracle, op, inplace)
        theirs = gradients(oracle, their_function, args, kwargs, given, double)
    except AssertionError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 no gradient in the oracle: nothing to compare, or a fault of the sample
        refused = isinstance(attempt(their_function, args, kwargs), Raised)
        # Some backward kernels of PyTorch ask for contiguous memory without making it.
        known = refused or double or unsupported(error) or "must be contiguous" in str(error)
        return None if known else f"PyTorch has no gradient here ({error}): give the sample grad=False or fixed="

    def exact():
        wide = [[c.to(oracle.float64) for c in group] if group else None for group in given]
        return gradients(oracle, their_function, widen(args), widen(kwargs), wide, double)

    try:
        mine = gradients(tiny, as_function(tiny, op, inplace), to_tiny(args), to_tiny(kwargs), list(given), double)
        length = max([math.prod(t.shape) for t in tensors_in(args)] + [sample.length or 1])
        compare_grads(mine, theirs, exact, length, "gradient", given[0])
    except AssertionError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001
        return f"raised {Raised(error)}"
    return ""
