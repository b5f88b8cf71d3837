-- Starting processes: the functions of `process`, and builders that know more than they take.
--
-- A builder is immutable: each `with_...` gives a new one. What it knows: a context for the new
-- process (`with_context`, added to this process's own), a name (`with_name`), first messages
-- (`with_message`), whom it acts for (`with_actor`: a text, or a table with one as `id`) and the
-- policies that it goes by (`with_scope`: an ID, a group, or a list of such; see
-- `process/security.py`). `with_options` is accepted and means nothing here.

local type, error, next, setmetatable = type, error, next, setmetatable

local METHODS = {
  spawn = { "spawn", false, false },
  spawn_monitored = { "spawn", true, false },
  spawn_linked = { "spawn", false, true },
  spawn_linked_monitored = { "spawn", true, true },
  exec = { "exec", false, false },
}

return function(kernel, invalid, encode, perform)
  local wire = kernel.wire
  local spawning = {}

  local function copy_with(source, key, value)
    local copy = {}
    for name, item in next, source do
      copy[name] = item
    end
    if key then
      copy[key] = value
    end
    return copy
  end

  spawning.copy_with = copy_with

  -- Arguments and the context of `settings` as the host takes them, or nil, error.
  local function encode_with_context(settings, ...)
    local arguments, problem = encode(...)
    if not arguments then
      return nil, problem
    end
    local context
    context, problem = encode(settings.context or {})
    if not context then
      return nil, problem
    end
    return arguments, context
  end

  spawning.encode_with_context = encode_with_context

  -- Start a process as `settings` say: PID (or the result, for exec), or nil, error.
  local function start(settings, method, entry_id, host_id, ...)
    if type(entry_id) ~= "string" or entry_id == "" then
      return invalid("the first argument is the ID of an entry, for example \"app:worker\"")
    elseif type(host_id) ~= "string" or host_id == "" then
      return invalid("the second argument is the ID of a host, for example \"app:processes\"")
    end
    local arguments, context = encode_with_context(settings, ...)
    if not arguments then
      return nil, context
    end
    local messages = settings.messages or {}
    local list = wire.encode_list({ n = #messages, table.unpack(messages) })
    return perform(method[1], {
      entry_id, host_id, arguments, context, method[2], method[3], settings.name or "", list,
    })
  end

  function spawning.add_functions(module)
    for name, method in next, METHODS do
      module[name] = function(...)
        return start({}, method, ...)
      end
    end
  end

  local builders = setmetatable({}, { __mode = "k" })
  local methods = {}
  local metatable = { __index = methods, __metatable = false, __name = "spawn builder" }

  local function build(settings)
    local builder = setmetatable({}, metatable)
    builders[builder] = settings
    return builder
  end

  spawning.build = build

  local function settings_of(builder)
    return builders[builder] or error("call it with a colon, on a builder", 3)
  end

  function spawning.merged(context, more)
    if type(more) ~= "table" then
      error("a context is a table", 3)
    end
    local merged = copy_with(context or {})
    for name, value in next, more do
      if type(name) ~= "string" then
        error("the keys of a context are texts", 3)
      end
      merged[name] = value
    end
    return merged
  end

  function methods.with_context(builder, context)
    local settings = settings_of(builder)
    return build(copy_with(settings, "context", spawning.merged(settings.context, context)))
  end

  for _, name in next, { "actor", "scope", "options" } do
    methods["with_" .. name] = function(builder, value)
      local settings = settings_of(builder)
      local context = copy_with(settings.context or {}, "@" .. name, value)
      return build(copy_with(settings, "context", context))
    end
  end

  function methods.with_name(builder, name)
    if type(name) ~= "string" or name == "" then
      error("a name is a text", 2)
    end
    return build(copy_with(settings_of(builder), "name", name))
  end

  function methods.with_message(builder, topic, ...)
    local settings = settings_of(builder)
    if type(topic) ~= "string" or topic == "" then
      error("a topic is a text", 2)
    end
    local payloads, problem = encode(...)
    if not payloads then
      error(problem:message(), 2)
    end
    local messages = { table.unpack(settings.messages or {}) }
    messages[#messages + 1] = { topic, payloads }
    return build(copy_with(settings, "messages", messages))
  end

  for name, method in next, METHODS do
    methods[name] = function(builder, ...)
      return start(settings_of(builder), method, ...)
    end
  end

  return spawning
end
