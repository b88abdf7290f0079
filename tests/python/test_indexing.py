"""Indexing against PyTorch: values, shapes, strides, who shares memory, gradients and errors."""

import itertools
import random

import pytest

import tiny_torch

numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
oracle = pytest.importorskip("torch", reason="PyTorch, the oracle of these tests, is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")

LIBRARIES = (tiny_torch, oracle)
SHAPES = {"x": (3, 4), "y": (2, 3, 4), "z": (), "v": (5,), "e": (0, 3)}


def tensors(library, dtype="float32", requires_grad=False):
    made = {}
    for name, shape in SHAPES.items():
        count = 1
        for size in shape:
            count *= size
        flat = library.tensor([float(i) for i in range(count)], dtype=getattr(library, dtype))
        made[name] = flat.view(shape).requires_grad_(requires_grad)
    return made


class Index:
    def __index__(self):
        return 1


def scope(library, **options):
    return {"T": library, "np": numpy, "Index": Index, **tensors(library, **options)}


def run(library, text):
    names = scope(library)
    try:
        result = eval(text, names)
    except Exception as e:
        return type(e).__name__, str(e).splitlines()[0]
    source = names[text[0]]
    offset = result.storage_offset() if result.untyped_storage()._cdata == source.untyped_storage()._cdata else None
    return tuple(result.shape), result.stride(), offset, result.tolist()


BASIC = [
    "x[0]", "x[-1]", "x[2]", "x[0, 1]", "x[-1, -1]", "x[:]", "x[1:]", "x[:2]", "x[1:2, 1:3]", "x[::2]", "x[:, ::3]", "x[5:]", "x[-9:9]", "x[2:1]",
    "x[None]", "x[:, None]", "x[..., None]", "x[None, ..., None]", "x[...]", "x[..., 0]", "x[0, ...]", "x[0, ..., 0]", "x[..., ...]", "x[()]",
    "x[0:2, 1]", "x[:, None, 1]", "x[Index()]", "x[Index():]", "x[np.int64(1)]", "x[T.tensor(1)]", "x[T.tensor(-1), 0]", "x[T.tensor(0):T.tensor(2)]",
    "x[2**63:]", "x[-2**70:2]", "y[1, :, 2]", "y[:, 1]", "y[..., 1:3]", "y[0][1][2]", "y[None, 0, None, :, 1]", "z[...]", "z[None]", "z[()]",
    "v[1:4:2]", "v[4::3]", "e[0:0]", "e[:, 1]", "e[...]", "v[:-1]", "x.T[1]", "x[:, 1:][1]", "x[1:, ::2][:, 1]", "x[::99]", "x[T.Size([1])]",
]  # fmt: skip
ADVANCED = [
    "x[[0, 2]]", "x[[True, False, True]]", "x[[]]", "x[[0.5]]", "x[range(2)]", "x[T.tensor([0, 1])]", "x[T.tensor([[0, 1], [2, 0]])]",
    "x[T.tensor([-1, 0])]", "x[:, T.tensor([0, 3])]", "x[T.tensor([0, 1]), T.tensor([1, 2])]", "x[T.tensor([[0], [1]]), T.tensor([0, 1, 2])]",
    "x[[0, 1], [1, 2]]", "x[0, [1, 2]]", "x[[1], 0]", "x[1, [0, 1], None]", "x[T.tensor([0]), :, None]", "x[None, [0, 1]]", "x[..., [0, 1]]",
    "x[x > 3]", "x[T.tensor([True, False, True])]", "x[:, T.tensor([True, False, True, True])]", "x[T.tensor([1, 0, 1], dtype=T.uint8)]",
    "x[True]", "x[False]", "x[True, 0]", "x[True, True]", "z[True]", "z[False]", "x[T.tensor(True)]", "x[T.tensor([0, 1], dtype=T.int32)]",
    "x[np.array([0, 1])]", "x[np.array([True, False, True])]", "x[np.array([1, 2], dtype=np.int16)]", "x[np.array(1)]", "x[np.array([], dtype=np.int64)]",
    "y[[0, 1], :, [1, 2]]", "y[:, [0, 1], [1, 2]]", "y[0, :, [1, 2]]", "y[[0, 1], 1]", "y[..., [0, 1]]", "y[:, [[0, 1], [1, 2]]]", "y[[0], None, [1]]",
    "y[y > 5]", "y[:, y[0] > 1]", "y[y[:, :, 0] > 3]", "y[y[:, :, 0] > 3, 1:]", "y[1, y[1] > 15]", "y[:, :, 1][[0, 1]]", "y.transpose(0, 2)[[0, 3]]",
    "y.transpose(0, 2)[:, [0, 2]]", "x.T[[0, 1], 1]", "x[:, 1:][[0, 2]]", "x[1:, ::2][[0, 1], [1, 0]]", "v[[4, 4, 0]]", "e[[]]", "e[:, [0, 1]]",
    "x[[[0, 1], [1, 2]]]", "x[[slice(0, 1)]]", "x[[None]]", "x[[0, slice(None)]]", "x[(1,),]", "x[[T.tensor(1), T.tensor(2)]]", "x[[1] * 40]",
    "x.expand(2, 3, 4)[[1, 0], 1]", "v.expand(3, 5)[:, [1, 1]]",
]  # fmt: skip
WRONG = [
    "x[3]", "x[-4]", "x[0, 0, 0]", "z[0]", "z[:]", "x['a']", "x[1.0]", "x[1j]", "x[None, 'a']", "x[::-1]", "x[::0]", "x['a':]", "x[1.5:]", "x[object()]",
    "x[{}]", "x[2**70]", "x[-2**70]", "x[T.tensor([])]", "x[T.tensor([0.5])]", "x[T.tensor(1.5)]", "x[T.tensor([1 + 0j])]", "x[T.tensor([5])]",
    "x[T.tensor([-4])]", "x[T.tensor([True, False])]", "x[T.tensor([[[True]]])]", "x[T.tensor([0, 1]), T.tensor([0, 1, 2])]", "x[[0], [0], [0]]",
    "x[(slice(None),) * 3]", "x[np.float32(1)]", "x[b'a']", "x[[0, 'a']]", "x[T.tensor([0, 1], dtype=T.int16)]", "v[[9]]", "e[[0]]", "x[:, [4]]",
    "x[..., 0, 0, 0]", "v[T.tensor([0]), T.tensor([0])]", "x[3:4, 5]",
]  # fmt: skip


