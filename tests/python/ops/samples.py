"""Sample calls of every op: generators per kind, and a table of generators for the ops that need their own.

A generator takes (op, make) and yields Sample objects holding oracle tensors; `make` makes tensors of the dtype being
tested. A table entry is a function decorated with @samples("name", "name.overload", ...); an op that has none falls back to its
kind's generator. What cannot be sampled stands in EXEMPT with its reason.
"""

import functools
import importlib
import itertools
import math
import os
import pkgutil
import re

import torch as oracle

TABLE = {}
DTYPES = {}

# Pattern of the op's name -> why it has no samples of its own.
EXEMPT = [
    (r"nll_loss(2d)?_forward", "reached by nll_loss; PyTorch has no public function for it"),
    (r"_convolution|convolution_overrideable", "the older entry of convolution, which is tested"),
    (r"_conj_physical|_real_of_complex", "reached by conj and real of complex tensors"),
    (
        r"_cross_entropy_rows|_scaled_dot_product_flash_attention_for_cpu",
        "reached by cross_entropy_loss and scaled_dot_product_attention; held to its composite by nn/test_losses.py",
    ),
    (
        r"_?linalg_(eigh?|eigvals|svd|qr|lstsq|ldl_\w+|householder_product|solve_ex|det|slogdet)|svd|qr|geqrf|orgqr|ormqr"
        r"|_linalg_\w+|_householder_product|_permutation_of_pivots|_lu_with_info|chain_matmul"
        r"|linalg_matrix_rank.*tensor|linalg_pinv.*tensor",
        "signs and order are free, or reached by their public forms: tests/python/linalg",
    ),
    (r"_?fft_\w+", "complex results: tests/python/fft"),
    (r"view_as_real_copy", "for complex tensors only: test_complex.py"),
    (
        r"_cdist_forward|_prelu_kernel|_pdist_forward|_embedding_bag|_ctc_loss",
        "inner parts of public ops, which are tested",
    ),
    (
        r"special_\w+|[ld]i?gamma|polygamma|mvlgamma|igammac?|erfinv|i0|logit|frexp|nextafter",
        "accuracies and ranges of their own: tests/python/special",
    ),
    (r"unique_dim|_histogramdd_\w+", "reached by unique and histogramdd: test_forms.py"),
    (r"_fused_\w+|_foreach_\w+", "lists of tensors written in place: tested by tests/python/optim"),
    (r".*_backward(_data|_input|_weight|_overrideable)?", "reached by the gradient check of its forward op"),
    (
        r"empty|empty_like|empty_strided|new_empty|new_empty_strided|empty_permuted",
        "memory nobody wrote: tested by shape in test_ops_extra",
    ),
]


class Sample:
    """One call: positional and keyword arguments, and which checks make sense for it.

    `fixed` are the positions of arguments that have no gradient, `smooth` says whether differences give the gradient.
    """

    def __init__(
        self,
        *args,
        grad=True,
        layouts=True,
        meta=True,
        inplace=True,
        skip_out=False,
        length=None,
        fixed=(),
        smooth=True,
        **kwargs,
    ):
        self.args, self.kwargs = args, kwargs
        self.grad, self.layouts, self.meta, self.inplace, self.skip_out = grad, layouts, meta, inplace, skip_out
        self.length, self.fixed, self.smooth = length, fixed, smooth

    def __repr__(self):
        parts = [brief(a) for a in self.args] + [f"{k}={brief(v)}" for k, v in self.kwargs.items()]
        return "(" + ", ".join(parts) + ")"


def brief(value):
    if isinstance(value, oracle.Tensor):
        plain = value.is_contiguous() and value.storage_offset() == 0
        layout = "" if plain else f", strides {tuple(value.stride())}"
        return f"<{str(value.dtype)[6:]}{list(value.shape)}{layout}>"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(brief(v) for v in value) + "]"
    if type(value).__name__ == "Generator":
        return "Generator"
    return repr(value)


