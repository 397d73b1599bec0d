#include "models/blas.h"

#include <cblas.h>

namespace thalweg::models {
namespace {

/// Threads are the caller's business. Asked each time: another library of the process may set it, too.
void one_thread() {
  if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
}

blasint number(std::size_t n) { return static_cast<blasint>(n); }

void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, const float* a,
          blasint lda, const float* b, blasint ldb, float beta, float* c, blasint ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, const double* a,
          blasint lda, const double* b, blasint ldb, double beta, double* c, blasint ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}
void gemv(CBLAS_TRANSPOSE t, blasint m, blasint n, const float* a, blasint lda, const float* x, float beta,
          float* y) {
  cblas_sgemv(CblasRowMajor, t, m, n, 1, a, lda, x, 1, beta, y, 1);
}
void gemv(CBLAS_TRANSPOSE t, blasint m, blasint n, const double* a, blasint lda, const double* x, double beta,
          double* y) {
  cblas_dgemv(CblasRowMajor, t, m, n, 1, a, lda, x, 1, beta, y, 1);
}
void ger(blasint m, blasint n, const float* x, const float* y, float* a) {
  cblas_sger(CblasRowMajor, m, n, 1, x, 1, y, 1, a, n);
}
void ger(blasint m, blasint n, const double* x, const double* y, double* a) {
  cblas_dger(CblasRowMajor, m, n, 1, x, 1, y, 1, a, n);
}

}  // namespace

template <class T>
void add_product(std::size_t rows, std::size_t columns, std::size_t inner, const T* a, const T* b, T* c) {
  one_thread();
  const blasint m = number(rows), n = number(columns), k = number(inner);
  if (n == 1)
    gemv(CblasNoTrans, m, k, a, k, b, T(1), c);
  else if (m == 1)
    gemv(CblasTrans, k, n, b, n, a, T(1), c);
  else
    gemm(CblasNoTrans, CblasNoTrans, m, n, k, a, k, b, n, T(1), c, n);
}

template <class T>
void add_transposed_product(std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
                            std::size_t stride, const T* b, T* c) {
  one_thread();
  const blasint m = number(rows), n = number(columns), k = number(inner), lda = number(stride);
  if (n == 1)
    gemv(CblasTrans, k, m, a, lda, b, T(1), c);
  else if (k == 1)
    ger(m, n, a, b, c);
  else
    gemm(CblasTrans, CblasNoTrans, m, n, k, a, lda, b, n, T(1), c, n);
}

template <class T>
void product_transposed(std::size_t rows, std::size_t columns, std::size_t inner, const T* a, const T* b,
                        T* c) {
  one_thread();
  const blasint m = number(rows), n = number(columns), k = number(inner);
  if (m == 1)
    gemv(CblasNoTrans, n, k, b, k, a, T(0), c);
  else
    gemm(CblasNoTrans, CblasTrans, m, n, k, a, k, b, k, T(0), c, n);
}

template <>
double dot(std::size_t count, const float* a, const float* b) {
  one_thread();
  return static_cast<double>(cblas_sdot(number(count), a, 1, b, 1));
}
template <>
double dot(std::size_t count, const double* a, const double* b) {
  one_thread();
  return cblas_ddot(number(count), a, 1, b, 1);
}

template void add_product(std::size_t, std::size_t, std::size_t, const float*, const float*, float*);
template void add_product(std::size_t, std::size_t, std::size_t, const double*, const double*, double*);
template void add_transposed_product(std::size_t, std::size_t, std::size_t, const float*, std::size_t,
                                     const float*, float*);
template void add_transposed_product(std::size_t, std::size_t, std::size_t, const double*, std::size_t,
                                     const double*, double*);
template void product_transposed(std::size_t, std::size_t, std::size_t, const float*, const float*, float*);
template void product_transposed(std::size_t, std::size_t, std::size_t, const double*, const double*,
                                 double*);

}  // namespace thalweg::models
