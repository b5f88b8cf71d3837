"""Every instruction of WebAssembly 3.0 and of the proposals pywasm_rt knows: one row each.

To add an instruction, write one row here (opcode, mnemonic, stack type, immediates, section of the
specification, one sentence), one Python function named after it in ``engine/reference`` and one C
body in ``native``. Everything else (decoder, encoder, text format, validator, disassembly, the C
header) reads the row; a completeness test names whatever is missing.

How to fill in a row:

* **stack**: ``"i32 i32 -> i32"``. Where the types depend on the module or on what surrounds the
  instruction, give ``rule=``, the name of a function of ``wasm/validate/rules``, and the stack type
  only if it is fixed but for addresses. Instructions of one family share a rule: ``load``,
  ``store``, ``load_lane``, ``store_lane``, ``atomic`` (all need ``width_bytes=``), ``lane`` (takes
  a lane number below ``16 // width_bytes``), ``struct_get_packed``, ``array_get_packed``.
* **immediates**: names of kinds from ``immediates.py``, in binary order.
* **sentence**: what a student should know. "Pops" is said where the order of operands matters.
* **feature**: the proposal's switch in ``features.py``; the short names below the imports are
  :func:`row` with prefix and feature filled in.
* A test's or an experiment's own instruction needs no entry here:
  ``INSTRUCTIONS.with_rows(row(...))`` is a set that has it.
"""

# fmt: off
# Two lines a row, data above and sentence below, read better than one argument a line.

from __future__ import annotations

from functools import partial

from pywasm_rt.wasm.instructions.instruction import Row
from pywasm_rt.wasm.instructions.instruction_set import InstructionSet
from pywasm_rt.wasm.instructions.row import row

__all__ = ["BY_MNEMONIC", "BY_OPCODE", "INSTRUCTIONS", "ROWS"]

legacy = partial(row, feature="legacy_exceptions")
aggregate = partial(row, prefix=0xFB, feature="gc")
bulk = partial(row, prefix=0xFC)
saturating = partial(row, prefix=0xFC, feature="saturating_float_to_int")
wide = partial(row, prefix=0xFC, feature="wide_arithmetic")
vector = partial(row, prefix=0xFD, feature="simd")
relaxed = partial(row, prefix=0xFD, feature="relaxed_simd")
atomic = partial(row, prefix=0xFE, feature="threads")

# Control: blocks, branches, calls and exceptions.
CONTROL: tuple[Row, ...] = (
    row(0x00, "unreachable", "", "", "exec-unreachable",
        "Traps at once: it marks a place that must never be reached.", rule="unreachable", fuel=0),
    row(0x01, "nop", "->", "", "exec-nop",
        "Does nothing.", fuel=0),
    row(0x02, "block", "", "block_type", "exec-block",
        "Opens a block; a branch to its label jumps forward, to behind its end.",
        rule="block", fuel=0),
    row(0x03, "loop", "", "block_type", "exec-loop",
        "Opens a loop; a branch to its label jumps back to its beginning.", rule="loop", fuel=0),
    row(0x04, "if", "", "block_type", "exec-if",
        "Pops a condition: if it is not zero the block runs, else the part behind else, if "
        "there is one.", rule="if"),
    row(0x05, "else", "", "", "exec-if",
        "Ends the part of an if that runs when the condition holds, and begins the other part.",
        rule="else", fuel=0),
    row(0x08, "throw", "", "tag", "exec-throw",
        "Pops the values that the tag asks for and throws them as an exception.",
        rule="throw", feature="exceptions"),
    row(0x0A, "throw_ref", "", "", "exec-throw_ref",
        "Pops a reference to a caught exception and throws that exception again; null traps.",
        rule="throw_ref", feature="exceptions"),
    row(0x0B, "end", "", "", "exec-instrs-exit",
        "Closes the innermost open block; behind the last block it returns from the function.",
        rule="end", fuel=0),
    row(0x0C, "br", "", "label", "exec-br",
        "Jumps to a label, counted from the innermost block outwards, and takes its values "
        "along.", rule="br"),
    row(0x0D, "br_if", "", "label", "exec-br_if",
        "Pops a condition and jumps to a label if it is not zero; else goes on.", rule="br_if"),
    row(0x0E, "br_table", "", "labels label", "exec-br_table",
        "Pops a number and jumps to the label at that place in the list, or to the last label "
        "if the number is too large.", rule="br_table"),
    row(0x0F, "return", "", "", "exec-return",
        "Leaves the function; the values on top of the stack are its results.",
        rule="return", fuel=0),
    row(0x10, "call", "", "function", "exec-call",
        "Calls a function: pops its arguments and, when it returns, pushes its results.",
        rule="call"),
    row(0x11, "call_indirect", "", "type table", "exec-call_indirect",
        "Pops an index into a table and calls the function found there; traps if there is none "
        "or its type is another.", rule="call_indirect"),
    row(0x12, "return_call", "", "function", "exec-return_call",
        "Leaves this function by calling another one in its place, so that the call stack does "
        "not grow.", rule="return_call", feature="tail_calls"),
    row(0x13, "return_call_indirect", "", "type table", "exec-return_call_indirect",
        "Leaves this function by calling, in its place, the function at an index of a table.",
        rule="return_call_indirect", feature="tail_calls"),
    row(0x14, "call_ref", "", "type", "exec-call_ref",
        "Pops a function reference and calls the function; traps if the reference is null.",
        rule="call_ref", feature="function_references"),
    row(0x15, "return_call_ref", "", "type", "exec-return_call_ref",
        "Leaves this function by calling, in its place, the function that a reference points "
        "to.", rule="return_call_ref", feature="function_references"),
    row(0x1F, "try_table", "", "block_type catches", "exec-try_table",
        "Opens a block whose handlers say to which label each kind of exception thrown inside "
        "jumps.", rule="try_table", feature="exceptions"),
    row(0xD5, "br_on_null", "", "label", "exec-br_on_null",
        "Jumps to a label if the reference on top is null (and drops it); else goes on with it "
        "as non-null.", rule="br_on_null", feature="function_references"),
    row(0xD6, "br_on_non_null", "", "label", "exec-br_on_non_null",
        "Jumps to a label with the reference on top if it is not null; else drops it and goes "
        "on.", rule="br_on_non_null", feature="function_references"),
)

# Exceptions as first proposed; browsers and older toolchains still use them.
LEGACY_EXCEPTIONS: tuple[Row, ...] = (
    legacy(0x06, "try", "", "block_type", "legacy-exceptions",
        "Opens a block whose exceptions go to the catch parts that follow before its end.",
        rule="try"),
    legacy(0x07, "catch", "", "tag", "legacy-exceptions",
        "Ends the part before it and begins a handler, which gets the values of an exception "
        "with this tag.", rule="catch", fuel=0),
    legacy(0x09, "rethrow", "", "label", "legacy-exceptions",
        "Throws again the exception that the handler at this label is dealing with.",
        rule="rethrow"),
    legacy(0x18, "delegate", "", "label", "legacy-exceptions",
        "Closes a try without handlers: its exceptions go on to the block at this label.",
        rule="delegate", fuel=0),
    legacy(0x19, "catch_all", "", "", "legacy-exceptions",
        "Ends the part before it and begins a handler for every exception; the values are not "
        "seen.", rule="catch_all", fuel=0),
)

# Operands of any type.
PARAMETRIC: tuple[Row, ...] = (
    row(0x1A, "drop", "", "", "exec-drop",
        "Throws the value on top of the stack away.", rule="drop", fuel=0),
    row(0x1B, "select", "", "", "exec-select",
        "Pops a condition and two numbers, and pushes the first if the condition is not zero, "
        "else the second.", rule="select"),
    row(0x1C, "select", "", "value_types", "exec-select",
        "Pops a condition and two values of the written type, and pushes the first if the "
        "condition is not zero, else the second.",
        rule="select_t", identifier="select_t", feature="reference_types"),
)

# Local and global variables.
VARIABLE: tuple[Row, ...] = (
    row(0x20, "local.get", "", "local", "exec-local.get",
        "Pushes the value of a local variable.", rule="local_get"),
    row(0x21, "local.set", "", "local", "exec-local.set",
        "Pops a value and stores it in a local variable.", rule="local_set"),
    row(0x22, "local.tee", "", "local", "exec-local.tee",
        "Stores the value on top of the stack in a local variable and leaves it on the stack.",
        rule="local_tee"),
    row(0x23, "global.get", "", "global", "exec-global.get",
        "Pushes the value of a global variable.", rule="global_get"),
    row(0x24, "global.set", "", "global", "exec-global.set",
        "Pops a value and stores it in a mutable global variable.", rule="global_set"),
)

# Tables of references and element segments.
TABLE: tuple[Row, ...] = (
    row(0x25, "table.get", "", "table", "exec-table.get",
        "Pops an index and pushes the reference at that place of a table; traps outside the "
        "table.", rule="table_get", feature="reference_types"),
    row(0x26, "table.set", "", "table", "exec-table.set",
        "Pops a reference and an index, and stores the reference at that place of a table; "
        "traps outside the table.", rule="table_set", feature="reference_types"),
    bulk(0x0C, "table.init", "i32 i32 i32 ->", "element table", "exec-table.init",
        "Pops a length, an index into an element segment and an index into a table, and copies "
        "references from the segment into the table.", rule="table_init", feature="bulk_memory"),
    bulk(0x0D, "elem.drop", "->", "element", "exec-elem.drop",
        "Empties an element segment: it will not be needed any more.",
        rule="elem_drop", feature="bulk_memory"),
    bulk(0x0E, "table.copy", "i32 i32 i32 ->", "table table", "exec-table.copy",
        "Pops a length, a source index and a target index, and copies references from the "
        "second table into the first.", rule="table_copy", feature="bulk_memory"),
    bulk(0x0F, "table.grow", "", "table", "exec-table.grow",
        "Pops a count and a reference, and makes a table that much longer, filled with the "
        "reference; pushes the old size, or -1 if it cannot.",
        rule="table_grow", feature="reference_types"),
    bulk(0x10, "table.size", "-> i32", "table", "exec-table.size",
        "Pushes the number of elements of a table.", rule="table_size", feature="reference_types"),
    bulk(0x11, "table.fill", "", "table", "exec-table.fill",
        "Pops a length, a reference and an index, and writes the reference into that many "
        "places of a table.", rule="table_fill", feature="reference_types"),
)

# References.
REFERENCE: tuple[Row, ...] = (
    row(0xD0, "ref.null", "", "heap_type", "exec-ref.null",
        "Pushes a null reference of the written type.", rule="ref_null", feature="reference_types"),
    row(0xD1, "ref.is_null", "", "", "exec-ref.is_null",
        "Pops a reference and pushes 1 if it is null, else 0.",
        rule="ref_is_null", feature="reference_types"),
    row(0xD2, "ref.func", "", "function", "exec-ref.func",
        "Pushes a reference to a function.", rule="ref_func", feature="reference_types"),
    row(0xD4, "ref.as_non_null", "", "", "exec-ref.as_non_null",
        "Traps if the reference on top is null; else leaves it there, as one that cannot be "
        "null.", rule="ref_as_non_null", feature="function_references"),
    row(0xD3, "ref.eq", "eqref eqref -> i32", "", "exec-ref.eq",
        "Pops two references and pushes 1 if they are the same object, the same small integer "
        "or both null, else 0.", feature="gc"),
)

