"""What the generic checks cannot hold to values: memory that nobody wrote or that is shared, refusals of single operators."""

import pytest

pytest.importorskip("torch", reason="PyTorch is the oracle of these tests (README: how to install it)")

from .libraries import dtype_name, oracle, tiny, tiny_dtype, to_tiny  # noqa: E402

SHAPES = [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 3, 4, 5)]
DTYPES = ["float32", "float64", "int64", "bool", "bfloat16", "uint8", "complex64"]


def same_form(mine, theirs):
    assert dtype_name(mine.dtype) == dtype_name(theirs.dtype)
    assert tuple(mine.shape) == tuple(theirs.shape)
    assert str(mine.device) == str(theirs.device)
    assert mine.requires_grad == theirs.requires_grad
    if theirs.numel():
        assert [s for s, n in zip(mine.stride(), mine.shape) if n > 1] == [
            s for s, n in zip(theirs.stride(), theirs.shape) if n > 1
        ]


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_empty(shape, dtype, device):
    kind = getattr(oracle, dtype)
    same_form(tiny.empty(shape, dtype=tiny_dtype(kind), device=device), oracle.empty(shape, dtype=kind, device=device))
    same_form(tiny.empty(*shape) if shape else tiny.empty(()), oracle.empty(*shape) if shape else oracle.empty(()))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_empty_like(shape):
    x = oracle.ones(shape)
    for y in (x, x.permute(list(range(x.dim()))[::-1]), x.expand((2,) + shape)):
        same_form(tiny.empty_like(to_tiny(y)), oracle.empty_like(y))
        same_form(tiny.empty_like(to_tiny(y), dtype=tiny.int64), oracle.empty_like(y, dtype=oracle.int64))


def test_empty_options():
    same_form(tiny.empty(2, 3, requires_grad=True), oracle.empty(2, 3, requires_grad=True))
    same_form(
        tiny.empty((2, 3, 4, 5), memory_format=tiny.channels_last),
        oracle.empty((2, 3, 4, 5), memory_format=oracle.channels_last),
    )
    same_form(tiny.empty_strided((2, 3), (1, 2)), oracle.empty_strided((2, 3), (1, 2)))


@pytest.mark.parametrize("shape", [(-1,), (2, -3), (2**62, 4), (2**40, 2**40)], ids=str)
def test_impossible_sizes(shape):
    for library in (oracle, tiny):
        with pytest.raises(RuntimeError):
            library.empty(shape)


@pytest.mark.parametrize("call", ["ravel", "unravel_index", "max_unpool2d"])
def test_layout(call):
    """Strides, and whether the result is a view."""
    results = []
    for library in (tiny, oracle):
        values = library.arange(60, dtype=library.float32).reshape(3, 4, 5)
        if call == "ravel":
            strided = library.zeros(3, 4, 10)[..., ::2]
            shared = [library.ravel(x).data_ptr() == x.data_ptr() for x in (values, strided)]
            results.append((shared, library.ravel(strided).stride()))
        elif call == "unravel_index":
            parts = library.unravel_index(library.arange(6).reshape(2, 3), (4, 5))
            results.append([(part.tolist(), part.stride()) for part in parts])
        else:
            x = values.reshape(1, 3, 4, 5).to(memory_format=library.channels_last)
            best, where = library.nn.functional.max_pool2d(x, 2, return_indices=True)
            whole = library.nn.functional.max_unpool2d(best, where, 2, output_size=(4, 5))
            results.append((whole.tolist(), whole.stride()))
    assert results[0] == results[1]


def test_multi_margin_loss_of_one_row():
    """A target without dimensions makes the loss one, too."""
    for shape, target in [((1, 5), 1), ((5,), 1), ((5,), [1]), ((1, 5), [1])]:
        shapes = [
            tuple(t.nn.functional.multi_margin_loss(t.ones(shape), t.tensor(target), reduction="none").shape)
            for t in (tiny, oracle)
        ]
        assert shapes[0] == shapes[1], (shape, target)


