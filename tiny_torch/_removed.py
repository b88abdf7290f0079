"""Functions that PyTorch has removed: each raises RuntimeError and names what to use."""

__all__ = ["eig", "lstsq", "matrix_rank", "solve", "symeig"]


def _removed(name, advice):
    raise RuntimeError(
        f"This function was deprecated since version 1.9 and is now removed. torch.{name}(): use {advice}."
    )


def eig(input, eigenvectors=False):
    """Raises RuntimeError; `torch.linalg.eig` and `eigvals` took its place."""
    _removed("eig", "torch.linalg.eig or torch.linalg.eigvals, whose results are complex")


def lstsq(input, A):
    """Raises RuntimeError; `torch.linalg.lstsq` took its place."""
    _removed("lstsq", "torch.linalg.lstsq(A, B), which has its arguments the other way round")


def matrix_rank(input, tol=None, symmetric=False):
    """Raises RuntimeError; `torch.linalg.matrix_rank` took its place."""
    _removed("matrix_rank", "torch.linalg.matrix_rank, where `symmetric` is named `hermitian`")


def solve(input, A):
    """Raises RuntimeError; `torch.linalg.solve` took its place."""
    _removed("solve", "torch.linalg.solve(A, B), which has its arguments the other way round and gives no LU")


def symeig(input, eigenvectors=False, upper=True):
    """Raises RuntimeError; `torch.linalg.eigh` and `eigvalsh` took its place."""
    _removed("symeig", "torch.linalg.eigh or torch.linalg.eigvalsh, which read the lower triangle by default")
