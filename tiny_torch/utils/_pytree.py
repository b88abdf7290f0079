"""Nested containers as a list of leaves and a description of the rest; source: ``torch.utils._pytree``.

list, tuple, dict, namedtuple, OrderedDict, defaultdict, deque and the results of operators such as ``max`` are containers; classes
can join by `register_pytree_node`. Everything else, None too, is a leaf.
"""

from collections import OrderedDict, defaultdict, deque, namedtuple

__all__ = [
    "Context",
    "GetAttrKey",
    "LeafSpec",
    "MappingKey",
    "PyTree",
    "SequenceKey",
    "TreeSpec",
    "is_namedtuple",
    "is_namedtuple_class",
    "is_namedtuple_instance",
    "is_structseq",
    "is_structseq_class",
    "is_structseq_instance",
    "key_get",
    "keystr",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
]

PyTree = Context = object
_Node = namedtuple("_Node", "flatten unflatten flatten_with_keys")
_nodes = {}


class SequenceKey(namedtuple("SequenceKey", "idx")):
    """A place in a sequence."""

    def __str__(self):
        return f"[{self.idx!r}]"

    def get(self, sequence):
        """What is at this place."""
        return sequence[self.idx]


class MappingKey(namedtuple("MappingKey", "key")):
    """A key of a mapping."""

    def __str__(self):
        return f"[{self.key!r}]"

    def get(self, mapping):
        """What is under this key."""
        return mapping[self.key]


class GetAttrKey(namedtuple("GetAttrKey", "name")):
    """The name of an attribute."""

    def __str__(self):
        return f".{self.name}"

    def get(self, obj):
        """The attribute."""
        return getattr(obj, self.name)


def register_pytree_node(
    cls,
    flatten_fn,
    unflatten_fn,
    *,
    serialized_type_name=None,
    to_dumpable_context=None,
    from_dumpable_context=None,
    flatten_with_keys_fn=None,
):
    """Makes a class a container.

    Args:
        flatten_fn: ``obj -> (list of children, context)``.
        unflatten_fn: ``(children, context) -> obj``.
        flatten_with_keys_fn: ``obj -> (list of (key, child), context)``.

    Raises:
        ValueError: the class is registered already.
    """
    if cls in _nodes:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _nodes[cls] = _Node(flatten_fn, unflatten_fn, flatten_with_keys_fn)


_register_pytree_node = register_pytree_node


def is_namedtuple_class(cls):
    """Whether `cls` was made by collections.namedtuple or typing.NamedTuple, or derives from such a class."""
    fields = getattr(cls, "_fields", None)
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and isinstance(fields, tuple)
        and all(isinstance(field, str) for field in fields)
        and callable(getattr(cls, "_make", None))
    )