@pytest.mark.parametrize("text", BASIC)
def test_views(text):
    assert run(tiny_torch, text) == run(oracle, text)


@pytest.mark.parametrize("text", ADVANCED)
def test_index_tensors(text):
    ours, theirs = run(tiny_torch, text), run(oracle, text)
    # Strides of copies are the implementation's own affair.
    assert (ours[0], ours[2:]) == (theirs[0], theirs[2:])


# PyTorch's text says more or less than ours here.
OTHER_WORDS = {
    "x[:, [4]]",
    "x[[0, 'a']]",
    "x[T.tensor([[[True]]])]",
    "e[[0]]",
    "v[T.tensor([0]), T.tensor([0])]",
    "x[..., 0, 0, 0]",
    "x[[0], [0], [0]]",
}


@pytest.mark.parametrize("text", WRONG)
def test_errors(text):
    ours, theirs = run(tiny_torch, text), run(oracle, text)
    if text in OTHER_WORDS:
        ours, theirs = ours[:1], theirs[:1]
    assert ours == theirs


ASSIGNMENTS = [
    "x[0] = 5", "x[0, 1] = 2.5", "x[:, 1] = True", "x[1:, ::2] = T.tensor([9., 8.])", "x[0] = T.ones(4, dtype=T.int64)", "x[0] = T.ones(1, 1, 4)",
    "x[...] = 1", "x[None] = 1", "x[True] = 1", "x[False] = 1", "x[T.tensor(True)] = 3", "x[T.tensor(False)] = 3", "x[0, 0] = T.tensor([1.])", "x[:] = x.T[0, 0]",
    "x[x > 3] = 0", "x[x > 3] = T.zeros(8)", "x[[0]] = 3", "x[[0, 2]] = T.ones(1, 2, 4)", "x[(0, [1, 2])] = 7", "x[[True, False, False]] = 3",
    "x[T.tensor([0, 0])] = T.tensor([[1.], [2.]])", "x[:, [0, 3]] = T.tensor([5., 6.])", "x[[0, 1], [1, 2]] = T.tensor([7., 8.])", "y[:, [0, 1], 1] = 4",
    "y[[0, 1], :, [1, 2]] = T.tensor([[1.], [2.]])", "y[y > 5] = y[y > 5] + 1", "y.transpose(0, 2)[[0, 3]] = 1", "x.T[[0, 1]] = x[[0, 1]].T[:2]", "v[[4, 0]] = v[[0, 4]]",
    "v[v > 9] = 1", "e[[]] = 1", "x[0] = float('nan')", "v[::2] = -1", "z[...] = 4", "z[()] = 4", "x[np.array([0, 1])] = 1", "x[0] = np.float64(3)", "x[x > 3] = T.tensor(1.)",
    # Errors.
    "x[0] = [1, 2, 3, 4]", "x[0] = np.ones(4)", "x[0] = 'a'", "x[0] = None", "x[0] = T.ones(5)", "x[0] = T.ones(2, 1, 4)", "x[[0]] = T.ones(4, dtype=T.int64)",
    "x[[0, 1]] = T.ones(3, 4)", "x[5] = 1", "x[x > 3] = T.zeros(2)", "x[0, 0] = 1j", "x[T.tensor([0, 9])] = 1", "del x[0]", "x[0] = 2**70", "x[0, 0] = T.tensor([1., 2.])",
    "x.expand(2, 3, 4)[[0]] = 1", "x[0.5] = 1", "x[::-1] = 1",
]  # fmt: skip


