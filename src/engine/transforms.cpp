// The kernels of the library's transforms.

#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>
#include <thalweg/transforms/noise.h>

#include "engine/unscale.h"

namespace thalweg::detail {

template const TransformInfo& transform_info<ClipValue>();
template const TransformInfo& transform_info<ClipNorm>();
template const TransformInfo& transform_info<L2>();
template const TransformInfo& transform_info<Decay>();
template const TransformInfo& transform_info<Noise>();
template const TransformInfo& transform_info<Unscale>();

}  // namespace thalweg::detail
