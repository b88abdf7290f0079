#include "aten/lapack/library.h"

#include <dlfcn.h>

#include <cstdlib>

#include "c10/errors.h"

namespace tiny_torch::lapack {

namespace {

// A library that has LAPACK, what stands before the names of its routines, and why others could not be opened.
struct Library {
  void* handle = nullptr;
  const char* prefix = "";
  std::string refusals;
};

std::string own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool take(Library* library, const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    library->refusals += "\n  " + std::string(reason != nullptr ? reason : path.c_str());
    return false;
  }
  for (const char* prefix : {"scipy_", ""}) {
    if (dlsym(handle, (prefix + std::string("dgetrf_")).c_str()) == nullptr) continue;
    library->handle = handle;
    library->prefix = prefix;
    return true;
  }
  dlclose(handle);
  library->refusals += "\n  " + path + ": no LAPACK in it";
  return false;
}

Library open_library() {
  Library library;
  const char* named = std::getenv("TINY_TORCH_LAPACK");
  const bool found = named != nullptr && *named != '\0'
                         ? take(&library, named)
                         : take(&library, own_folder() + "libscipy_openblas.so") ||
                               take(&library, "libscipy_openblas.so") || take(&library, "libopenblas.so.0") ||
                               take(&library, "liblapack.so.3");
  if (!found) return library;
  const std::string setter = library.prefix + std::string("openblas_set_num_threads");
  if (void* set_threads = dlsym(library.handle, setter.c_str())) reinterpret_cast<void (*)(int)>(set_threads)(1);
  return library;
}

const Library& the_library() {
  static const Library library = open_library();
  return library;
}

}  // namespace

bool is_available() { return the_library().handle != nullptr; }

void* symbol(const std::string& name) {
  const Library& library = the_library();
  TORCH_CHECK(library.handle != nullptr,
              "Linear algebra needs LAPACK, which was not found. Build with the Python package scipy-openblas32 "
              "installed, install libopenblas0, or name a library in TINY_TORCH_LAPACK. Tried:",
              library.refusals);
  void* found = dlsym(library.handle, (library.prefix + name + "_").c_str());
  TORCH_CHECK(found != nullptr, "The LAPACK library lacks the routine ", name);
  return found;
}

}  // namespace tiny_torch::lapack
