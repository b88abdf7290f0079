// The 32-bit Mersenne Twister with PyTorch's bookkeeping, so that states can be exchanged with it.
//
//   mt19937 engine(42);
//   uint32_t word = engine();          // as at::mt19937(42)()
//   engine.fill(buffer, 1000);         // the same words as 1000 calls, faster
//
// Source: M. Matsumoto and T. Nishimura, ACM TOMACS 8(1), 1998; reference implementation of 2002.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tiny_torch {

class mt19937 {
 public:
  static constexpr int kStateSize = 624;
  static constexpr int kShift = 397;

  /// `left` counts down to the next refill and `next` is the position of the next word, as PyTorch saves them.
  struct State {
    uint64_t seed = 0;
    int32_t seeded = 0;
    int32_t left = 1;
    uint32_t next = 0;
    std::array<uint32_t, kStateSize> words{};
  };

  explicit mt19937(uint64_t seed = 5489) {
    state_.seed = seed;
    state_.seeded = 1;
    state_.words[0] = static_cast<uint32_t>(seed);
    for (int i = 1; i < kStateSize; ++i) {
      const uint32_t previous = state_.words[i - 1];
      state_.words[i] = 1812433253u * (previous ^ (previous >> 30)) + static_cast<uint32_t>(i);
    }
  }
  explicit mt19937(const State& state) : state_(state) {}

  const State& state() const { return state_; }

  /// True for a state whose remaining words lie inside the table; anything else must not be drawn from.
  bool is_valid() const {
    return state_.seeded == 1 && state_.left > 0 && state_.left <= kStateSize &&
           state_.next <= static_cast<uint32_t>(kStateSize + 1 - state_.left);
  }

  uint32_t operator()() {
    if (--state_.left == 0) refill();
    return temper(state_.words[state_.next++]);
  }

  /// Writes the words that `count` calls would return.
  void fill(uint32_t* out, int64_t count) {
    while (count > 0) {
      if (state_.left == 1) {
        *out++ = (*this)();
        --count;
        continue;
      }
      const int64_t available = std::min<int64_t>(count, state_.left - 1);
      const uint32_t* words = state_.words.data() + state_.next;
      for (int64_t i = 0; i < available; ++i) out[i] = temper(words[i]);
      state_.left -= static_cast<int32_t>(available);
      state_.next += static_cast<uint32_t>(available);
      out += available;
      count -= available;
    }
  }

 private:
  static uint32_t temper(uint32_t y) {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
  }

  static uint32_t twist(uint32_t upper, uint32_t lower) {
    const uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return (mixed >> 1) ^ ((0u - (lower & 1u)) & 0x9908b0dfu);
  }

  void refill() {
    uint32_t* w = state_.words.data();
    constexpr int n = kStateSize;
    constexpr int m = kShift;
    for (int i = 0; i < n - m; ++i) w[i] = w[i + m] ^ twist(w[i], w[i + 1]);
    for (int i = n - m; i < n - 1; ++i) w[i] = w[i + m - n] ^ twist(w[i], w[i + 1]);
    w[n - 1] = w[m - 1] ^ twist(w[n - 1], w[0]);
    state_.left = n;
    state_.next = 0;
  }

  State state_;
};

}  // namespace tiny_torch