# Structures, arrays, small integers and casts of the garbage-collected heap.
AGGREGATE: tuple[Row, ...] = (
    aggregate(0x00, "struct.new", "", "type", "exec-struct.new",
        "Pops a value for each field and pushes a reference to a new structure made of them.",
        rule="struct_new"),
    aggregate(0x01, "struct.new_default", "", "type", "exec-struct.new_default",
        "Pushes a reference to a new structure whose fields are all zero or null.",
        rule="struct_new_default"),
    aggregate(0x02, "struct.get", "", "type field", "exec-struct.get",
        "Pops a reference to a structure and pushes the value of one of its fields; null traps.",
        rule="struct_get"),
    aggregate(0x03, "struct.get_s", "", "type field", "exec-struct.get_sx",
        "Pops a reference to a structure and pushes one of its 8- or 16-bit fields, read as a "
        "signed number.", rule="struct_get_packed"),
    aggregate(0x04, "struct.get_u", "", "type field", "exec-struct.get_sx",
        "Pops a reference to a structure and pushes one of its 8- or 16-bit fields, read as an "
        "unsigned number.", rule="struct_get_packed"),
    aggregate(0x05, "struct.set", "", "type field", "exec-struct.set",
        "Pops a value and a reference to a structure, and stores the value in one of its "
        "fields; null traps.", rule="struct_set"),
    aggregate(0x06, "array.new", "", "type", "exec-array.new",
        "Pops a length and a value, and pushes a reference to a new array filled with the "
        "value.", rule="array_new"),
    aggregate(0x07, "array.new_default", "", "type", "exec-array.new_default",
        "Pops a length and pushes a reference to a new array filled with zeros or nulls.",
        rule="array_new_default"),
    aggregate(0x08, "array.new_fixed", "", "type count", "exec-array.new_fixed",
        "Pops a fixed number of values and pushes a reference to a new array made of them.",
        rule="array_new_fixed"),
    aggregate(0x09, "array.new_data", "", "type data", "exec-array.new_data",
        "Pops a length and an offset, and pushes a reference to a new array of numbers read "
        "from a data segment.", rule="array_new_data"),
    aggregate(0x0A, "array.new_elem", "", "type element", "exec-array.new_elem",
        "Pops a length and an offset, and pushes a reference to a new array of references from "
        "an element segment.", rule="array_new_elem"),
    aggregate(0x0B, "array.get", "", "type", "exec-array.get",
        "Pops an index and a reference to an array, and pushes the element there; traps outside "
        "the array.", rule="array_get"),
    aggregate(0x0C, "array.get_s", "", "type", "exec-array.get_sx",
        "Pops an index and a reference to an array, and pushes the 8- or 16-bit element there, "
        "read as a signed number.", rule="array_get_packed"),
    aggregate(0x0D, "array.get_u", "", "type", "exec-array.get_sx",
        "Pops an index and a reference to an array, and pushes the 8- or 16-bit element there, "
        "read as an unsigned number.", rule="array_get_packed"),
    aggregate(0x0E, "array.set", "", "type", "exec-array.set",
        "Pops a value, an index and a reference to an array, and stores the value there; traps "
        "outside the array.", rule="array_set"),
    aggregate(0x0F, "array.len", "arrayref -> i32", "", "exec-array.len",
        "Pops a reference to an array and pushes its number of elements; null traps."),
    aggregate(0x10, "array.fill", "", "type", "exec-array.fill",
        "Pops a length, a value, an index and a reference to an array, and writes the value "
        "into that many elements.", rule="array_fill"),
    aggregate(0x11, "array.copy", "", "type type", "exec-array.copy",
        "Pops a length, an index and a reference of the source array, and the same of the "
        "target array, and copies elements.", rule="array_copy"),
    aggregate(0x12, "array.init_data", "", "type data", "exec-array.init_data",
        "Pops a length, an offset, an index and a reference to an array, and copies numbers "
        "from a data segment into it.", rule="array_init_data"),
    aggregate(0x13, "array.init_elem", "", "type element", "exec-array.init_elem",
        "Pops a length, an offset, an index and a reference to an array, and copies references "
        "from an element segment into it.", rule="array_init_elem"),
    aggregate(0x14, "ref.test", "", "reference_type", "exec-ref.test",
        "Pops a reference and pushes 1 if it belongs to the written type, else 0.",
        rule="ref_test", null_code=21),
    aggregate(0x16, "ref.cast", "", "reference_type", "exec-ref.cast",
        "Traps unless the reference on top belongs to the written type; else leaves it there, "
        "with that type.", rule="ref_cast", null_code=23),
    aggregate(0x18, "br_on_cast", "", "label reference_type reference_type", "exec-br_on_cast",
        "Jumps to a label if the reference on top belongs to the second written type; else goes "
        "on with it.", rule="br_on_cast", encoding="cast_flags"),
    aggregate(0x19, "br_on_cast_fail", "", "label reference_type reference_type",
        "exec-br_on_cast_fail",
        "Jumps to a label unless the reference on top belongs to the second written type; else "
        "goes on with it.", rule="br_on_cast_fail", encoding="cast_flags"),
    aggregate(0x1A, "any.convert_extern", "", "", "exec-any.convert_extern",
        "Turns a reference from outside into one of the module's own hierarchy.",
        rule="any_convert_extern"),
    aggregate(0x1B, "extern.convert_any", "", "", "exec-extern.convert_any",
        "Turns a reference of the module's own hierarchy into one for the outside.",
        rule="extern_convert_any"),
    aggregate(0x1C, "ref.i31", "i32 -> (ref i31)", "", "exec-ref.i31",
        "Pops a number and pushes a reference that holds its lowest 31 bits, without using "
        "memory."),
    aggregate(0x1D, "i31.get_s", "i31ref -> i32", "", "exec-i31.get",
        "Pops a reference to a 31-bit integer and pushes it as a signed number; null traps."),
    aggregate(0x1E, "i31.get_u", "i31ref -> i32", "", "exec-i31.get",
        "Pops a reference to a 31-bit integer and pushes it as an unsigned number; null traps."),
)

# Linear memory and data segments.
MEMORY: tuple[Row, ...] = (
    row(0x28, "i32.load", "i32 -> i32", "memory_argument", "exec-load-val",
        "Pops an address and pushes a 32-bit integer, read from four bytes of memory.",
        rule="load", width_bytes=4),
    row(0x29, "i64.load", "i32 -> i64", "memory_argument", "exec-load-val",
        "Pops an address and pushes a 64-bit integer, read from eight bytes of memory.",
        rule="load", width_bytes=8),
    row(0x2A, "f32.load", "i32 -> f32", "memory_argument", "exec-load-val",
        "Pops an address and pushes a 32-bit float, read from four bytes of memory.",
        rule="load", width_bytes=4),
    row(0x2B, "f64.load", "i32 -> f64", "memory_argument", "exec-load-val",
        "Pops an address and pushes a 64-bit float, read from eight bytes of memory.",
        rule="load", width_bytes=8),
    row(0x2C, "i32.load8_s", "i32 -> i32", "memory_argument", "exec-load-pack",
        "Pops an address and reads one byte of memory as a signed number, widened to 32 bits.",
        rule="load", width_bytes=1),
    row(0x2D, "i32.load8_u", "i32 -> i32", "memory_argument", "exec-load-pack",
        "Pops an address and reads one byte of memory as an unsigned number, widened to 32 "
        "bits.", rule="load", width_bytes=1),
    row(0x2E, "i32.load16_s", "i32 -> i32", "memory_argument", "exec-load-pack",
        "Pops an address and reads two bytes of memory as a signed number, widened to 32 bits.",
        rule="load", width_bytes=2),
    row(0x2F, "i32.load16_u", "i32 -> i32", "memory_argument", "exec-load-pack",
        "Pops an address and reads two bytes of memory as an unsigned number, widened to 32 "
        "bits.", rule="load", width_bytes=2),
    row(0x30, "i64.load8_s", "i32 -> i64", "memory_argument", "exec-load-pack",
        "Pops an address and reads one byte of memory as a signed number, widened to 64 bits.",
        rule="load", width_bytes=1),
    row(0x31, "i64.load8_u", "i32 -> i64", "memory_argument", "exec-load-pack",
        "Pops an address and reads one byte of memory as an unsigned number, widened to 64 "
        "bits.", rule="load", width_bytes=1),
    row(0x32, "i64.load16_s", "i32 -> i64", "memory_argument", "exec-load-pack",
        "Pops an address and reads two bytes of memory as a signed number, widened to 64 bits.",
        rule="load", width_bytes=2),
    row(0x33, "i64.load16_u", "i32 -> i64", "memory_argument", "exec-load-pack",
        "Pops an address and reads two bytes of memory as an unsigned number, widened to 64 "
        "bits.", rule="load", width_bytes=2),
    row(0x34, "i64.load32_s", "i32 -> i64", "memory_argument", "exec-load-pack",
        "Pops an address and reads four bytes of memory as a signed number, widened to 64 bits.",
        rule="load", width_bytes=4),
    row(0x35, "i64.load32_u", "i32 -> i64", "memory_argument", "exec-load-pack",
        "Pops an address and reads four bytes of memory as an unsigned number, widened to 64 "
        "bits.", rule="load", width_bytes=4),
    row(0x36, "i32.store", "i32 i32 ->", "memory_argument", "exec-store-val",
        "Pops a 32-bit integer and an address, and writes the number to four bytes of memory.",
        rule="store", width_bytes=4),
    row(0x37, "i64.store", "i32 i64 ->", "memory_argument", "exec-store-val",
        "Pops a 64-bit integer and an address, and writes the number to eight bytes of memory.",
        rule="store", width_bytes=8),
    row(0x38, "f32.store", "i32 f32 ->", "memory_argument", "exec-store-val",
        "Pops a 32-bit float and an address, and writes the number to four bytes of memory.",
        rule="store", width_bytes=4),
    row(0x39, "f64.store", "i32 f64 ->", "memory_argument", "exec-store-val",
        "Pops a 64-bit float and an address, and writes the number to eight bytes of memory.",
        rule="store", width_bytes=8),
    row(0x3A, "i32.store8", "i32 i32 ->", "memory_argument", "exec-store-pack",
        "Pops a 32-bit integer and an address, and writes its lowest 8 bits to memory.",
        rule="store", width_bytes=1),
    row(0x3B, "i32.store16", "i32 i32 ->", "memory_argument", "exec-store-pack",
        "Pops a 32-bit integer and an address, and writes its lowest 16 bits to memory.",
        rule="store", width_bytes=2),
    row(0x3C, "i64.store8", "i32 i64 ->", "memory_argument", "exec-store-pack",
        "Pops a 64-bit integer and an address, and writes its lowest 8 bits to memory.",
        rule="store", width_bytes=1),
    row(0x3D, "i64.store16", "i32 i64 ->", "memory_argument", "exec-store-pack",
        "Pops a 64-bit integer and an address, and writes its lowest 16 bits to memory.",
        rule="store", width_bytes=2),
    row(0x3E, "i64.store32", "i32 i64 ->", "memory_argument", "exec-store-pack",
        "Pops a 64-bit integer and an address, and writes its lowest 32 bits to memory.",
        rule="store", width_bytes=4),
    row(0x3F, "memory.size", "-> i32", "memory", "exec-memory.size",
        "Pushes the size of a memory in pages (of 65,536 bytes, unless the memory says "
        "otherwise).", rule="memory_size"),
    row(0x40, "memory.grow", "i32 -> i32", "memory", "exec-memory.grow",
        "Pops a number of pages and makes a memory that much larger; pushes the old size, or -1 "
        "if it cannot.", rule="memory_grow"),
    bulk(0x08, "memory.init", "i32 i32 i32 ->", "data memory", "exec-memory.init",
        "Pops a length, an offset into a data segment and an address, and copies bytes from the "
        "segment into memory.", rule="memory_init", feature="bulk_memory"),
    bulk(0x09, "data.drop", "->", "data", "exec-data.drop",
        "Empties a data segment: it will not be needed any more.",
        rule="data_drop", feature="bulk_memory"),
    bulk(0x0A, "memory.copy", "i32 i32 i32 ->", "memory memory", "exec-memory.copy",
        "Pops a length, a source address and a target address, and copies bytes from the second "
        "memory into the first; the ranges may overlap.",
        rule="memory_copy", feature="bulk_memory"),
    bulk(0x0B, "memory.fill", "i32 i32 i32 ->", "memory", "exec-memory.fill",
        "Pops a length, a byte and an address, and writes the byte that many times.",
        rule="memory_fill", feature="bulk_memory"),
)

