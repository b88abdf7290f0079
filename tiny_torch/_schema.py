"""What an operator's schema says about its arguments and results; source: ``torch._C.FunctionSchema``."""

from tiny_torch import _C

_KINDS = {
    "int": "IntType",
    "SymInt": "SymIntType",
    "float": "FloatType",
    "bool": "BoolType",
    "str": "StringType",
    "Scalar": "NumberType",
    "Tensor": "TensorType",
    "Device": "DeviceObjType",
    "Generator": "GeneratorType",
    "Any": "AnyType",
}


class SchemaType:
    """The type of one argument or result."""

    def __init__(self, base, is_list, element_optional, list_size, is_optional):
        self.base, self.is_list, self.is_optional = base, is_list, is_optional
        self.element_optional, self.list_size = element_optional, list_size

    def kind(self):
        """``'TensorType'``, ``'ListType'``, ``'OptionalType'``, ..."""
        if self.is_optional:
            return "OptionalType"
        return "ListType" if self.is_list else _KINDS.get(self.base, "IntType")

    def getElementType(self):  # noqa: N802 (PyTorch's name)
        """What a list or an optional holds."""
        if self.is_optional:
            return SchemaType(self.base, self.is_list, self.element_optional, self.list_size, False)
        if not self.is_list:
            raise RuntimeError(f"{self} has no element type")
        return SchemaType(self.base, False, False, -1, self.element_optional)

    def __str__(self):
        if self.is_optional:
            return f"Optional[{self.getElementType()}]"
        if self.is_list:
            return f"List[{self.getElementType()}]"
        return "number" if self.base == "Scalar" else self.base

    __repr__ = __str__

    def __eq__(self, other):
        return isinstance(other, SchemaType) and str(self) == str(other)

    def __hash__(self):
        return hash(str(self))


class AliasInfo:
    """Which memory an argument shares with others, and whether it is written to."""

    def __init__(self, name, is_write):
        self.is_write = is_write
        self.before_set = {f"alias::{name}" if name else "alias::*"}
        self.after_set = set(self.before_set)


class Argument:
    """One argument or result: name, type, default_value, kwarg_only, alias_info."""

    def __init__(self, name, type_parts, default, kwarg_only, alias):
        self.name, self.kwarg_only = name, kwarg_only
        self.type = self.real_type = SchemaType(*type_parts)
        self.N = self.type.list_size if self.type.list_size > 0 else None
        self._has_default = default is not ...
        self.default_value = default if self._has_default else None
        self.alias_info = None if alias is None else AliasInfo(*alias)

    def has_default_value(self):
        """Whether the argument may be left out."""
        return self._has_default

    @property
    def is_write(self):
        """Whether the operator changes this argument."""
        return self.alias_info is not None and self.alias_info.is_write

    @property
    def is_out(self):
        """Whether the argument receives a result, as ``out=`` does."""
        return self.kwarg_only and self.is_write


class FunctionSchema:
    """Name, overload_name, arguments and returns of an operator; `str` gives the text it was made from."""

    def __init__(self, parts):
        self.name, self.overload_name, arguments, returns, self._text = parts
        self.arguments = [Argument(*a) for a in arguments]
        self.returns = [Argument(*r) for r in returns]

    @property
    def is_mutable(self):
        """Whether any argument is written to."""
        return any(a.is_write for a in self.arguments)

    def __str__(self):
        return self._text

    __repr__ = __str__

    def __eq__(self, other):
        return isinstance(other, FunctionSchema) and self._text == other._text

    def __hash__(self):
        return hash(self._text)


def parse_schema(text):
    """The schema written as ``"ns::name.overload(Tensor x, int n=1) -> Tensor"``.

    Raises:
        RuntimeError: the text is no schema; the message says where.
    """
    return FunctionSchema(_C._parse_schema_text(text))
