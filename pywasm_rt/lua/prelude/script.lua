-- What a script sees of the world, and how it is started.

local load, type, tostring, next, error = load, type, tostring, next, error
local setmetatable, raw_getmetatable, rawget = setmetatable, getmetatable, rawget
local set_any_metatable = debug.setmetatable
local pack, unpack, concat, sort = table.pack, table.unpack, table.concat, table.sort
local select, raw_pcall = select, pcall
local raw_move, raw_rep, raw_collect = table.move, string.rep, collectgarbage
local yield, gmatch = coroutine.yield, string.gmatch

local MOST_MOVED = 10000000
local OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_STOPPED = 2, 3, 4

local function copy(source, names)
  local result = {}
  for name in gmatch(names, "%S+") do
    result[name] = source[name]
  end
  return result
end

-- What a function of Lua returns, or its error with the place of the script's call.
local function pass(ok, result)
  if ok then
    return result
  end
  -- Level 2 is the script: the function in between has made a tail call.
  error(result, result == "not enough memory" and 0 or 2)
end

-- The functions of Lua that need no watching.
local function safe_globals(routines)
  local globals = copy(_G, [[
    assert error ipairs next pairs rawequal rawget rawlen rawset select tonumber tostring type
    _VERSION
  ]])
  globals.math = copy(math, [[
    abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi
    rad random randomseed sin sqrt tan tointeger type ult
  ]])
  globals.utf8 = copy(utf8, "char charpattern codepoint codes len offset")
  globals.table = copy(table, "concat insert pack remove sort unpack")
  globals.string = copy(string, [[
    byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper
  ]])
  globals.coroutine = routines.coroutine
  globals.pcall, globals.xpcall = routines.pcall, routines.xpcall

  -- A finalizer would run when the process has ended, too.
  function globals.setmetatable(object, metatable)
    if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then
      error("a metatable with __gc cannot be used here", 2)
    end
    return pass(raw_pcall(setmetatable, object, metatable))
  end

  globals.getmetatable = raw_getmetatable

  -- These loop in C for as long as their arguments say.
  function globals.table.move(source, from, to, at, target)
    if type(from) == "number" and type(to) == "number" and to - from >= MOST_MOVED then
      error("table.move of too many elements", 2)
    end
    return pass(raw_pcall(raw_move, source, from, to, at, target or source))
  end

  function globals.string.rep(text, count, separator)
    if text == "" and (separator == nil or separator == "") then
      return ""
    end
    return pass(raw_pcall(raw_rep, text, count, separator))
  end

  function globals.collectgarbage(what)
    if what ~= nil and what ~= "collect" and what ~= "count" and what ~= "step" then
      error("collectgarbage takes collect, count or step", 2)
    end
    return raw_collect(what)
  end

  set_any_metatable("", { __index = globals.string, __metatable = false })
  return globals
end

local function names_in(container)
  local names = {}
  for name, value in next, container do
    if type(name) == "string" and type(value) == "function" then
      names[#names + 1] = name
    end
  end
  sort(names)
  return #names > 0 and concat(names, ", ") or "none"
end

return function(kernel)
  local routines, wire, bridge = kernel.routines, kernel.wire, kernel.bridge
  local globals = safe_globals(routines)
  globals._G = globals
  local granted, libraries, loading = kernel.modules, kernel.libraries, {}

  for name, module in next, granted do
    globals[name] = module
  end

  -- A chunk as a function. The loader has checked the text before; what was put into it takes the
  -- checkpoint as an argument of an outer function.
  local function compile(source)
    local chunk, problem = load(source.text, "@" .. source.name, "t", globals)
    if not chunk then
      error(problem, 0)
    end
    return chunk(routines.checkpoint)
  end

  function globals.require(name)
    if type(name) ~= "string" then
      error("require takes the name of a module", 2)
    elseif granted[name] then
      return granted[name]
    end
    local library = libraries[name]
    if not library then
      local there_are = {}
      for _, container in next, { granted, libraries } do
        for known in next, container do
          there_are[#there_are + 1] = known
        end
      end
      sort(there_are)
      error("module '" .. name .. "' not found; there are: " .. concat(there_are, ", "), 2)
    elseif loading[name] then
      error("module '" .. name .. "' requires itself", 2)
    end
    if library.value == nil then
      loading[name] = true
      local value = compile(library)(name)
      loading[name] = nil
      library.value = value == nil and true or value
    end
    return library.value
  end

  function globals.print(...)
    local parts = pack(...)
    for index = 1, parts.n do
      parts[index] = tostring(parts[index])
    end
    local line = concat(parts, "\t", 1, parts.n) .. "\n"
    if bridge.write(line) and routines.can_wait() then
      routines.flush()
    end
  end

  -- The body of the main routine: the chunk, or the function of the method in what it returns.
  local function main(source, method, arguments)
    local chunk = compile(source)
    if method == "" then
      return chunk(unpack(arguments, 1, arguments.n))
    end
    local module = chunk()
    local body
    if type(module) == "table" then
      body = module[method]
    elseif type(module) == "function" then
      body = module
    elseif module == nil then
      body = rawget(globals, method)
      module = setmetatable({}, { __index = globals })
    end
    if type(body) ~= "function" then
      local where = type(module) == "table" and names_in(module) or "none"
      local message = 'function "' .. method .. '" not found in ' .. source.name
      error(select(2, kernel.not_found(message .. "; its functions: " .. where)), 0)
    end
    return body(unpack(arguments, 1, arguments.n))
  end

  local function exchange(spent, operations)
    yield(spent and 1 or 0, wire.encode_list(operations))
    local outcomes = wire.decode_list(bridge.fetch())
    bridge.settle()
    return outcomes
  end

  -- What is told of a failure: an error object, a text, or something else that was raised.
  local function failure_of(problem, places)
    local class = kernel.error_class
    local kind = type(problem)
    if class.is(problem) then
      local fields = class.fields(problem)
      return class.make({
        kind = fields.kind,
        message = fields.message,
        retryable = fields.retryable,
        details = fields.details,
        stack = places or fields.stack,
      })
    end
    return class.make({
      kind = "Internal",
      -- No metamethod of the script may run here, outside of any routine.
      message = kind == "table" and "a table was raised as an error" or tostring(problem),
      retryable = false,
      stack = places,
    })
  end

  -- The outermost function, which Python runs as a coroutine. It yields 0 or 1 and the operations
  -- (1: the script could go on at once), and in the end a code and the result or the error.
  return function()
    local arguments = wire.decode_list(bridge.fetch())
    local source = { text = kernel.source, name = kernel.name }
    bridge.settle()
    local results, stopped = routines.loop(exchange, main, source, kernel.method, arguments)
    if stopped then
      yield(OUTCOME_STOPPED, "")
    end
    local code, value = OUTCOME_DONE, results[2]
    if not results[1] then
      code, value = OUTCOME_FAILED, failure_of(results[2], results.places)
    elseif results[2] == nil and results[3] ~= nil then
      code, value = OUTCOME_FAILED, failure_of(results[3])
    end
    local ok, data = raw_pcall(wire.encode, value)
    if not ok then
      local message = "the result cannot leave the process: " .. data
      code, data = OUTCOME_FAILED, wire.encode(failure_of(message))
    end
    yield(code, data)
  end
end
