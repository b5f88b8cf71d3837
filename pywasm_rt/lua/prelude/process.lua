-- The module `process`: this process, other processes, and what they tell each other.
--
-- What can fail returns `nil, error`; what is called wrongly raises an error.

local type, error, tostring, setmetatable = type, error, tostring, setmetatable
local pack, raw_pcall, next, rawset = table.pack, pcall, next, rawset

local EVENTS = {
  EXIT = "pid.exit",
  LINK_DOWN = "pid.link.down",
  CANCEL = "pid.cancel",
  OUTDATED = "pid.outdated",
}

return function(kernel)
  local routines, wire, classes, channels = kernel.routines, kernel.wire, kernel.classes, kernel.channels
  local failure, duration, select_of = kernel.failure, kernel.duration, kernel.channel.select
  local process = { event = setmetatable({}, { __index = EVENTS, __newindex = function()
    error("process.event cannot be changed", 2)
  end, __metatable = false }) }
  local options = { trap_links = false }

  -- Events: `kind`, `from`, `at`, `result.value`, `result.error` (or `reason`) are fields of the
  -- table; `type`, `value` and `error` are read-only other names of `kind`'s name and the result's.
  local names = {}
  for name, kind in next, EVENTS do
    names[kind] = name
  end
  local aliases = {
    type = function(event) return names[event.kind] end,
    value = function(event) return event.result and event.result.value end,
    error = function(event) return event.result and event.result.error end,
  }
  local event_metatable = {
    __metatable = false,
    __index = function(event, key)
      local alias = aliases[key]
      return alias and alias(event)
    end,
    __newindex = function(event, key, value)
      if aliases[key] then
        error("event." .. key .. " is another name, and cannot be set", 2)
      end
      rawset(event, key, value)
    end,
  }
  -- An event that is sent on arrives as a plain table with the fields above.
  classes.by_tag.x = {
    make = function(fields) return setmetatable(fields, event_metatable) end,
  }

  local payload = classes.define("P", {
    data = function(fields) return fields.data end,
  })
  classes.define("M", {
    topic = function(fields) return fields.topic end,
    from = function(fields) return fields.from end,
    payload = function(fields) return payload.make({ data = fields.payloads[1] }) end,
    payloads = function(fields)
      local list = {}
      for index = 1, #fields.payloads do
        list[index] = payload.make({ data = fields.payloads[index] })
      end
      return list
    end,
  }, {
    __tostring = function(fields) return "message " .. fields.topic end,
  })

  local function invalid(message)
    return nil, failure("INVALID", message)
  end

  local function perform(kind, arguments)
    local ok, value = routines.perform(kind, arguments)
    if ok then
      return value
    end
    return nil, value
  end

  -- The arguments of a call as one string, or nil, error.
  local function encode(...)
    local ok, data = raw_pcall(wire.encode_list, pack(...))
    if ok then
      return data
    end
    return invalid(tostring(data))
  end

  local function starter(kind, monitored, linked)
    return function(entry_id, host_id, ...)
      if type(entry_id) ~= "string" or entry_id == "" then
        return invalid("the first argument is the ID of an entry, for example \"app:worker\"")
      elseif type(host_id) ~= "string" or host_id == "" then
        return invalid("the second argument is the ID of a host, for example \"app:processes\"")
      end
      local arguments, problem = encode(...)
      if not arguments then
        return nil, problem
      end
      return perform(kind, { entry_id, host_id, arguments, monitored, linked })
    end
  end

  process.spawn = starter("spawn", false, false)
  process.spawn_monitored = starter("spawn", true, false)
  process.spawn_linked = starter("spawn", false, true)
  process.spawn_linked_monitored = starter("spawn", true, true)
  -- Start a process, wait for its end, and return what it returned (or nil, its error).
  process.exec = starter("exec", false, false)

  function process.pid()
    return kernel.pid
  end

  function process.id()
    return kernel.entry_id
  end

  local function on_target(kind)
    return function(target, detail)
      if type(target) ~= "string" then
        return invalid("the first argument is a PID")
      elseif detail ~= nil and type(detail) ~= "string" then
        return invalid("the second argument is a text")
      end
      local ok, value = routines.perform(kind, { target, detail or "" })
      if ok then
        return true
      end
      return nil, value
    end
  end

  process.monitor = on_target("monitor")
  process.unmonitor = on_target("unmonitor")
  process.link = on_target("link")
  process.unlink = on_target("unlink")
  process.terminate = on_target("terminate")
  process.cancel = on_target("cancel")

  function process.send(target, topic, ...)
    if type(target) ~= "string" then
      return invalid("the first argument is a PID")
    elseif type(topic) ~= "string" or topic == "" then
      return invalid("the second argument is a topic")
    end
    local payloads, problem = encode(...)
    if not payloads then
      return nil, problem
    end
    local ok, value = routines.perform("send", { target, topic, payloads })
    if ok then
      return true
    end
    return nil, value
  end

  function process.get_options()
    return { trap_links = options.trap_links }
  end

  function process.set_options(new)
    if type(new) ~= "table" then
      return invalid("the options are a table")
    end
    for name, value in next, new do
      if name ~= "trap_links" or type(value) ~= "boolean" then
        return invalid("unknown option " .. tostring(name) .. "; there is trap_links, a boolean")
      end
    end
    local _, problem = perform("set_options", { new.trap_links == true })
    if problem then
      return nil, problem
    end
    options.trap_links = new.trap_links == true
    return true
  end

  -- What comes in. A channel asks for the next thing only when somebody waits for it, so that what
  -- nobody wants yet stays in the process's bounded mailbox.
  local function incoming(kind)
    local object
    local asked = false
    local function done(ok, mail)
      asked = false
      if ok and mail ~= nil then
        channels.push(object, mail)
      end
    end
    object = channels.new(function()
      if not asked then
        asked = true
        routines.request(done, "receive", { kind, false })
      end
    end)
    return object, function() return asked end
  end

  local events, asked_for_events = incoming("events")
  local inbox, asked_for_messages = incoming("messages")
  local subscribed = false

  -- The channel of EXIT, LINK_DOWN and CANCEL events.
  function process.events()
    if not subscribed then
      subscribed = true
      routines.perform("subscribe", {})
    end
    return events
  end

  -- The channel of messages.
  function process.inbox()
    return inbox
  end

  -- The next event or message, or nil, error when the timeout (a duration) has passed.
  function process.receive(timeout)
    local nanoseconds, problem = false, nil
    if timeout ~= nil then
      nanoseconds, problem = duration(timeout)
      if not nanoseconds then
        return nil, problem
      end
    end
    for _, object in next, { events, inbox } do
      local done, mail = channels.take(object)
      if done then
        return mail
      end
    end
    local mail
    if asked_for_events() or asked_for_messages() then
      -- Another routine waits on one of the channels; stand in line beside it.
      local cases = { events:case_receive(), inbox:case_receive() }
      local timer = nanoseconds and kernel.time.after(nanoseconds)
      if timer then
        cases[3] = timer:case_receive()
      end
      local chosen = select_of(cases)
      if chosen.channel ~= timer then
        mail = chosen.value
      end
    else
      mail, problem = perform("receive", { "all", nanoseconds })
    end
    if mail == nil then
      return nil, problem or failure("TIMEOUT", "nothing came in within the timeout")
    end
    return mail
  end

  return process
end
