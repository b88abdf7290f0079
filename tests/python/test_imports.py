"""Names that programs import from PyTorch's modules exist here under the same path."""

import importlib
import pickle
import subprocess
import sys

import pytest

import tiny_torch

# Module -> names that programs take from it.
NAMES = {
    "": "Tensor nn optim utils autograd cuda backends version float32 no_grad manual_seed compiler testing multiprocessing",
    "accelerator": "is_available current_accelerator device_count",
    "amp": "autocast GradScaler custom_fwd custom_bwd",
    "autograd": "Variable Function grad backward gradcheck gradgradcheck detect_anomaly set_detect_anomaly",
    "autograd.function": "Function FunctionCtx InplaceFunction once_differentiable",
    "autograd.functional": "jacobian hessian vjp jvp hvp vhp",
    "autograd.graph": "saved_tensors_hooks save_on_cpu Node GradientEdge get_gradient_edge",
    "autograd.variable": "Variable",
    "cuda.amp": "autocast GradScaler custom_fwd custom_bwd",
    "distributed": "is_available",
    "func": "functional_call stack_module_state",
    "hub": "load load_state_dict_from_url download_url_to_file get_dir set_dir",
    "linalg": "norm inv solve qr svd eigh LinAlgError",
    "multiprocessing": "Process Queue spawn set_start_method get_context",
    "nn": "Module Parameter Sequential ModuleList ModuleDict ParameterList DataParallel functional init utils parallel",
    "nn.common_types": "_size_1_t _size_2_t _size_3_t _size_any_t _ratio_2_t _size_2_opt_t",
    "nn.functional": "relu cross_entropy scaled_dot_product_attention interpolate pad one_hot grid_sample",
    "nn.grad": "conv1d_input conv1d_weight conv2d_input conv2d_weight conv3d_input conv3d_weight",
    "nn.init": "xavier_uniform_ kaiming_normal_ trunc_normal_ orthogonal_ calculate_gain _calculate_fan_in_and_fan_out",
    "nn.modules.batchnorm": "_BatchNorm _NormBase BatchNorm2d",
    "nn.modules.conv": "_ConvNd Conv2d _ConvTransposeNd",
    "nn.modules.loss": "_Loss _WeightedLoss CrossEntropyLoss",
    "nn.modules.module": "Module _IncompatibleKeys register_module_forward_hook",
    "nn.modules.utils": "_single _pair _triple _quadruple _ntuple",
    "nn.parallel": "DataParallel data_parallel",
    "nn.parameter": "Parameter Buffer UninitializedParameter UninitializedBuffer",
    "nn.utils": "clip_grad_norm_ clip_grad_value_ parameters_to_vector vector_to_parameters weight_norm spectral_norm rnn",
    "nn.utils.clip_grad": "clip_grad_norm_ clip_grad_value_",
    "nn.utils.fusion": "fuse_conv_bn_eval fuse_linear_bn_eval",
    "nn.utils.parametrizations": "orthogonal spectral_norm weight_norm",
    "nn.utils.parametrize": "register_parametrization remove_parametrizations is_parametrized cached",
    "nn.utils.prune": "l1_unstructured random_unstructured ln_structured global_unstructured remove BasePruningMethod",
    "nn.utils.rnn": "pad_sequence pack_padded_sequence pad_packed_sequence pack_sequence unpad_sequence PackedSequence",
    "nn.utils.stateless": "functional_call",
    "optim": "Optimizer SGD Adam AdamW Adagrad RMSprop Adadelta Adamax NAdam RAdam ASGD Rprop LBFGS SparseAdam lr_scheduler",
    "optim.lr_scheduler": "_LRScheduler LRScheduler StepLR MultiStepLR LambdaLR CosineAnnealingLR OneCycleLR CyclicLR "
    "ReduceLROnPlateau ExponentialLR CosineAnnealingWarmRestarts SequentialLR ChainedScheduler LinearLR ConstantLR PolynomialLR "
    "MultiplicativeLR",
    "optim.optimizer": "Optimizer required",
    "optim.swa_utils": "AveragedModel SWALR update_bn get_ema_multi_avg_fn",
    "overrides": "has_torch_function handle_torch_function TorchFunctionMode",
    "return_types": "max min topk sort linalg_eigh linalg_svd all_return_types",
    "serialization": "add_safe_globals safe_globals register_package",
    "special": "expit logit gammaln i0 erfinv",
    "testing": "assert_close make_tensor",
    "types": "Number Device",
    "utils": "data checkpoint hooks dlpack cmake_prefix_path",
    "utils.checkpoint": "checkpoint checkpoint_sequential",
    "utils.data": "Dataset DataLoader IterableDataset TensorDataset Subset ConcatDataset ChainDataset StackDataset random_split "
    "Sampler SequentialSampler RandomSampler SubsetRandomSampler WeightedRandomSampler BatchSampler DistributedSampler "
    "default_collate default_convert get_worker_info",
    "utils.data._utils.collate": "default_collate default_convert",
    "utils.data.dataloader": "DataLoader default_collate",
    "utils.data.dataset": "Dataset IterableDataset TensorDataset Subset random_split",
    "utils.data.distributed": "DistributedSampler",
    "utils.data.sampler": "Sampler BatchSampler RandomSampler SubsetRandomSampler",
    "utils.dlpack": "from_dlpack to_dlpack",
    "utils.hooks": "RemovableHandle",
    "utils.model_zoo": "load_url",
}


