// QR, eigenvalues, singular values, least squares.
#include <algorithm>
#include <cmath>

#include "aten/lapack/routine.h"
#include "aten/native/linalg_stub.h"

namespace tiny_torch::lapack {

namespace {

double cubic_cost(int rows, int columns) { return static_cast<double>(rows) * columns * std::min(rows, columns); }

template <class T>
std::vector<T> work_space(int size) {
  return std::vector<T>(static_cast<size_t>(std::max(1, size)));
}

void geqrf_kernel(const TensorBase& a, const TensorBase& tau) {
  dispatch(a.scalar_type(), "geqrf", [&](auto tag) {
    using T = decltype(tag);
    const auto m = matrices<T>(a);
    T* factors = tau.mutable_data_ptr<T>();
    const int64_t k = std::min(m.rows, m.columns);
    const Routine<T> geqrf("geqrf");
    int ask = -1, ignored = 0;
    T answer(0);
    geqrf(&m.rows, &m.columns, static_cast<T*>(nullptr), &m.lead, static_cast<T*>(nullptr), &answer, &ask, &ignored);
    const int size = std::max(asked_size(answer), m.columns);
    for_batch(batch_count(a), cubic_cost(m.rows, m.columns), [&](int64_t begin, int64_t end) {
      auto work = work_space<T>(size);
      int info = 0;
      for (int64_t b = begin; b < end; ++b) {
        geqrf(&m.rows, &m.columns, m[b], &m.lead, factors + b * k, work.data(), &size, &info);
      }
    });
  });
}

void orgqr_kernel(const TensorBase& a, const TensorBase& tau) {
  dispatch(a.scalar_type(), "orgqr", [&](auto tag) {
    using T = decltype(tag);
    const auto m = matrices<T>(a);
    const T* factors = tau.const_data_ptr<T>();
    const int k = checked_int(tau.size(-1));
    const Routine<T> orgqr("orgqr", "ungqr");
    int ask = -1, ignored = 0;
    T answer(0);
    orgqr(&m.rows, &m.columns, &k, static_cast<T*>(nullptr), &m.lead, static_cast<const T*>(nullptr), &answer, &ask,
          &ignored);
    const int size = std::max(asked_size(answer), m.columns);
    for_batch(batch_count(a), cubic_cost(m.rows, m.columns), [&](int64_t begin, int64_t end) {
      auto work = work_space<T>(size);
      int info = 0;
      for (int64_t b = begin; b < end; ++b) {
        orgqr(&m.rows, &m.columns, &k, m[b], &m.lead, factors + b * k, work.data(), &size, &info);
      }
    });
  });
}

void eigh_kernel(const TensorBase& a, const TensorBase& w, const TensorBase& info, bool upper, bool vectors) {
  dispatch(a.scalar_type(), "linalg_eigh", [&](auto tag) {
    using T = decltype(tag);
    using R = real_t<T>;
    const auto m = matrices<T>(a);
    R* values = w.mutable_data_ptr<R>();
    int* verdict = info.mutable_data_ptr<int>();
    const char *job = vectors ? "V" : "N", *triangle = upper ? "U" : "L";
    const Routine<T> syevd("syevd", "heevd");
    const auto run = [&](T* x, R* to, T* work, int size, R* real_work, int real_size, int* int_work, int int_size,
                         int* result) {
      if constexpr (Traits<T>::kComplex) {
        syevd(job, triangle, &m.rows, x, &m.lead, to, work, &size, real_work, &real_size, int_work, &int_size, result,
              kLength, kLength);
      } else {
        syevd(job, triangle, &m.rows, x, &m.lead, to, work, &size, int_work, &int_size, result, kLength, kLength);
      }
    };
    T answer(0);
    R real_answer(0);
    int int_answer = 0, ignored = 0;
    run(nullptr, nullptr, &answer, -1, &real_answer, -1, &int_answer, -1, &ignored);
    const int size = asked_size(answer), real_size = asked_size(real_answer), int_size = std::max(1, int_answer);
    for_batch(batch_count(a), 10 * cubic_cost(m.rows, m.rows), [&](int64_t begin, int64_t end) {
      auto work = work_space<T>(size);
      auto real_work = work_space<R>(real_size);
      auto int_work = work_space<int>(int_size);
      for (int64_t b = begin; b < end; ++b) {
        run(m[b], values + b * m.rows, work.data(), size, real_work.data(), real_size, int_work.data(), int_size,
            verdict + b);
      }
    });
  });
}

// LAPACK gives real matrices' eigenvectors as columns of real parts, followed by one of imaginary parts for each pair.
template <class R>
void unpack_pairs(const R* packed, const R* imaginary, int n, complex<R>* out) {
  for (int j = 0; j < n; ++j) {
    const R *re = packed + int64_t{j} * n, *im = re + n;
    complex<R>* to = out + int64_t{j} * n;
    const bool pair = imaginary[j] != R(0) && j + 1 < n;
    for (int i = 0; i < n; ++i) {
      to[i] = complex<R>(re[i], pair ? im[i] : R(0));
      if (pair) to[n + i] = complex<R>(re[i], -im[i]);
    }
    if (pair) ++j;
  }
}

template <class R>
void eig_real(const TensorBase& a, const TensorBase& w, const TensorBase& v, int* verdict) {
  const auto m = matrices<R>(a);
  const int n = m.rows, one = 1;
  const bool vectors = v.defined();
  complex<R>*values = w.mutable_data_ptr<complex<R>>(), *to = vectors ? v.mutable_data_ptr<complex<R>>() : nullptr;
  const char* job = vectors ? "V" : "N";
  const Routine<R> geev("geev");
  const auto run = [&](R* x, R* re, R* im, R* right, R* work, int size, int* result) {
    geev("N", job, &n, x, &m.lead, re, im, static_cast<R*>(nullptr), &one, right, &m.lead, work, &size, result, kLength,
         kLength);
  };
  R answer(0);
  int ignored = 0;
  run(nullptr, nullptr, nullptr, nullptr, &answer, -1, &ignored);
  const int size = std::max(asked_size(answer), 4 * n);
  for_batch(batch_count(a), 25 * cubic_cost(n, n), [&](int64_t begin, int64_t end) {
    auto work = work_space<R>(size), parts = work_space<R>(2 * n);
    std::vector<R> right(vectors ? static_cast<size_t>(m.size) : 1);
    R *re = parts.data(), *im = re + n;
    for (int64_t b = begin; b < end; ++b) {
      run(m[b], re, im, right.data(), work.data(), size, verdict + b);
      for (int i = 0; i < n; ++i) values[b * n + i] = complex<R>(re[i], im[i]);
      if (vectors) unpack_pairs(right.data(), im, n, to + b * m.size);
    }
  });
}

// LAPACK's iterations may go on for ever, or leave their memory, over anything else.
template <class T>
bool is_finite(const T* values, int64_t n) {
  return std::all_of(values, values + n, [](T x) {
    if constexpr (Traits<T>::kComplex)
      return std::isfinite(x.real()) && std::isfinite(x.imag());
    else
      return std::isfinite(x);
  });
}
constexpr int kNotFinite = 1;

template <class T>
void eig_complex(const TensorBase& a, const TensorBase& w, const TensorBase& v, int* verdict) {
  using R = real_t<T>;
  const auto m = matrices<T>(a);
  const int n = m.rows, one = 1;
  T *values = w.mutable_data_ptr<T>(), *to = v.defined() ? v.mutable_data_ptr<T>() : nullptr;
  const char* job = v.defined() ? "V" : "N";
  const Routine<T> geev("geev");
  const auto run = [&](T* x, T* out, T* right, T* work, int size, R* real_work, int* result) {
    geev("N", job, &n, x, &m.lead, out, static_cast<T*>(nullptr), &one, right, &m.lead, work, &size, real_work, result,
         kLength, kLength);
  };
  T answer(0);
  R written(0);  // the question for the size writes here as well
  int ignored = 0;
  run(nullptr, nullptr, nullptr, &answer, -1, &written, &ignored);
  const int size = std::max(asked_size(answer), 2 * n);
  for_batch(batch_count(a), 25 * cubic_cost(n, n), [&](int64_t begin, int64_t end) {
    auto work = work_space<T>(size);
    auto real_work = work_space<R>(2 * n);
    for (int64_t b = begin; b < end; ++b) {
      if (!is_finite(m[b], int64_t{n} * n)) {
        verdict[b] = kNotFinite;
        continue;
      }
      run(m[b], values + b * n, to != nullptr ? to + b * m.size : nullptr, work.data(), size, real_work.data(),
          verdict + b);
    }
  });
}

void eig_kernel(const TensorBase& a, const TensorBase& w, const TensorBase& v, const TensorBase& info) {
  int* verdict = info.mutable_data_ptr<int>();
  dispatch(a.scalar_type(), "linalg_eig", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (Traits<T>::kComplex) {
      eig_complex<T>(a, w, v, verdict);
    } else {
      eig_real<T>(a, w, v, verdict);
    }
  });
}

template <class T>
void svd_of(const TensorBase& a, const TensorBase& u, const TensorBase& s, const TensorBase& vh, int* verdict) {
  using R = real_t<T>;
  const auto m = matrices<T>(a);
  const int k = std::min(m.rows, m.columns), most = std::max(m.rows, m.columns), one = 1;
  const bool vectors = u.defined();
  const Matrices<T> left = vectors ? matrices<T>(u) : Matrices<T>{nullptr, 0, 0, 1, 0};
  const Matrices<T> right = vectors ? matrices<T>(vh) : Matrices<T>{nullptr, 0, 0, 1, 0};
  // Reduced exactly when neither factor is square beyond need.
  const char* job = !vectors ? "N" : left.columns == k && right.rows == k ? "S" : "A";
  R* values = s.mutable_data_ptr<R>();
  const Routine<T> gesdd("gesdd");
  const auto run = [&](T* x, R* to, T* l, T* r, T* work, int size, R* real_work, int* int_work, int* result) {
    const int *ldu = vectors ? &left.lead : &one, *ldv = vectors ? &right.lead : &one;
    if constexpr (Traits<T>::kComplex) {
      gesdd(job, &m.rows, &m.columns, x, &m.lead, to, l, ldu, r, ldv, work, &size, real_work, int_work, result,
            kLength);
    } else {
      gesdd(job, &m.rows, &m.columns, x, &m.lead, to, l, ldu, r, ldv, work, &size, int_work, result, kLength);
    }
  };
  T answer(0);
  int ignored = 0;
  run(nullptr, nullptr, nullptr, nullptr, &answer, -1, nullptr, nullptr, &ignored);
  const int size = asked_size(answer);
  const int64_t reals = std::max<int64_t>(1, int64_t{k} * (vectors ? std::max(5 * k + 7, 2 * most + 2 * k + 1) : 7));
  for_batch(batch_count(a), 10 * cubic_cost(m.rows, m.columns), [&](int64_t begin, int64_t end) {
    auto work = work_space<T>(size);
    std::vector<R> real_work(Traits<T>::kComplex ? static_cast<size_t>(reals) : 1);
    auto int_work = work_space<int>(8 * k);
    for (int64_t b = begin; b < end; ++b) {
      if (!is_finite(m[b], int64_t{m.rows} * m.columns)) {
        verdict[b] = kNotFinite;
        continue;
      }
      run(m[b], values + b * k, vectors ? left[b] : nullptr, vectors ? right[b] : nullptr, work.data(), size,
          real_work.data(), int_work.data(), verdict + b);
    }
  });
}

void svd_kernel(const TensorBase& a, const TensorBase& u, const TensorBase& s, const TensorBase& vh,
                const TensorBase& info) {
  int* verdict = info.mutable_data_ptr<int>();
  dispatch(a.scalar_type(), "linalg_svd", [&](auto tag) { svd_of<decltype(tag)>(a, u, s, vh, verdict); });
}

// One problem; what a driver does not give stays as it is.
template <class R>
class LeastSquares {
 public:
  LeastSquares(const Matrices<R>& a, const Matrices<R>& b, R rcond, const std::string& driver)
      : a_(a),
        b_(b),
        rcond_(rcond),
        driver_(driver),
        is_by_svd_(driver == "gelsd" || driver == "gelss"),
        routine_(driver.c_str()),
        pivots_(static_cast<size_t>(a.columns)) {
    values_.resize(static_cast<size_t>(std::max(1, std::min(a.rows, a.columns))));
    int rank = 0, info = 0;
    work_.resize(1);
    int_work_.resize(1);
    size_ = -1;
    call(nullptr, nullptr, values_.data(), &rank, &info);
    size_ = asked_size(work_[0]);
    work_.resize(static_cast<size_t>(size_));
    int_work_.resize(static_cast<size_t>(std::max(1, int_work_[0])));
  }
  void solve(int64_t at, R* values, int64_t* rank, int* info) {
    *rank = 0;
    if (is_by_svd_ && !is_finite(a_[at], int64_t{a_.rows} * a_.columns)) {
      *info = kNotFinite;
      return;
    }
    int found = 0;
    std::fill(pivots_.begin(), pivots_.end(), 0);
    call(a_[at], b_[at], values != nullptr ? values : values_.data(), &found, info);
    *rank = found;
  }

