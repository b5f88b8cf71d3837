-- The module `funcs`: functions of the application, called by their IDs.

local type, error, setmetatable = type, error, setmetatable

return function(kernel)
  local routines, channels, failure = kernel.routines, kernel.channels, kernel.failure
  local invalid, spawning = kernel.invalid, kernel.spawning
  local funcs = {}

  local function arguments_for(settings, id, ...)
    if type(id) ~= "string" or id == "" then
      return invalid("the first argument is the ID of a function, for example \"app:add\"")
    end
    local arguments, context = spawning.encode_with_context(settings, ...)
    if not arguments then
      return nil, context
    end
    return { id, arguments, context, settings.timeout or false }
  end

  local function call(settings, id, ...)
    local arguments, problem = arguments_for(settings, id, ...)
    if not arguments then
      return nil, problem
    end
    local ok, value = routines.perform("call", arguments)
    if ok then
      return value
    end
    return nil, value
  end

  -- Futures: a channel that gets the result, and is closed; what came of the call is kept.
  local futures = setmetatable({}, { __mode = "k" })
  local future_methods = {}
  local future_metatable = { __index = future_methods, __metatable = false, __name = "future" }

  local function future_of(object)
    return futures[object] or error("call it with a colon, on a future", 3)
  end

  local function async(settings, id, ...)
    local arguments, problem = arguments_for(settings, id, ...)
    if not arguments then
      return nil, problem
    end
    local future = { channel = channels.new() }
    future.tag = routines.request(function(ok, value)
      future.complete = true
      if ok then
        future.payload = kernel.payload(value)
        channels.push(future.channel, future.payload)
      else
        future.error = value
      end
      future.channel:close()
    end, "call", arguments)
    local object = setmetatable({}, future_metatable)
    futures[object] = future
    return object
  end

  function future_methods.response(object)
    return future_of(object).channel
  end

  future_methods.channel = future_methods.response

  function future_methods.is_complete(object)
    return future_of(object).complete == true
  end

  function future_methods.is_canceled(object)
    return future_of(object).canceled == true
  end

  -- The payload, or nil, error; nil alone while the call goes on.
  function future_methods.result(object)
    local future = future_of(object)
    return future.payload, future.error
  end

  -- The error and whether there is one.
  function future_methods.error(object)
    local problem = future_of(object).error
    return problem, problem ~= nil
  end

  -- End the call. Whether it was still going on.
  function future_methods.cancel(object)
    local future = future_of(object)
    if future.complete then
      return false
    end
    future.complete, future.canceled = true, true
    future.error = failure("CANCELED", "the call was canceled")
    routines.give_up(future.tag)
    future.channel:close()
    return true
  end

  -- Executors: calls with a context and a timeout. Each `with_...` gives a new one.
  local executors = setmetatable({}, { __mode = "k" })
  local methods = {}
  local metatable = { __index = methods, __metatable = false, __name = "executor" }

  local function make(settings)
    local executor = setmetatable({}, metatable)
    executors[executor] = settings
    return executor
  end

  local function settings_of(executor)
    return executors[executor] or error("call it with a colon, on an executor", 3)
  end

  function methods.with_context(executor, context)
    local settings = settings_of(executor)
    local merged = spawning.merged(settings.context, context)
    return make(spawning.copy_with(settings, "context", merged))
  end

  for _, name in next, { "actor", "scope" } do
    methods["with_" .. name] = function(executor, value)
      local settings = settings_of(executor)
      local context = spawning.copy_with(settings.context or {}, "@" .. name, value)
      return make(spawning.copy_with(settings, "context", context))
    end
  end

  -- `timeout` is a number of milliseconds, or the text of a duration.
  function methods.with_options(executor, options)
    local settings = settings_of(executor)
    if type(options) ~= "table" then
      error("the options are a table", 2)
    end
    local timeout = options.timeout
    if timeout == nil then
      return make(spawning.copy_with(settings))
    end
    local nanoseconds = type(timeout) == "number" and timeout * 1000000 or timeout
    nanoseconds = kernel.duration(nanoseconds)
    if not nanoseconds or nanoseconds < 0 then
      error("the timeout is a number of milliseconds, or a text like \"1.5s\"", 2)
    end
    return make(spawning.copy_with(settings, "timeout", nanoseconds))
  end

  function methods.call(executor, ...)
    return call(settings_of(executor), ...)
  end

  function methods.async(executor, ...)
    return async(settings_of(executor), ...)
  end

  function funcs.new()
    return make({})
  end

  -- Call a function and wait: its result, or nil, error.
  function funcs.call(...)
    return call({}, ...)
  end

  -- Begin a call: a future, or nil, error.
  function funcs.async(...)
    return async({}, ...)
  end

  return funcs
end
