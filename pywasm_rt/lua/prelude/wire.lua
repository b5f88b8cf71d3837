-- Values as one string, in the form that wire.py reads and writes.
--
-- Between Python and Lua nothing passes but such strings and small integers: a string is made or
-- read in Lua code, where running out of memory is an ordinary error.

local type, next, tostring, error = type, next, tostring, error
local getmetatable, math_type, concat = debug.getmetatable, math.type, table.concat
local pack, unpack = string.pack, string.unpack

local DEEPEST = 64

return function(classes)
  local wire = {}
  local write

  -- The length of a table that is an array (1 .. n and nothing else), or nil.
  local function array_length(value)
    local count = 0
    for _ in next, value do
      count = count + 1
    end
    for index = 1, count do
      if rawget(value, index) == nil then
        return nil
      end
    end
    return count
  end

  local function write_table(out, value, depth)
    if depth > DEEPEST then
      error("the value is nested too deeply, or contains itself", 0)
    end
    local class = classes.of(value)
    if class then
      out[#out + 1] = class.tag
      write(out, class.fields(value), depth + 1)
      return
    end
    local count = array_length(value)
    if count then
      out[#out + 1] = pack("<c1I4", "a", count)
      for index = 1, count do
        write(out, rawget(value, index), depth + 1)
      end
      return
    end
    local place = #out + 1
    count = 0
    out[place] = ""
    for key, item in next, value do
      count = count + 1
      write(out, key, depth + 1)
      write(out, item, depth + 1)
    end
    out[place] = pack("<c1I4", "m", count)
  end

  function write(out, value, depth)
    local kind = type(value)
    if kind == "nil" then
      out[#out + 1] = "z"
    elseif kind == "boolean" then
      out[#out + 1] = value and "t" or "f"
    elseif kind == "string" then
      out[#out + 1] = pack("<c1s4", "s", value)
    elseif math_type(value) == "integer" then
      out[#out + 1] = pack("<c1i8", "i", value)
    elseif kind == "number" then
      out[#out + 1] = pack("<c1d", "n", value)
    elseif kind == "table" then
      write_table(out, value, depth)
    else
      error("a " .. kind .. " is not a value that can leave the process", 0)
    end
  end

  -- The string for a value. Raises an error for a function, thread or table that contains itself.
  function wire.encode(value)
    local out = {}
    write(out, value, 1)
    return concat(out)
  end

  -- The same for a list with holes: `values.n` of them.
  function wire.encode_list(values)
    local out = { pack("<c1I4", "a", values.n) }
    for index = 1, values.n do
      write(out, values[index], 2)
    end
    return concat(out)
  end

  local read

  local readers = {
    z = function(_, at) return nil, at end,
    t = function(_, at) return true, at end,
    f = function(_, at) return false, at end,
    i = function(data, at) return unpack("<i8", data, at) end,
    n = function(data, at) return unpack("<d", data, at) end,
    s = function(data, at) return unpack("<s4", data, at) end,
    a = function(data, at)
      local count
      count, at = unpack("<I4", data, at)
      local list = {}
      for index = 1, count do
        list[index], at = read(data, at)
      end
      return list, at, count
    end,
    m = function(data, at)
      local count
      count, at = unpack("<I4", data, at)
      local map = {}
      for _ = 1, count do
        local key
        key, at = read(data, at)
        map[key], at = read(data, at)
      end
      return map, at
    end,
  }

  function read(data, at)
    local tag = unpack("<c1", data, at)
    local reader = readers[tag]
    if reader then
      return reader(data, at + 1)
    end
    local fields
    fields, at = read(data, at + 1)
    return classes.by_tag[tag].make(fields), at
  end

  -- The value of a string.
  function wire.decode(data)
    return (read(data, 1))
  end

  -- The list of a string, its length in `n`.
  function wire.decode_list(data)
    local list, _, count = read(data, 1)
    list.n = count
    return list
  end

  return wire
end