def is_namedtuple(obj):
    """Whether `obj` is a namedtuple, object or class."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_namedtuple_instance(obj):
    """Whether `obj` is an object of a namedtuple class."""
    return is_namedtuple_class(type(obj))


def is_structseq_class(cls):
    """Whether `cls` is a struct sequence, such as the result of ``torch.max(x, 0)``."""
    return (
        isinstance(cls, type)
        and cls.__bases__ == (tuple,)
        and all(
            isinstance(getattr(cls, name, None), int) for name in ("n_fields", "n_sequence_fields", "n_unnamed_fields")
        )
    )


def is_structseq(obj):
    """Whether `obj` is a struct sequence, object or class."""
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_instance(obj):
    """Whether `obj` is an object of a struct sequence class."""
    return is_structseq_class(type(obj))


def _sequence_keys(flatten):
    def flatten_with_keys(obj):
        children, context = flatten(obj)
        return [(SequenceKey(i), child) for i, child in enumerate(children)], context

    return flatten_with_keys


def _mapping_keys(flatten):
    def flatten_with_keys(obj):
        children, context = flatten(obj)
        return [(MappingKey(key), child) for key, child in zip(obj, children, strict=True)], context

    return flatten_with_keys


def _register_sequence(cls, flatten, unflatten):
    register_pytree_node(cls, flatten, unflatten, flatten_with_keys_fn=_sequence_keys(flatten))


def _register_mapping(cls, flatten, unflatten):
    register_pytree_node(cls, flatten, unflatten, flatten_with_keys_fn=_mapping_keys(flatten))


_register_sequence(list, lambda x: (x, None), lambda children, _: list(children))
_register_sequence(tuple, lambda x: (list(x), None), lambda children, _: tuple(children))
_register_sequence(deque, lambda x: (list(x), x.maxlen), lambda children, maxlen: deque(children, maxlen))
_register_mapping(
    dict, lambda x: (list(x.values()), list(x)), lambda children, keys: dict(zip(keys, children, strict=True))
)
_register_mapping(
    OrderedDict,
    lambda x: (list(x.values()), list(x)),
    lambda children, keys: OrderedDict(zip(keys, children, strict=True)),
)
_register_mapping(
    defaultdict,
    lambda x: (list(x.values()), [x.default_factory, list(x)]),
    lambda children, context: defaultdict(context[0], zip(context[1], children, strict=True)),
)


def _named_keys(obj):
    return [(GetAttrKey(name), getattr(obj, name)) for name in obj._fields], type(obj)


_named_tuple_node = _Node(lambda x: (list(x), type(x)), lambda children, cls: cls(*children), _named_keys)
_struct_sequence_node = _Node(
    lambda x: (list(x), type(x)), lambda children, cls: cls(children), _sequence_keys(lambda x: (list(x), type(x)))
)


def _node_of(obj):
    """(type that stands in the spec, node), or (type, None) for leaves."""
    cls = type(obj)
    node = _nodes.get(cls)
    if node is not None:
        return cls, node
    if isinstance(obj, tuple):
        if is_namedtuple_class(cls):
            return namedtuple, _named_tuple_node
        if is_structseq_class(cls):
            return cls, _struct_sequence_node
    return cls, None


class TreeSpec:
    """What is left of a tree without its leaves: type, context and the specs of the children."""

    def __init__(self, type, context, children_specs, node=None):
        self.type, self.context, self._node = type, context, node
        self._children = list(children_specs)
        self.num_children = len(self._children)
        self.num_nodes = 1 + sum(child.num_nodes for child in self._children)
        self.num_leaves = sum(child.num_leaves for child in self._children)

    @property
    def children_specs(self):
        """The specs of the children."""
        return self._children

    def children(self):
        """The specs of the children, in a new list."""
        return list(self._children)

    def child(self, index):
        """The spec of one child."""
        return self._children[index]

    def is_leaf(self):
        """Whether this stands for a leaf."""
        return False

    def _text(self, indent):
        head = f"TreeSpec({self.type.__name__}, {self.context}, ["
        pad = " " * (indent + 2)
        inner = [child._text(indent + 2) for child in self._children]
        return head + (",\n" + pad).join(inner) + "])"

    def __repr__(self):
        return self._text(0)

    def __eq__(self, other):
        return (
            isinstance(other, TreeSpec)
            and self.type is other.type
            and self.context == other.context
            and self._children == other._children
        )

    def __hash__(self):
        return hash((self.type, repr(self.context), tuple(self._children)))

    def unflatten(self, leaves):
        """The tree with these leaves."""
        return tree_unflatten(leaves, self)

    def _build(self, leaves):
        return self._node.unflatten([child._build(leaves) for child in self._children], self.context)

    def flatten_up_to(self, tree):
        """What stands in `tree`, which begins like this one, where this one has its leaves.

        Raises:
            ValueError: it does not.
        """
        found = []
        self._collect(tree, found)
        return found

    def _collect(self, tree, found):
        cls, node = _node_of(tree)
        mapping = self.type in (dict, OrderedDict, defaultdict) and cls in (dict, OrderedDict, defaultdict)
        if node is None or (cls is not self.type and not mapping):
            raise ValueError(f"Type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        children, context = node.flatten(tree)
        if len(children) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(children)}.")
        if mapping:
            keys = self.context[1] if self.type is defaultdict else self.context
            if set(keys) != set(tree):
                raise ValueError(
                    f"Node keys mismatch; missing key(s): {set(keys) - set(tree)}, extra: {set(tree) - set(keys)}."
                )
            children = [tree[key] for key in keys]
        elif context != self.context and self.type is not deque:
            raise ValueError(f"Node context mismatch for custom node type {self.type!r}.")
        for spec, child in zip(self._children, children, strict=True):
            spec._collect(child, found)


class LeafSpec(TreeSpec):
    """The place of a leaf."""

    def __init__(self):
        super().__init__(None, None, [])
        self.num_leaves = 1

    def is_leaf(self):
        return True

    def _text(self, indent):
        return "*"

    def _build(self, leaves):
        return next(leaves)

    def _collect(self, tree, found):
        found.append(tree)


_LEAF = LeafSpec()


def tree_is_leaf(tree, is_leaf=None):
    """Whether `tree` is no container."""
    return (is_leaf is not None and is_leaf(tree)) or _node_of(tree)[1] is None


def _flatten(tree, leaves, is_leaf):
    cls, node = _node_of(tree)
    if node is None or (is_leaf is not None and is_leaf(tree)):
        leaves.append(tree)
        return _LEAF
    children, context = node.flatten(tree)
    return TreeSpec(cls, context, [_flatten(child, leaves, is_leaf) for child in children], node)


def tree_flatten(tree, is_leaf=None):
    """(list of leaves, TreeSpec); `is_leaf(node)` can stop the descent."""
    leaves = []
    return leaves, _flatten(tree, leaves, is_leaf)


def tree_unflatten(leaves, treespec):
    """The tree that `tree_flatten` took apart.

    Raises:
        TypeError: `treespec` is no TreeSpec.
        ValueError: the number of leaves is not what it says.
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            f"tree_unflatten(leaves, treespec): Expected `treespec` to be instance of TreeSpec but got {type(treespec)}."
        )
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that holds "
            f"{treespec.num_leaves} items ({treespec})."
        )
    return treespec._build(iter(leaves))