# Statements without float tensors, for the other dtypes.
PLAIN = [t for t in ASSIGNMENTS if ("T." not in t or "T.tensor(True)" in t) and "nan" not in t and "> 5] + 1" not in t]


@pytest.mark.parametrize(
    "text, dtype", [(t, "float32") for t in ASSIGNMENTS] + [(t, d) for t in PLAIN for d in ("int64", "bool")]
)
def test_assignment(text, dtype):
    def assign(library):
        names = scope(library, dtype=dtype)
        try:
            exec(text, names)
        except Exception as e:
            return type(e).__name__
        return [str(names[name].tolist()) for name in SHAPES]

    assert assign(tiny_torch) == assign(oracle)


@pytest.mark.parametrize("text", [t for t in BASIC + ADVANCED if t[0] in "xyv" and "T.Size" not in t and ">" not in t])
def test_gradients(text):
    def grads(library):
        names = scope(library, requires_grad=True)
        result = eval(text, names)
        weights = library.tensor([float(i + 1) for i in range(result.numel())]).view(result.shape)
        (result * weights).sum().backward()
        return names[text[0]].grad.tolist()

    assert grads(tiny_torch) == grads(oracle)


@pytest.mark.parametrize(
    "text",
    [
        "c[0] = v",
        "c[0] = 3",
        "c[[0, 2]] = v",
        "c[:, 1] = v[:3]",
        "c[[0, 0], [1, 1]] = v[:2]",
        "c[m] = v[:2]",
        "c[0][1:3] = v[:2]",
    ],
)
def test_gradients_of_assignment(text):
    def grads(library):
        base = library.tensor([[float(i + 4 * j) for i in range(4)] for j in range(3)], requires_grad=True)
        value = library.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
        mask = library.tensor([[i == j == 1 or i == 2 == j for i in range(4)] for j in range(3)])
        changed = base * 2
        exec(text, {"c": changed, "v": value, "m": mask})
        (changed * changed).sum().backward()
        return [None if t.grad is None else t.grad.tolist() for t in (base, value)]

    assert grads(tiny_torch) == grads(oracle)


def test_names_of_nodes():
    x = tensors(tiny_torch, requires_grad=True)["x"]
    names = {type(t.grad_fn).__name__ for t in (x[0], x[1:], x[[0]])}
    assert names == {"SelectBackward0", "SliceBackward0", "IndexBackward0"}
    assert x[0:1, 2].grad_fn is not None and x.detach()[0].grad_fn is None


def test_view_without_gradient_is_one_tensor_on_the_same_memory():
    x = tensors(tiny_torch)["x"]
    view = x[1:3, 0]
    view[0] = 99
    assert x[1, 0].item() == 99 and view._base is not None and view._version == x._version


def test_leaf_that_requires_grad_cannot_be_assigned_to():
    leaf = tiny_torch.tensor([1.0, 2.0], requires_grad=True)
    for index in (0, [0], slice(None)):
        with pytest.raises(RuntimeError):
            leaf[index] = 3.0
    assert leaf.tolist() == [1.0, 2.0]
    with tiny_torch.no_grad():
        leaf[0] = 3.0
    assert leaf.tolist() == [3.0, 2.0]


def test_no_element_is_written_when_an_index_is_wrong():
    x = tensors(tiny_torch)["x"]
    before = x.tolist()
    with pytest.raises(IndexError):
        x[[0, 1, 7]] = 1.0
    assert x.tolist() == before


def test_key_that_changes_the_tensor_it_indexes():
    x = tensors(tiny_torch)["x"]

    class Sneaky:
        def __index__(self):
            x.data = tiny_torch.tensor([1.0])
            return 2

    with pytest.raises((RuntimeError, IndexError)):  # never memory that is no longer its own
        x[Sneaky(), 3]


