// Triangular, LU, Cholesky and L D L^T factors and what is solved with them.
#include <cmath>

#include "aten/lapack/routine.h"
#include "aten/native/linalg_stub.h"

namespace tiny_torch::lapack {

int checked_int(int64_t n) {
  TORCH_CHECK(n <= 0x7fffffff, "linalg: expected matrices of at most 2^31 - 1 rows and columns, got ", n);
  return static_cast<int>(n);
}

int64_t batch_count(const TensorBase& t, int64_t matrix_dims) {
  return checked_numel(t.sizes().slice(0, static_cast<size_t>(t.dim() - matrix_dims)));
}

namespace {

double cube(int n) { return static_cast<double>(n) * n * n; }

void cholesky_kernel(const TensorBase& a, const TensorBase& info, bool upper) {
  dispatch(a.scalar_type(), "linalg_cholesky", [&](auto tag) {
    using T = decltype(tag);
    const auto m = matrices<T>(a);
    int* verdict = info.mutable_data_ptr<int>();
    const Routine<T> potrf("potrf");
    for_batch(batch_count(a), cube(m.rows) / 3, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        T* x = m[b];
        potrf(upper ? "U" : "L", &m.rows, x, &m.lead, verdict + b, kLength);
        for (int64_t j = 0; j < m.columns; ++j) {
          T* column = x + j * m.rows;
          if (upper) {
            std::fill(column + j + 1, column + m.rows, T(0));
          } else {
            std::fill(column, column + j, T(0));
          }
        }
      }
    });
  });
}

void lu_factor_kernel(const TensorBase& a, const TensorBase& pivots, const TensorBase& info) {
  dispatch(a.scalar_type(), "linalg_lu_factor", [&](auto tag) {
    using T = decltype(tag);
    const auto m = matrices<T>(a);
    const int64_t k = std::min(m.rows, m.columns);
    int *verdict = info.mutable_data_ptr<int>(), *order = pivots.mutable_data_ptr<int>();
    const Routine<T> getrf("getrf");
    for_batch(batch_count(a), cube(std::max(m.rows, m.columns)), [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        getrf(&m.rows, &m.columns, m[b], &m.lead, order + b * k, verdict + b);
      }
    });
  });
}

void check_pivots(const int* pivots, int64_t count, int64_t n) {
  for (int64_t i = 0; i < count; ++i) {
    TORCH_CHECK(pivots[i] >= 1 && pivots[i] <= n, "linalg.lu_solve: expected pivots in [1, ", n, "], got ", pivots[i]);
  }
}

void lu_solve_kernel(const TensorBase& lu, const TensorBase& pivots, const TensorBase& rhs, char trans) {
  dispatch(lu.scalar_type(), "linalg_lu_solve", [&](auto tag) {
    using T = decltype(tag);
    const auto m = const_matrices<T>(lu);
    const auto x = matrices<T>(rhs);
    const int* order = pivots.const_data_ptr<int>();
    check_pivots(order, pivots.numel(), m.rows);
    const Routine<T> getrs("getrs");
    const double cost = static_cast<double>(m.rows) * m.rows * x.columns;
    for_batch(batch_count(lu), cost, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        int info = 0;
        getrs(&trans, &m.rows, &x.columns, m[b], &m.lead, order + b * m.rows, x[b], &x.lead, &info, kLength);
      }
    });
  });
}

void triangular_solve_kernel(const TensorBase& a, const TensorBase& rhs, bool left, bool upper, char trans, bool unit) {
  dispatch(a.scalar_type(), "linalg_solve_triangular", [&](auto tag) {
    using T = decltype(tag);
    const auto m = const_matrices<T>(a);
    const auto x = matrices<T>(rhs);
    const Routine<T> trsm("trsm");
    const T one(1);
    const double cost = static_cast<double>(m.rows) * x.rows * x.columns;
    for_batch(batch_count(a), cost, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        trsm(left ? "L" : "R", upper ? "U" : "L", &trans, unit ? "U" : "N", &x.rows, &x.columns, &one, m[b], &m.lead,
             x[b], &x.lead, kLength, kLength, kLength, kLength);
      }
    });
  });
}

void ldl_factor_kernel(const TensorBase& a, const TensorBase& pivots, const TensorBase& info, bool hermitian) {
  dispatch(a.scalar_type(), "linalg_ldl_factor", [&](auto tag) {
    using T = decltype(tag);
    const auto m = matrices<T>(a);
    int *verdict = info.mutable_data_ptr<int>(), *order = pivots.mutable_data_ptr<int>();
    const Routine<T> sytrf("sytrf", hermitian ? "hetrf" : "sytrf");
    int ask = -1, ignored = 0;
    T answer(0);
    sytrf("L", &m.rows, static_cast<T*>(nullptr), &m.lead, static_cast<int*>(nullptr), &answer, &ask, &ignored,
          kLength);
    int size = asked_size(answer);
    for_batch(batch_count(a), cube(m.rows) / 3, [&](int64_t begin, int64_t end) {
      std::vector<T> work(static_cast<size_t>(size));
      for (int64_t b = begin; b < end; ++b) {
        sytrf("L", &m.rows, m[b], &m.lead, order + b * m.rows, work.data(), &size, verdict + b, kLength);
      }
    });
  });
}

void check_ldl_pivots(const int* pivots, int64_t count, int64_t n) {
  for (int64_t i = 0; i < count; ++i) {
    const int64_t p = std::abs(static_cast<int64_t>(pivots[i]));
    TORCH_CHECK(p >= 1 && p <= n, "linalg.ldl_solve: expected pivots in [1, ", n, "] or their negatives, got ",
                pivots[i]);
  }
}

void ldl_solve_kernel(const TensorBase& ld, const TensorBase& pivots, const TensorBase& rhs, bool hermitian) {
  dispatch(ld.scalar_type(), "linalg_ldl_solve", [&](auto tag) {
    using T = decltype(tag);
    const auto m = const_matrices<T>(ld);
    const auto x = matrices<T>(rhs);
    const int* order = pivots.const_data_ptr<int>();
    check_ldl_pivots(order, pivots.numel(), m.rows);
    const Routine<T> sytrs("sytrs", hermitian ? "hetrs" : "sytrs");
    const double cost = static_cast<double>(m.rows) * m.rows * x.columns;
    for_batch(batch_count(ld), cost, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        int info = 0;
        sytrs("L", &m.rows, &x.columns, m[b], &m.lead, order + b * m.rows, x[b], &x.lead, &info, kLength);
      }
    });
  });
}

}  // namespace

namespace {
using native::cholesky_stub;
using native::ldl_factor_stub;
using native::ldl_solve_stub;
using native::lu_factor_stub;
using native::lu_solve_stub;
using native::triangular_solve_stub;
REGISTER_STUB(cholesky_stub, DeviceType::CPU, &cholesky_kernel);
REGISTER_STUB(lu_factor_stub, DeviceType::CPU, &lu_factor_kernel);
REGISTER_STUB(lu_solve_stub, DeviceType::CPU, &lu_solve_kernel);
REGISTER_STUB(triangular_solve_stub, DeviceType::CPU, &triangular_solve_kernel);
REGISTER_STUB(ldl_factor_stub, DeviceType::CPU, &ldl_factor_kernel);
REGISTER_STUB(ldl_solve_stub, DeviceType::CPU, &ldl_solve_kernel);
}  // namespace
}  // namespace tiny_torch::lapack
