// What the `composite:` expressions of the op lists may use.
#pragma once

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/loss_reduction.h"
#include "aten/native/max_windows.h"
#include "aten/native/resample.h"
