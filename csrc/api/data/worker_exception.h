// WorkerException: an error in a thread that reads data.
#pragma once

#include <exception>
#include <string>

namespace tiny_torch::frontend::data {

/// An error in a worker, thrown again where the batch is taken.
struct WorkerException : public std::exception {
  explicit WorkerException(std::exception_ptr original) : original_exception(std::move(original)) {
    try {
      std::rethrow_exception(original_exception);
    } catch (const std::exception& e) {
      message = std::string("Caught exception in DataLoader worker thread. Original message: ") + e.what();
    } catch (...) {
      message = "Caught an unknown exception in DataLoader worker thread.";
    }
  }
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
  std::exception_ptr original_exception;
};

}  // namespace tiny_torch::frontend::data