# Numbers.
NUMERIC: tuple[Row, ...] = (
    row(0x41, "i32.const", "-> i32", "i32", "exec-const",
        "Pushes the written 32-bit integer."),
    row(0x42, "i64.const", "-> i64", "i64", "exec-const",
        "Pushes the written 64-bit integer."),
    row(0x43, "f32.const", "-> f32", "f32", "exec-const",
        "Pushes the written 32-bit float."),
    row(0x44, "f64.const", "-> f64", "f64", "exec-const",
        "Pushes the written 64-bit float."),
    row(0x45, "i32.eqz", "i32 -> i32", "", "op-ieqz",
        "Pops a 32-bit integer and pushes 1 if it is zero, else 0."),
    row(0x46, "i32.eq", "i32 i32 -> i32", "", "op-ieq",
        "Pops two 32-bit integers and pushes 1 if they are equal, else 0."),
    row(0x47, "i32.ne", "i32 i32 -> i32", "", "op-ine",
        "Pops two 32-bit integers and pushes 1 if they differ, else 0."),
    row(0x48, "i32.lt_s", "i32 i32 -> i32", "", "op-ilt_s",
        "Compares two signed 32-bit integers: pushes 1 if the first is less than the second, "
        "else 0."),
    row(0x49, "i32.lt_u", "i32 i32 -> i32", "", "op-ilt_u",
        "Compares two unsigned 32-bit integers: pushes 1 if the first is less than the second, "
        "else 0."),
    row(0x4A, "i32.gt_s", "i32 i32 -> i32", "", "op-igt_s",
        "Compares two signed 32-bit integers: pushes 1 if the first is greater than the second, "
        "else 0."),
    row(0x4B, "i32.gt_u", "i32 i32 -> i32", "", "op-igt_u",
        "Compares two unsigned 32-bit integers: pushes 1 if the first is greater than the "
        "second, else 0."),
    row(0x4C, "i32.le_s", "i32 i32 -> i32", "", "op-ile_s",
        "Compares two signed 32-bit integers: pushes 1 if the first is at most the second, else "
        "0."),
    row(0x4D, "i32.le_u", "i32 i32 -> i32", "", "op-ile_u",
        "Compares two unsigned 32-bit integers: pushes 1 if the first is at most the second, "
        "else 0."),
    row(0x4E, "i32.ge_s", "i32 i32 -> i32", "", "op-ige_s",
        "Compares two signed 32-bit integers: pushes 1 if the first is at least the second, "
        "else 0."),
    row(0x4F, "i32.ge_u", "i32 i32 -> i32", "", "op-ige_u",
        "Compares two unsigned 32-bit integers: pushes 1 if the first is at least the second, "
        "else 0."),
    row(0x50, "i64.eqz", "i64 -> i32", "", "op-ieqz",
        "Pops a 64-bit integer and pushes 1 if it is zero, else 0."),
    row(0x51, "i64.eq", "i64 i64 -> i32", "", "op-ieq",
        "Pops two 64-bit integers and pushes 1 if they are equal, else 0."),
    row(0x52, "i64.ne", "i64 i64 -> i32", "", "op-ine",
        "Pops two 64-bit integers and pushes 1 if they differ, else 0."),
    row(0x53, "i64.lt_s", "i64 i64 -> i32", "", "op-ilt_s",
        "Compares two signed 64-bit integers: pushes 1 if the first is less than the second, "
        "else 0."),
    row(0x54, "i64.lt_u", "i64 i64 -> i32", "", "op-ilt_u",
        "Compares two unsigned 64-bit integers: pushes 1 if the first is less than the second, "
        "else 0."),
    row(0x55, "i64.gt_s", "i64 i64 -> i32", "", "op-igt_s",
        "Compares two signed 64-bit integers: pushes 1 if the first is greater than the second, "
        "else 0."),
    row(0x56, "i64.gt_u", "i64 i64 -> i32", "", "op-igt_u",
        "Compares two unsigned 64-bit integers: pushes 1 if the first is greater than the "
        "second, else 0."),
    row(0x57, "i64.le_s", "i64 i64 -> i32", "", "op-ile_s",
        "Compares two signed 64-bit integers: pushes 1 if the first is at most the second, else "
        "0."),
    row(0x58, "i64.le_u", "i64 i64 -> i32", "", "op-ile_u",
        "Compares two unsigned 64-bit integers: pushes 1 if the first is at most the second, "
        "else 0."),
    row(0x59, "i64.ge_s", "i64 i64 -> i32", "", "op-ige_s",
        "Compares two signed 64-bit integers: pushes 1 if the first is at least the second, "
        "else 0."),
    row(0x5A, "i64.ge_u", "i64 i64 -> i32", "", "op-ige_u",
        "Compares two unsigned 64-bit integers: pushes 1 if the first is at least the second, "
        "else 0."),
    row(0x5B, "f32.eq", "f32 f32 -> i32", "", "op-feq",
        "Pops two 32-bit floats and pushes 1 if they are equal, else 0; a NaN equals nothing, "
        "-0 equals 0."),
    row(0x5C, "f32.ne", "f32 f32 -> i32", "", "op-fne",
        "Pops two 32-bit floats and pushes 1 if they differ, else 0; a NaN differs even from "
        "itself."),
    row(0x5D, "f32.lt", "f32 f32 -> i32", "", "op-flt",
        "Compares two 32-bit floats: pushes 1 if the first is less than the second, else (or "
        "with a NaN) 0."),
    row(0x5E, "f32.gt", "f32 f32 -> i32", "", "op-fgt",
        "Compares two 32-bit floats: pushes 1 if the first is greater than the second, else (or "
        "with a NaN) 0."),
    row(0x5F, "f32.le", "f32 f32 -> i32", "", "op-fle",
        "Compares two 32-bit floats: pushes 1 if the first is at most the second, else (or with "
        "a NaN) 0."),
    row(0x60, "f32.ge", "f32 f32 -> i32", "", "op-fge",
        "Compares two 32-bit floats: pushes 1 if the first is at least the second, else (or "
        "with a NaN) 0."),
    row(0x61, "f64.eq", "f64 f64 -> i32", "", "op-feq",
        "Pops two 64-bit floats and pushes 1 if they are equal, else 0; a NaN equals nothing, "
        "-0 equals 0."),
    row(0x62, "f64.ne", "f64 f64 -> i32", "", "op-fne",
        "Pops two 64-bit floats and pushes 1 if they differ, else 0; a NaN differs even from "
        "itself."),
    row(0x63, "f64.lt", "f64 f64 -> i32", "", "op-flt",
        "Compares two 64-bit floats: pushes 1 if the first is less than the second, else (or "
        "with a NaN) 0."),
    row(0x64, "f64.gt", "f64 f64 -> i32", "", "op-fgt",
        "Compares two 64-bit floats: pushes 1 if the first is greater than the second, else (or "
        "with a NaN) 0."),
    row(0x65, "f64.le", "f64 f64 -> i32", "", "op-fle",
        "Compares two 64-bit floats: pushes 1 if the first is at most the second, else (or with "
        "a NaN) 0."),
    row(0x66, "f64.ge", "f64 f64 -> i32", "", "op-fge",
        "Compares two 64-bit floats: pushes 1 if the first is at least the second, else (or "
        "with a NaN) 0."),
    row(0x67, "i32.clz", "i32 -> i32", "", "op-iclz",
        "Counts the zero bits at the upper end of a 32-bit integer: 32 for zero."),
    row(0x68, "i32.ctz", "i32 -> i32", "", "op-ictz",
        "Counts the zero bits at the lower end of a 32-bit integer: 32 for zero."),
    row(0x69, "i32.popcnt", "i32 -> i32", "", "op-ipopcnt",
        "Counts the bits that are one in a 32-bit integer."),
    row(0x6A, "i32.add", "i32 i32 -> i32", "", "op-iadd",
        "Adds two 32-bit integers, wrapping around beyond 32 bits."),
    row(0x6B, "i32.sub", "i32 i32 -> i32", "", "op-isub",
        "Subtracts the second 32-bit integer from the first, wrapping around beyond 32 bits."),
    row(0x6C, "i32.mul", "i32 i32 -> i32", "", "op-imul",
        "Multiplies two 32-bit integers and keeps the lowest 32 bits."),
    row(0x6D, "i32.div_s", "i32 i32 -> i32", "", "op-idiv_s",
        "Divides signed 32-bit integers, rounding towards zero; traps on zero and on overflow."),
    row(0x6E, "i32.div_u", "i32 i32 -> i32", "", "op-idiv_u",
        "Divides unsigned 32-bit integers, rounding down; traps if the divisor is zero."),
    row(0x6F, "i32.rem_s", "i32 i32 -> i32", "", "op-irem_s",
        "Remainder of dividing signed 32-bit integers, with the sign of the first; traps on zero."),
    row(0x70, "i32.rem_u", "i32 i32 -> i32", "", "op-irem_u",
        "Remainder of dividing unsigned 32-bit integers; traps if the divisor is zero."),
    row(0x71, "i32.and", "i32 i32 -> i32", "", "op-iand",
        "Keeps the bits that are one in both 32-bit integers."),
    row(0x72, "i32.or", "i32 i32 -> i32", "", "op-ior",
        "Keeps the bits that are one in at least one of two 32-bit integers."),
    row(0x73, "i32.xor", "i32 i32 -> i32", "", "op-ixor",
        "Keeps the bits in which two 32-bit integers differ."),
    row(0x74, "i32.shl", "i32 i32 -> i32", "", "op-ishl",
        "Shifts a 32-bit integer left by the second operand modulo 32; zeros come in at the "
        "right."),
    row(0x75, "i32.shr_s", "i32 i32 -> i32", "", "op-ishr_s",
        "Shifts a 32-bit integer right by the second operand modulo 32, repeating the sign bit."),
    row(0x76, "i32.shr_u", "i32 i32 -> i32", "", "op-ishr_u",
        "Shifts a 32-bit integer right by the second operand modulo 32; zeros come in at the "
        "left."),
    row(0x77, "i32.rotl", "i32 i32 -> i32", "", "op-irotl",
        "Rotates a 32-bit integer left by the second operand modulo 32: bits pushed out come in "
        "at the right."),
    row(0x78, "i32.rotr", "i32 i32 -> i32", "", "op-irotr",
        "Rotates a 32-bit integer right by the second operand modulo 32: bits pushed out come "
        "in at the left."),
    row(0x79, "i64.clz", "i64 -> i64", "", "op-iclz",
        "Counts the zero bits at the upper end of a 64-bit integer: 64 for zero."),
    row(0x7A, "i64.ctz", "i64 -> i64", "", "op-ictz",
        "Counts the zero bits at the lower end of a 64-bit integer: 64 for zero."),
    row(0x7B, "i64.popcnt", "i64 -> i64", "", "op-ipopcnt",
        "Counts the bits that are one in a 64-bit integer."),
    row(0x7C, "i64.add", "i64 i64 -> i64", "", "op-iadd",
        "Adds two 64-bit integers, wrapping around beyond 64 bits."),
    row(0x7D, "i64.sub", "i64 i64 -> i64", "", "op-isub",
        "Subtracts the second 64-bit integer from the first, wrapping around beyond 64 bits."),
    row(0x7E, "i64.mul", "i64 i64 -> i64", "", "op-imul",
        "Multiplies two 64-bit integers and keeps the lowest 64 bits."),
    row(0x7F, "i64.div_s", "i64 i64 -> i64", "", "op-idiv_s",
        "Divides signed 64-bit integers, rounding towards zero; traps on zero and on overflow."),
    row(0x80, "i64.div_u", "i64 i64 -> i64", "", "op-idiv_u",
        "Divides unsigned 64-bit integers, rounding down; traps if the divisor is zero."),
    row(0x81, "i64.rem_s", "i64 i64 -> i64", "", "op-irem_s",
        "Remainder of dividing signed 64-bit integers, with the sign of the first; traps on zero."),
    row(0x82, "i64.rem_u", "i64 i64 -> i64", "", "op-irem_u",
        "Remainder of dividing unsigned 64-bit integers; traps if the divisor is zero."),
    row(0x83, "i64.and", "i64 i64 -> i64", "", "op-iand",
        "Keeps the bits that are one in both 64-bit integers."),
    row(0x84, "i64.or", "i64 i64 -> i64", "", "op-ior",
        "Keeps the bits that are one in at least one of two 64-bit integers."),
    row(0x85, "i64.xor", "i64 i64 -> i64", "", "op-ixor",
        "Keeps the bits in which two 64-bit integers differ."),
    row(0x86, "i64.shl", "i64 i64 -> i64", "", "op-ishl",
        "Shifts a 64-bit integer left by the second operand modulo 64; zeros come in at the "
        "right."),
    row(0x87, "i64.shr_s", "i64 i64 -> i64", "", "op-ishr_s",
        "Shifts a 64-bit integer right by the second operand modulo 64, repeating the sign bit."),
    row(0x88, "i64.shr_u", "i64 i64 -> i64", "", "op-ishr_u",
        "Shifts a 64-bit integer right by the second operand modulo 64; zeros come in at the "
        "left."),
    row(0x89, "i64.rotl", "i64 i64 -> i64", "", "op-irotl",
        "Rotates a 64-bit integer left by the second operand modulo 64: bits pushed out come in "
        "at the right."),
    row(0x8A, "i64.rotr", "i64 i64 -> i64", "", "op-irotr",
        "Rotates a 64-bit integer right by the second operand modulo 64: bits pushed out come "
        "in at the left."),
    row(0x8B, "f32.abs", "f32 -> f32", "", "op-fabs",
        "Clears the sign bit of a 32-bit float: its absolute value."),
    row(0x8C, "f32.neg", "f32 -> f32", "", "op-fneg",
        "Flips the sign bit of a 32-bit float."),
    row(0x8D, "f32.ceil", "f32 -> f32", "", "op-fceil",
        "Rounds a 32-bit float up to a whole number."),
    row(0x8E, "f32.floor", "f32 -> f32", "", "op-ffloor",
        "Rounds a 32-bit float down to a whole number."),
    row(0x8F, "f32.trunc", "f32 -> f32", "", "op-ftrunc",
        "Rounds a 32-bit float towards zero to a whole number."),
    row(0x90, "f32.nearest", "f32 -> f32", "", "op-fnearest",
        "Rounds a 32-bit float to the nearest whole number, halves to the even one."),
    row(0x91, "f32.sqrt", "f32 -> f32", "", "op-fsqrt",
        "Square root of a 32-bit float; NaN for a negative number."),
    row(0x92, "f32.add", "f32 f32 -> f32", "", "op-fadd",
        "Adds two 32-bit floats and rounds to the nearest."),
    row(0x93, "f32.sub", "f32 f32 -> f32", "", "op-fsub",
        "Subtracts the second 32-bit float from the first and rounds to the nearest."),
    row(0x94, "f32.mul", "f32 f32 -> f32", "", "op-fmul",
        "Multiplies two 32-bit floats and rounds to the nearest."),
    row(0x95, "f32.div", "f32 f32 -> f32", "", "op-fdiv",
        "Divides the first 32-bit float by the second; division by zero gives an infinity or NaN."),
    row(0x96, "f32.min", "f32 f32 -> f32", "", "op-fmin",
        "The smaller of two 32-bit floats; -0 is smaller than 0, and a NaN gives NaN."),
    row(0x97, "f32.max", "f32 f32 -> f32", "", "op-fmax",
        "The larger of two 32-bit floats; 0 is larger than -0, and a NaN gives NaN."),
    row(0x98, "f32.copysign", "f32 f32 -> f32", "", "op-fcopysign",
        "The first 32-bit float with the sign of the second."),
    row(0x99, "f64.abs", "f64 -> f64", "", "op-fabs",
        "Clears the sign bit of a 64-bit float: its absolute value."),
    row(0x9A, "f64.neg", "f64 -> f64", "", "op-fneg",
        "Flips the sign bit of a 64-bit float."),
    row(0x9B, "f64.ceil", "f64 -> f64", "", "op-fceil",
        "Rounds a 64-bit float up to a whole number."),
    row(0x9C, "f64.floor", "f64 -> f64", "", "op-ffloor",
        "Rounds a 64-bit float down to a whole number."),
    row(0x9D, "f64.trunc", "f64 -> f64", "", "op-ftrunc",
        "Rounds a 64-bit float towards zero to a whole number."),
    row(0x9E, "f64.nearest", "f64 -> f64", "", "op-fnearest",
        "Rounds a 64-bit float to the nearest whole number, halves to the even one."),
    row(0x9F, "f64.sqrt", "f64 -> f64", "", "op-fsqrt",
        "Square root of a 64-bit float; NaN for a negative number."),
    row(0xA0, "f64.add", "f64 f64 -> f64", "", "op-fadd",
        "Adds two 64-bit floats and rounds to the nearest."),
    row(0xA1, "f64.sub", "f64 f64 -> f64", "", "op-fsub",
        "Subtracts the second 64-bit float from the first and rounds to the nearest."),
    row(0xA2, "f64.mul", "f64 f64 -> f64", "", "op-fmul",
        "Multiplies two 64-bit floats and rounds to the nearest."),
    row(0xA3, "f64.div", "f64 f64 -> f64", "", "op-fdiv",
        "Divides the first 64-bit float by the second; division by zero gives an infinity or NaN."),
    row(0xA4, "f64.min", "f64 f64 -> f64", "", "op-fmin",
        "The smaller of two 64-bit floats; -0 is smaller than 0, and a NaN gives NaN."),
    row(0xA5, "f64.max", "f64 f64 -> f64", "", "op-fmax",
        "The larger of two 64-bit floats; 0 is larger than -0, and a NaN gives NaN."),
    row(0xA6, "f64.copysign", "f64 f64 -> f64", "", "op-fcopysign",
        "The first 64-bit float with the sign of the second."),
    row(0xA7, "i32.wrap_i64", "i64 -> i32", "", "op-wrap",
        "Keeps the lowest 32 bits of a 64-bit integer."),
    row(0xA8, "i32.trunc_f32_s", "f32 -> i32", "", "op-trunc_s",
        "Turns a 32-bit float into a signed 32-bit integer, rounding towards zero; traps on NaN "
        "and if it does not fit."),
    row(0xA9, "i32.trunc_f32_u", "f32 -> i32", "", "op-trunc_u",
        "Turns a 32-bit float into an unsigned 32-bit integer, rounding towards zero; traps on "
        "NaN and if it does not fit."),
    row(0xAA, "i32.trunc_f64_s", "f64 -> i32", "", "op-trunc_s",
        "Turns a 64-bit float into a signed 32-bit integer, rounding towards zero; traps on NaN "
        "and if it does not fit."),
    row(0xAB, "i32.trunc_f64_u", "f64 -> i32", "", "op-trunc_u",
        "Turns a 64-bit float into an unsigned 32-bit integer, rounding towards zero; traps on "
        "NaN and if it does not fit."),
    row(0xAC, "i64.extend_i32_s", "i32 -> i64", "", "op-extend_s",
        "Widens a signed 32-bit integer to 64 bits by repeating its sign bit."),
    row(0xAD, "i64.extend_i32_u", "i32 -> i64", "", "op-extend_u",
        "Widens an unsigned 32-bit integer to 64 bits by putting zeros in front."),
    row(0xAE, "i64.trunc_f32_s", "f32 -> i64", "", "op-trunc_s",
        "Turns a 32-bit float into a signed 64-bit integer, rounding towards zero; traps on NaN "
        "and if it does not fit."),
    row(0xAF, "i64.trunc_f32_u", "f32 -> i64", "", "op-trunc_u",
        "Turns a 32-bit float into an unsigned 64-bit integer, rounding towards zero; traps on "
        "NaN and if it does not fit."),
    row(0xB0, "i64.trunc_f64_s", "f64 -> i64", "", "op-trunc_s",
        "Turns a 64-bit float into a signed 64-bit integer, rounding towards zero; traps on NaN "
        "and if it does not fit."),
    row(0xB1, "i64.trunc_f64_u", "f64 -> i64", "", "op-trunc_u",
        "Turns a 64-bit float into an unsigned 64-bit integer, rounding towards zero; traps on "
        "NaN and if it does not fit."),
    row(0xB2, "f32.convert_i32_s", "i32 -> f32", "", "op-convert_s",
        "Turns a signed 32-bit integer into a 32-bit float, rounding to the nearest."),
    row(0xB3, "f32.convert_i32_u", "i32 -> f32", "", "op-convert_u",
        "Turns an unsigned 32-bit integer into a 32-bit float, rounding to the nearest."),
    row(0xB4, "f32.convert_i64_s", "i64 -> f32", "", "op-convert_s",
        "Turns a signed 64-bit integer into a 32-bit float, rounding to the nearest."),
    row(0xB5, "f32.convert_i64_u", "i64 -> f32", "", "op-convert_u",
        "Turns an unsigned 64-bit integer into a 32-bit float, rounding to the nearest."),
    row(0xB6, "f32.demote_f64", "f64 -> f32", "", "op-demote",
        "Turns a 64-bit float into the nearest 32-bit float."),
    row(0xB7, "f64.convert_i32_s", "i32 -> f64", "", "op-convert_s",
        "Turns a signed 32-bit integer into a 64-bit float, exactly."),
    row(0xB8, "f64.convert_i32_u", "i32 -> f64", "", "op-convert_u",
        "Turns an unsigned 32-bit integer into a 64-bit float, exactly."),
    row(0xB9, "f64.convert_i64_s", "i64 -> f64", "", "op-convert_s",
        "Turns a signed 64-bit integer into a 64-bit float, rounding to the nearest."),
    row(0xBA, "f64.convert_i64_u", "i64 -> f64", "", "op-convert_u",
        "Turns an unsigned 64-bit integer into a 64-bit float, rounding to the nearest."),
    row(0xBB, "f64.promote_f32", "f32 -> f64", "", "op-promote",
        "Turns a 32-bit float into the same 64-bit float."),
    row(0xBC, "i32.reinterpret_f32", "f32 -> i32", "", "op-reinterpret",
        "Takes the bits of a 32-bit float, unchanged, as a 32-bit integer."),
    row(0xBD, "i64.reinterpret_f64", "f64 -> i64", "", "op-reinterpret",
        "Takes the bits of a 64-bit float, unchanged, as a 64-bit integer."),
    row(0xBE, "f32.reinterpret_i32", "i32 -> f32", "", "op-reinterpret",
        "Takes the bits of a 32-bit integer, unchanged, as a 32-bit float."),
    row(0xBF, "f64.reinterpret_i64", "i64 -> f64", "", "op-reinterpret",
        "Takes the bits of a 64-bit integer, unchanged, as a 64-bit float."),
    row(0xC0, "i32.extend8_s", "i32 -> i32", "", "op-iextendn_s",
        "Takes the lowest 8 bits as a signed number and widens it to 32 bits.",
        feature="sign_extension"),
    row(0xC1, "i32.extend16_s", "i32 -> i32", "", "op-iextendn_s",
        "Takes the lowest 16 bits as a signed number and widens it to 32 bits.",
        feature="sign_extension"),
    row(0xC2, "i64.extend8_s", "i64 -> i64", "", "op-iextendn_s",
        "Takes the lowest 8 bits as a signed number and widens it to 64 bits.",
        feature="sign_extension"),
    row(0xC3, "i64.extend16_s", "i64 -> i64", "", "op-iextendn_s",
        "Takes the lowest 16 bits as a signed number and widens it to 64 bits.",
        feature="sign_extension"),
    row(0xC4, "i64.extend32_s", "i64 -> i64", "", "op-iextendn_s",
        "Takes the lowest 32 bits as a signed number and widens it to 64 bits.",
        feature="sign_extension"),
    saturating(0x00, "i32.trunc_sat_f32_s", "f32 -> i32", "", "op-trunc_sat_s",
        "Turns a 32-bit float into a signed 32-bit integer; too large becomes the largest, too "
        "small the smallest, NaN zero."),
    saturating(0x01, "i32.trunc_sat_f32_u", "f32 -> i32", "", "op-trunc_sat_u",
        "Turns a 32-bit float into an unsigned 32-bit integer; too large becomes the largest, "
        "too small the smallest, NaN zero."),
    saturating(0x02, "i32.trunc_sat_f64_s", "f64 -> i32", "", "op-trunc_sat_s",
        "Turns a 64-bit float into a signed 32-bit integer; too large becomes the largest, too "
        "small the smallest, NaN zero."),
    saturating(0x03, "i32.trunc_sat_f64_u", "f64 -> i32", "", "op-trunc_sat_u",
        "Turns a 64-bit float into an unsigned 32-bit integer; too large becomes the largest, "
        "too small the smallest, NaN zero."),
    saturating(0x04, "i64.trunc_sat_f32_s", "f32 -> i64", "", "op-trunc_sat_s",
        "Turns a 32-bit float into a signed 64-bit integer; too large becomes the largest, too "
        "small the smallest, NaN zero."),
    saturating(0x05, "i64.trunc_sat_f32_u", "f32 -> i64", "", "op-trunc_sat_u",
        "Turns a 32-bit float into an unsigned 64-bit integer; too large becomes the largest, "
        "too small the smallest, NaN zero."),
    saturating(0x06, "i64.trunc_sat_f64_s", "f64 -> i64", "", "op-trunc_sat_s",
        "Turns a 64-bit float into a signed 64-bit integer; too large becomes the largest, too "
        "small the smallest, NaN zero."),
    saturating(0x07, "i64.trunc_sat_f64_u", "f64 -> i64", "", "op-trunc_sat_u",
        "Turns a 64-bit float into an unsigned 64-bit integer; too large becomes the largest, "
        "too small the smallest, NaN zero."),
)

