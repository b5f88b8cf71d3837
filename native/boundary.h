/* What the extension module has besides the binding that cffi makes: types of Python objects through
   which numbers cross between Python and a guest in one call of C, and nothing else. Only the
   limited API of Python 3.11 is used.

   ``Callee`` is what a function of the engine derives from; with ``Direct`` before it, it is called
   the short way. A ``Line`` is a task for such calls and ``Lines`` a stack of them: they belong to a
   store. What happens seldom is left to methods that the Python side adds (engine/native/direct.py):
   ``line_of``, ``hand_over``, ``unwrap``, ``implementation_of``, ``settle`` and ``look``. */
#ifndef WR_BOUNDARY_H
#define WR_BOUNDARY_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#include "direct.h"

/* Made by cffi. */
PyMODINIT_FUNC wr_binding(void);

#endif
