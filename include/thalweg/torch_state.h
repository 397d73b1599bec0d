#pragma once

// The state of a PyTorch optimizer, from and to checkpoints: what was begun in the one goes on in the other.
// docs/checkpoints.md, "From and to PyTorch", has the names, and what each optimizer becomes.

#include <string>

#include <thalweg/checkpoint.h>

namespace thalweg {

struct TorchExport {
  /// A state dict has neither schedules nor transforms. With this, what schedules and factors make of a
  /// hyper-parameter at the coming step becomes its value, and transforms and the loss scale are left out:
  /// what they do is then to be done in PyTorch.
  bool freeze = false;
};

/// Writes a checkpoint as `path`, STEM.json, and the numbers as STEM.safetensors beside it, each whole or not
/// at all. Throws an input Error for what PyTorch's optimizer does not have: another rule or form of one,
/// schedules, factors, transforms and a loss scale (see TorchExport), sparse tensors, 16 bits, state in
/// another type than its parameters; if a file cannot be written, or would replace the checkpoint. Throws a
/// usage Error unless the path ends in .json. Then neither file has changed. The caller's notes stay behind.
void export_torch_state(const Checkpoint& checkpoint, const std::string& path,
                        const TorchExport& options = {});

/// Reads STEM.json, `path`, and STEM.safetensors, and writes the checkpoint from which Optimizer::load() goes
/// on, whole or not at all. Throws an input Error, with the file and the entry, for files that cannot be
/// read, do not belong together or are not as documented, and for what the library does not have: another
/// optimizer, maximize, hyper-parameters out of the rule's range, param groups of different rules, types but
/// float32 and float64.
void import_torch_state(const std::string& path, const std::string& checkpoint);

}  // namespace thalweg
