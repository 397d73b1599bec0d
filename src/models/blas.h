#pragma once

#include <cstddef>

namespace thalweg::models {

// Products of row-major matrices on the BLAS, for T float or double. Each call runs on the calling thread
// alone: the first one sets OpenBLAS to one thread for the whole process, as the parallel work is done over
// shards of the batch. The shapes with one row or one column take the vector routines, which gemm of this
// BLAS does not do itself.

/// c (rows x columns) += a (rows x inner) b (inner x columns)
template <class T>
void add_product(std::size_t rows, std::size_t columns, std::size_t inner, const T* a, const T* b, T* c);

/// c (rows x columns) += a^T b, where a is (inner x rows), some columns of a matrix with `stride` of them,
/// and b is (inner x columns)
template <class T>
void add_transposed_product(std::size_t rows, std::size_t columns, std::size_t inner, const T* a,
                            std::size_t stride, const T* b, T* c);

/// c (rows x columns) = a b^T, where a is (rows x inner) and b is (columns x inner)
template <class T>
void product_transposed(std::size_t rows, std::size_t columns, std::size_t inner, const T* a, const T* b,
                        T* c);

/// The sum of a[i] b[i].
template <class T>
[[nodiscard]] double dot(std::size_t count, const T* a, const T* b);
template <>
[[nodiscard]] double dot(std::size_t count, const float* a, const float* b);
template <>
[[nodiscard]] double dot(std::size_t count, const double* a, const double* b);

}  // namespace thalweg::models
