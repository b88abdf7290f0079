"""Recurrent layers and their cells."""

from __future__ import annotations

import math
import numbers
import warnings
import weakref

import tiny_torch as torch
from tiny_torch.nn import init
from tiny_torch.nn.modules.module import Module
from tiny_torch.nn.parameter import Parameter
from tiny_torch.nn.utils.rnn import PackedSequence

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

_VF = torch._C._VariableFunctions
# Rows of a weight per unit: the gates of each kind of layer.
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def apply_permutation(tensor, permutation, dim: int = 1):
    """`tensor` with its entries along `dim` in another order."""
    return tensor.index_select(dim, permutation)


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` share: weights, checks, packed sequences.

    Args:
        mode: ``"LSTM"``, ``"GRU"``, ``"RNN_TANH"`` or ``"RNN_RELU"``.
        input_size: features of one step of the input.
        hidden_size: features of the hidden state.
        num_layers: layers one above the other.
        bias: add learned biases.
        batch_first: batches are (B, T, features) instead of (T, B, features).
        dropout: probability of dropout between the layers.
        bidirectional: read the sequence in both directions and join the results.
        proj_size: LSTM only: project the hidden state to this size.

    Layer k has `weight_ih_lk`, `weight_hh_lk`, `bias_ih_lk`, `bias_hh_lk` (with projections `weight_hr_lk`), the
    backward direction the same with ``_reverse``; all start uniform on [-s, s] with ``s = 1 / sqrt(hidden_size)``.
    """

    __constants__ = [
        "mode",
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    ]
    __jit_unused_properties__ = ["all_weights"]

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self._flat_weight_refs = []
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout) if isinstance(dropout, numbers.Number) else dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_arguments(dropout)
        self._make_weights(device, dtype)
        self._init_flat_weights()
        self.reset_parameters()

    def _check_arguments(self, dropout) -> None:
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        for name, kind in (("input_size", int), ("hidden_size", int), ("bias", bool), ("batch_first", bool)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        for name in ("input_size", "hidden_size"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    def _make_weights(self, device, dtype) -> None:
        rows = _GATES[self.mode] * self.hidden_size
        state_size = self.proj_size or self.hidden_size
        directions = ["", "_reverse"] if self.bidirectional else [""]
        self._flat_weights_names = []
        self._all_weights = []
        for layer in range(self.num_layers):
            in_size = self.input_size if layer == 0 else state_size * len(directions)
            shapes = {"weight_ih": (rows, in_size), "weight_hh": (rows, state_size)}
            if self.bias:
                shapes.update(bias_ih=(rows,), bias_hh=(rows,))
            if self.proj_size:
                shapes["weight_hr"] = (self.proj_size, self.hidden_size)
            for suffix in directions:
                names = [f"{kind}_l{layer}{suffix}" for kind in shapes]
                for name, shape in zip(names, shapes.values()):
                    setattr(self, name, Parameter(torch.empty(shape, device=device, dtype=dtype)))
                self._flat_weights_names += names
                self._all_weights.append(names)

    # ---- the flat list of weights that the operators take -------------------------------------------------------

    def _init_flat_weights(self) -> None:
        self._flat_weights = [getattr(self, name, None) for name in self._flat_weights_names]
        self._flat_weight_refs = [None if w is None else weakref.ref(w) for w in self._flat_weights]
        self.flatten_parameters()

    def __setattr__(self, attr, value) -> None:
        names = self.__dict__.get("_flat_weights_names")
        if names is not None and attr in names and "_flat_weights" in self.__dict__:
            self._flat_weights[names.index(attr)] = value
        super().__setattr__(attr, value)

    def flatten_parameters(self) -> None:
        """Joins the weights in one block of memory where a GPU library wants that; nothing to do on the CPU."""

    def _weights_have_changed(self) -> bool:
        """Whether some weight is another object than when the flat list was made."""
        return any(
            ref is not None and ref() is not getattr(self, name, None)
            for name, ref in zip(self._flat_weights_names, self._flat_weight_refs)
        )

    def _update_flat_weights(self) -> None:
        if self._weights_have_changed():
            self._init_flat_weights()

    def _apply(self, fn, recurse=True):
        self._flat_weight_refs = []
        result = super()._apply(fn, recurse)
        self._init_flat_weights()
        return result

    def __getstate__(self):
        state = self.__dict__.copy()
        # References do not pickle, and __setstate__ finds the weights by name.
        state.pop("_flat_weight_refs", None)
        state.pop("_flat_weights", None)
        return state

    def __setstate__(self, state) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("proj_size", 0)
        if "all_weights" in state:
            self._all_weights = self.__dict__.pop("all_weights")
        if self._all_weights and not isinstance(self._all_weights[0][0], str):
            raise RuntimeError(f"{type(self).__name__}: cannot restore a state that old")
        self._flat_weights_names = [name for names in self._all_weights for name in names]
        self._init_flat_weights()

    @property
    def all_weights(self) -> list:
        """The weights of each layer and direction, a list of lists."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def reset_parameters(self) -> None:
        """Draws new starting values."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    # ---- checks ------------------------------------------------------------------------------------------------

    def check_input(self, input, batch_sizes) -> None:
        """Raises unless `input` has the dtype, dimensions and features that the layer takes."""
        weight = self._flat_weights[0]
        if input.dtype != weight.dtype and not torch.is_autocast_enabled(input.device.type):
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        wanted = 2 if batch_sizes is not None else 3
        if input.dim() != wanted:
            raise RuntimeError(f"input must have {wanted} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _expected_state_size(self, input, batch_sizes, features) -> tuple:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0) if self.batch_first else input.size(1)
        return self.num_layers * (2 if self.bidirectional else 1), batch, features

    def get_expected_hidden_size(self, input, batch_sizes) -> tuple:
        """(layers * directions, batch, features) of the hidden state that goes with `input`."""
        return self._expected_state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(self, hx, expected_hidden_size, msg: str = "Expected hidden size {}, got {}") -> None:
        """Raises RuntimeError unless `hx` has the expected size."""
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input, hidden, batch_sizes) -> None:
        """Raises unless `input` and the state fit the layer and each other."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx, permutation):
        """The state in another order of the batch."""
        return hx if permutation is None else apply_permutation(hx, permutation)

    # ---- the call ----------------------------------------------------------------------------------------------

    def _run(self, operator, input, hx, new_state, check_dims, map_state):
        """Brings any form of input to batches, runs `operator` and brings its results back to that form."""
        self._update_flat_weights()
        batch_sizes = sorted_indices = unsorted_indices = None
        packed = isinstance(input, PackedSequence)
        batched = True
        if packed:
            input, batch_sizes, sorted_indices, unsorted_indices = input
        else:
            if input.dim() not in (2, 3):
                noun = "" if self.mode in ("LSTM", "GRU") else " tensor"
                raise ValueError(
                    f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D{noun} instead"
                )
            batched = input.dim() == 3
            if not batched:
                input = input.unsqueeze(0 if self.batch_first else 1)
        if hx is None:
            hx = new_state(input, batch_sizes)
        else:
            if not packed:
                check_dims(hx, batched)
            if not batched:
                hx = map_state(lambda state: state.unsqueeze(1), hx)
            # The caller's state is in the order of his sequences.
            hx = self.permute_hidden(hx, sorted_indices)
        self.check_forward_args(input, hx, batch_sizes)
        options = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        if packed:
            output, *state = operator(input, batch_sizes, hx, self._flat_weights, *options)
            output = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
        else:
            output, *state = operator(input, hx, self._flat_weights, *options, self.batch_first)
        state = tuple(state) if len(state) > 1 else state[0]
        if not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            return output, map_state(lambda part: part.squeeze(1), state)
        return output, self.permute_hidden(state, unsorted_indices)

    def _zero_state(self, input, batch_sizes, features=None):
        size = self._expected_state_size(input, batch_sizes, features or self.proj_size or self.hidden_size)
        return torch.zeros(size, dtype=input.dtype, device=input.device)

    @staticmethod
    def _check_state_dims(hx, batched) -> None:
        if batched and hx.dim() != 3:
            raise RuntimeError(f"For batched 3-D input, hx should also be 3-D but got {hx.dim()}-D tensor")
        if not batched and hx.dim() != 2:
            raise RuntimeError(f"For unbatched 2-D input, hx should also be 2-D but got {hx.dim()}-D tensor")

    def extra_repr(self) -> str:
        fields = [f"{self.input_size}", f"{self.hidden_size}"]
        for name, default in (
            ("proj_size", 0),
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0),
            ("bidirectional", False),
        ):
            value = getattr(self, name)
            if value != default:
                fields.append(f"{name}={value}")
        return ", ".join(fields)


def _single_state(function, state):
    return function(state)


class RNN(RNNBase):
    """The simple recurrent network ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

    `nonlinearity` may be ``"relu"`` as well; the other arguments are those of `RNNBase`. Called with an input
    (T, B, input_size), (T, input_size) or packed, and optionally a state (layers, B, hidden_size), it gives the
    last layer's states at all steps and all layers' last states.
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__("RNN_TANH" if self.nonlinearity == "tanh" else "RNN_RELU", *args, **kwargs)

    def forward(self, input, hx=None):
        operator = _VF.rnn_tanh if self.mode == "RNN_TANH" else _VF.rnn_relu
        return self._run(operator, input, hx, self._zero_state, self._check_state_dims, _single_state)


class GRU(RNNBase):
    """Gated recurrent units (Cho et al., 2014); called as `RNN` is, with the arguments of `RNNBase`."""

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input, hx=None):
        return self._run(_VF.gru, input, hx, self._zero_state, self._check_state_dims, _single_state)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997); called as `RNN` is, with the arguments of `RNNBase`.

    The state is a pair: hidden states (layers, B, proj_size or hidden_size) and cells (layers, B, hidden_size).

    Examples:
        >>> layer = nn.LSTM(input_size=3, hidden_size=5, num_layers=2, batch_first=True)
        >>> output, (hidden, cells) = layer(torch.zeros(4, 7, 3))
        >>> output.shape, hidden.shape, cells.shape
        (torch.Size([4, 7, 5]), torch.Size([2, 4, 5]), torch.Size([2, 4, 5]))
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input, batch_sizes) -> tuple:
        """(layers * directions, batch, hidden_size)."""
        return self._expected_state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input, hidden, batch_sizes) -> None:
        """Raises unless `input` and both states fit the layer and each other."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(
            hidden[0], self.get_expected_hidden_size(input, batch_sizes), "Expected hidden[0] size {}, got {}"
        )
        self.check_hidden_size(
            hidden[1], self.get_expected_cell_size(input, batch_sizes), "Expected hidden[1] size {}, got {}"
        )

    def permute_hidden(self, hx, permutation):
        """Both states in another order of the batch."""
        return hx if permutation is None else tuple(apply_permutation(state, permutation) for state in hx)

    def _zero_states(self, input, batch_sizes):
        return self._zero_state(input, batch_sizes), self._zero_state(input, batch_sizes, self.hidden_size)

    @staticmethod
    def _check_state_dims(hx, batched) -> None:
        dims = tuple(state.dim() for state in hx)
        wanted, kind = (3, "batched 3-D") if batched else (2, "unbatched 2-D")
        if dims != (wanted, wanted):
            raise RuntimeError(
                f"For {kind} input, hx and cx should also be {wanted}-D but got ({dims[0]}-D, {dims[1]}-D) tensors"
            )

    def forward(self, input, hx=None):
        def both(function, states):
            return tuple(function(state) for state in states)

        return self._run(_VF.lstm, input, hx, self._zero_states, self._check_state_dims, both)


class RNNCellBase(Module):
    """What the cells share: weights, checks, unbatched input."""

    __constants__ = ["input_size", "hidden_size", "bias"]

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(torch.empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(torch.empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            empty = Parameter(torch.empty(rows, device=device, dtype=dtype)) if bias else None
            self.register_parameter(name, empty)
        self.reset_parameters()

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        nonlinearity = self.__dict__.get("nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else text + f", nonlinearity={nonlinearity}"

    def reset_parameters(self) -> None:
        """Draws new starting values, uniform on [-s, s] with ``s = 1 / sqrt(hidden_size)``."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check_input(self, input) -> None:
        if input.dim() not in (1, 2):
            raise ValueError(f"{type(self).__name__}: Expected input to be 1D or 2D, got {input.dim()}D instead")

    def _step(self, operator, input, hx):
        """One step of a cell with a single state."""
        self._check_input(input)
        if hx is not None and hx.dim() not in (1, 2):
            raise ValueError(f"{type(self).__name__}: Expected hidden to be 1D or 2D, got {hx.dim()}D instead")
        batched = input.dim() == 2
        input = input if batched else input.unsqueeze(0)
        if hx is None:
            hx = torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
        else:
            hx = hx if batched else hx.unsqueeze(0)
        result = operator(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return result if batched else result.squeeze(0)


class RNNCell(RNNCellBase):
    """One step of `RNN`: (B, input_size) and a state (B, hidden_size), or both without B, to the next state."""

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device=None,
        dtype=None,
    ):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            self._check_input(input)
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(_VF.rnn_tanh_cell if self.nonlinearity == "tanh" else _VF.rnn_relu_cell, input, hx)


class GRUCell(RNNCellBase):
    """One step of `GRU`; called as `RNNCell` is."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        return self._step(_VF.gru_cell, input, hx)


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: an input and a pair (hidden state, cell) to the next pair."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        self._check_input(input)
        for number, state in enumerate(hx or ()):
            if state.dim() not in (1, 2):
                raise ValueError(f"LSTMCell: Expected hx[{number}] to be 1D or 2D, got {state.dim()}D instead")
        batched = input.dim() == 2
        input = input if batched else input.unsqueeze(0)
        if hx is None:
            zeros = torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            hx = (zeros, zeros)
        elif not batched:
            hx = tuple(state.unsqueeze(0) for state in hx)
        result = _VF.lstm_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return tuple(result) if batched else tuple(state.squeeze(0) for state in result)
