// Gradients of the orderings: those of the reductions.
#pragma once

#include "autograd/reduce_formulas.h"
