"""Random autograd programs as data, so that one that differs between two libraries can be cut down by machine.

A program is a list of instructions ``(name, a, b, numbers)``: the name of a function below, two slots, and random
numbers that choose dimensions, indices and constants. `run` carries one out on a library and says what it saw.

    python random_programs.py 0 2000      # compares these seeds with PyTorch and prints reduced programs
"""

import math
import random
import re

SHAPES = [(2, 3), (3, 2), (6,), (3,), (1, 3), (2, 1), (2, 1, 3), (2, 3, 1)]
LEAVES = [(2, 3), (3,), (2, 1), (6,)]
ERRORS = (RuntimeError, IndexError, ValueError, TypeError, AttributeError)
# Messages are compared where they are about the graph; others belong to the operators' own tests.
GRAPH_WORDS = ("leaf", "inplace", "in-place", "backward", "differentiat", "require grad", "requires_grad", "graph")


class Draw:
    """The random numbers of one instruction, each used under a name of its own."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.at = 0

    def _next(self):
        self.at += 1
        return self.numbers[(self.at - 1) % len(self.numbers)]

    def below(self, n):
        return int(self._next() * n) if n > 0 else 0

    def amount(self):
        return round(0.5 + self._next(), 2)

    def choice(self, items):
        return items[self.below(len(items))]

    def dim(self, t):
        return self.below(t.dim()) if t.dim() else 0


class State:
    def __init__(self, lib):
        self.lib = lib
        self.events = []
        self.handles = []


def mask_of(s, t, d):
    bits = [bool((i * 7 + d.below(5)) % 3) for i in range(t.numel())]
    return s.lib.tensor(bits, dtype=s.lib.bool).reshape(t.shape)


# ---- arithmetic ----
def add(s, a, b, d):
    return a + b


def mul(s, a, b, d):
    return a * b


def sub_scaled(s, a, b, d):
    return a * d.amount() - b


def sub_alpha(s, a, b, d):
    return s.lib.sub(a, b, alpha=d.amount())


def div(s, a, b, d):
    return a / (b * b + d.amount())


def unary(s, a, b, d):
    name = d.choice(["exp", "tanh", "sigmoid", "sin", "cos", "square", "neg", "relu", "abs", "erf"])
    return getattr(s.lib, name)(a * 0.5)


def saves_result(s, a, b, d):
    return getattr(s.lib, d.choice(["exp", "tanh", "sigmoid", "softmax0"]), lambda x: s.lib.softmax(x, 0))(a)


def power(s, a, b, d):
    return a.pow(d.choice([0, 1, 2, 3]))


def power_tensor(s, a, b, d):
    # PyTorch keeps the result for a gradient of the exponent that nobody wants; a change of it is an error there.
    return (a * a + 0.5).pow(b) * 1.0


def reduce_dim(s, a, b, d):
    name = d.choice(["sum", "mean", "prod", "amax", "logsumexp", "cumsum", "softmax"])
    if name in ("cumsum", "softmax"):
        return getattr(a, name)(d.dim(a))
    return getattr(a, name)(d.dim(a), keepdim=bool(d.below(2)))


def reduce_all(s, a, b, d):
    return getattr(a, d.choice(["sum", "mean", "prod", "norm", "max", "var"]))()


def where(s, a, b, d):
    return s.lib.where(mask_of(s, a, d), a, b)


def maximum(s, a, b, d):
    return getattr(s.lib, d.choice(["maximum", "minimum"]))(a, b)


def clamp(s, a, b, d):
    return a.clamp(-d.amount(), d.amount())


def masked_fill(s, a, b, d):
    return a.masked_fill(mask_of(s, a, d), d.amount())


def matmul(s, a, b, d):
    if b.dim() > 2:
        b = b[0]
    return a @ b if d.below(2) else a @ b.t()


def cat(s, a, b, d):
    return s.lib.cat([a, b, a], d.dim(a))


def stack(s, a, b, d):
    return s.lib.stack([a, b], d.below(a.dim() + 1))


def clone(s, a, b, d):
    return a.clone()


def contiguous(s, a, b, d):
    return a.contiguous()


def to_float(s, a, b, d):
    return a.to(s.lib.float32)


def to_double(s, a, b, d):
    return a.to(s.lib.float64)


def max_values(s, a, b, d):
    return getattr(a, d.choice(["max", "min"]))(d.dim(a))[0]


def gather(s, a, b, d):
    n = a.shape[0] if a.dim() else 1
    index = s.lib.tensor([d.below(n) for _ in range(max(1, a.numel()))])[: a.numel()].reshape(a.shape)
    # Of a copy: PyTorch keeps the source for backward, which needs its shape only.
    return (a * 1.0).gather(0, index)


def index_tensor(s, a, b, d):
    return a[s.lib.tensor([d.below(2), d.below(2), 0])]


def index_mask(s, a, b, d):
    return a[mask_of(s, a, d)]


def index_select(s, a, b, d):
    return a.index_select(d.dim(a), s.lib.tensor([0, 0]))


# ---- views ----
def view(s, a, b, d):
    return a.view(d.choice(SHAPES))


def reshape(s, a, b, d):
    return a.reshape(d.choice(SHAPES))


def transpose(s, a, b, d):
    return a.transpose(0, -1)


def permute(s, a, b, d):
    return a.permute(tuple(reversed(range(a.dim()))))


def select(s, a, b, d):
    return a[d.below(2)]


def select_last(s, a, b, d):
    return a[..., d.below(2)]


def narrow(s, a, b, d):
    return a.narrow(d.dim(a), d.below(2), 1)


def step_slice(s, a, b, d):
    return a[:: d.choice([1, 2])] if d.below(2) else a[..., 1:]


def expand(s, a, b, d):
    return a.expand(d.choice([(2, 3), (2, 2, 3), (2, -1)]))


def squeeze(s, a, b, d):
    return a.squeeze() if d.below(2) else a.squeeze(d.dim(a))


def unsqueeze(s, a, b, d):
    return a.unsqueeze(d.below(a.dim() + 1))


def as_strided(s, a, b, d):
    size, stride = d.choice([((2,), (1,)), ((3,), (0,)), ((2, 1), (1, 5)), ((2, 2), (2, 1))])
    return a.as_strided(size, stride)


def as_strided_overlapping(s, a, b, d):
    # Only read: what an in-place change does to overlapping elements is nobody's promise.
    return a.as_strided((2, 2), (1, 1)) * d.amount()


def detach(s, a, b, d):
    return a.detach()


def data(s, a, b, d):
    return a.data


def view_as_self(s, a, b, d):
    return a.view_as(a)


def flatten(s, a, b, d):
    return a.flatten()


def chunk(s, a, b, d):
    return d.choice(a.chunk(2, d.dim(a)))


def split(s, a, b, d):
    return d.choice(a.split(1, d.dim(a)))


def unbind(s, a, b, d):
    return d.choice(a.unbind(d.dim(a)))


def view_without_grad(s, a, b, d):
    with s.lib.no_grad():
        return view(s, a, b, d) if d.below(2) else a[d.below(2)]


# ---- in place ----
def add_(s, a, b, d):
    return a.add_(b)


def sub_(s, a, b, d):
    a -= b * 0.5
    return a


def mul_(s, a, b, d):
    return a.mul_(b)


def mul_scalar_(s, a, b, d):
    return a.mul_(d.amount())


def div_(s, a, b, d):
    return a.div_(d.amount())


def unary_(s, a, b, d):
    return getattr(a, d.choice(["tanh_", "sigmoid_", "sin_", "neg_", "relu_", "square_", "erf_"]))()


def zero_(s, a, b, d):
    return a.zero_() if d.below(2) else a.fill_(d.amount())


def fill_tensor_(s, a, b, d):
    refuse_expanded(a)
    return a.fill_(b.sum() * 0.1)


def copy_(s, a, b, d):
    return a.copy_(b)


def clamp_(s, a, b, d):
    return a.clamp_(-d.amount(), d.amount())


def refuse_expanded(a):
    # PyTorch only warns where an expanded tensor is written to by masks or indices.
    if any(stride == 0 and size > 1 for size, stride in zip(a.shape, a.stride())):
        raise ValueError("expanded")


def refuse_interleaved(a, b):
    # Tensors that share some elements but not all, with gaps: what comes out depends on the order of the loops.
    if a.untyped_storage().data_ptr() != b.untyped_storage().data_ptr() or (a.is_contiguous() and b.is_contiguous()):
        return
    if a.data_ptr() != b.data_ptr() or a.shape != b.shape or a.stride() != b.stride():
        raise ValueError("interleaved")


def masked_fill_(s, a, b, d):
    refuse_expanded(a)
    return a.masked_fill_(mask_of(s, a, d), d.amount())


def masked_fill_tensor_(s, a, b, d):
    refuse_expanded(a)
    return a.masked_fill_(mask_of(s, a, d), b.sum() * 0.1)


def set_row(s, a, b, d):
    a[d.below(2)] = b[0]
    return a


def set_slice(s, a, b, d):
    a[..., :1] = b if d.below(2) else d.amount()
    return a


def set_mask(s, a, b, d):
    refuse_expanded(a)
    a[mask_of(s, a, d)] = d.amount() if d.below(2) else b.sum()
    return a


def set_index(s, a, b, d):
    # Only indices in bounds: PyTorch writes some values before it finds one out of bounds.
    a[s.lib.tensor([0, d.below(a.shape[0])])] = b
    return a


def index_put_(s, a, b, d):
    return a.index_put_((s.lib.tensor([0, d.below(a.shape[0])]),), b, accumulate=bool(d.below(2)))


def index_add_(s, a, b, d):
    return a.index_add_(0, s.lib.tensor([0]), b[:1] * 1.0)


def scatter_(s, a, b, d):
    return a.scatter_(0, s.lib.zeros(b.shape, dtype=s.lib.int64), b)


def refuse_retained(a):
    # PyTorch goes on to retain the gradient of the old shape.
    if a.retains_grad:
        raise ValueError("retained")


def transpose_(s, a, b, d):
    refuse_retained(a)
    return a.transpose_(0, -1)


def unsqueeze_(s, a, b, d):
    refuse_retained(a)
    return a.unsqueeze_(0) if d.below(2) else a.squeeze_()


def detach_(s, a, b, d):
    return a.detach_()


def add_without_grad(s, a, b, d):
    with s.lib.no_grad():
        return a.add_(b * 0.5)


def copy_without_grad(s, a, b, d):
    with s.lib.no_grad():
        return a.copy_(b)


def change_detached(s, a, b, d):
    a.detach().mul_(d.amount())
    return a


def change_data(s, a, b, d):
    a.data.add_(d.amount())
    return a


def assign_data(s, a, b, d):
    a.data = a.detach().clone() * d.amount()
    return a


def add_out(s, a, b, d):
    return s.lib.add(a, b * 1.0, out=a.new_empty(()) if d.below(2) else a)


def mul_out_without_grad(s, a, b, d):
    with s.lib.no_grad():
        return s.lib.mul(a, b, out=b)


# ---- the graph itself ----
def retain_grad(s, a, b, d):
    a.retain_grad()
    return a


def require_grad(s, a, b, d):
    return a.detach().clone().requires_grad_() if d.below(3) else a.requires_grad_()


def stop_grad(s, a, b, d):
    return a.requires_grad_(False)


def hook(s, a, b, d):
    factor, returns = d.amount(), d.below(2)

    def call(grad):
        s.events.append(("hook", flat(grad)))
        return grad * factor if returns else None

    s.handles.append(a.register_hook(call))
    return a


def remove_hook(s, a, b, d):
    if s.handles:
        s.handles.pop(d.below(len(s.handles))).remove()
    return a


def post_accumulate_hook(s, a, b, d):
    a.register_post_accumulate_grad_hook(lambda t: s.events.append(("accumulated", flat(t.grad))))
    return a


def node_hook(s, a, b, d):
    a.grad_fn.register_prehook(lambda grads: s.events.append(("prehook", [g is not None and flat(g) for g in grads])))
    return a


def backward_now(s, a, b, d):
    (a * d.amount()).sum().backward(retain_graph=bool(d.below(2)))
    return a


def grad_now(s, a, b, d):
    return s.lib.autograd.grad((a * a).sum(), b, create_graph=bool(d.below(2)), retain_graph=True)[0] * 1.0


def use_grad(s, a, b, d):
    return a.grad * 1.0


def zero_grad(s, a, b, d):
    a.grad = None
    return a


ARITHMETIC = [
    add,
    mul,
    sub_scaled,
    sub_alpha,
    div,
    unary,
    saves_result,
    power,
    power_tensor,
    reduce_dim,
    reduce_all,
    where,
    maximum,
]
ARITHMETIC += [
    clamp,
    masked_fill,
    matmul,
    cat,
    stack,
    clone,
    contiguous,
    to_float,
    to_double,
    max_values,
    gather,
    index_tensor,
]
ARITHMETIC += [index_mask, index_select]
VIEWS = [
    view,
    reshape,
    transpose,
    permute,
    select,
    select_last,
    narrow,
    step_slice,
    expand,
    squeeze,
    unsqueeze,
    as_strided,
    as_strided_overlapping,
]
VIEWS += [detach, data, view_as_self, flatten, chunk, split, unbind, view_without_grad]
INPLACE = [
    add_,
    sub_,
    mul_,
    mul_scalar_,
    div_,
    unary_,
    zero_,
    fill_tensor_,
    copy_,
    clamp_,
    masked_fill_,
    masked_fill_tensor_,
    set_row,
]
INPLACE += [
    set_slice,
    set_mask,
    set_index,
    index_put_,
    index_add_,
    scatter_,
    transpose_,
    unsqueeze_,
    detach_,
    add_without_grad,
]
INPLACE += [copy_without_grad, change_detached, change_data, assign_data, add_out, mul_out_without_grad]
GRAPH = [
    retain_grad,
    require_grad,
    stop_grad,
    hook,
    remove_hook,
    post_accumulate_hook,
    node_hook,
    backward_now,
    grad_now,
    use_grad,
]
GRAPH += [zero_grad]
INSTRUCTIONS = {f.__name__: f for f in ARITHMETIC + VIEWS + INPLACE + GRAPH}


def make(seed, steps=16):
    """The program of a seed."""
    rng = random.Random(seed)
    program = []
    for i in range(steps):
        group = rng.choices([ARITHMETIC, VIEWS, INPLACE, GRAPH], [4, 4, 4, 1])[0]
        slots = len(LEAVES) + 1 + i
        # Recent values more often than old ones, so that chains arise.
        a, b = (slots - 1 - int(slots * rng.random() ** 1.5) for _ in range(2))
        program.append((rng.choice(group).__name__, a, b, tuple(round(rng.random(), 3) for _ in range(6))))
    return program


def leaves_of(lib, seed):
    rng = random.Random(seed + 1)
    leaves = []
    for shape in LEAVES:
        values = [round(rng.uniform(-1, 1), 3) for _ in range(math.prod(shape))]
        leaves.append(lib.tensor(values, dtype=lib.float64).reshape(shape).requires_grad_())
    return leaves


def flat(t):
    return None if t is None else t.detach().reshape(-1).clone().tolist()


def strides_of(t):
    """Strides of a view, where a dimension has more than one element."""
    if not t._is_view() or t.numel() == 0:
        return ()
    return tuple(stride for size, stride in zip(t.shape, t.stride()) if size > 1)


def describe(t):
    try:
        return describe_valid(t)
    except RuntimeError as error:
        # A view whose base was changed in a way that leaves it without a place in the graph.
        return (describe_error(error), t._version, flat(t))


def describe_valid(t):
    node = None if t.grad_fn is None else type(t.grad_fn).__name__.rstrip("0123456789")
    return (
        t.requires_grad,
        t.is_leaf,
        t._version,
        t._is_view(),
        t.output_nr,
        node,
        tuple(t.shape),
        strides_of(t),
        str(t.dtype)[-7:],
        flat(t),
    )


def describe_error(error):
    text = str(error)
    if any(word in text for word in GRAPH_WORDS):
        # How a view came about and the numbers of overloads are not compared.
        return (
            type(error).__name__,
            re.sub(r"utput \d+ of [\w:]+", "utput of a node", re.sub(r"( of [\w:]*?)\d+,", r"\1,", text))[:330],
        )
    return (type(error).__name__,)


def run(lib, program, seed):
    """What the program does on `lib`: one entry per instruction, then gradients of every kind."""
    state = State(lib)
    leaves = leaves_of(lib, seed)
    slots = [*leaves, lib.ones(2, 3, dtype=lib.float64)]
    log = []

    def attempt(function):
        try:
            log.append(function())
        except ERRORS as error:
            log.append(describe_error(error))

    def value(slot):
        # An instruction without result leaves the value before it in its place.
        while slots[slot] is None:
            slot -= 1
        return slots[slot]

    for name, a, b, numbers in program:
        result = None
        if a >= len(slots) or b >= len(slots):
            a, b = a % len(slots), b % len(slots)
        try:
            # A view whose base changed counts as a leaf in PyTorch until somebody asks for its node.
            value(a).grad_fn  # noqa: B018
            if INSTRUCTIONS[name] in INPLACE:
                refuse_interleaved(value(a), value(b))
            result = INSTRUCTIONS[name](state, value(a), value(b), Draw(numbers))
            log.append(describe(result))
        except ERRORS as error:
            log.append(describe_error(error))
        slots.append(result)

    unique = []
    for t in slots:
        if t is not None and not any(t is u for u in unique):
            unique.append(t)
    log.append([describe(t) for t in unique])
    valid = [t for t in unique if not isinstance(describe(t)[0], tuple)]
    roots = [t for t in valid if t.requires_grad and not t.is_leaf]
    targets = [t for t in valid if t.requires_grad]

    def gradients(root):
        grads = lib.autograd.grad((root * 1.5).sum(), targets, retain_graph=True, allow_unused=True)
        return [flat(g) for g in grads]

    def second_gradients(root):
        grads = lib.autograd.grad((root * root).sum(), leaves, create_graph=True, allow_unused=True)
        total = [(g * g).sum() for g in grads if g is not None and g.requires_grad]
        if not total:
            return None
        again = lib.autograd.grad(sum(t.double() for t in total), leaves, retain_graph=True, allow_unused=True)
        return [flat(g) for g in again]

    for root in roots:
        attempt(lambda root=root: gradients(root))
        attempt(lambda root=root: second_gradients(root))
    if roots:
        attempt(lambda: lib.autograd.backward([(t * 0.5).sum() for t in roots], retain_graph=True))
        log.append([flat(t.grad) if t.is_leaf or t.retains_grad else None for t in valid])
        attempt(lambda: sum((t * 0.5).sum().double() for t in roots).backward())
        log.append([flat(t.grad) if t.is_leaf or t.retains_grad else None for t in valid])
    log.append(state.events)
    return log


def same(a, b, tolerance):
    if isinstance(a, float) and isinstance(b, float):
        if a == b or (math.isnan(a) and math.isnan(b)):
            return True
        return abs(a - b) <= tolerance * max(1.0, abs(a))
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b))
    return a == b


def first_difference(a, b, tolerance=1e-8):
    """Where two logs part: (position, entry, entry), or None."""
    for i in range(max(len(a), len(b))):
        x, y = (log[i] if i < len(log) else "nothing" for log in (a, b))
        if not same(x, y, tolerance):
            return i, x, y
    return None


def compare(libs, program, seed):
    # Values that went through float32 keep its rounding, which gradients of steep functions enlarge.
    tolerance = 1e-4 if any(name == "to_float" for name, *_ in program) else 1e-8
    return first_difference(*(run(lib, program, seed) for lib in libs), tolerance)


def reduce_program(libs, program, seed):
    """A shorter program that still differs: instructions are left out, as many as possible."""
    again = True
    while again:
        again = False
        for i in reversed(range(len(program))):
            # The slot of a left-out instruction keeps its number.
            shorter = program[:i] + [("nothing", 0, 0, ())] + program[i + 1 :]
            if program[i][0] != "nothing" and compare(libs, shorter, seed) is not None:
                program, again = shorter, True
    return program


def nothing(s, a, b, d):
    raise ValueError("left out")


INSTRUCTIONS["nothing"] = nothing


def main():
    import collections
    import sys
    import warnings

    import torch

    import tiny_torch

    warnings.simplefilter("ignore")
    first, last = int(sys.argv[1]), int(sys.argv[2])
    show = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    libs = (torch, tiny_torch)
    causes = collections.defaultdict(list)
    for seed in range(first, last):
        program = make(seed)
        if compare(libs, program, seed) is None:
            continue
        program = reduce_program(libs, program, seed)
        lines = [(len(LEAVES) + 1 + i, *p) for i, p in enumerate(program) if p[0] != "nothing"]
        causes[tuple(p[1] for p in lines)].append((seed, lines, compare(libs, program, seed)))
    print(sum(map(len, causes.values())), "of", last - first, "programs differ")
    for names, cases in sorted(causes.items(), key=lambda item: -len(item[1]))[:show]:
        seed, lines, (at, x, y) = cases[0]
        print(f"--- {len(cases)} times {' '.join(names)}; seeds {[c[0] for c in cases][:8]}")
        for line in lines:
            print("   ", *line)
        if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
            j = next((j for j in range(len(x)) if not same(x[j], y[j], 1e-8)), 0)
            at, x, y = (at, j), x[j], y[j]
        print(f"  at {at}\n    {str(x)[:600]}\n    {str(y)[:600]}")


if __name__ == "__main__":
    main()
