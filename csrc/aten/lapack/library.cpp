#include "aten/lapack/library.h"

#include <dlfcn.h>

#include <cstdlib>

#include "c10/errors.h"

namespace tiny_torch::lapack {

namespace {

// A library that has LAPACK, and what stands before the names of its routines.
struct Library {
  void* handle = nullptr;
  const char* prefix = "";
};

std::string own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool take(Library* library, const std::string& path, std::string* refusals) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    *refusals += "\n  " + std::string(reason != nullptr ? reason : path.c_str());
    return false;
  }
  for (const char* prefix : {"scipy_", ""}) {
    if (dlsym(handle, (prefix + std::string("dgetrf_")).c_str()) == nullptr) continue;
    *library = {handle, prefix};
    return true;
  }
  dlclose(handle);
  *refusals += "\n  " + path + ": no LAPACK in it";
  return false;
}

Library open_library() {
  Library library;
  std::string refusals;
  const char* named = std::getenv("TINY_TORCH_LAPACK");
  const bool found = named != nullptr && *named != '\0'
                         ? take(&library, named, &refusals)
                         : take(&library, own_folder() + "libscipy_openblas.so", &refusals) ||
                               take(&library, "libscipy_openblas.so", &refusals) ||
                               take(&library, "libopenblas.so.0", &refusals) ||
                               take(&library, "liblapack.so.3", &refusals);
  TORCH_CHECK(found,
              "Linear algebra needs LAPACK, which was not found. Build with the Python package scipy-openblas32 "
              "installed, install libopenblas0, or name a library in TINY_TORCH_LAPACK. Tried:",
              refusals);
  const std::string setter = library.prefix + std::string("openblas_set_num_threads");
  if (void* set_threads = dlsym(library.handle, setter.c_str())) reinterpret_cast<void (*)(int)>(set_threads)(1);
  return library;
}

}  // namespace

void* symbol(const std::string& name) {
  static const Library library = open_library();
  void* found = dlsym(library.handle, (library.prefix + name + "_").c_str());
  TORCH_CHECK(found != nullptr, "The LAPACK library lacks the routine ", name);
  return found;
}

}  // namespace tiny_torch::lapack
