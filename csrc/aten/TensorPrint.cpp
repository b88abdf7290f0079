// operator<< for tensors: the numbers in columns as libtorch prints them.
#include <array>
#include <charconv>
#include <cmath>
#include <iomanip>
#include <iostream>

#include "aten/Tensor.h"
#include "generated/ops/copy.h"

namespace tiny_torch {
namespace {

/// How all numbers of one tensor are written: width, and either shortest, fixed or scientific, after division by scale.
struct NumberFormat {
  int width = 0;
  double scale = 1;
  std::ios_base::fmtflags flags{};

  void put(std::ostream& out, double value) const {
    out.flags(flags);
    out << std::setprecision(flags == std::ios_base::fmtflags{} ? 6 : 4) << std::setw(width) << value / scale;
  }
};

/// Decimal digits before the point; 1 for zero.
int digits_of(double value) { return value == 0 ? 1 : static_cast<int>(std::floor(std::log10(value))) + 1; }

NumberFormat choose_format(const double* values, int64_t n) {
  bool integers = true, any = false;
  double smallest = 0, largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(values[i])) continue;
    const double size = std::abs(values[i]);
    integers = integers && size == std::ceil(size);
    smallest = any ? std::min(smallest, size) : size;
    largest = any ? std::max(largest, size) : size;
    any = true;
  }
  const int low = any ? digits_of(smallest) : 1, high = any ? digits_of(largest) : 1;
  NumberFormat format;
  if (integers) {
    if (high > 9) return {11, 1, std::ios_base::scientific};
    format.width = high + 1;
  } else if (high - low > 4) {
    return {std::abs(high) > 99 || std::abs(low) > 99 ? 12 : 11, 1, std::ios_base::scientific};
  } else if (high > 5 || high < 0) {
    format = {7, std::pow(10.0, high - 1), std::ios_base::fixed};
  } else {
    format = {high == 0 ? 7 : high + 6, 1, std::ios_base::fixed};
  }
  return format;
}

void print_scale(std::ostream& out, const NumberFormat& format) {
  if (format.scale == 1) return;
  out.flags({});
  out << format.scale << " *\n";
}

/// Rows of `t`, which is 2-d double, in groups of as many columns as fit into a line.
void print_matrix(std::ostream& out, const Tensor& t, int64_t line_size) {
  const int64_t rows = t.size(0), columns = t.size(1);
  const double* values = t.const_data_ptr<double>();
  const NumberFormat format = choose_format(values, t.numel());
  const int64_t per_line = std::max<int64_t>(1, line_size / (format.width + 1));
  for (int64_t first = 0; first < columns; first += per_line) {
    const int64_t end = std::min(columns, first + per_line);
    if (per_line < columns) out << (first == 0 ? "" : "\n") << "Columns " << first + 1 << " to " << end << "\n";
    print_scale(out, format);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = first; c < end; ++c) {
        format.put(out, values[r * columns + c]);
        out << (c + 1 == end ? '\n' : ' ');
      }
    }
  }
}

/// The fewest digits that give `value` back, whatever the stream's precision says.
std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto written = [&](std::chars_format form) {
    return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value, form).ptr);
  };
  const int exponent =
      value == 0 || !std::isfinite(value) ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
  return written(exponent < -4 || exponent >= 16 ? std::chars_format::scientific : std::chars_format::fixed);
}

void print_values(std::ostream& out, const Tensor& t, int64_t line_size) {
  if (t.dim() == 0) {
    out << shortest(t.const_data_ptr<double>()[0]) << "\n";
  } else if (t.numel() == 0) {
    return;
  } else if (t.dim() == 1) {
    const NumberFormat format = choose_format(t.const_data_ptr<double>(), t.numel());
    print_scale(out, format);
    for (int64_t i = 0; i < t.numel(); ++i) {
      format.put(out, t.const_data_ptr<double>()[i]);
      out << "\n";
    }
  } else if (t.dim() == 2) {
    print_matrix(out, t, line_size);
  } else {
    // One matrix for each index into the leading dimensions, the first of which moves fastest.
    const Tensor flat = t.flatten(0, t.dim() - 3);
    const IntArrayRef lead = t.sizes().slice(0, static_cast<size_t>(t.dim()) - 2);
    std::vector<int64_t> at(lead.size(), 0);
    for (int64_t i = 0; i < flat.size(0); ++i) {
      int64_t position = 0;
      for (size_t d = 0; d < lead.size(); ++d) position = position * lead[d] + at[d];
      out << (i == 0 ? "(" : "\n(");
      for (int64_t index : at) out << index + 1 << ',';
      out << ".,.) = \n";
      print_matrix(out, flat[position], line_size);
      for (size_t d = 0; d < at.size() && ++at[d] == lead[d]; ++d) at[d] = 0;
    }
  }
}

}  // namespace

std::string Tensor::toString() const {
  if (!defined()) return "UndefinedType";
  const std::string device_name = is_cpu() ? "CPU" : is_cuda() ? "CUDA" : is_meta() ? "Meta" : "PrivateUse1";
  return device_name + to_string(scalar_type()) + "Type";
}

void print(std::ostream& out, const Tensor& t, int64_t line_size) {
  if (!t.defined()) {
    out << "[ Tensor (undefined) ]";
    return;
  }
  const std::ios_base::fmtflags flags = out.flags();
  const std::streamsize precision = out.precision();
  if (!t.is_meta()) {
    const NoGradGuard no_grad;
    const Tensor host = t.detach().to(Device(kCPU), t.scalar_type());
    print_values(out, (host.is_complex() ? Tensor(ops::real(host)) : host).to(kDouble).contiguous(), line_size);
  }
  out.flags(flags);
  out.precision(precision);
  out << "[ " << t.toString() << '{';
  for (size_t d = 0; d < t.sizes().size(); ++d) out << (d == 0 ? "" : ",") << t.sizes()[d];
  out << "} ]";
}

std::ostream& operator<<(std::ostream& out, const Tensor& t) {
  print(out, t, 80);
  return out;
}
void Tensor::print() const {
  if (defined()) {
    std::cout << '[' << toString() << ' ' << sizes() << "]\n";
  } else {
    std::cout << "[UndefinedTensor]\n";
  }
}

}  // namespace tiny_torch