 private:
  void call(R* a, R* b, R* values, int* rank, int* info) {
    const int *m = &a_.rows, *n = &a_.columns, *k = &b_.columns, *lda = &a_.lead, *ldb = &b_.lead;
    if (driver_ == "gels") {
      routine_("N", m, n, k, a, lda, b, ldb, work_.data(), &size_, info, kLength);
    } else if (driver_ == "gelsy") {
      routine_(m, n, k, a, lda, b, ldb, pivots_.data(), &rcond_, rank, work_.data(), &size_, info);
    } else if (driver_ == "gelsd") {
      routine_(m, n, k, a, lda, b, ldb, values, &rcond_, rank, work_.data(), &size_, int_work_.data(), info);
    } else {
      routine_(m, n, k, a, lda, b, ldb, values, &rcond_, rank, work_.data(), &size_, info);
    }
  }

  const Matrices<R>&a_, &b_;
  R rcond_;
  const std::string& driver_;
  bool is_by_svd_;
  Routine<R> routine_;
  std::vector<int> pivots_;
  std::vector<R> work_, values_;
  std::vector<int> int_work_;
  int size_ = -1;
};

template <class R>
void lstsq_of(const TensorBase& a, const TensorBase& b, const TensorBase& rank, const TensorBase& s, int* verdict,
              double rcond, const std::string& driver) {
  const auto m = matrices<R>(a), x = matrices<R>(b);
  int64_t* ranks = rank.mutable_data_ptr<int64_t>();
  R* values = s.defined() ? s.mutable_data_ptr<R>() : nullptr;
  const int64_t k = std::min(m.rows, m.columns);
  for_batch(batch_count(a), 4 * cubic_cost(m.rows, m.columns), [&](int64_t begin, int64_t end) {
    LeastSquares<R> problem(m, x, static_cast<R>(rcond), driver);
    for (int64_t i = begin; i < end; ++i) {
      problem.solve(i, values != nullptr ? values + i * k : nullptr, ranks + i, verdict + i);
    }
  });
}

void lstsq_kernel(const TensorBase& a, const TensorBase& b, const TensorBase& rank, const TensorBase& s,
                  const TensorBase& info, double rcond, const std::string& driver) {
  int* verdict = info.mutable_data_ptr<int>();
  dispatch(a.scalar_type(), "linalg_lstsq", [&](auto tag) {
    using T = decltype(tag);
    if constexpr (Traits<T>::kComplex) {
      TORCH_CHECK_NOT_IMPLEMENTED(false, "\"linalg_lstsq\" not implemented for '", to_string(a.scalar_type()), "'");
    } else {
      lstsq_of<T>(a, b, rank, s, verdict, rcond, driver);
    }
  });
}

}  // namespace

namespace {
using native::eig_stub;
using native::eigh_stub;
using native::geqrf_stub;
using native::lstsq_stub;
using native::orgqr_stub;
using native::svd_stub;
REGISTER_STUB(geqrf_stub, DeviceType::CPU, &geqrf_kernel);
REGISTER_STUB(orgqr_stub, DeviceType::CPU, &orgqr_kernel);
REGISTER_STUB(eigh_stub, DeviceType::CPU, &eigh_kernel);
REGISTER_STUB(eig_stub, DeviceType::CPU, &eig_kernel);
REGISTER_STUB(svd_stub, DeviceType::CPU, &svd_kernel);
REGISTER_STUB(lstsq_stub, DeviceType::CPU, &lstsq_kernel);
}  // namespace
}  // namespace tiny_torch::lapack
