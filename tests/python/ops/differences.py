"""Gradients by central differences in float64, along one random direction: a check that needs no other library's formulas."""

from . import checks, compare
from .calls import Raised, attempt
from .libraries import oracle, tiny, to_oracle, to_tiny

STEP = 1e-6


def directions(args, seed):
    """A random direction for every floating tensor, None for other arguments, in the nesting of the arguments."""
    generator = oracle.Generator().manual_seed(seed)

    def direction(value):
        if isinstance(value, (list, tuple)):
            return type(value)(direction(v) for v in value)
        if isinstance(value, dict):
            return {k: direction(v) for k, v in value.items()}
        floating = isinstance(value, oracle.Tensor) and value.is_floating_point()
        return oracle.randn(value.shape, generator=generator, dtype=oracle.float64) if floating else None

    return direction(args)


def shifted(args, along, step):
    if isinstance(args, oracle.Tensor):
        return args if along is None else args.detach() + step * along
    if isinstance(args, (list, tuple)):
        return type(args)(shifted(a, b, step) for a, b in zip(args, along))
    if isinstance(args, dict):
        return {k: shifted(v, along[k], step) for k, v in args.items()}
    return args


def outputs_of(function, args, kwargs):
    """The floating results of a call of the library under test, as tensors of the library."""
    tiny.manual_seed(1)
    result = function(*to_tiny(args), **to_tiny(kwargs))
    return [leaf for _, kind, leaf in compare.flatten(result) if kind == "tensor" and leaf.dtype.is_floating_point]


def weighted(outputs, weights):
    """Sum of all results times their weights, in float64."""
    return sum((to_oracle(o).double() * w).sum().item() for o, w in zip(outputs, weights))


def slopes(function, sample):
    """(slope by the gradients, slope by differences, size of the values), or None where there is no gradient."""
    given = [list(sample.args), dict(sample.kwargs)]
    leaves = [checks.with_grad(given[0], sample.fixed), checks.with_grad(given[1])]
    moved = to_tiny(leaves)
    tiny.manual_seed(1)
    result = function(*moved[0], **moved[1])
    outputs = checks.leaves_in(tiny, result)
    if not outputs or len(outputs) != len(outputs_of(function, *given)):
        return None
    weights = checks.cotangents([to_oracle(o) for o in outputs], 13)
    along = directions(given, 11)
    mine = checks.leaves_in(tiny, moved)
    grads = tiny.autograd.grad(outputs, mine, [to_tiny(w) for w in weights], allow_unused=True)
    moving = [isinstance(t, oracle.Tensor) and t.requires_grad for t in flat(leaves)]
    along = unflat(along, iter([d if m else None for d, m in zip(flat(along), moving)]))
    used = [d for d in flat(along) if d is not None]
    slope = sum((to_oracle(g) * d).sum().item() for g, d in zip(grads, used) if g is not None)
    ends = [weighted(outputs_of(function, *shifted(given, along, s)), weights) for s in (STEP, -STEP)]
    return slope, (ends[0] - ends[1]) / (2 * STEP), max(map(abs, ends))


def check_differences(op, limit=8):
    """Slopes along a random direction of up to `limit` samples, float64 throughout."""
    report, done = checks.Report(), 0
    function = checks.as_function(tiny, op, False)
    for sample in checks.samples_of(op, "float64", limit * 3):
        sizes = [t.numel() for t in checks.tensors_in([sample.args, sample.kwargs]) if t.is_floating_point()]
        if done == limit or not (sample.grad and sample.smooth and sizes and 0 < max(sizes) <= 3000):
            continue
        if (
            any(t.is_floating_point() and t.dtype != oracle.float64 for t in checks.tensors_in([sample.args]))
            or "dtype" in sample.kwargs
        ):
            continue
        args = checks.map_tensors(list(sample.args), oracle.clone)
        if isinstance(attempt(checks.as_function(oracle, op, False), args, sample.kwargs), Raised):
            continue
        try:
            found = slopes(function, sample)
        except Exception as error:  # noqa: BLE001
            report.add(f"raised {type(error).__name__}: {error}", "differences", sample)
            continue
        if found is None:
            continue
        slope, expected, size = found
        done += 1
        # The third derivative times the step squared, and the rounding of the values over the step.
        if not abs(slope - expected) <= 1e-5 * (1 + abs(expected)) + 1e-14 * size / STEP:
            report.add(f"slope {slope:.9g}, by differences {expected:.9g}", "differences", sample)
    return report, done


def unflat(shape, leaves):
    """Puts leaves into the nesting of `shape`."""
    if isinstance(shape, (list, tuple)):
        return type(shape)(unflat(part, leaves) for part in shape)
    if isinstance(shape, dict):
        return {k: unflat(v, leaves) for k, v in shape.items()}
    return next(leaves)


def flat(value):
    """Leaves of nested arguments, in order."""
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in flat(part)]
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in flat(part)]
    return [value]