# Arithmetic on 128-bit integers, each a pair of 64-bit halves, the lower first.
WIDE_ARITHMETIC: tuple[Row, ...] = (
    wide(0x13, "i64.add128", "i64 i64 i64 i64 -> i64 i64", "", "wide-arithmetic",
        "Adds two 128-bit integers, wrapping around."),
    wide(0x14, "i64.sub128", "i64 i64 i64 i64 -> i64 i64", "", "wide-arithmetic",
        "Subtracts the second 128-bit integer from the first, wrapping around."),
    wide(0x15, "i64.mul_wide_s", "i64 i64 -> i64 i64", "", "wide-arithmetic",
        "Multiplies two signed 64-bit integers and pushes all 128 bits of the product."),
    wide(0x16, "i64.mul_wide_u", "i64 i64 -> i64 i64", "", "wide-arithmetic",
        "Multiplies two unsigned 64-bit integers and pushes all 128 bits of the product."),
)

# Vectors: loads, stores and constants.
VECTOR_MEMORY: tuple[Row, ...] = (
    vector(0x00, "v128.load", "i32 -> v128", "memory_argument", "exec-vload-val",
        "Pops an address and pushes a vector read from sixteen bytes of memory.",
        rule="load", width_bytes=16),
    vector(0x01, "v128.load8x8_s", "i32 -> v128", "memory_argument", "exec-vload-pack",
        "Reads eight signed 8-bit integers from memory and widens each to 16 bits.",
        rule="load", width_bytes=8),
    vector(0x02, "v128.load8x8_u", "i32 -> v128", "memory_argument", "exec-vload-pack",
        "Reads eight unsigned 8-bit integers from memory and widens each to 16 bits.",
        rule="load", width_bytes=8),
    vector(0x03, "v128.load16x4_s", "i32 -> v128", "memory_argument", "exec-vload-pack",
        "Reads four signed 16-bit integers from memory and widens each to 32 bits.",
        rule="load", width_bytes=8),
    vector(0x04, "v128.load16x4_u", "i32 -> v128", "memory_argument", "exec-vload-pack",
        "Reads four unsigned 16-bit integers from memory and widens each to 32 bits.",
        rule="load", width_bytes=8),
    vector(0x05, "v128.load32x2_s", "i32 -> v128", "memory_argument", "exec-vload-pack",
        "Reads two signed 32-bit integers from memory and widens each to 64 bits.",
        rule="load", width_bytes=8),
    vector(0x06, "v128.load32x2_u", "i32 -> v128", "memory_argument", "exec-vload-pack",
        "Reads two unsigned 32-bit integers from memory and widens each to 64 bits.",
        rule="load", width_bytes=8),
    vector(0x07, "v128.load8_splat", "i32 -> v128", "memory_argument", "exec-vload-splat",
        "Reads one byte from memory and copies it into every 8-bit lane.",
        rule="load", width_bytes=1),
    vector(0x08, "v128.load16_splat", "i32 -> v128", "memory_argument", "exec-vload-splat",
        "Reads two bytes from memory and copies them into every 16-bit lane.",
        rule="load", width_bytes=2),
    vector(0x09, "v128.load32_splat", "i32 -> v128", "memory_argument", "exec-vload-splat",
        "Reads four bytes from memory and copies them into every 32-bit lane.",
        rule="load", width_bytes=4),
    vector(0x0A, "v128.load64_splat", "i32 -> v128", "memory_argument", "exec-vload-splat",
        "Reads eight bytes from memory and copies them into every 64-bit lane.",
        rule="load", width_bytes=8),
    vector(0x0B, "v128.store", "i32 v128 ->", "memory_argument", "exec-vstore",
        "Pops a vector and an address, and writes the vector to sixteen bytes of memory.",
        rule="store", width_bytes=16),
    vector(0x0C, "v128.const", "-> v128", "v128", "exec-vconst",
        "Pushes the written vector."),
    vector(0x54, "v128.load8_lane", "i32 v128 -> v128", "memory_argument lane", "exec-vload_lane",
        "Pops a vector and an address, and replaces one 8-bit lane by one byte of memory.",
        rule="load_lane", width_bytes=1),
    vector(0x55, "v128.load16_lane", "i32 v128 -> v128", "memory_argument lane", "exec-vload_lane",
        "Pops a vector and an address, and replaces one 16-bit lane by two bytes of memory.",
        rule="load_lane", width_bytes=2),
    vector(0x56, "v128.load32_lane", "i32 v128 -> v128", "memory_argument lane", "exec-vload_lane",
        "Pops a vector and an address, and replaces one 32-bit lane by four bytes of memory.",
        rule="load_lane", width_bytes=4),
    vector(0x57, "v128.load64_lane", "i32 v128 -> v128", "memory_argument lane", "exec-vload_lane",
        "Pops a vector and an address, and replaces one 64-bit lane by eight bytes of memory.",
        rule="load_lane", width_bytes=8),
    vector(0x58, "v128.store8_lane", "i32 v128 ->", "memory_argument lane", "exec-vstore_lane",
        "Pops a vector and an address, and writes one 8-bit lane to memory.",
        rule="store_lane", width_bytes=1),
    vector(0x59, "v128.store16_lane", "i32 v128 ->", "memory_argument lane", "exec-vstore_lane",
        "Pops a vector and an address, and writes one 16-bit lane to memory.",
        rule="store_lane", width_bytes=2),
    vector(0x5A, "v128.store32_lane", "i32 v128 ->", "memory_argument lane", "exec-vstore_lane",
        "Pops a vector and an address, and writes one 32-bit lane to memory.",
        rule="store_lane", width_bytes=4),
    vector(0x5B, "v128.store64_lane", "i32 v128 ->", "memory_argument lane", "exec-vstore_lane",
        "Pops a vector and an address, and writes one 64-bit lane to memory.",
        rule="store_lane", width_bytes=8),
    vector(0x5C, "v128.load32_zero", "i32 -> v128", "memory_argument", "exec-vload-zero",
        "Reads four bytes from memory into the lowest lane and sets all other bits to zero.",
        rule="load", width_bytes=4),
    vector(0x5D, "v128.load64_zero", "i32 -> v128", "memory_argument", "exec-vload-zero",
        "Reads eight bytes from memory into the lowest lane and sets all other bits to zero.",
        rule="load", width_bytes=8),
)

