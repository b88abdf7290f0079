"""torch.utils._pytree: the same leaves and descriptions as PyTorch's."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

import tiny_torch
from tiny_torch.utils import _pytree as pytree

Point = namedtuple("Point", "x y")
TREES = [
    1,
    None,
    [1, 2],
    (1, (2, [3])),
    {"b": 1, "a": [2, None]},
    OrderedDict(z=1, y=(2,)),
    Point(1, [2]),
    deque([1, 2], maxlen=3),
    defaultdict(list, a=[1]),
    [],
    {"a": {}, "b": ()},
]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_round_trip_and_likeness(tree):
    leaves, spec = pytree.tree_flatten(tree)
    assert pytree.tree_unflatten(leaves, spec) == tree and spec.num_leaves == len(leaves)
    assert spec == pytree.tree_structure(tree) and hash(spec) == hash(pytree.tree_structure(tree))
    oracle = pytest.importorskip("torch.utils._pytree", reason="PyTorch is the oracle of this test")
    their_leaves, their_spec = oracle.tree_flatten(tree)
    assert leaves == their_leaves and str(spec) == str(their_spec)
    mine = [(pytree.keystr(path), leaf) for path, leaf in pytree.tree_leaves_with_path(tree)]
    assert mine == [(oracle.keystr(path), leaf) for path, leaf in oracle.tree_leaves_with_path(tree)]


def test_maps():
    assert pytree.tree_map(lambda a, b: a + b, {"a": [1, 2]}, {"a": [10, 20]}) == {"a": [11, 22]}
    assert pytree.tree_map_only(int, lambda x: -x, [1, "a"]) == [-1, "a"]
    assert pytree.tree_all(lambda x: x > 0, [1, (2,)]) and pytree.tree_any(lambda x: x > 1, [1, (2,)])
    assert pytree.tree_map(lambda x: x, [(1, 2)], is_leaf=lambda x: isinstance(x, tuple)) == [(1, 2)]
    result = tiny_torch.max(tiny_torch.tensor([[1.0, 2.0]]), 1)
    mapped = pytree.tree_map(lambda t: t + 1, result)
    assert type(mapped) is type(result) and mapped.values.tolist() == [3.0]
    assert pytree.tree_map_with_path(lambda path, x: pytree.keystr(path), {"a": [1]}) == {"a": ["['a'][0]"]}


def test_registered_classes_and_errors():
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

    pytree.register_pytree_node(Pair, lambda p: ([p.a, p.b], None), lambda children, _: Pair(*children))
    doubled = pytree.tree_map(lambda x: 2 * x, [Pair(1, 2)])
    assert (doubled[0].a, doubled[0].b) == (2, 4)
    with pytest.raises(ValueError, match="already registered"):
        pytree.register_pytree_node(Pair, None, None)
    with pytest.raises(ValueError, match="has length 1 but"):
        pytree.tree_unflatten([1], pytree.tree_structure([1, 2]))
    with pytest.raises(ValueError, match="mismatch"):
        pytree.tree_map(lambda a, b: a, [1, 2], [1])
    with pytest.raises(TypeError):
        pytree.tree_unflatten([1], None)