class Maker:
    """Makes tensors of one dtype, the same ones for the same seed."""

    def __init__(self, dtype, seed=0):
        self.dtype = dtype
        self.generator = oracle.Generator().manual_seed(seed)

    def __call__(self, *shape, low=-3, high=3, dtype=None):
        """Uniform values between low and high (whole numbers and non-negative where the dtype asks for it)."""
        dtype = dtype or self.dtype
        if dtype == oracle.bool:
            return oracle.rand(shape, generator=self.generator) < 0.5
        if not dtype.is_floating_point and not dtype.is_complex:
            low = max(low, 0) if dtype == oracle.uint8 else low
            low, high = math.ceil(low), max(math.floor(high), math.ceil(low) + 1)
            return oracle.randint(low, high + 1, shape, generator=self.generator).to(dtype)
        if dtype.is_complex:
            real = oracle.rand(shape, generator=self.generator, dtype=oracle.float64)
            imag = oracle.rand(shape, generator=self.generator, dtype=oracle.float64)
            return oracle.complex(real * (high - low) + low, imag * (high - low) + low).to(dtype)
        return (oracle.rand(shape, generator=self.generator, dtype=oracle.float64) * (high - low) + low).to(dtype)

    @property
    def floating(self):
        return self.dtype.is_floating_point

    @property
    def number(self):
        """True for every dtype but bool."""
        return self.dtype != oracle.bool

    def distinct(self, *shape):
        """All values different (whole numbers; in bool, and beyond the range of small dtypes, as different as can be)."""
        count = math.prod(shape)
        values = oracle.randperm(count, generator=self.generator)
        if self.dtype not in (oracle.bool, oracle.uint8):
            values = values - count // 2
        return (values % 2 if self.dtype == oracle.bool else values).to(self.dtype).reshape(shape)

    def index(self, *shape, high):
        return oracle.randint(0, max(high, 1), shape, generator=self.generator)

    def mask(self, *shape):
        return oracle.rand(shape, generator=self.generator) < 0.5

    def special(self):
        """nan, infinities, signed zeros, subnormal and extreme numbers of a floating dtype."""
        info = oracle.finfo(self.dtype)
        values = [
            math.nan,
            math.inf,
            -math.inf,
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -2.5,
            info.eps,
            info.tiny,
            info.max,
            -info.max,
        ]
        return oracle.tensor(values, dtype=oracle.float64).to(self.dtype)


def samples(*names, dtypes=None):
    """Registers a generator for the named ops (name or name.overload); `dtypes` limits the dtypes tested."""

    def register(function):
        for name in names:
            TABLE[name] = function
            if dtypes:
                DTYPES[name] = dtypes
        return function

    return register


@functools.cache
def load_tables():
    """Imports every samples_*.py beside this file: importing registers its generators."""
    for module in pkgutil.iter_modules([os.path.dirname(__file__)]):
        if module.name.startswith("samples_"):
            importlib.import_module(f"{__package__}.{module.name}")


def generator_of(op):
    """The generator for an op, or None."""
    load_tables()
    found = TABLE.get(op.full) or TABLE.get(op.name)
    if found is None and op.name.endswith("_copy"):
        # The same calls as of the view that it copies.
        name = op.name.removesuffix("_copy")
        found = TABLE.get(f"{name}.{op.overload}" if op.overload else name) or TABLE.get(name)
    return found or generator_by_shape(op)


def generator_by_shape(op):
    if op.kind == "pointwise":
        return pointwise
    if op.kind == "reduction":
        return reduction
    return None


def exempt_reason(op):
    if not op.python:
        return "not bound in Python: reached through the ops that call it"
    if op.name.startswith("_") and not hasattr(oracle, op.name):
        return "PyTorch has no function for it either: reached by the public ops that call it"
    for pattern, reason in EXEMPT:
        if re.fullmatch(pattern, op.name) or re.fullmatch(pattern, op.full):
            return reason
    return None


# ---------------------------------------------------------------------------------------------------- by kind: pointwise
SHAPES = {
    1: [((3, 4),), ((),), ((0,),), ((2, 0, 3),), ((2, 3, 4),), ((40003,),), ((17, 33),)],
    2: [
        ((3, 4), (3, 4)),
        ((3, 4), (4,)),
        ((3, 1), (1, 4)),
        ((), (3,)),
        ((2, 3, 4), ()),
        ((), ()),
        ((0,), (1,)),
        ((0, 3), (3,)),
        ((40003,), (40003,)),
        ((300, 203), (203,)),
        ((2, 1, 4, 1), (3, 1, 5)),
    ],
    3: [
        ((3, 4), (3, 4), (3, 4)),
        ((3, 1), (4,), ()),
        ((), (), ()),
        ((0, 3), (3,), (1, 3)),
        ((70, 600), (70, 1), (600,)),
        ((1,), (2, 3), (2, 3)),
    ],
}
POSITIVE = {"log": 0.1, "sqrt": 0.1, "rsqrt": 0.1, "log2": 0.1, "log10": 0.1, "log1p": 0.1, "reciprocal": 0.2}


def scalars_for(op, make):
    """Lists of keyword choices for the Scalar arguments, by name and dtype."""
    choices = []
    for arg in op.args:
        kind = arg.type.rstrip("?")
        if kind == "Scalar":
            values = [2] if arg.default is None else [None, 3]
            if arg.name == "value":
                values = [2]
            if make.floating or make.dtype.is_complex:
                values.append(0.5)
            elif arg.default is None and make.number:
                values.append(1.5)
            choices.append([(arg, v) for v in values])
        elif arg.name == "approximate":
            choices.append([(arg, None), (arg, "tanh")])
    return choices


def call(op, tensors, chosen, **options):
    """Builds a Sample from tensors and (arg, value) choices in the order of the schema; None leaves the default."""
    values = dict(zip(op.tensors, tensors))
    values.update({arg.name: value for arg, value in chosen if value is not None})
    args, kwargs, gap = [], {}, False
    for arg in op.args:
        if arg.name not in values:
            gap = gap or not arg.kwonly
        elif arg.kwonly or gap:
            kwargs[arg.name] = values[arg.name]
        else:
            args.append(values[arg.name])
    return Sample(*args, **options, **kwargs)