def test_negative_numbers_wrap_in_uint8():
    assert tiny.zeros(2, dtype=tiny.uint8).fill_(-3).tolist() == oracle.zeros(2, dtype=oracle.uint8).fill_(-3).tolist()


REFUSED = {
    "gather into its input": lambda t, x: t.gather(x, 0, t.tensor([2, 1, 0]), out=x),
    "gather into a part of its index": lambda t, x: (lambda i: t.gather(t.arange(4), 0, i[1:], out=i[:3]))(
        t.tensor([2, 1, 0, 3])
    ),
    "gather into another dtype": lambda t, x: t.gather(x, 0, t.tensor([2]), out=t.zeros(1, dtype=t.float64)),
    "roll without dimensions": lambda t, x: t.roll(t.tensor(1.0), 0, 0),
    "aminmax of nothing": lambda t, x: t.aminmax(t.zeros(3, 0), dim=1),
    "a negative float for uint8": lambda t, x: t.zeros(2, dtype=t.uint8).fill_(-3.0),
    "a number above uint8": lambda t, x: t.zeros(2, dtype=t.uint8).fill_(300),
    "einsum of two dtypes": lambda t, x: t.einsum("i,i->", x, x.double()),
    "nanmean of complex numbers": lambda t, x: t.nanmean(x.to(t.complex64)),
    "vander of bool": lambda t, x: t.linalg.vander(x.bool()),
    "index_reduce beyond the end": lambda t, x: x.index_reduce(0, t.tensor([3]), x[:1], "amax"),
    "index_reduce before the beginning": lambda t, x: x.index_reduce(0, t.tensor([-1]), x[:1], "mean"),
    "index_add along a dimension not there": lambda t, x: t.zeros(1, 1, 3).index_add(2, t.tensor([0]), x.view(1, 3)),
    "nanmedian of bool along a dimension not there": lambda t, x: x.bool().nanmedian(5),
    "a diagonal beyond 64 bits": lambda t, x: t.diag(x, -(2**63)),
    "amax of 65 dimensions": lambda t, x: t.amax(t.zeros([1] * 65), 0),
    "remainder of two numbers": lambda t, x: t.remainder(2, 3),
    "addcmul with a value beyond the dtype": lambda t, x: t.addcmul(*[t.ones(2, dtype=t.int32)] * 3, value=2**31),
    "tensor_split by a number of another dtype": lambda t, x: t.tensor_split(x, t.tensor(2, dtype=t.uint8)),
    "grid_sampler_3d of 0-d positions": lambda t, x: t.grid_sampler_3d(t.ones(1, 1, 2, 2, 2), t.ones(()), 0, 0, False),
    "aminmax of 65 dimensions": lambda t, x: t.aminmax(t.zeros([1] * 65), dim=0),
}


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call):
    with pytest.raises(Exception) as theirs:
        REFUSED[call](oracle, oracle.arange(3.0))
    with pytest.raises(theirs.type):
        REFUSED[call](tiny, tiny.arange(3.0))


def test_chunk_counts_without_overflow():
    for chunks in (2**62, 4, 3, 2):
        assert [part.tolist() for part in tiny.arange(3).chunk(chunks)] == [
            part.tolist() for part in oracle.arange(3).chunk(chunks)
        ]
    assert len(tiny.arange(3).chunk(2**63 - 1)) == 3  # PyTorch's own count overflows here


def test_steps_and_pieces_longer_than_all_dims():
    x, huge = tiny.arange(4), 2**63 - 1
    assert [part.tolist() for part in x.split(huge)] == [[0, 1, 2, 3]]
    assert x[1::huge].tolist() == list(range(4))[1::huge]
    assert x.reshape(2, 2)[:, ::huge].tolist() == [[0], [2]]
    assert [part.tolist() for part in x.expand(3, 4).split(2)] == [[[0, 1, 2, 3]] * 2, [[0, 1, 2, 3]]]
    assert [part.shape for part in x[:0].split(0)] == [(0,)]
