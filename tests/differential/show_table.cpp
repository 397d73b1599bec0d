// show_table FILE: what thalweg reads from a file, number by number in hexadecimal, for another reader to
// compare.
//
//   dense|sparse ROWS COLUMNS
//   LABEL<tab>VALUE VALUE ...        of a sparse row: COLUMN:VALUE, columns from 0
//
// Of a safetensors file: NAME<tab>DTYPE<tab>SHAPE<tab>BYTES.

#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "checkpoint/tensor_file.h"
#include "data/csv.h"
#include "data/idx.h"
#include "data/libsvm.h"
#include "data/load.h"
#include "data/npy.h"

namespace {

using namespace thalweg;

data::Table read(const std::string& path) {
  switch (data::format_of(path)) {
    case data::Format::csv:
      return data::read_csv(path, "");
    case data::Format::libsvm:
      return data::read_libsvm(path);
    case data::Format::idx:
      return data::read_idx(path);
    default:
      return data::read_npy_table(path, "");
  }
}

void show(const data::Table& table) {
  const auto* const dense = std::get_if<data::DenseMatrix>(&table.features);
  const auto* const sparse = std::get_if<data::SparseMatrix>(&table.features);
  fmt::print("{} {} {}\n", dense != nullptr ? "dense" : "sparse", table.label.size(),
             dense != nullptr ? dense->columns : sparse->columns);
  for (std::size_t i = 0; i < table.label.size(); ++i) {
    fmt::print("{}\t", table.label[i]);
    if (dense != nullptr) {
      for (std::size_t j = 0; j < dense->columns; ++j)
        fmt::print("{:a} ", dense->values[i * dense->columns + j]);
    } else {
      for (std::size_t k = sparse->row_begin[i]; k < sparse->row_begin[i + 1]; ++k)
        fmt::print("{}:{:a} ", sparse->column[k], sparse->value[k]);
    }
    fmt::print("\n");
  }
}

void show(const checkpoint::TensorFile& file) {
  for (const checkpoint::Tensor& tensor : file.tensors()) {
    fmt::print("{}\t{}\t{}\t", tensor.name, checkpoint::dtype_name(tensor.dtype),
               checkpoint::shape_text(tensor.shape));
    for (const char c : tensor.bytes) fmt::print("{:02x}", static_cast<unsigned char>(c));
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string path = argc == 2 ? argv[1] : "";
    if (path.ends_with(".safetensors"))
      show(checkpoint::read_tensor_file(path));
    else
      show(read(path));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