# Vectors: moving lanes.
VECTOR_LANES: tuple[Row, ...] = (
    vector(0x0D, "i8x16.shuffle", "v128 v128 -> v128", "lanes16", "exec-vshuffle",
        "Builds a vector from sixteen bytes chosen by number out of the 32 bytes of two "
        "vectors.", rule="shuffle", width_bytes=1),
    vector(0x0E, "i8x16.swizzle", "v128 v128 -> v128", "", "exec-vswizzlop",
        "Builds a vector from bytes of the first, chosen by the bytes of the second; a number "
        "above 15 gives zero."),
    vector(0x0F, "i8x16.splat", "i32 -> v128", "", "exec-vsplat",
        "Copies a number into each of the sixteen 8-bit lanes."),
    vector(0x10, "i16x8.splat", "i32 -> v128", "", "exec-vsplat",
        "Copies a number into each of the eight 16-bit lanes."),
    vector(0x11, "i32x4.splat", "i32 -> v128", "", "exec-vsplat",
        "Copies a number into each of the four 32-bit lanes."),
    vector(0x12, "i64x2.splat", "i64 -> v128", "", "exec-vsplat",
        "Copies a number into each of the two 64-bit lanes."),
    vector(0x13, "f32x4.splat", "f32 -> v128", "", "exec-vsplat",
        "Copies a number into each of the four 32-bit lanes."),
    vector(0x14, "f64x2.splat", "f64 -> v128", "", "exec-vsplat",
        "Copies a number into each of the two 64-bit lanes."),
    vector(0x15, "i8x16.extract_lane_s", "v128 -> i32", "lane", "exec-vextract_lane",
        "Takes one of the sixteen 8-bit lanes as a signed number.", rule="lane", width_bytes=1),
    vector(0x16, "i8x16.extract_lane_u", "v128 -> i32", "lane", "exec-vextract_lane",
        "Takes one of the sixteen 8-bit lanes as an unsigned number.", rule="lane", width_bytes=1),
    vector(0x17, "i8x16.replace_lane", "v128 i32 -> v128", "lane", "exec-vreplace_lane",
        "Replaces one of the sixteen 8-bit integers in a vector by a number.",
        rule="lane", width_bytes=1),
    vector(0x18, "i16x8.extract_lane_s", "v128 -> i32", "lane", "exec-vextract_lane",
        "Takes one of the eight 16-bit lanes as a signed number.", rule="lane", width_bytes=2),
    vector(0x19, "i16x8.extract_lane_u", "v128 -> i32", "lane", "exec-vextract_lane",
        "Takes one of the eight 16-bit lanes as an unsigned number.", rule="lane", width_bytes=2),
    vector(0x1A, "i16x8.replace_lane", "v128 i32 -> v128", "lane", "exec-vreplace_lane",
        "Replaces one of the eight 16-bit integers in a vector by a number.",
        rule="lane", width_bytes=2),
    vector(0x1B, "i32x4.extract_lane", "v128 -> i32", "lane", "exec-vextract_lane",
        "Takes one of the four 32-bit integers in a vector.", rule="lane", width_bytes=4),
    vector(0x1C, "i32x4.replace_lane", "v128 i32 -> v128", "lane", "exec-vreplace_lane",
        "Replaces one of the four 32-bit integers in a vector by a number.",
        rule="lane", width_bytes=4),
    vector(0x1D, "i64x2.extract_lane", "v128 -> i64", "lane", "exec-vextract_lane",
        "Takes one of the two 64-bit integers in a vector.", rule="lane", width_bytes=8),
    vector(0x1E, "i64x2.replace_lane", "v128 i64 -> v128", "lane", "exec-vreplace_lane",
        "Replaces one of the two 64-bit integers in a vector by a number.",
        rule="lane", width_bytes=8),
    vector(0x1F, "f32x4.extract_lane", "v128 -> f32", "lane", "exec-vextract_lane",
        "Takes one of the four 32-bit floats in a vector.", rule="lane", width_bytes=4),
    vector(0x20, "f32x4.replace_lane", "v128 f32 -> v128", "lane", "exec-vreplace_lane",
        "Replaces one of the four 32-bit floats in a vector by a number.",
        rule="lane", width_bytes=4),
    vector(0x21, "f64x2.extract_lane", "v128 -> f64", "lane", "exec-vextract_lane",
        "Takes one of the two 64-bit floats in a vector.", rule="lane", width_bytes=8),
    vector(0x22, "f64x2.replace_lane", "v128 f64 -> v128", "lane", "exec-vreplace_lane",
        "Replaces one of the two 64-bit floats in a vector by a number.",
        rule="lane", width_bytes=8),
)

# Vectors: comparing lane by lane; a lane becomes all ones for true, all zeros for false.
VECTOR_COMPARE: tuple[Row, ...] = (
    vector(0x23, "i8x16.eq", "v128 v128 -> v128", "", "op-ieq",
        "Sets each of sixteen lanes to ones where the 8-bit integers are equal, else to zeros."),
    vector(0x24, "i8x16.ne", "v128 v128 -> v128", "", "op-ine",
        "Sets each of sixteen lanes to ones where the 8-bit integers differ, else to zeros."),
    vector(0x25, "i8x16.lt_s", "v128 v128 -> v128", "", "op-ilt_s",
        "Sets each of sixteen lanes to ones where the first signed 8-bit integer is less than "
        "the second."),
    vector(0x26, "i8x16.lt_u", "v128 v128 -> v128", "", "op-ilt_u",
        "Sets each of sixteen lanes to ones where the first unsigned 8-bit integer is less than "
        "the second."),
    vector(0x27, "i8x16.gt_s", "v128 v128 -> v128", "", "op-igt_s",
        "Sets each of sixteen lanes to ones where the first signed 8-bit integer is greater "
        "than the second."),
    vector(0x28, "i8x16.gt_u", "v128 v128 -> v128", "", "op-igt_u",
        "Sets each of sixteen lanes to ones where the first unsigned 8-bit integer is greater "
        "than the second."),
    vector(0x29, "i8x16.le_s", "v128 v128 -> v128", "", "op-ile_s",
        "Sets each of sixteen lanes to ones where the first signed 8-bit integer is at most the "
        "second."),
    vector(0x2A, "i8x16.le_u", "v128 v128 -> v128", "", "op-ile_u",
        "Sets each of sixteen lanes to ones where the first unsigned 8-bit integer is at most "
        "the second."),
    vector(0x2B, "i8x16.ge_s", "v128 v128 -> v128", "", "op-ige_s",
        "Sets each of sixteen lanes to ones where the first signed 8-bit integer is at least "
        "the second."),
    vector(0x2C, "i8x16.ge_u", "v128 v128 -> v128", "", "op-ige_u",
        "Sets each of sixteen lanes to ones where the first unsigned 8-bit integer is at least "
        "the second."),
    vector(0x2D, "i16x8.eq", "v128 v128 -> v128", "", "op-ieq",
        "Sets each of eight lanes to ones where the 16-bit integers are equal, else to zeros."),
    vector(0x2E, "i16x8.ne", "v128 v128 -> v128", "", "op-ine",
        "Sets each of eight lanes to ones where the 16-bit integers differ, else to zeros."),
    vector(0x2F, "i16x8.lt_s", "v128 v128 -> v128", "", "op-ilt_s",
        "Sets each of eight lanes to ones where the first signed 16-bit integer is less than "
        "the second."),
    vector(0x30, "i16x8.lt_u", "v128 v128 -> v128", "", "op-ilt_u",
        "Sets each of eight lanes to ones where the first unsigned 16-bit integer is less than "
        "the second."),
    vector(0x31, "i16x8.gt_s", "v128 v128 -> v128", "", "op-igt_s",
        "Sets each of eight lanes to ones where the first signed 16-bit integer is greater than "
        "the second."),
    vector(0x32, "i16x8.gt_u", "v128 v128 -> v128", "", "op-igt_u",
        "Sets each of eight lanes to ones where the first unsigned 16-bit integer is greater "
        "than the second."),
    vector(0x33, "i16x8.le_s", "v128 v128 -> v128", "", "op-ile_s",
        "Sets each of eight lanes to ones where the first signed 16-bit integer is at most the "
        "second."),
    vector(0x34, "i16x8.le_u", "v128 v128 -> v128", "", "op-ile_u",
        "Sets each of eight lanes to ones where the first unsigned 16-bit integer is at most "
        "the second."),
    vector(0x35, "i16x8.ge_s", "v128 v128 -> v128", "", "op-ige_s",
        "Sets each of eight lanes to ones where the first signed 16-bit integer is at least the "
        "second."),
    vector(0x36, "i16x8.ge_u", "v128 v128 -> v128", "", "op-ige_u",
        "Sets each of eight lanes to ones where the first unsigned 16-bit integer is at least "
        "the second."),
    vector(0x37, "i32x4.eq", "v128 v128 -> v128", "", "op-ieq",
        "Sets each of four lanes to ones where the 32-bit integers are equal, else to zeros."),
    vector(0x38, "i32x4.ne", "v128 v128 -> v128", "", "op-ine",
        "Sets each of four lanes to ones where the 32-bit integers differ, else to zeros."),
    vector(0x39, "i32x4.lt_s", "v128 v128 -> v128", "", "op-ilt_s",
        "Sets each of four lanes to ones where the first signed 32-bit integer is less than the "
        "second."),
    vector(0x3A, "i32x4.lt_u", "v128 v128 -> v128", "", "op-ilt_u",
        "Sets each of four lanes to ones where the first unsigned 32-bit integer is less than "
        "the second."),
    vector(0x3B, "i32x4.gt_s", "v128 v128 -> v128", "", "op-igt_s",
        "Sets each of four lanes to ones where the first signed 32-bit integer is greater than "
        "the second."),
    vector(0x3C, "i32x4.gt_u", "v128 v128 -> v128", "", "op-igt_u",
        "Sets each of four lanes to ones where the first unsigned 32-bit integer is greater "
        "than the second."),
    vector(0x3D, "i32x4.le_s", "v128 v128 -> v128", "", "op-ile_s",
        "Sets each of four lanes to ones where the first signed 32-bit integer is at most the "
        "second."),
    vector(0x3E, "i32x4.le_u", "v128 v128 -> v128", "", "op-ile_u",
        "Sets each of four lanes to ones where the first unsigned 32-bit integer is at most the "
        "second."),
    vector(0x3F, "i32x4.ge_s", "v128 v128 -> v128", "", "op-ige_s",
        "Sets each of four lanes to ones where the first signed 32-bit integer is at least the "
        "second."),
    vector(0x40, "i32x4.ge_u", "v128 v128 -> v128", "", "op-ige_u",
        "Sets each of four lanes to ones where the first unsigned 32-bit integer is at least "
        "the second."),
    vector(0x41, "f32x4.eq", "v128 v128 -> v128", "", "op-feq",
        "Sets each of four lanes to ones where the 32-bit floats are equal; never with a NaN."),
    vector(0x42, "f32x4.ne", "v128 v128 -> v128", "", "op-fne",
        "Sets each of four lanes to ones where the 32-bit floats differ; always with a NaN."),
    vector(0x43, "f32x4.lt", "v128 v128 -> v128", "", "op-flt",
        "Sets each of four lanes to ones where the first 32-bit float is less than the second; "
        "never with a NaN."),
    vector(0x44, "f32x4.gt", "v128 v128 -> v128", "", "op-fgt",
        "Sets each of four lanes to ones where the first 32-bit float is greater than the "
        "second; never with a NaN."),
    vector(0x45, "f32x4.le", "v128 v128 -> v128", "", "op-fle",
        "Sets each of four lanes to ones where the first 32-bit float is at most the second; "
        "never with a NaN."),
    vector(0x46, "f32x4.ge", "v128 v128 -> v128", "", "op-fge",
        "Sets each of four lanes to ones where the first 32-bit float is at least the second; "
        "never with a NaN."),
    vector(0x47, "f64x2.eq", "v128 v128 -> v128", "", "op-feq",
        "Sets each of two lanes to ones where the 64-bit floats are equal; never with a NaN."),
    vector(0x48, "f64x2.ne", "v128 v128 -> v128", "", "op-fne",
        "Sets each of two lanes to ones where the 64-bit floats differ; always with a NaN."),
    vector(0x49, "f64x2.lt", "v128 v128 -> v128", "", "op-flt",
        "Sets each of two lanes to ones where the first 64-bit float is less than the second; "
        "never with a NaN."),
    vector(0x4A, "f64x2.gt", "v128 v128 -> v128", "", "op-fgt",
        "Sets each of two lanes to ones where the first 64-bit float is greater than the "
        "second; never with a NaN."),
    vector(0x4B, "f64x2.le", "v128 v128 -> v128", "", "op-fle",
        "Sets each of two lanes to ones where the first 64-bit float is at most the second; "
        "never with a NaN."),
    vector(0x4C, "f64x2.ge", "v128 v128 -> v128", "", "op-fge",
        "Sets each of two lanes to ones where the first 64-bit float is at least the second; "
        "never with a NaN."),
    vector(0xD6, "i64x2.eq", "v128 v128 -> v128", "", "op-ieq",
        "Sets each of two lanes to ones where the 64-bit integers are equal, else to zeros."),
    vector(0xD7, "i64x2.ne", "v128 v128 -> v128", "", "op-ine",
        "Sets each of two lanes to ones where the 64-bit integers differ, else to zeros."),
    vector(0xD8, "i64x2.lt_s", "v128 v128 -> v128", "", "op-ilt_s",
        "Sets each of two lanes to ones where the first signed 64-bit integer is less than the "
        "second."),
    vector(0xD9, "i64x2.gt_s", "v128 v128 -> v128", "", "op-igt_s",
        "Sets each of two lanes to ones where the first signed 64-bit integer is greater than "
        "the second."),
    vector(0xDA, "i64x2.le_s", "v128 v128 -> v128", "", "op-ile_s",
        "Sets each of two lanes to ones where the first signed 64-bit integer is at most the "
        "second."),
    vector(0xDB, "i64x2.ge_s", "v128 v128 -> v128", "", "op-ige_s",
        "Sets each of two lanes to ones where the first signed 64-bit integer is at least the "
        "second."),
)