def pointwise(op, make):
    count = len(op.tensors)
    low = POSITIVE.get(op.name, -3) if make.floating else -3
    sets = list(itertools.product(*scalars_for(op, make)))
    common = make.dtype in (oracle.float32, oracle.float64, oracle.int64, oracle.bfloat16)
    for i, shapes in enumerate(SHAPES[count]):
        if not common and max(math.prod(s) for s in shapes) > 5000:
            continue
        for chosen in sets if i < 3 else sets[:1]:
            yield call(op, [make(*s, low=low) for s in shapes], chosen, layouts=i < 5)
    if make.floating:
        special = make.special()
        grids = oracle.meshgrid(*[special] * min(count, 2), indexing="ij") if count > 1 else (special,)
        tensors = [g.reshape(-1) for g in grids] + [special[:1]] * (count - 2)
        for chosen in sets:
            # With alpha, whether alpha * max overflows first depends on the use of fused multiply-add.
            bounded = (
                [t.clamp(-100, 100) for t in tensors] if any(a.name == "alpha" and v for a, v in chosen) else tensors
            )
            yield call(op, bounded, chosen, grad=False)
    if count == 2 and common:
        yield from mixed(op, make)


def mixed(op, make):
    """Pairs of different dtypes, whose result type is the point."""
    others = [oracle.int64, oracle.float32, oracle.bool, oracle.uint8, oracle.float64, oracle.bfloat16]
    for other in others:
        if other == make.dtype:
            continue
        for shapes in [((3, 4), (3, 4)), ((3, 4), ()), ((), (4,))]:
            low = 1 if oracle.uint8 in (make.dtype, other) else -3
            yield call(op, [make(*shapes[0], low=low), make(*shapes[1], low=low, dtype=other)], [], layouts=False)


# ---------------------------------------------------------------------------------------------------- by kind: reduction
def dims_of(op):
    """Choices for the dim argument: a list of (shape, dim)."""
    arg = op.arg("dim")
    single = [
        ((5,), 0),
        ((3, 4), 0),
        ((3, 4), -1),
        ((2, 3, 4), 1),
        ((), 0),
        ((3, 0), 0),
        ((4, 5003), 1),
        ((5003, 4), 0),
        ((2, 70, 130), 1),
    ]
    several = [((2, 3, 4), (0, 2)), ((2, 3, 4), (-1, 0)), ((3, 4), ()), ((2, 0, 4), (0, 2)), ((7, 30, 400), (0, 1))]
    if arg is None:
        return [((5,), ()), ((3, 4), ()), ((2, 3, 4), ()), ((), ()), ((4, 5003), ()), ((0,), ())]
    kind = arg.type
    wrap = (lambda d: [d]) if kind.startswith("int[]") else (lambda d: d)
    choices = [(shape, wrap(d)) for shape, d in single]
    if "[" in kind:
        choices += [(shape, list(d)) for shape, d in several]
    if kind.endswith("?"):
        choices += [(shape, None) for shape in [(3, 4), (), (4, 5003)]]
    return choices


NEEDS_ELEMENTS = {"max", "min", "amax", "amin", "argmax", "argmin"}
NO_TIES = {"max", "min", "amax", "amin", "argmax", "argmin", "median", "kthvalue"}


def reduction(op, make):
    """Reductions whose arguments are self, dim, keepdim, dtype and defaults."""
    has_dim, narrow = (
        op.arg("dim") is not None,
        make.dtype in (oracle.float16, oracle.bfloat16, oracle.int8, oracle.uint8),
    )
    for i, (shape, dim) in enumerate(dims_of(op)):
        if math.prod(shape) == 0 and op.name in NEEDS_ELEMENTS and not has_dim:
            continue
        if op.name == "prod" and math.prod(shape) > 1000 or op.name in NO_TIES and narrow and math.prod(shape) > 200:
            continue
        x = make.distinct(*shape) if op.name in NO_TIES else make(*shape)
        if op.name == "prod" and make.floating:
            x = make(*shape, low=0.5, high=1.5)
        args = [x, dim] if has_dim else [x]
        yield Sample(*args, layouts=i < 4)
        if has_dim and op.arg("keepdim") and i < 6:
            yield Sample(*args, keepdim=True, layouts=False)
        if op.arg("dtype") and i < 3:
            yield Sample(*args, dtype=oracle.float64, layouts=False)
            yield Sample(*args, dtype=oracle.float32, layouts=False)
    if make.floating:
        for position in range(0, 13, 4):
            x = make(2, 13)
            x[:, position] = make.special()[position % 3]
            yield (
                Sample(x, 1, grad=False)
                if has_dim and "[" not in op.arg("dim").type
                else Sample(x, *([[1]] if has_dim else []), grad=False)
            )