def tree_iter(tree, is_leaf=None):
    """The leaves one after the other."""
    yield from tree_flatten(tree, is_leaf)[0]


def tree_leaves(tree, is_leaf=None):
    """The leaves as a list."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree, is_leaf=None):
    """The TreeSpec."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func, tree, *rests, is_leaf=None):
    """A tree of ``func(leaf, ...)``, with the leaves of `rests` in the same places as further arguments."""
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *(spec.flatten_up_to(rest) for rest in rests)]
    return spec.unflatten([func(*values) for values in zip(*columns, strict=True)])


def tree_map_(func, tree, *rests, is_leaf=None):
    """Calls `func` on the leaves for its effects; returns `tree`."""
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *(spec.flatten_up_to(rest) for rest in rests)]
    for values in zip(*columns, strict=True):
        func(*values)
    return tree


def _wanted(type_or_types_or_pred):
    if callable(type_or_types_or_pred) and not isinstance(type_or_types_or_pred, type):
        return type_or_types_or_pred
    return lambda leaf: isinstance(leaf, type_or_types_or_pred)


def map_only(type_or_types_or_pred, /):
    """Decorator: the function is applied to leaves of some types, or for which a predicate holds; others stay."""
    wanted = _wanted(type_or_types_or_pred)

    def decorate(func):
        return lambda leaf: func(leaf) if wanted(leaf) else leaf

    return decorate


def tree_map_only(type_or_types_or_pred, /, func, tree, is_leaf=None):
    """tree_map for the leaves of some types, or for which a predicate holds; others stay."""
    return tree_map(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_map_only_(type_or_types_or_pred, /, func, tree, is_leaf=None):
    """tree_map_ for the leaves of some types, or for which a predicate holds."""
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_all(pred, tree, is_leaf=None):
    """Whether `pred` holds for all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred, tree, is_leaf=None):
    """Whether `pred` holds for any leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types, /, pred, tree, is_leaf=None):
    """Whether `pred` holds for all leaves of some types."""
    return all(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def tree_any_only(type_or_types, /, pred, tree, is_leaf=None):
    """Whether `pred` holds for any leaf of some types."""
    return any(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


# ---- with paths ----


def _paths(tree, path, is_leaf):
    cls, node = _node_of(tree)
    if node is None or (is_leaf is not None and is_leaf(tree)):
        yield path, tree
        return
    if node.flatten_with_keys is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {cls}. Please pass one to register_pytree_node."
        )
    for key, child in node.flatten_with_keys(tree)[0]:
        yield from _paths(child, (*path, key), is_leaf)


def tree_leaves_with_path(tree, is_leaf=None):
    """A list of (path, leaf), where a path is a tuple of keys."""
    return list(_paths(tree, (), is_leaf))


def tree_flatten_with_path(tree, is_leaf=None):
    """(list of (path, leaf), TreeSpec)."""
    return tree_leaves_with_path(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_map_with_path(func, tree, *rests, is_leaf=None):
    """A tree of ``func(path, leaf, ...)``."""
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    columns = [[p for p, _ in pairs], [leaf for _, leaf in pairs], *(spec.flatten_up_to(rest) for rest in rests)]
    return spec.unflatten([func(*values) for values in zip(*columns, strict=True)])


def keystr(kp):
    """A path as text: ``"['a'][0].b"``."""
    return "".join(map(str, kp))


def key_get(obj, kp):
    """What is at a path."""
    for key in kp:
        obj = key.get(obj)
    return obj
