// The extension module `_C` itself: the only file that is compiled against one Python version's module name.
// Everything else is in libtiny_torch_python.so, which it loads from tiny_torch/lib.
#include <Python.h>

extern "C" PyObject* tiny_torch_init_module();

extern "C" __attribute__((visibility("default"))) PyObject* PyInit__C() { return tiny_torch_init_module(); }
