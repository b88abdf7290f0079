"""Schemas from the annotations of Python functions."""

import collections.abc
import inspect
import types
import typing

import tiny_torch as torch

_SCALARS = {
    torch.Tensor: "Tensor",
    int: "SymInt",
    float: "float",
    bool: "bool",
    str: "str",
    torch.dtype: "ScalarType",
    torch.device: "Device",
}
_NUMBER_UNIONS = ({int, float, bool}, {int, float}, {int, float, bool, complex})
_LIST_ELEMENTS = (torch.Tensor, int, float, bool)


def _members(annotation):
    """The types of a Union without None, and whether None is one of them."""
    origin = typing.get_origin(annotation)
    if origin is not typing.Union and origin is not getattr(types, "UnionType", None):
        return [annotation], False
    members = list(typing.get_args(annotation))
    optional = type(None) in members
    return [m for m in members if m is not type(None)], optional


def _parameter_type(annotation):
    members, optional = _members(annotation)
    mark = "?" if optional else ""
    if len(members) > 1:
        return "Scalar" + mark if set(members) in _NUMBER_UNIONS else None
    (one,) = members
    if one in _SCALARS:
        return _SCALARS[one] + mark
    if one is getattr(torch.types, "Number", None):
        return "Scalar" + mark
    origin, elements = typing.get_origin(one), typing.get_args(one)
    if origin not in (list, collections.abc.Sequence) or len(elements) != 1:
        return None
    inner, inner_optional = _members(elements[0])
    if len(inner) != 1:
        return f"Scalar[]{mark}" if set(inner) in _NUMBER_UNIONS else None
    if inner[0] not in _LIST_ELEMENTS:
        return None
    return f"{_SCALARS[inner[0]]}{'?' if inner_optional else ''}[]{mark}"


def _return_type(annotation):
    if annotation is None or annotation is type(None):
        return "()"
    if typing.get_origin(annotation) is tuple:
        return "(" + ", ".join(_one_return(a) for a in typing.get_args(annotation)) + ")"
    return _one_return(annotation)


def _one_return(annotation):
    if annotation in (torch.Tensor, int, float, bool):
        return _SCALARS[annotation]
    if typing.get_origin(annotation) is list and typing.get_args(annotation) == (torch.Tensor,):
        return "Tensor[]"
    members, _ = _members(annotation)
    if len(members) > 1 and set(members) in _NUMBER_UNIONS:
        return "Scalar"
    raise ValueError(
        f"infer_schema(func): Return has unsupported type {annotation}. Supported: Tensor, List[Tensor], int, float, "
        "bool, Number, and tuples of them"
    )


def _default_text(value, fail):
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, torch.dtype):
        raise fail(f"has the default {value}; give a dtype's default as None")
    raise fail(f"has a default of type {type(value).__name__}, which schemas cannot express")


def infer_schema(prototype_function, /, *, mutates_args, op_name=None, tags=()):
    """The schema that the annotations of a function describe, for example ``"(Tensor x, SymInt n=1) -> Tensor"``.

    Args:
        prototype_function: every parameter must be annotated; its body does not matter.
        mutates_args (iterable of str, or "unknown"): names of the tensors it changes; "unknown" means all.
        op_name (str): put before the schema.

    Raises:
        ValueError: a parameter or the result has no annotation, or one that has no form in a schema.
    """
    signature = inspect.signature(prototype_function)
    unknown = mutates_args == "unknown"
    if isinstance(mutates_args, str) and not unknown:
        raise ValueError("mutates_args must either be a sequence of the names of the mutated arguments or 'unknown'")
    annotations = typing.get_type_hints(prototype_function) if hasattr(prototype_function, "__annotations__") else {}
    parts, starred, seen = [], False, set()
    for number, (name, parameter) in enumerate(signature.parameters.items()):

        def fail(what, name=name):
            return ValueError(f"infer_schema(func): Parameter {name} {what}. Got func with signature {signature})")

        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise fail("must be an ordinary or a keyword-only parameter")
        if parameter.kind == parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        if name not in annotations:
            raise fail("must have a type annotation")
        text = _parameter_type(annotations[name])
        if text is None:
            raise fail(f"has unsupported type {annotations[name]}")
        if unknown or name in mutates_args:
            if not text.startswith("Tensor"):
                if not unknown:
                    raise fail("is in mutates_args but only Tensors or collections of Tensors can be mutated")
            else:
                text = f"Tensor(a{number}!){text[len('Tensor') :]}"
        seen.add(name)
        default = "" if parameter.default is parameter.empty else f"={_default_text(parameter.default, fail)}"
        parts.append(f"{text} {name}{default}")
    missing = set() if unknown else set(mutates_args) - seen
    if missing:
        raise ValueError(f"infer_schema(func): {sorted(missing)} in mutates_args were not found among the parameters")
    if "return" not in annotations and signature.return_annotation is signature.empty:
        raise ValueError(f"infer_schema(func): the result must have a type annotation. Got signature {signature}")
    returns = _return_type(annotations.get("return"))
    return f"{op_name or ''}({', '.join(parts)}) -> {returns}"
