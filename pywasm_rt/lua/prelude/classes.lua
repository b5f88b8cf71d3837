-- Objects that keep their class on the way to Python and back: errors, events, messages.
--
-- An object is an empty table with a locked metatable; its fields are in a table that scripts
-- cannot reach. A class has a `tag` (one byte on the wire), `fields(object)` and `make(fields)`.

local setmetatable, rawequal = setmetatable, rawequal
local getmetatable = debug.getmetatable

return function()
  local classes = { by_tag = {} }
  local by_metatable = setmetatable({}, { __mode = "k" })

  -- Define a class. `methods` are called with the fields and the arguments; `metamethods` too.
  function classes.define(tag, methods, metamethods)
    local all_fields = setmetatable({}, { __mode = "k" })
    local metatable = { __metatable = false, __index = {} }
    local class = { tag = tag }
    for name, method in next, methods do
      metatable.__index[name] = function(object, ...)
        local fields = all_fields[object]
        if not fields then
          error("call it with a colon: object:" .. name .. "()", 2)
        end
        return method(fields, ...)
      end
    end
    for name, metamethod in next, metamethods or {} do
      metatable[name] = function(object, ...)
        return metamethod(all_fields[object], ...)
      end
    end
    function class.make(fields)
      local object = setmetatable({}, metatable)
      all_fields[object] = fields
      return object
    end
    function class.fields(object)
      return all_fields[object]
    end
    function class.is(object)
      return all_fields[object] ~= nil
    end
    by_metatable[metatable] = class
    classes.by_tag[tag] = class
    return class
  end

  -- The class of a table, or nil.
  function classes.of(value)
    local metatable = getmetatable(value)
    return metatable and by_metatable[metatable]
  end

  return classes
end