def test_subclass_sees_indexing():
    seen = []

    class Logged(tiny_torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs or {})

    logged = tiny_torch.tensor([1.0, 2.0]).as_subclass(Logged)
    assert type(logged[0]) is Logged
    logged[0] = 5.0
    assert {"__getitem__", "__setitem__"} <= set(seen)


def random_item(generator, size):
    kind = generator.randrange(7)
    if kind == 0:
        return generator.randrange(-size, size)
    if kind == 1:
        return slice(*sorted(generator.randrange(-size - 1, size + 2) for _ in range(2)), generator.randrange(1, 3))
    if kind == 2:
        return ("list", [generator.randrange(-size, size) for _ in range(2)])
    if kind == 3:
        return ("mask", [generator.random() < 0.5 for _ in range(size)])
    return (None, Ellipsis, slice(None))[kind - 4]


def test_random_keys():
    generator = random.Random(7)
    shape = (2, 4, 3, 2)
    flat = [float(i) for i in range(48)]
    for _ in range(600):
        items, dim = [], 0
        while dim < 4 and generator.random() < 0.9:
            item = random_item(generator, shape[dim])
            if item is Ellipsis and (Ellipsis in [i for i in items if not isinstance(i, tuple)]):
                continue
            items.append(item)
            dim += item is not None and item is not Ellipsis

        def key(library, items=items):
            return tuple(library.tensor(i[1]) if isinstance(i, tuple) else i for i in items)

        results = []
        for library in LIBRARIES:
            source = library.tensor(flat).view(2, 3, 4, 2).transpose(1, 2)
            try:
                result = source[key(library)]
                target = source.clone()
                target[key(library)] = 7.0
                results.append((tuple(result.shape), result.tolist(), target.tolist()))
            except Exception as e:
                results.append(type(e).__name__)
        assert results[0] == results[1], items


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 2, 2)])
@pytest.mark.parametrize("dtype", ["float32", "bool", "int8", "complex64", "bfloat16"])
def test_nonzero(shape, dtype):
    count = 1
    for size in shape:
        count *= size
    values = [i % 3 for i in range(count)]
    made = [library.tensor(values, dtype=getattr(library, dtype)).view(shape) for library in LIBRARIES]
    assert made[0].nonzero().tolist() == made[1].nonzero().tolist()
    assert made[0].nonzero().shape == tuple(made[1].nonzero().shape)
    ours, theirs = (library.nonzero(t, as_tuple=True) for library, t in zip(LIBRARIES, made, strict=True))
    assert [t.tolist() for t in ours] == [t.tolist() for t in theirs]


def test_every_pair_of_kinds():
    keys = [
        0,
        slice(1, None),
        None,
        Ellipsis,
        True,
        [0, 1],
        [[0], [1]],
        "T.tensor(1)",
        "T.tensor([True, False, True])",
        "T.tensor([1, 0])",
    ]
    for a, b in itertools.product(keys, keys):
        outcomes = []
        for library in LIBRARIES:
            source = library.tensor([float(i) for i in range(27)]).view(3, 3, 3)
            key = tuple(eval(k, {"T": library}) if isinstance(k, str) else k for k in (a, b))
            try:
                outcomes.append((tuple(source[key].shape), source[key].tolist()))
            except Exception as e:
                outcomes.append(type(e).__name__)
        assert outcomes[0] == outcomes[1], (a, b)


@pytest.mark.parametrize(
    "key",
    [
        "m, T.tensor([0, 1, 2, 3, 0])",
        "m, :, 1",
        "m, 1:3",
        "m, None, 2",
        "m, ..., T.tensor([0])",
        "slice(None), c, T.tensor([1, 4])",
        "1, c, T.tensor([1, 4])",
        "T.tensor([1, 0]), c",
    ],
)
def test_a_mask_of_several_dims_beside_other_items(key):
    results = []
    for library in LIBRARIES:
        x = library.arange(120.0, dtype=library.float64).reshape(2, 3, 4, 5).requires_grad_()
        m = library.tensor([[True, False, True], [True, True, True]])
        c = library.zeros(3, 4, dtype=library.bool)
        c[0, 1] = c[2, 3] = True
        names = {"x": x, "m": m, "c": c, "T": library}
        picked = eval(f"x[{key}]", names)
        (picked * picked).sum().backward()
        target = x.detach().clone()
        exec(f"t[{key}] = -1.0", {**names, "t": target})
        results.append((picked.tolist(), x.grad.tolist(), target.tolist()))
    assert results[0] == results[1]
