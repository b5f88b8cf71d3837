#include "boundary.h"

/* A call that has spent so much fuel lets other threads of Python run; shorter ones do not, as that
   costs as much as they do. */
#define BRIEFLY 1000
/* After so many host calls Python has a look at its signals and at who waits, as after a slice. */
#define HOST_CALLS 128

/* Objects */

typedef struct line {
  PyObject_HEAD
  wr_task *task;
  struct line *next; /* in a stack */
} line_object;

typedef struct {
  PyObject_HEAD
  line_object *first; /* owned, with all behind it */
} lines_object;

typedef struct {
  PyObject_HEAD
  wr_callee *callee;
  lines_object *lines;
} callee_object;

static PyTypeObject *line_type, *lines_type;
static PyObject *name_lines, *name_line_of, *name_hand_over, *name_unwrap, *name_implementation_of,
    *name_settle, *name_look;

static void free_object(PyObject *self)
{
  PyTypeObject *type = Py_TYPE(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static PyObject *none(void)
{
  Py_INCREF(Py_None);
  return Py_None;
}

static PyObject *line_bind(PyObject *self, PyObject *address)
{
  ((line_object *)self)->task = PyLong_AsVoidPtr(address);
  return PyErr_Occurred() ? NULL : none();
}

static PyMethodDef line_methods[] = {
    {"bind", line_bind, METH_O, "Use the C task at this address."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot line_slots[] = {
    {Py_tp_doc, "A C task for direct calls."},
    {Py_tp_dealloc, free_object},
    {Py_tp_methods, line_methods},
    {0, NULL},
};
static PyType_Spec line_spec = {"pywasm_rt._core.Line", sizeof(line_object), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, line_slots};

/* Takes the reference. */
static void give(lines_object *lines, line_object *line)
{
  line->next = lines->first;
  lines->first = line;
}

/* Gives the reference, or NULL. */
static line_object *take(lines_object *lines)
{
  line_object *line = lines->first;
  if (line)
    lines->first = line->next;
  return line;
}

static PyObject *lines_append(PyObject *self, PyObject *line)
{
  if (!PyObject_TypeCheck(line, line_type)) {
    PyErr_SetString(PyExc_TypeError, "only lines are kept here");
    return NULL;
  }
  Py_INCREF(line);
  give((lines_object *)self, (line_object *)line);
  return none();
}

static PyObject *lines_pop(PyObject *self, PyObject *nothing)
{
  (void)nothing;
  line_object *line = take((lines_object *)self);
  if (!line)
    PyErr_SetString(PyExc_IndexError, "there is no line");
  return (PyObject *)line;
}

static void lines_free(PyObject *self)
{
  line_object *line;
  while ((line = take((lines_object *)self)))
    Py_DECREF(line);
  free_object(self);
}

static PyMethodDef lines_methods[] = {
    {"append", lines_append, METH_O, "Put a line on top; it is in no other stack."},
    {"pop", lines_pop, METH_NOARGS, "Take the line on top. Raises IndexError."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot lines_slots[] = {
    {Py_tp_doc, "Lines that nobody uses."},
    {Py_tp_dealloc, lines_free},
    {Py_tp_methods, lines_methods},
    {0, NULL},
};
static PyType_Spec lines_spec = {"pywasm_rt._core.Lines", sizeof(lines_object), 0,
                                 Py_TPFLAGS_DEFAULT, lines_slots};

/* Numbers, to slots and back */

static bool to_integer(PyObject *value, wr_slot *slot)
{
  if (!PyLong_Check(value))
    return false;
  int overflow;
  long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow < 0)
    return false;
  if (overflow) {
    *slot = PyLong_AsUnsignedLongLong(value);
    if (!PyErr_Occurred())
      return true;
    PyErr_Clear();
    return false;
  }
  *slot = (wr_slot)number;
  return true;
}

static bool to_double(PyObject *value, double *number)
{
  if (PyFloat_Check(value)) {
    *number = PyFloat_AsDouble(value);
    return true;
  }
  if (!PyLong_Check(value))
    return false;
  *number = PyLong_AsDouble(value);
  if (*number != -1 || !PyErr_Occurred())
    return true;
  PyErr_Clear();
  return false;
}

/* The payload of a NaN is kept as far as it has room. */
static uint32_t f32_bits(double value)
{
  uint64_t wide;
  memcpy(&wide, &value, sizeof wide);
  if (value != value)
    return (uint32_t)(wide >> 63 << 31) | 0x7F800000u | (uint32_t)(wide >> 29 & 0x7FFFFF);
  float narrow = (float)value;
  uint32_t bits;
  memcpy(&bits, &narrow, sizeof bits);
  return bits;
}

static double f32_value(uint32_t bits)
{
  uint64_t wide;
  double value;
  if ((bits & 0x7FFFFFFF) > 0x7F800000u) {
    wide = (uint64_t)(bits >> 31) << 63 | 0x7FF0000000000000u | (uint64_t)(bits & 0x7FFFFF) << 29;
    memcpy(&value, &wide, sizeof value);
    return value;
  }
  float narrow;
  memcpy(&narrow, &bits, sizeof narrow);
  return narrow;
}

/* False, and no exception, if it is no number of the type. */
static bool to_slot(wr_type type, PyObject *value, wr_slot *slot)
{
  double number;
  switch (type) {
  case WR_I32: {
    int overflow = 0;
    long long wide = PyLong_Check(value) ? PyLong_AsLongLongAndOverflow(value, &overflow) : INT64_MAX;
    if (overflow || wide < INT32_MIN || wide > UINT32_MAX)
      return false;
    *slot = (uint32_t)wide;
    return true;
  }
  case WR_I64: return to_integer(value, slot);
  default:
    if (!to_double(value, &number))
      return false;
    if (type == WR_F32)
      *slot = f32_bits(number);
    else
      memcpy(slot, &number, sizeof number);
    return true;
  }
}

static PyObject *from_slot(wr_type type, wr_slot slot)
{
  double number;
  switch (type) {
  case WR_I32: return PyLong_FromUnsignedLong((uint32_t)slot);
  case WR_I64: return PyLong_FromUnsignedLongLong(slot);
  case WR_F32: return PyFloat_FromDouble(f32_value((uint32_t)slot));
  default:
    memcpy(&number, &slot, sizeof number);
    return PyFloat_FromDouble(number);
  }
}

static PyObject *tuple_of(const wr_type *types, uint32_t count, const wr_slot *slots)
{
  PyObject *tuple = PyTuple_New(count);
  for (uint32_t k = 0; tuple && k < count; k++) {
    PyObject *value = from_slot(types[k], slots[k]);
    if (!value || PyTuple_SetItem(tuple, k, value)) {
      Py_DECREF(tuple);
      return NULL;
    }
  }
  return tuple;
}

/* What a host function answered: None for no results, a value for one, a tuple for several. */
static bool to_results(const wr_defined_type *type, PyObject *answer, wr_slot *slots)
{
  uint32_t count = type->result_count;
  if (count == 1)
    return to_slot(type->results[0], answer, slots);
  if (!count && answer == Py_None)
    return true;
  bool is_tuple = PyTuple_Check(answer);
  if (!is_tuple && !(count && PyList_Check(answer)))
    return false;
  if ((is_tuple ? PyTuple_Size(answer) : PyList_Size(answer)) != (Py_ssize_t)count)
    return false;
  for (uint32_t k = 0; k < count; k++) {
    PyObject *value = is_tuple ? PyTuple_GetItem(answer, k) : PyList_GetItem(answer, k);
    if (!to_slot(type->results[k], value, slots + k))
      return false;
  }
  return true;
}

/* Python's lock */

static _Thread_local PyThreadState *without_lock;

static void let_go(void)
{
  wr_on_long_work = NULL;
  without_lock = PyEval_SaveThread();
}

/* Lock the task's domain, and have Python's lock for as long as the call is brief. */
static wr_domain *begin_briefly(const wr_task *task)
{
  wr_on_long_work = let_go;
  wr_domain *locked = wr_domain_try_lock(task->store->domain);
  if (locked)
    return locked;
  let_go();
  return wr_domain_lock(task->store->domain);
}

static int end_briefly(wr_task *task, wr_domain *locked, int event)
{
  if (event == WR_EVENT_FUEL) { /* ours: nobody else gave it a quantum */
    wr_long_work();
    event = wr_direct_go(task, locked, -1);
  }
  wr_domain_unlock(locked);
  wr_on_long_work = NULL;
  if (without_lock) {
    PyThreadState *state = without_lock;
    without_lock = NULL;
    PyEval_RestoreThread(state);
  }
  return event;
}

/* Host calls */

/* An exception is set: the call cannot go on here. */
enum { FAILED = -1 };

/* What is called for the host function that waits, a borrowed reference. NULL without an exception
   where it cannot be called from here, or with one. */
static PyObject *implementation_of(PyObject *self, const wr_task *task)
{
  wr_callee *callee = task->callee;
  if (callee->implementation)
    return callee->implementation;
  if (!wr_direct_is_possible(wr_defined(callee->type)))
    return NULL;
  PyObject *handle = PyLong_FromLongLong(callee->handle);
  if (!handle)
    return NULL;
  PyObject *found = PyObject_CallMethodObjArgs(self, name_implementation_of, handle, NULL);
  Py_DECREF(handle);
  if (found) {
    /* The domain keeps it from now on. */
    callee->implementation = found;
    Py_DECREF(found);
  }
  return found;
}

static PyObject *call_host(PyObject *implementation, const wr_task *task)
{
  const wr_defined_type *type = wr_defined(task->callee->type);
  const wr_slot *slots = task->stack + task->arguments;
  PyObject *answer = NULL;
  Py_INCREF(implementation);
  if (type->param_count <= 2) {
    PyObject *values[3] = {NULL, NULL, NULL};
    bool done = true;
    for (uint32_t k = 0; done && k < type->param_count; k++)
      done = (values[k] = from_slot(type->params[k], slots[k])) != NULL;
    if (done)
      answer = PyObject_CallFunctionObjArgs(implementation, values[0], values[1], NULL);
    Py_XDECREF(values[0]);
    Py_XDECREF(values[1]);
  } else {
    PyObject *values = tuple_of(type->params, type->param_count, slots);
    if (values)
      answer = PyObject_Call(implementation, values, NULL);
    Py_XDECREF(values);
  }
  Py_DECREF(implementation);
  return answer;
}

/* Takes the reference to the answer. */
static int answer_with(PyObject *self, wr_task *task, PyObject *answer)
{
  wr_slot results[WR_DIRECT_VALUES];
  const wr_defined_type *type = wr_defined(task->callee->type);
  while (!to_results(type, answer, results)) {
    /* A generator that has ended without waiting has an answer; all else raises. */
    PyObject *settled = PyObject_CallMethodObjArgs(self, name_settle, answer, NULL);
    Py_DECREF(answer);
    if (!settled)
      return FAILED;
    answer = settled;
  }
  Py_DECREF(answer);
  wr_domain *locked = begin_briefly(task);
  return end_briefly(task, locked, wr_direct_answer(task, locked, results, BRIEFLY));
}

static bool look(PyObject *self)
{
  PyObject *nothing = PyObject_CallMethodObjArgs(self, name_look, NULL);
  Py_XDECREF(nothing);
  return nothing != NULL;
}

/* Go on from event to event, as far as that is possible here. */
static int advance(PyObject *self, wr_task *task, int event)
{
  for (uint32_t host_calls = 1;; host_calls++) {
    if (event == WR_EVENT_SLICE || (event == WR_EVENT_HOST_CALL && host_calls % HOST_CALLS == 0)) {
      if (!look(self))
        return FAILED;
    }
    if (event == WR_EVENT_SLICE) {
      wr_domain *locked = begin_briefly(task);
      wr_long_work();
      event = end_briefly(task, locked, wr_direct_go(task, locked, -1));
    } else if (event == WR_EVENT_HOST_CALL && wr_direct_may_answer(task)) {
      PyObject *implementation = implementation_of(self, task);
      if (!implementation)
        return PyErr_Occurred() ? FAILED : event;
      PyObject *answer = call_host(implementation, task);
      if (!answer)
        return FAILED;
      event = answer_with(self, task, answer);
    } else {
      return event;
    }
  }
}

/* Calls */

static PyObject *results_of(const wr_defined_type *type, const wr_task *task, bool as_tuple)
{
  const wr_slot *slots = task->stack + task->results;
  if (as_tuple || type->result_count > 1)
    return tuple_of(type->results, type->result_count, slots);
  return type->result_count ? from_slot(type->results[0], *slots) : none();
}

/* The exception that is set, as an object; None if there is none. */
static PyObject *take_error(void)
{
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (!type)
    return none();
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback)
    PyException_SetTraceback(value, traceback);
  Py_DECREF(type);
  Py_XDECREF(traceback);
  return value;
}

/* Something has happened (an exception may be set), or the call cannot begin here (``line`` is
   NULL): what Python makes of it, a tuple or an Unfinished. Takes the reference to the line. */
static PyObject *hand_over(PyObject *self, PyObject *store, line_object *line, PyObject *arguments)
{
  PyObject *error = take_error();
  PyObject *found = PyObject_CallMethodObjArgs(self, name_hand_over, store, arguments, error,
                                               line ? (PyObject *)line : Py_None, NULL);
  Py_DECREF(error);
  Py_XDECREF((PyObject *)line);
  return found;
}

static bool read_arguments(const wr_defined_type *type, PyObject *arguments, wr_slot *slots)
{
  if (PyTuple_Size(arguments) != (Py_ssize_t)type->param_count)
    return false;
  for (uint32_t k = 0; k < type->param_count; k++)
    if (!to_slot(type->params[k], PyTuple_GetItem(arguments, k), slots + k))
      return false;
  return true;
}

/* The results, or NULL if the call has not ended in the ordinary way. */
static PyObject *run(PyObject *self, wr_task *task, const wr_slot *arguments, bool as_tuple)
{
  wr_callee *callee = ((callee_object *)self)->callee;
  wr_domain *locked = begin_briefly(task);
  int event = wr_direct_begin(task, locked, callee, arguments, BRIEFLY);
  event = advance(self, task, end_briefly(task, locked, event));
  if (event != WR_EVENT_RETURNED)
    return NULL;
  return results_of(wr_defined(callee->type), task, as_tuple);
}

/* Call with a tuple of arguments. ``store`` may be None: that of the function's instance. Where
   ``is_over`` is set, the result is what ``hand_over`` gives. */
static PyObject *attempt(PyObject *self, PyObject *store, lines_object *lines, PyObject *arguments,
                         bool as_tuple, bool *is_over)
{
  wr_slot slots[WR_DIRECT_VALUES];
  line_object *line = NULL;
  if (read_arguments(wr_defined(((callee_object *)self)->callee->type), arguments, slots)) {
    line = take(lines);
    if (!line)
      line = (line_object *)PyObject_CallMethodObjArgs(self, name_line_of, store, NULL);
    if (!line)
      return NULL;
    PyObject *result = run(self, line->task, slots, as_tuple);
    if (result) {
      give(lines, line);
      return result;
    }
  }
  *is_over = true;
  return hand_over(self, store, line, arguments);
}

static PyObject *direct_call(PyObject *self, PyObject *arguments, PyObject *keywords)
{
  if (keywords && PyDict_Size(keywords)) {
    PyErr_SetString(PyExc_TypeError, "a function of a guest takes no keyword arguments");
    return NULL;
  }
  bool is_over = false;
  lines_object *lines = ((callee_object *)self)->lines;
  PyObject *found = attempt(self, Py_None, lines, arguments, false, &is_over);
  if (!is_over || !found)
    return found;
  PyObject *result = PyObject_CallMethodObjArgs(self, name_unwrap, found, NULL);
  Py_DECREF(found);
  return result;
}

static PyObject *direct_attempt(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "a store and the arguments are needed");
    return NULL;
  }
  PyObject *lines = PyObject_GetAttr(given[0], name_lines), *found = NULL;
  PyObject *arguments = lines ? PySequence_Tuple(given[1]) : NULL;
  bool is_over = false;
  if (arguments && Py_IS_TYPE(lines, lines_type))
    found = attempt(self, given[0], (lines_object *)lines, arguments, true, &is_over);
  else if (arguments)
    PyErr_SetString(PyExc_TypeError, "that is no store");
  Py_XDECREF(lines);
  Py_XDECREF(arguments);
  return found;
}

static PyObject *callee_bind(PyObject *self, PyObject *address)
{
  ((callee_object *)self)->callee = PyLong_AsVoidPtr(address);
  return PyErr_Occurred() ? NULL : none();
}

static PyObject *callee_use(PyObject *self, PyObject *lines)
{
  if (!Py_IS_TYPE(lines, lines_type)) {
    PyErr_SetString(PyExc_TypeError, "these are no lines");
    return NULL;
  }
  callee_object *function = (callee_object *)self;
  PyObject *old = (PyObject *)function->lines;
  Py_INCREF(lines);
  function->lines = (lines_object *)lines;
  Py_XDECREF(old);
  return none();
}

static void callee_free(PyObject *self)
{
  Py_CLEAR(((callee_object *)self)->lines);
  free_object(self);
}

static PyMethodDef callee_methods[] = {
    {"bind", callee_bind, METH_O, "Be the C function at this address."},
    {"use", callee_use, METH_O, "Call by way of these lines."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot callee_slots[] = {
    {Py_tp_doc, "A function of the engine."},
    {Py_tp_dealloc, callee_free},
    {Py_tp_methods, callee_methods},
    {0, NULL},
};
static PyType_Spec callee_spec = {"pywasm_rt._core.Callee", sizeof(callee_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, callee_slots};

/* Functions are called by way of this type only when they are bound and have lines. */
static PyMethodDef direct_methods[] = {
    {"attempt", (PyCFunction)(void (*)(void))direct_attempt, METH_FASTCALL,
     "attempt(store, arguments): see pywasm_rt.engine.interface.Instance.attempt."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot direct_slots[] = {
    {Py_tp_doc, "A function that is called in the short way."},
    {Py_tp_dealloc, callee_free},
    {Py_tp_call, direct_call},
    {Py_tp_methods, direct_methods},
    {0, NULL},
};
static PyType_Spec direct_spec = {"pywasm_rt._core.Direct", sizeof(callee_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, direct_slots};

/* The module */

static bool make_names(void)
{
  static const struct {
    PyObject **name;
    const char *text;
  } names[] = {
      {&name_lines, "lines"},         {&name_line_of, "line_of"},
      {&name_hand_over, "hand_over"}, {&name_unwrap, "unwrap"},
      {&name_settle, "settle"},       {&name_look, "look"},
      {&name_implementation_of, "implementation_of"},
  };
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (!(*names[k].name = PyUnicode_InternFromString(names[k].text)))
      return false;
  return true;
}

static PyTypeObject *add_type(PyObject *module, const char *name, PyType_Spec *spec,
                              PyTypeObject *base)
{
  PyObject *bases = base ? PyTuple_Pack(1, base) : NULL;
  PyObject *type = base && !bases ? NULL : PyType_FromSpecWithBases(spec, bases);
  Py_XDECREF(bases);
  if (type && PyModule_AddObjectRef(module, name, type))
    Py_CLEAR(type);
  return (PyTypeObject *)type; /* the reference is kept for ever */
}

static bool fill(PyObject *module)
{
  PyTypeObject *callee;
  return make_names() && (line_type = add_type(module, "Line", &line_spec, NULL)) &&
         (lines_type = add_type(module, "Lines", &lines_spec, NULL)) &&
         (callee = add_type(module, "Callee", &callee_spec, NULL)) &&
         add_type(module, "Direct", &direct_spec, callee);
}

PyMODINIT_FUNC PyInit__core(void)
{
  PyObject *module = wr_binding();
  if (module && !fill(module))
    Py_CLEAR(module);
  return module;
}
