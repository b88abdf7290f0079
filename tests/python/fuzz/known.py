"""Wrong calls whose difference from PyTorch is known, each with its reason; everything else is a fault."""

import re

# (verdict, pattern of "call | text", reason)
KNOWN = [
    # ---- complex numbers: the operators that lack them name the dtype
    (
        "REFUSED|CLASS",
        r"not implemented for 'Complex|complex input is not supported|complex dtype, got Complex",
        "complex numbers go through add, mul, mm and sum only; other operators name the dtype that they lack",
    ),
    (
        "REFUSED|DIFFERENT",
        r"(linspace|logspace)\(.*(j\b|complex)",
        "complex numbers: linspace and logspace know real ends only",
    ),
    # ---- PyTorch reads or leaves memory that is not the result's
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
        r"grid_sampler\w*\(.*expected modes in",
        "PyTorch leaves the result as it was allocated where it does not know the mode",
    ),
    (
        "REFUSED",
        r"ctc_loss\(.*expected labels in",
        "PyTorch reads log probabilities at labels that there are not",
    ),
    (
        "REFUSED|DIFFERENT|CLASS",
        r"embedding_bag\(.*(expected (the last offset|offsets (that|of))|to be 1-D|'indices' to have one of|'\[1\]')",
        "which of the offsets PyTorch's embedding_bag looks at, and the shape of its second result, depends on the dtype",
    ),
    (
        "REFUSED",
        r"max_unpool\dd\(.*is out of bounds for dimension \d with size 0",
        "PyTorch looks at no index where the output has no elements",
    ),
    # ---- PyTorch's own faults
    (
        "REFUSED",
        r"(expand\(v, w\)|broadcast_to|expand).*(expected sizes of at least -1|isn't allowed in a leading)",
        "PyTorch takes any negative size for -1 where the size is 1, or where nothing is left",
    ),
    (
        "REFUSED",
        r"(repeat|tile)\(.*expected sizes of at least -1",
        "PyTorch repeats nothing a negative number of times",
    ),
    (
        "REFUSED",
        r"_adaptive_avg_pool\dd\(.*must be greater than or equal to 0",
        "PyTorch's private form gives a tensor with a negative size",
    ),
    (
        "REFUSED",
        r"conv.*Input type \(\w+\) and bias type \(\w+\) should be the same",
        "PyTorch lets the bias of conv(padding='same') have another dtype",
    ),
    (
        "REFUSED|CLASS",
        r"out=-?\d.*(argument 'out' must be Tensor, not int|out=int\))",
        "PyTorch makes a tensor of a number given as out= and loses the result with it",
    ),
    (
        "REFUSED",
        r"Tensor\.addbmm_\(.*doesn't match the broadcast shape",
        "PyTorch's addbmm_ gives self another shape",
    ),
    ("ACCEPTED", r"logsumexp\(.*\[\].*output with shape \[\]", "PyTorch's logsumexp fails over an empty list of dims"),
    ("ACCEPTED", r"kron\(.*view size is not compatible", "PyTorch's kron fails for operands in another order"),
    ("ACCEPTED", r"(var|std)\(.*std_var_all: Unsupported dtype", "PyTorch's var fails for half types and out="),
    ("CLASS", r"index_(copy|fill)_?\(.*setStorage: sizes", "PyTorch names a storage where an index is out of bounds"),
    (
        "REFUSED|CLASS",
        r"(lstm|gru|rnn_\w+)\(.*(expected (states|a 3-D input|data with|batch_sizes)|The expanded size of the tensor)",
        "PyTorch does not count the dims of inputs and states: it broadcasts them, or fails further inside",
    ),
    ("ACCEPTED", r"conv.*could not create a primitive", "PyTorch's oneDNN lacks a kernel for the processor"),
    ("CLASS", r"Could this error message be improved", "PyTorch's own check of its arguments, without a message"),
    # ---- numbers that are not offered
    (
        "ACCEPTED|CLASS|REFUSED|DIFFERENT",
        r"9223372036854775808|18446744073709551615",
        "numbers that only an unsigned 64-bit integer holds travel as floats",
    ),
    (
        "ACCEPTED|CLASS|REFUSED",
        r"_copy\(.*out=(\[|None)",
        "the copying forms of views that give lists have no out=",
    ),
]


def reason(fault):
    """Why a fault is known, or None."""
    text = f"{fault['call']} | {fault['text']}"
    for verdict, pattern, why in KNOWN:
        if re.fullmatch(verdict, fault["verdict"]) and re.search(pattern, text, re.DOTALL):
            return why
    return None
