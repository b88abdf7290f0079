"""Wrong calls whose difference from PyTorch is known, each with its reason; everything else is a fault."""

import re

# (verdict, pattern of "call | text", reason)
KNOWN = [
    (
        "REFUSED",
        r"not implemented for 'Complex|complex input is not supported|complex dtype, got Complex",
        "complex numbers go through add, mul, mm and sum only; other operators name the dtype that they lack",
    ),
    (
        "CLASS",
        r"not implemented for 'Complex|complex dtype, got Complex",
        "the missing complex kernel is named before another fault of the call",
    ),
    (
        "REFUSED",
        r"batch_norm\(.*(should contain|expected (weight|bias|running_\w+) with)",
        "PyTorch reads a weight of another length, past its end",
    ),
    (
        "REFUSED",
        r"scaled_dot_product_attention\(.*Expected size for first two dimensions",
        "PyTorch ignores the rows of value that key does not have",
    ),
    (
        "REFUSED",
        r"expand\(v, w\).*expected sizes of at least -1",
        "PyTorch takes any negative size for -1 where the size is 1",
    ),
    (
        "REFUSED",
        r"conv.*Input type \(\w+\) and bias type \(\w+\) should be the same",
        "PyTorch lets the bias of conv(padding='same') have another dtype",
    ),
    (
        "REFUSED",
        r"expected reduction 0 \(none\), 1 \(mean\) or 2 \(sum\)",
        "PyTorch takes any other number for no reduction",
    ),
    (
        "DIFFERENT",
        r"_C\._nn\.\w+_loss",
        "without a reduction PyTorch's private bindings of losses reduce nothing",
    ),
    (
        "ACCEPTED|CLASS|REFUSED|DIFFERENT",
        r"9223372036854775808|18446744073709551615",
        "numbers that only an unsigned 64-bit integer holds travel as floats",
    ),
    (
        "CLASS|ACCEPTED",
        r"(_loss|_with_logits|binary_cross_entropy)\(.*can't be cast to the desired output type",
        "PyTorch's losses of two dtypes fail inside, by which of the two comes first",
    ),
    (
        "DIFFERENT",
        r"huber_loss\(",
        "the dtype of a loss of two dtypes is the promoted one, PyTorch's is the input's",
    ),
    (
        "ACCEPTED|CLASS",
        r"_copy\(.*out=\[",
        "the copying forms of views that give lists have no out=",
    ),
    ("REFUSED", r"(all|any)\(<[^<]*keepdim=", "all and any take keepdim only with dim"),
    (
        "CLASS",
        r"^(Tensor\.)?norm\(.*(valid string values|received an invalid combination|'layout')",
        "torch.norm, a Python function, names another of several faults first",
    ),
]


def reason(fault):
    """Why a fault is known, or None."""
    text = f"{fault['call']} | {fault['text']}"
    for verdict, pattern, why in KNOWN:
        if re.fullmatch(verdict, fault["verdict"]) and re.search(pattern, text, re.DOTALL):
            return why
    return None
