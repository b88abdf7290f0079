"""Approximate decompositions of large matrices by random projections (Halko, Martinsson, Tropp, 2009)."""

from __future__ import annotations

import tiny_torch as torch

__all__ = ["get_approximate_basis", "svd_lowrank", "pca_lowrank"]


def get_approximate_basis(A, q, niter=2, M=None):
    """Orthonormal columns (..., m, q) whose span nearly holds that of A - M.

    Args:
        A: tensor (..., m, n).
        q: number of columns.
        niter: rounds of power iteration; each makes the span more exact.
        M: what is subtracted from A, broadcast to its shape.
    """
    a = A if M is None else A - M
    start = torch.randn(a.shape[-1], q, dtype=a.dtype, device=a.device)
    basis = torch.linalg.qr(a @ start)[0]
    for _ in range(niter or 0):
        basis = torch.linalg.qr(a.mH @ basis)[0]
        basis = torch.linalg.qr(a @ basis)[0]
    return basis


def svd_lowrank(A, q=6, niter=2, M=None):
    """The q largest singular values of A - M with their vectors, A - M ~ U diag(S) V^H.

    Returns:
        U (..., m, q), S (..., q), V (..., n, q), with q at most min(m, n).
    """
    q = 6 if q is None else q
    rows, columns = A.shape[-2:]
    wide = rows < columns
    a = A if M is None else A - M
    if wide:
        a = a.mH
    basis = get_approximate_basis(a, q, niter=niter)
    u, s, vh = torch.linalg.svd(basis.mH @ a, full_matrices=False)
    u, v = basis @ u, vh.mH
    return (v, s, u) if wide else (u, s, v)


def pca_lowrank(A, q=None, center=True, niter=2):
    """Principal components: :func:`svd_lowrank` of A with the mean of its columns (`center`) taken out.

    Raises:
        ValueError: a q outside [0, min(m, n)], a negative niter.
    """
    rows, columns = A.shape[-2:]
    q = min(6, rows, columns) if q is None else q
    if not 0 <= q <= min(rows, columns):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(rows, columns)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(dim=-2, keepdim=True) if center else A, q, niter=niter)
