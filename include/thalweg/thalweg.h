#pragma once

// The whole library.

#include <thalweg/error.h>
#include <thalweg/gradient_check.h>
#include <thalweg/minimize.h>
#include <thalweg/optimizer.h>
#include <thalweg/problems.h>
#include <thalweg/random.h>
#include <thalweg/registry.h>
#include <thalweg/rules.h>
#include <thalweg/schedules/cosine.h>
#include <thalweg/schedules/decay.h>
#include <thalweg/schedules/plateau.h>
#include <thalweg/thread_pool.h>
#include <thalweg/torch_state.h>
#include <thalweg/transforms/clip.h>
#include <thalweg/transforms/decay.h>
#include <thalweg/transforms/noise.h>