# Vectors: all 128 bits, tests and shifts.
VECTOR_BITS: tuple[Row, ...] = (
    vector(0x4D, "v128.not", "v128 -> v128", "", "op-inot",
        "Flips all 128 bits."),
    vector(0x4E, "v128.and", "v128 v128 -> v128", "", "op-iand",
        "Keeps the bits that are one in both vectors."),
    vector(0x4F, "v128.andnot", "v128 v128 -> v128", "", "op-iandnot",
        "Keeps the bits that are one in the first vector and zero in the second."),
    vector(0x50, "v128.or", "v128 v128 -> v128", "", "op-ior",
        "Keeps the bits that are one in at least one of two vectors."),
    vector(0x51, "v128.xor", "v128 v128 -> v128", "", "op-ixor",
        "Keeps the bits in which two vectors differ."),
    vector(0x52, "v128.bitselect", "v128 v128 v128 -> v128", "", "op-ibitselect",
        "Takes each bit from the first vector where the third has a one, else from the second."),
    vector(0x53, "v128.any_true", "v128 -> i32", "", "exec-vvtestop",
        "Pushes 1 if any of the 128 bits is one, else 0."),
    vector(0x63, "i8x16.all_true", "v128 -> i32", "", "exec-vtestop",
        "Pushes 1 if none of the sixteen 8-bit lanes is zero, else 0."),
    vector(0x64, "i8x16.bitmask", "v128 -> i32", "", "exec-vbitmask",
        "Gathers the sign bits of the sixteen 8-bit lanes in one number, the first lane lowest."),
    vector(0x6B, "i8x16.shl", "v128 i32 -> v128", "", "op-ishl",
        "Shifts each of the sixteen 8-bit integers left by a number modulo 8."),
    vector(0x6C, "i8x16.shr_s", "v128 i32 -> v128", "", "op-ishr_s",
        "Shifts each of the sixteen 8-bit integers right by a number modulo 8, repeating the "
        "sign bit."),
    vector(0x6D, "i8x16.shr_u", "v128 i32 -> v128", "", "op-ishr_u",
        "Shifts each of the sixteen 8-bit integers right by a number modulo 8, filling with "
        "zeros."),
    vector(0x83, "i16x8.all_true", "v128 -> i32", "", "exec-vtestop",
        "Pushes 1 if none of the eight 16-bit lanes is zero, else 0."),
    vector(0x84, "i16x8.bitmask", "v128 -> i32", "", "exec-vbitmask",
        "Gathers the sign bits of the eight 16-bit lanes in one number, the first lane lowest."),
    vector(0x8B, "i16x8.shl", "v128 i32 -> v128", "", "op-ishl",
        "Shifts each of the eight 16-bit integers left by a number modulo 16."),
    vector(0x8C, "i16x8.shr_s", "v128 i32 -> v128", "", "op-ishr_s",
        "Shifts each of the eight 16-bit integers right by a number modulo 16, repeating the "
        "sign bit."),
    vector(0x8D, "i16x8.shr_u", "v128 i32 -> v128", "", "op-ishr_u",
        "Shifts each of the eight 16-bit integers right by a number modulo 16, filling with "
        "zeros."),
    vector(0xA3, "i32x4.all_true", "v128 -> i32", "", "exec-vtestop",
        "Pushes 1 if none of the four 32-bit lanes is zero, else 0."),
    vector(0xA4, "i32x4.bitmask", "v128 -> i32", "", "exec-vbitmask",
        "Gathers the sign bits of the four 32-bit lanes in one number, the first lane lowest."),
    vector(0xAB, "i32x4.shl", "v128 i32 -> v128", "", "op-ishl",
        "Shifts each of the four 32-bit integers left by a number modulo 32."),
    vector(0xAC, "i32x4.shr_s", "v128 i32 -> v128", "", "op-ishr_s",
        "Shifts each of the four 32-bit integers right by a number modulo 32, repeating the "
        "sign bit."),
    vector(0xAD, "i32x4.shr_u", "v128 i32 -> v128", "", "op-ishr_u",
        "Shifts each of the four 32-bit integers right by a number modulo 32, filling with zeros."),
    vector(0xC3, "i64x2.all_true", "v128 -> i32", "", "exec-vtestop",
        "Pushes 1 if none of the two 64-bit lanes is zero, else 0."),
    vector(0xC4, "i64x2.bitmask", "v128 -> i32", "", "exec-vbitmask",
        "Gathers the sign bits of the two 64-bit lanes in one number, the first lane lowest."),
    vector(0xCB, "i64x2.shl", "v128 i32 -> v128", "", "op-ishl",
        "Shifts each of the two 64-bit integers left by a number modulo 64."),
    vector(0xCC, "i64x2.shr_s", "v128 i32 -> v128", "", "op-ishr_s",
        "Shifts each of the two 64-bit integers right by a number modulo 64, repeating the sign "
        "bit."),
    vector(0xCD, "i64x2.shr_u", "v128 i32 -> v128", "", "op-ishr_u",
        "Shifts each of the two 64-bit integers right by a number modulo 64, filling with zeros."),
)

# Vectors: integer arithmetic lane by lane.
VECTOR_INTEGER: tuple[Row, ...] = (
    vector(0x60, "i8x16.abs", "v128 -> v128", "", "op-iabs",
        "Absolute value of each of sixteen 8-bit integers; the smallest number stays as it is."),
    vector(0x61, "i8x16.neg", "v128 -> v128", "", "op-ineg",
        "Negates each of sixteen 8-bit integers, wrapping around."),
    vector(0x62, "i8x16.popcnt", "v128 -> v128", "", "op-ipopcnt",
        "Counts the bits that are one in each of sixteen bytes."),
    vector(0x6E, "i8x16.add", "v128 v128 -> v128", "", "op-iadd",
        "Adds sixteen 8-bit integers pair by pair, wrapping around."),
    vector(0x6F, "i8x16.add_sat_s", "v128 v128 -> v128", "", "op-iadd_sat_s",
        "Adds sixteen signed 8-bit integers pair by pair, clamping to the range."),
    vector(0x70, "i8x16.add_sat_u", "v128 v128 -> v128", "", "op-iadd_sat_u",
        "Adds sixteen unsigned 8-bit integers pair by pair, clamping to the range."),
    vector(0x71, "i8x16.sub", "v128 v128 -> v128", "", "op-isub",
        "Subtracts sixteen 8-bit integers pair by pair, wrapping around."),
    vector(0x72, "i8x16.sub_sat_s", "v128 v128 -> v128", "", "op-isub_sat_s",
        "Subtracts sixteen signed 8-bit integers pair by pair, clamping to the range."),
    vector(0x73, "i8x16.sub_sat_u", "v128 v128 -> v128", "", "op-isub_sat_u",
        "Subtracts sixteen unsigned 8-bit integers pair by pair, clamping to the range."),
    vector(0x76, "i8x16.min_s", "v128 v128 -> v128", "", "op-imin_s",
        "The smaller of each pair of signed 8-bit integers."),
    vector(0x77, "i8x16.min_u", "v128 v128 -> v128", "", "op-imin_u",
        "The smaller of each pair of unsigned 8-bit integers."),
    vector(0x78, "i8x16.max_s", "v128 v128 -> v128", "", "op-imax_s",
        "The larger of each pair of signed 8-bit integers."),
    vector(0x79, "i8x16.max_u", "v128 v128 -> v128", "", "op-imax_u",
        "The larger of each pair of unsigned 8-bit integers."),
    vector(0x7B, "i8x16.avgr_u", "v128 v128 -> v128", "", "op-iavgr_u",
        "Average of each pair of unsigned 8-bit integers, halves rounded up."),
    vector(0x80, "i16x8.abs", "v128 -> v128", "", "op-iabs",
        "Absolute value of each of eight 16-bit integers; the smallest number stays as it is."),
    vector(0x81, "i16x8.neg", "v128 -> v128", "", "op-ineg",
        "Negates each of eight 16-bit integers, wrapping around."),
    vector(0x82, "i16x8.q15mulr_sat_s", "v128 v128 -> v128", "", "op-iq15mulrsat_s",
        "Multiplies eight pairs of fixed-point fractions with 15 bits behind the point, "
        "rounding and clamping."),
    vector(0x8E, "i16x8.add", "v128 v128 -> v128", "", "op-iadd",
        "Adds eight 16-bit integers pair by pair, wrapping around."),
    vector(0x8F, "i16x8.add_sat_s", "v128 v128 -> v128", "", "op-iadd_sat_s",
        "Adds eight signed 16-bit integers pair by pair, clamping to the range."),
    vector(0x90, "i16x8.add_sat_u", "v128 v128 -> v128", "", "op-iadd_sat_u",
        "Adds eight unsigned 16-bit integers pair by pair, clamping to the range."),
    vector(0x91, "i16x8.sub", "v128 v128 -> v128", "", "op-isub",
        "Subtracts eight 16-bit integers pair by pair, wrapping around."),
    vector(0x92, "i16x8.sub_sat_s", "v128 v128 -> v128", "", "op-isub_sat_s",
        "Subtracts eight signed 16-bit integers pair by pair, clamping to the range."),
    vector(0x93, "i16x8.sub_sat_u", "v128 v128 -> v128", "", "op-isub_sat_u",
        "Subtracts eight unsigned 16-bit integers pair by pair, clamping to the range."),
    vector(0x95, "i16x8.mul", "v128 v128 -> v128", "", "op-imul",
        "Multiplies eight 16-bit integers pair by pair, keeping the lowest 16 bits of each "
        "product."),
    vector(0x96, "i16x8.min_s", "v128 v128 -> v128", "", "op-imin_s",
        "The smaller of each pair of signed 16-bit integers."),
    vector(0x97, "i16x8.min_u", "v128 v128 -> v128", "", "op-imin_u",
        "The smaller of each pair of unsigned 16-bit integers."),
    vector(0x98, "i16x8.max_s", "v128 v128 -> v128", "", "op-imax_s",
        "The larger of each pair of signed 16-bit integers."),
    vector(0x99, "i16x8.max_u", "v128 v128 -> v128", "", "op-imax_u",
        "The larger of each pair of unsigned 16-bit integers."),
    vector(0x9B, "i16x8.avgr_u", "v128 v128 -> v128", "", "op-iavgr_u",
        "Average of each pair of unsigned 16-bit integers, halves rounded up."),
    vector(0xA0, "i32x4.abs", "v128 -> v128", "", "op-iabs",
        "Absolute value of each of four 32-bit integers; the smallest number stays as it is."),
    vector(0xA1, "i32x4.neg", "v128 -> v128", "", "op-ineg",
        "Negates each of four 32-bit integers, wrapping around."),
    vector(0xAE, "i32x4.add", "v128 v128 -> v128", "", "op-iadd",
        "Adds four 32-bit integers pair by pair, wrapping around."),
    vector(0xB1, "i32x4.sub", "v128 v128 -> v128", "", "op-isub",
        "Subtracts four 32-bit integers pair by pair, wrapping around."),
    vector(0xB5, "i32x4.mul", "v128 v128 -> v128", "", "op-imul",
        "Multiplies four 32-bit integers pair by pair, keeping the lowest 32 bits of each "
        "product."),
    vector(0xB6, "i32x4.min_s", "v128 v128 -> v128", "", "op-imin_s",
        "The smaller of each pair of signed 32-bit integers."),
    vector(0xB7, "i32x4.min_u", "v128 v128 -> v128", "", "op-imin_u",
        "The smaller of each pair of unsigned 32-bit integers."),
    vector(0xB8, "i32x4.max_s", "v128 v128 -> v128", "", "op-imax_s",
        "The larger of each pair of signed 32-bit integers."),
    vector(0xB9, "i32x4.max_u", "v128 v128 -> v128", "", "op-imax_u",
        "The larger of each pair of unsigned 32-bit integers."),
    vector(0xBA, "i32x4.dot_i16x8_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies eight pairs of signed 16-bit integers and adds neighbouring products: four "
        "32-bit sums."),
    vector(0xC0, "i64x2.abs", "v128 -> v128", "", "op-iabs",
        "Absolute value of each of two 64-bit integers; the smallest number stays as it is."),
    vector(0xC1, "i64x2.neg", "v128 -> v128", "", "op-ineg",
        "Negates each of two 64-bit integers, wrapping around."),
    vector(0xCE, "i64x2.add", "v128 v128 -> v128", "", "op-iadd",
        "Adds two 64-bit integers pair by pair, wrapping around."),
    vector(0xD1, "i64x2.sub", "v128 v128 -> v128", "", "op-isub",
        "Subtracts two 64-bit integers pair by pair, wrapping around."),
    vector(0xD5, "i64x2.mul", "v128 v128 -> v128", "", "op-imul",
        "Multiplies two 64-bit integers pair by pair, keeping the lowest 64 bits of each product."),
)

