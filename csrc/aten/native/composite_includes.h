// What the `composite:` expressions of the op lists may use.
#pragma once

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