@pytest.mark.parametrize("module", NAMES)
def test_names(module):
    found = importlib.import_module(".".join(filter(None, ["tiny_torch", module])))
    missing = [name for name in NAMES[module].split() if not hasattr(found, name)]
    assert missing == []
    oracle = pytest.importorskip("torch", reason="PyTorch says whether the names exist")
    theirs = importlib.import_module(".".join(filter(None, [oracle.__name__, module])))
    assert [name for name in NAMES[module].split() if not hasattr(theirs, name)] == []


def test_modules_are_reached_as_attributes():
    """After ``import tiny_torch`` alone, what PyTorch's first import brings as well."""
    names = [module for module in NAMES if module]
    code = f"import tiny_torch\nfor name in {names!r}:\n    eval('tiny_torch.' + name)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_lazy_modules_exist():
    for name in tiny_torch._LAZY:
        assert getattr(tiny_torch, name) is importlib.import_module(f"tiny_torch.{name}")
    for name in tiny_torch._LAZY_NAMES:
        assert getattr(tiny_torch, name) is not None
    for name in ("no_such_module", "jit_", "nn_"):
        assert not hasattr(tiny_torch, name)
    assert not hasattr(tiny_torch.autograd, "no_such_module") and not hasattr(tiny_torch.nn, "no_such_module")


def test_return_types():
    oracle = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    torch = tiny_torch
    result = torch.ones(2, 3).max(0)
    assert isinstance(result, torch.return_types.max) and result.__match_args__ == ("values", "indices")
    for name in torch.return_types.__all__:
        if name[0] != "_" and name != "all_return_types" and hasattr(oracle.return_types, name):
            mine, theirs = (getattr(library.return_types, name) for library in (torch, oracle))
            assert mine.__match_args__ == theirs.__match_args__, name
    assert {"median", "mode", "kthvalue", "linalg_slogdet", "frexp", "cummax"} <= set(torch.return_types.__all__)


def test_results_with_names_are_pickled():
    code = """if True:
        import pickle, sys
        import tiny_torch as torch
        early = torch.ones(2, 3).max(0)
        if sys.argv[1:] == ["alias"]:
            torch.install_as_torch()
        for result in (early, torch.ones(2, 3).sort(), torch.linalg.slogdet(torch.eye(2))):
            data = pickle.dumps(result)
            assert (b"tiny_torch" in data) is (sys.argv[1:] == []), data
            again = pickle.loads(data)
            assert type(again) is type(result) and torch.equal(again[0], result[0])
        sys.stdout.buffer.write(data)
    """
    for arguments in ([], ["alias"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    assert (
        pickle.loads(
            subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=True).stdout
        ).logabsdet
        == 0
    )


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_gradients_of_convolutions_as_functions(dims):
    torch, nn = tiny_torch, tiny_torch.nn
    torch.manual_seed(0)
    x = torch.randn(2, 4, *[6, 5, 7][:dims], dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, 2, *[3, 2, 3][:dims], dtype=torch.float64, requires_grad=True)
    options = {"stride": 2, "padding": (1,) * dims, "dilation": 1, "groups": 2}
    y = getattr(nn.functional, f"conv{dims}d")(x, weight, **options)
    grad = torch.randn_like(y)
    expected = torch.autograd.grad(y, (x, weight), grad)
    mine = (
        getattr(nn.grad, f"conv{dims}d_input")(x.shape, weight, grad, **options),
        getattr(nn.grad, f"conv{dims}d_weight")(x, weight.shape, grad, **options),
    )
    for a, b in zip(mine, expected):
        torch.testing.assert_close(a, b)


def test_states_of_several_modules_are_stacked():
    torch = tiny_torch
    models = [torch.nn.BatchNorm1d(3) for _ in range(2)]
    parameters, buffers = torch.func.stack_module_state(models)
    assert {n: tuple(p.shape) for n, p in parameters.items()} == {"weight": (2, 3), "bias": (2, 3)}
    assert all(p.is_leaf and p.requires_grad for p in parameters.values())
    assert buffers["num_batches_tracked"].tolist() == [0, 0] and not buffers["running_mean"].requires_grad
    x = torch.randn(4, 3)
    second = {n: t[1] for n, t in (parameters | buffers).items()}
    assert torch.equal(torch.func.functional_call(models[0], second, x), models[1](x))
    for wrong in ([], [models[0], torch.nn.Linear(1, 1)], [models[0], torch.nn.BatchNorm1d(3).eval()]):
        with pytest.raises(RuntimeError, match="stack_module_state: Expected"):
            torch.func.stack_module_state(wrong)


def test_variables_of_old_programs():
    torch = tiny_torch
    x = torch.ones(2)
    with pytest.warns(UserWarning, match="volatile was removed"):
        assert torch.autograd.Variable(x, volatile=True).data_ptr() == x.data_ptr()
    assert torch.autograd.Variable(data=x, requires_grad=True).requires_grad
    assert torch.autograd.Variable().shape == (0,) and isinstance(x, torch.autograd.Variable)