# Vectors: wider and narrower integers.
VECTOR_WIDTH: tuple[Row, ...] = (
    vector(0x7C, "i16x8.extadd_pairwise_i8x16_s", "v128 -> v128", "", "exec-vextunop",
        "Adds neighbouring signed 8-bit lanes: eight 16-bit sums."),
    vector(0x7D, "i16x8.extadd_pairwise_i8x16_u", "v128 -> v128", "", "exec-vextunop",
        "Adds neighbouring unsigned 8-bit lanes: eight 16-bit sums."),
    vector(0x7E, "i32x4.extadd_pairwise_i16x8_s", "v128 -> v128", "", "exec-vextunop",
        "Adds neighbouring signed 16-bit lanes: four 32-bit sums."),
    vector(0x7F, "i32x4.extadd_pairwise_i16x8_u", "v128 -> v128", "", "exec-vextunop",
        "Adds neighbouring unsigned 16-bit lanes: four 32-bit sums."),
    vector(0x65, "i8x16.narrow_i16x8_s", "v128 v128 -> v128", "", "exec-vnarrow",
        "Narrows the signed 16-bit lanes of two vectors to signed 8 bits, clamping to the range."),
    vector(0x66, "i8x16.narrow_i16x8_u", "v128 v128 -> v128", "", "exec-vnarrow",
        "Narrows the signed 16-bit lanes of two vectors to unsigned 8 bits, clamping to the "
        "range."),
    vector(0x85, "i16x8.narrow_i32x4_s", "v128 v128 -> v128", "", "exec-vnarrow",
        "Narrows the signed 32-bit lanes of two vectors to signed 16 bits, clamping to the range."),
    vector(0x86, "i16x8.narrow_i32x4_u", "v128 v128 -> v128", "", "exec-vnarrow",
        "Narrows the signed 32-bit lanes of two vectors to unsigned 16 bits, clamping to the "
        "range."),
    vector(0x87, "i16x8.extend_low_i8x16_s", "v128 -> v128", "", "exec-vcvtop",
        "Widens the eight signed 8-bit lanes of the lower half to 16 bits."),
    vector(0x88, "i16x8.extend_high_i8x16_s", "v128 -> v128", "", "exec-vcvtop",
        "Widens the eight signed 8-bit lanes of the upper half to 16 bits."),
    vector(0x89, "i16x8.extend_low_i8x16_u", "v128 -> v128", "", "exec-vcvtop",
        "Widens the eight unsigned 8-bit lanes of the lower half to 16 bits."),
    vector(0x8A, "i16x8.extend_high_i8x16_u", "v128 -> v128", "", "exec-vcvtop",
        "Widens the eight unsigned 8-bit lanes of the upper half to 16 bits."),
    vector(0xA7, "i32x4.extend_low_i16x8_s", "v128 -> v128", "", "exec-vcvtop",
        "Widens the four signed 16-bit lanes of the lower half to 32 bits."),
    vector(0xA8, "i32x4.extend_high_i16x8_s", "v128 -> v128", "", "exec-vcvtop",
        "Widens the four signed 16-bit lanes of the upper half to 32 bits."),
    vector(0xA9, "i32x4.extend_low_i16x8_u", "v128 -> v128", "", "exec-vcvtop",
        "Widens the four unsigned 16-bit lanes of the lower half to 32 bits."),
    vector(0xAA, "i32x4.extend_high_i16x8_u", "v128 -> v128", "", "exec-vcvtop",
        "Widens the four unsigned 16-bit lanes of the upper half to 32 bits."),
    vector(0xC7, "i64x2.extend_low_i32x4_s", "v128 -> v128", "", "exec-vcvtop",
        "Widens the two signed 32-bit lanes of the lower half to 64 bits."),
    vector(0xC8, "i64x2.extend_high_i32x4_s", "v128 -> v128", "", "exec-vcvtop",
        "Widens the two signed 32-bit lanes of the upper half to 64 bits."),
    vector(0xC9, "i64x2.extend_low_i32x4_u", "v128 -> v128", "", "exec-vcvtop",
        "Widens the two unsigned 32-bit lanes of the lower half to 64 bits."),
    vector(0xCA, "i64x2.extend_high_i32x4_u", "v128 -> v128", "", "exec-vcvtop",
        "Widens the two unsigned 32-bit lanes of the upper half to 64 bits."),
    vector(0x9C, "i16x8.extmul_low_i8x16_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies signed 8-bit lanes of the lower halves: eight 16-bit products."),
    vector(0x9D, "i16x8.extmul_high_i8x16_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies signed 8-bit lanes of the upper halves: eight 16-bit products."),
    vector(0x9E, "i16x8.extmul_low_i8x16_u", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies unsigned 8-bit lanes of the lower halves: eight 16-bit products."),
    vector(0x9F, "i16x8.extmul_high_i8x16_u", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies unsigned 8-bit lanes of the upper halves: eight 16-bit products."),
    vector(0xBC, "i32x4.extmul_low_i16x8_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies signed 16-bit lanes of the lower halves: four 32-bit products."),
    vector(0xBD, "i32x4.extmul_high_i16x8_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies signed 16-bit lanes of the upper halves: four 32-bit products."),
    vector(0xBE, "i32x4.extmul_low_i16x8_u", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies unsigned 16-bit lanes of the lower halves: four 32-bit products."),
    vector(0xBF, "i32x4.extmul_high_i16x8_u", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies unsigned 16-bit lanes of the upper halves: four 32-bit products."),
    vector(0xDC, "i64x2.extmul_low_i32x4_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies signed 32-bit lanes of the lower halves: two 64-bit products."),
    vector(0xDD, "i64x2.extmul_high_i32x4_s", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies signed 32-bit lanes of the upper halves: two 64-bit products."),
    vector(0xDE, "i64x2.extmul_low_i32x4_u", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies unsigned 32-bit lanes of the lower halves: two 64-bit products."),
    vector(0xDF, "i64x2.extmul_high_i32x4_u", "v128 v128 -> v128", "", "exec-vextbinop",
        "Multiplies unsigned 32-bit lanes of the upper halves: two 64-bit products."),
)

# Vectors: floating-point arithmetic and conversions lane by lane.
VECTOR_FLOAT: tuple[Row, ...] = (
    vector(0x67, "f32x4.ceil", "v128 -> v128", "", "op-fceil",
        "Rounds each of four 32-bit floats up to a whole number."),
    vector(0x68, "f32x4.floor", "v128 -> v128", "", "op-ffloor",
        "Rounds each of four 32-bit floats down to a whole number."),
    vector(0x69, "f32x4.trunc", "v128 -> v128", "", "op-ftrunc",
        "Rounds each of four 32-bit floats towards zero to a whole number."),
    vector(0x6A, "f32x4.nearest", "v128 -> v128", "", "op-fnearest",
        "Rounds each of four 32-bit floats to the nearest whole number, halves to the even one."),
    vector(0xE0, "f32x4.abs", "v128 -> v128", "", "op-fabs",
        "Clears the sign bit of each of four 32-bit floats."),
    vector(0xE1, "f32x4.neg", "v128 -> v128", "", "op-fneg",
        "Flips the sign bit of each of four 32-bit floats."),
    vector(0xE3, "f32x4.sqrt", "v128 -> v128", "", "op-fsqrt",
        "Square root of each of four 32-bit floats."),
    vector(0xE4, "f32x4.add", "v128 v128 -> v128", "", "op-fadd",
        "Adds four 32-bit floats pair by pair."),
    vector(0xE5, "f32x4.sub", "v128 v128 -> v128", "", "op-fsub",
        "Subtracts four 32-bit floats pair by pair."),
    vector(0xE6, "f32x4.mul", "v128 v128 -> v128", "", "op-fmul",
        "Multiplies four 32-bit floats pair by pair."),
    vector(0xE7, "f32x4.div", "v128 v128 -> v128", "", "op-fdiv",
        "Divides four 32-bit floats pair by pair."),
    vector(0xE8, "f32x4.min", "v128 v128 -> v128", "", "op-fmin",
        "The smaller of each pair of 32-bit floats; a NaN gives NaN."),
    vector(0xE9, "f32x4.max", "v128 v128 -> v128", "", "op-fmax",
        "The larger of each pair of 32-bit floats; a NaN gives NaN."),
    vector(0xEA, "f32x4.pmin", "v128 v128 -> v128", "", "op-fpmin",
        "The second of each pair of 32-bit floats if it is less than the first, else the first."),
    vector(0xEB, "f32x4.pmax", "v128 v128 -> v128", "", "op-fpmax",
        "The second of each pair of 32-bit floats if the first is less than it, else the first."),
    vector(0x74, "f64x2.ceil", "v128 -> v128", "", "op-fceil",
        "Rounds each of two 64-bit floats up to a whole number."),
    vector(0x75, "f64x2.floor", "v128 -> v128", "", "op-ffloor",
        "Rounds each of two 64-bit floats down to a whole number."),
    vector(0x7A, "f64x2.trunc", "v128 -> v128", "", "op-ftrunc",
        "Rounds each of two 64-bit floats towards zero to a whole number."),
    vector(0x94, "f64x2.nearest", "v128 -> v128", "", "op-fnearest",
        "Rounds each of two 64-bit floats to the nearest whole number, halves to the even one."),
    vector(0xEC, "f64x2.abs", "v128 -> v128", "", "op-fabs",
        "Clears the sign bit of each of two 64-bit floats."),
    vector(0xED, "f64x2.neg", "v128 -> v128", "", "op-fneg",
        "Flips the sign bit of each of two 64-bit floats."),
    vector(0xEF, "f64x2.sqrt", "v128 -> v128", "", "op-fsqrt",
        "Square root of each of two 64-bit floats."),
    vector(0xF0, "f64x2.add", "v128 v128 -> v128", "", "op-fadd",
        "Adds two 64-bit floats pair by pair."),
    vector(0xF1, "f64x2.sub", "v128 v128 -> v128", "", "op-fsub",
        "Subtracts two 64-bit floats pair by pair."),
    vector(0xF2, "f64x2.mul", "v128 v128 -> v128", "", "op-fmul",
        "Multiplies two 64-bit floats pair by pair."),
    vector(0xF3, "f64x2.div", "v128 v128 -> v128", "", "op-fdiv",
        "Divides two 64-bit floats pair by pair."),
    vector(0xF4, "f64x2.min", "v128 v128 -> v128", "", "op-fmin",
        "The smaller of each pair of 64-bit floats; a NaN gives NaN."),
    vector(0xF5, "f64x2.max", "v128 v128 -> v128", "", "op-fmax",
        "The larger of each pair of 64-bit floats; a NaN gives NaN."),
    vector(0xF6, "f64x2.pmin", "v128 v128 -> v128", "", "op-fpmin",
        "The second of each pair of 64-bit floats if it is less than the first, else the first."),
    vector(0xF7, "f64x2.pmax", "v128 v128 -> v128", "", "op-fpmax",
        "The second of each pair of 64-bit floats if the first is less than it, else the first."),
    vector(0x5E, "f32x4.demote_f64x2_zero", "v128 -> v128", "", "op-demote",
        "Turns two 64-bit floats into the nearest 32-bit floats; the upper two lanes become zero."),
    vector(0x5F, "f64x2.promote_low_f32x4", "v128 -> v128", "", "op-promote",
        "Turns the lower two 32-bit floats into 64-bit floats."),
    vector(0xF8, "i32x4.trunc_sat_f32x4_s", "v128 -> v128", "", "op-trunc_sat_s",
        "Turns four 32-bit floats into signed integers, clamping to the range; NaN gives zero."),
    vector(0xF9, "i32x4.trunc_sat_f32x4_u", "v128 -> v128", "", "op-trunc_sat_u",
        "Turns four 32-bit floats into unsigned integers, clamping to the range; NaN gives zero."),
    vector(0xFA, "f32x4.convert_i32x4_s", "v128 -> v128", "", "op-convert_s",
        "Turns four signed 32-bit integers into the nearest floats."),
    vector(0xFB, "f32x4.convert_i32x4_u", "v128 -> v128", "", "op-convert_u",
        "Turns four unsigned 32-bit integers into the nearest floats."),
    vector(0xFC, "i32x4.trunc_sat_f64x2_s_zero", "v128 -> v128", "", "op-trunc_sat_s",
        "Turns two 64-bit floats into signed 32-bit integers, clamping; the upper two lanes "
        "become zero."),
    vector(0xFD, "i32x4.trunc_sat_f64x2_u_zero", "v128 -> v128", "", "op-trunc_sat_u",
        "Turns two 64-bit floats into unsigned 32-bit integers, clamping; the upper two lanes "
        "become zero."),
    vector(0xFE, "f64x2.convert_low_i32x4_s", "v128 -> v128", "", "op-convert_s",
        "Turns the lower two signed 32-bit integers into 64-bit floats."),
    vector(0xFF, "f64x2.convert_low_i32x4_u", "v128 -> v128", "", "op-convert_u",
        "Turns the lower two unsigned 32-bit integers into 64-bit floats."),
)

# Vectors: operations whose edge cases may follow the machine.
RELAXED_VECTOR: tuple[Row, ...] = (
    relaxed(0x100, "i8x16.relaxed_swizzle", "v128 v128 -> v128", "", "op-irelaxed_swizzle",
        "Builds a vector from bytes of the first, chosen by the second; numbers from 16 to 127 "
        "may give zero or count modulo 16."),
    relaxed(0x101, "i32x4.relaxed_trunc_f32x4_s", "v128 -> v128", "", "op-relaxed_trunc_s",
        "Turns four 32-bit floats into signed integers; what NaN and numbers out of range give "
        "may vary."),
    relaxed(0x102, "i32x4.relaxed_trunc_f32x4_u", "v128 -> v128", "", "op-relaxed_trunc_u",
        "Turns four 32-bit floats into unsigned integers; what NaN and numbers out of range "
        "give may vary."),
    relaxed(0x103, "i32x4.relaxed_trunc_f64x2_s_zero", "v128 -> v128", "", "op-relaxed_trunc_s",
        "Turns two 64-bit floats into signed 32-bit integers, upper lanes zero; NaN and numbers "
        "out of range may vary."),
    relaxed(0x104, "i32x4.relaxed_trunc_f64x2_u_zero", "v128 -> v128", "", "op-relaxed_trunc_u",
        "Turns two 64-bit floats into unsigned 32-bit integers, upper lanes zero; NaN and "
        "numbers out of range may vary."),
    relaxed(0x105, "f32x4.relaxed_madd", "v128 v128 v128 -> v128", "", "op-frelaxed_madd",
        "Multiplies four 32-bit floats pair by pair and adds a third, rounding once or twice."),
    relaxed(0x106, "f32x4.relaxed_nmadd", "v128 v128 v128 -> v128", "", "op-frelaxed_nmadd",
        "Multiplies four 32-bit floats pair by pair, negates and adds a third, rounding once or "
        "twice."),
    relaxed(0x107, "f64x2.relaxed_madd", "v128 v128 v128 -> v128", "", "op-frelaxed_madd",
        "Multiplies two 64-bit floats pair by pair and adds a third, rounding once or twice."),
    relaxed(0x108, "f64x2.relaxed_nmadd", "v128 v128 v128 -> v128", "", "op-frelaxed_nmadd",
        "Multiplies two 64-bit floats pair by pair, negates and adds a third, rounding once or "
        "twice."),
    relaxed(0x109, "i8x16.relaxed_laneselect", "v128 v128 v128 -> v128", "",
        "op-irelaxed_laneselect",
        "Takes each 8-bit lane from the first vector where the mask is all ones, from the "
        "second where it is zero; mixed masks may vary."),
    relaxed(0x10A, "i16x8.relaxed_laneselect", "v128 v128 v128 -> v128", "",
        "op-irelaxed_laneselect",
        "Takes each 16-bit lane from the first vector where the mask is all ones, from the "
        "second where it is zero; mixed masks may vary."),
    relaxed(0x10B, "i32x4.relaxed_laneselect", "v128 v128 v128 -> v128", "",
        "op-irelaxed_laneselect",
        "Takes each 32-bit lane from the first vector where the mask is all ones, from the "
        "second where it is zero; mixed masks may vary."),
    relaxed(0x10C, "i64x2.relaxed_laneselect", "v128 v128 v128 -> v128", "",
        "op-irelaxed_laneselect",
        "Takes each 64-bit lane from the first vector where the mask is all ones, from the "
        "second where it is zero; mixed masks may vary."),
    relaxed(0x10D, "f32x4.relaxed_min", "v128 v128 -> v128", "", "op-frelaxed_min",
        "The smaller of each pair of 32-bit floats; NaN and zeros of different sign may vary."),
    relaxed(0x10E, "f32x4.relaxed_max", "v128 v128 -> v128", "", "op-frelaxed_max",
        "The larger of each pair of 32-bit floats; NaN and zeros of different sign may vary."),
    relaxed(0x10F, "f64x2.relaxed_min", "v128 v128 -> v128", "", "op-frelaxed_min",
        "The smaller of each pair of 64-bit floats; NaN and zeros of different sign may vary."),
    relaxed(0x110, "f64x2.relaxed_max", "v128 v128 -> v128", "", "op-frelaxed_max",
        "The larger of each pair of 64-bit floats; NaN and zeros of different sign may vary."),
    relaxed(0x111, "i16x8.relaxed_q15mulr_s", "v128 v128 -> v128", "", "op-irelaxed_q15mulr_s",
        "Multiplies eight pairs of fixed-point fractions with 15 bits behind the point; "
        "overflow may clamp or wrap."),
    relaxed(0x112, "i16x8.relaxed_dot_i8x16_i7x16_s", "v128 v128 -> v128", "",
        "op-irelaxed_dot_mul",
        "Multiplies sixteen pairs of 8-bit and 7-bit integers and adds neighbouring products: "
        "eight 16-bit sums."),
    relaxed(0x113, "i32x4.relaxed_dot_i8x16_i7x16_add_s", "v128 v128 v128 -> v128", "",
        "op-irelaxed_dot_mul",
        "Multiplies sixteen pairs of 8-bit and 7-bit integers, adds four neighbouring products "
        "and a 32-bit integer: four sums."),
)

# Memory shared between threads.
ATOMIC: tuple[Row, ...] = (
    atomic(0x00, "memory.atomic.notify", "i32 i32 -> i32", "memory_argument", "threads",
        "Pops a count and an address, and wakes up to that many threads waiting there; pushes "
        "how many it woke.", rule="atomic", width_bytes=4),
    atomic(0x01, "memory.atomic.wait32", "i32 i32 i64 -> i32", "memory_argument", "threads",
        "Sleeps until notified or timed out if the 32-bit integer at an address is the expected "
        "one; pushes 0 woken, 1 other value, 2 timed out.", rule="atomic", width_bytes=4),
    atomic(0x02, "memory.atomic.wait64", "i32 i64 i64 -> i32", "memory_argument", "threads",
        "Sleeps until notified or timed out if the 64-bit integer at an address is the expected "
        "one; pushes 0 woken, 1 other value, 2 timed out.", rule="atomic", width_bytes=8),
    atomic(0x03, "atomic.fence", "->", "", "threads",
        "Keeps memory accesses before it from being seen after those behind it.",
        encoding="zero_byte"),
    atomic(0x10, "i32.atomic.load", "i32 -> i32", "memory_argument", "threads",
        "Reads a 32-bit integer from memory in one indivisible step; the address must be "
        "aligned.", rule="atomic", width_bytes=4),
    atomic(0x11, "i64.atomic.load", "i32 -> i64", "memory_argument", "threads",
        "Reads a 64-bit integer from memory in one indivisible step; the address must be "
        "aligned.", rule="atomic", width_bytes=8),
    atomic(0x12, "i32.atomic.load8_u", "i32 -> i32", "memory_argument", "threads",
        "Reads one byte of memory in one indivisible step as an unsigned number, widened to 32 "
        "bits.", rule="atomic", width_bytes=1),
    atomic(0x13, "i32.atomic.load16_u", "i32 -> i32", "memory_argument", "threads",
        "Reads two bytes of memory in one indivisible step as an unsigned number, widened to 32 "
        "bits.", rule="atomic", width_bytes=2),
    atomic(0x14, "i64.atomic.load8_u", "i32 -> i64", "memory_argument", "threads",
        "Reads one byte of memory in one indivisible step as an unsigned number, widened to 64 "
        "bits.", rule="atomic", width_bytes=1),
    atomic(0x15, "i64.atomic.load16_u", "i32 -> i64", "memory_argument", "threads",
        "Reads two bytes of memory in one indivisible step as an unsigned number, widened to 64 "
        "bits.", rule="atomic", width_bytes=2),
    atomic(0x16, "i64.atomic.load32_u", "i32 -> i64", "memory_argument", "threads",
        "Reads four bytes of memory in one indivisible step as an unsigned number, widened to "
        "64 bits.", rule="atomic", width_bytes=4),
    atomic(0x17, "i32.atomic.store", "i32 i32 ->", "memory_argument", "threads",
        "Writes a 32-bit integer to memory in one indivisible step; the address must be "
        "aligned.", rule="atomic", width_bytes=4),
    atomic(0x18, "i64.atomic.store", "i32 i64 ->", "memory_argument", "threads",
        "Writes a 64-bit integer to memory in one indivisible step; the address must be "
        "aligned.", rule="atomic", width_bytes=8),
    atomic(0x19, "i32.atomic.store8", "i32 i32 ->", "memory_argument", "threads",
        "Writes the lowest 8 bits of a 32-bit integer to memory in one indivisible step.",
        rule="atomic", width_bytes=1),
    atomic(0x1A, "i32.atomic.store16", "i32 i32 ->", "memory_argument", "threads",
        "Writes the lowest 16 bits of a 32-bit integer to memory in one indivisible step.",
        rule="atomic", width_bytes=2),
    atomic(0x1B, "i64.atomic.store8", "i32 i64 ->", "memory_argument", "threads",
        "Writes the lowest 8 bits of a 64-bit integer to memory in one indivisible step.",
        rule="atomic", width_bytes=1),
    atomic(0x1C, "i64.atomic.store16", "i32 i64 ->", "memory_argument", "threads",
        "Writes the lowest 16 bits of a 64-bit integer to memory in one indivisible step.",
        rule="atomic", width_bytes=2),
    atomic(0x1D, "i64.atomic.store32", "i32 i64 ->", "memory_argument", "threads",
        "Writes the lowest 32 bits of a 64-bit integer to memory in one indivisible step.",
        rule="atomic", width_bytes=4),
    atomic(0x1E, "i32.atomic.rmw.add", "i32 i32 -> i32", "memory_argument", "threads",
        "Adds a number to a 32-bit integer in memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=4),
    atomic(0x1F, "i64.atomic.rmw.add", "i32 i64 -> i64", "memory_argument", "threads",
        "Adds a number to a 64-bit integer in memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=8),
    atomic(0x20, "i32.atomic.rmw8.add_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Adds a number to one byte of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=1),
    atomic(0x21, "i32.atomic.rmw16.add_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Adds a number to two bytes of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=2),
    atomic(0x22, "i64.atomic.rmw8.add_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Adds a number to one byte of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=1),
    atomic(0x23, "i64.atomic.rmw16.add_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Adds a number to two bytes of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=2),
    atomic(0x24, "i64.atomic.rmw32.add_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Adds a number to four bytes of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=4),
    atomic(0x25, "i32.atomic.rmw.sub", "i32 i32 -> i32", "memory_argument", "threads",
        "Subtracts a number from a 32-bit integer in memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=4),
    atomic(0x26, "i64.atomic.rmw.sub", "i32 i64 -> i64", "memory_argument", "threads",
        "Subtracts a number from a 64-bit integer in memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=8),
    atomic(0x27, "i32.atomic.rmw8.sub_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Subtracts a number from one byte of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=1),
    atomic(0x28, "i32.atomic.rmw16.sub_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Subtracts a number from two bytes of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=2),
    atomic(0x29, "i64.atomic.rmw8.sub_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Subtracts a number from one byte of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=1),
    atomic(0x2A, "i64.atomic.rmw16.sub_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Subtracts a number from two bytes of memory in one indivisible step and pushes the old "
        "content.", rule="atomic", width_bytes=2),
    atomic(0x2B, "i64.atomic.rmw32.sub_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Subtracts a number from four bytes of memory in one indivisible step and pushes the "
        "old content.", rule="atomic", width_bytes=4),
    atomic(0x2C, "i32.atomic.rmw.and", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise and with a 32-bit integer in memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x2D, "i64.atomic.rmw.and", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise and with a 64-bit integer in memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=8),
    atomic(0x2E, "i32.atomic.rmw8.and_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise and with one byte of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x2F, "i32.atomic.rmw16.and_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise and with two bytes of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x30, "i64.atomic.rmw8.and_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise and with one byte of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x31, "i64.atomic.rmw16.and_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise and with two bytes of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x32, "i64.atomic.rmw32.and_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise and with four bytes of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x33, "i32.atomic.rmw.or", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise or with a 32-bit integer in memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x34, "i64.atomic.rmw.or", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise or with a 64-bit integer in memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=8),
    atomic(0x35, "i32.atomic.rmw8.or_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise or with one byte of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x36, "i32.atomic.rmw16.or_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise or with two bytes of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x37, "i64.atomic.rmw8.or_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise or with one byte of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x38, "i64.atomic.rmw16.or_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise or with two bytes of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x39, "i64.atomic.rmw32.or_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise or with four bytes of memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x3A, "i32.atomic.rmw.xor", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with a 32-bit integer in memory in one "
        "indivisible step and pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x3B, "i64.atomic.rmw.xor", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with a 64-bit integer in memory in one "
        "indivisible step and pushes the old content.", rule="atomic", width_bytes=8),
    atomic(0x3C, "i32.atomic.rmw8.xor_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with one byte of memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x3D, "i32.atomic.rmw16.xor_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with two bytes of memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x3E, "i64.atomic.rmw8.xor_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with one byte of memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x3F, "i64.atomic.rmw16.xor_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with two bytes of memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x40, "i64.atomic.rmw32.xor_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Combines a number by bitwise exclusive or with four bytes of memory in one indivisible "
        "step and pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x41, "i32.atomic.rmw.xchg", "i32 i32 -> i32", "memory_argument", "threads",
        "Puts a number in the place of a 32-bit integer in memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x42, "i64.atomic.rmw.xchg", "i32 i64 -> i64", "memory_argument", "threads",
        "Puts a number in the place of a 64-bit integer in memory in one indivisible step and "
        "pushes the old content.", rule="atomic", width_bytes=8),
    atomic(0x43, "i32.atomic.rmw8.xchg_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Puts a number in the place of one byte of memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=1),
    atomic(0x44, "i32.atomic.rmw16.xchg_u", "i32 i32 -> i32", "memory_argument", "threads",
        "Puts a number in the place of two bytes of memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=2),
    atomic(0x45, "i64.atomic.rmw8.xchg_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Puts a number in the place of one byte of memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=1),
    atomic(0x46, "i64.atomic.rmw16.xchg_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Puts a number in the place of two bytes of memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=2),
    atomic(0x47, "i64.atomic.rmw32.xchg_u", "i32 i64 -> i64", "memory_argument", "threads",
        "Puts a number in the place of four bytes of memory in one indivisible step and pushes "
        "the old content.", rule="atomic", width_bytes=4),
    atomic(0x48, "i32.atomic.rmw.cmpxchg", "i32 i32 i32 -> i32", "memory_argument", "threads",
        "Replaces a 32-bit integer in memory if it is the expected one, in one indivisible "
        "step, and pushes the old content.", rule="atomic", width_bytes=4),
    atomic(0x49, "i64.atomic.rmw.cmpxchg", "i32 i64 i64 -> i64", "memory_argument", "threads",
        "Replaces a 64-bit integer in memory if it is the expected one, in one indivisible "
        "step, and pushes the old content.", rule="atomic", width_bytes=8),
    atomic(0x4A, "i32.atomic.rmw8.cmpxchg_u", "i32 i32 i32 -> i32", "memory_argument", "threads",
        "Replaces one byte of memory if it holds the expected number, in one indivisible step, "
        "and pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x4B, "i32.atomic.rmw16.cmpxchg_u", "i32 i32 i32 -> i32", "memory_argument", "threads",
        "Replaces two bytes of memory if they hold the expected number, in one indivisible "
        "step, and pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x4C, "i64.atomic.rmw8.cmpxchg_u", "i32 i64 i64 -> i64", "memory_argument", "threads",
        "Replaces one byte of memory if it holds the expected number, in one indivisible step, "
        "and pushes the old content.", rule="atomic", width_bytes=1),
    atomic(0x4D, "i64.atomic.rmw16.cmpxchg_u", "i32 i64 i64 -> i64", "memory_argument", "threads",
        "Replaces two bytes of memory if they hold the expected number, in one indivisible "
        "step, and pushes the old content.", rule="atomic", width_bytes=2),
    atomic(0x4E, "i64.atomic.rmw32.cmpxchg_u", "i32 i64 i64 -> i64", "memory_argument", "threads",
        "Replaces four bytes of memory if they hold the expected number, in one indivisible "
        "step, and pushes the old content.", rule="atomic", width_bytes=4),
)
ROWS: tuple[Row, ...] = (
    *CONTROL, *LEGACY_EXCEPTIONS, *PARAMETRIC, *VARIABLE, *TABLE, *REFERENCE, *AGGREGATE, *MEMORY,
    *NUMERIC, *WIDE_ARITHMETIC, *VECTOR_MEMORY, *VECTOR_LANES, *VECTOR_COMPARE, *VECTOR_BITS,
    *VECTOR_INTEGER, *VECTOR_WIDTH, *VECTOR_FLOAT, *RELAXED_VECTOR, *ATOMIC,
)
INSTRUCTIONS = InstructionSet(ROWS)
BY_OPCODE = INSTRUCTIONS.by_opcode
BY_MNEMONIC = INSTRUCTIONS.by_mnemonic
