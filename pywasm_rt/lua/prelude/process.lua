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

return function(kernel, make_spawning)
  local routines, wire, classes, channels = kernel.routines, kernel.wire, kernel.classes, kernel.channels
  local failure, duration, select_of = kernel.failure, kernel.duration, kernel.channel.select
  local process = { event = setmetatable({}, { __index = EVENTS, __newindex = function()
    error("process.event cannot be changed", 2)
  end, __metatable = false }) }
  local options = { trap_links = false, upgradable = false }

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

  -- For the other modules.
  kernel.invalid, kernel.encode = invalid, encode
  function kernel.payload(value)
    return payload.make({ data = value })
  end

  kernel.spawning = make_spawning(kernel, invalid, encode, perform)
  kernel.spawning.add_functions(process)

  -- Builders of processes: see spawning.lua.
  for _, name in next, { "with_context", "with_options", "with_name", "with_message", "with_actor", "with_scope" } do
    process[name] = function(...)
      local builder = kernel.spawning.build({})
      return builder[name](builder, ...)
    end
  end

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
    return { trap_links = options.trap_links, upgradable = options.upgradable }
  end

  function process.set_options(new)
    if type(new) ~= "table" then
      return invalid("the options are a table")
    end
    for name, value in next, new do
      if options[name] == nil or type(value) ~= "boolean" then
        return invalid("unknown option " .. tostring(name) .. "; there are trap_links and upgradable, booleans")
      end
    end
    local next_options = {}
    for name, value in next, options do
      next_options[name] = value
      if new[name] ~= nil then
        next_options[name] = new[name]
      end
    end
    local _, problem = perform("set_options", { next_options.trap_links, next_options.upgradable })
    if problem then
      return nil, problem
    end
    options = next_options
    return true
  end

  -- Go on as another entry (nil: the same one, as it is now) under the same PID, with its names,
  -- links and mail. Does not return, unless that fails: nil, error.
  function process.upgrade(entry_id, ...)
    if entry_id ~= nil and (type(entry_id) ~= "string" or entry_id == "") then
      return invalid("the first argument is the ID of an entry, or nil")
    end
    local arguments, problem = encode(...)
    if not arguments then
      return nil, problem
    end
    return perform("upgrade", { entry_id or "", arguments })
  end

  -- Names. There is one node, so all scopes are the same.
  local SCOPES = { LOCAL = 0, EVENTUAL = 1, CONSISTENT = 2, STRONG = 3 }
  local registry = {}

  local function check_name(name, scope)
    if type(name) ~= "string" or name == "" then
      return "the first argument is a name"
    elseif scope ~= nil and (type(scope) ~= "number" or scope < 0 or scope > 3) then
      return "the scope is one of process.registry.LOCAL, EVENTUAL, CONSISTENT, STRONG"
    end
    return nil
  end

  -- Give a name to a process (nil: to this one): true, or nil, error.
  function registry.register(name, pid, scope)
    local wrong = check_name(name, scope)
    if wrong or pid ~= nil and type(pid) ~= "string" then
      return invalid(wrong or "the second argument is a PID")
    end
    local ok, value = routines.perform("register", { name, pid or false })
    if ok then
      return true
    end
    return nil, value
  end

  -- The PID behind a name, or nil, error.
  function registry.lookup(name)
    local wrong = check_name(name)
    if wrong then
      return invalid(wrong)
    end
    return perform("lookup", { name })
  end

  -- Take a name back: true, or nil, error.
  function registry.unregister(name, scope)
    local wrong = check_name(name, scope)
    if wrong then
      return invalid(wrong)
    end
    local ok, value = routines.perform("unregister", { name })
    if ok then
      return true
    end
    return nil, value
  end

  process.registry = setmetatable(registry, { __index = SCOPES, __metatable = false })

  -- What comes in. A channel asks for the next thing only when somebody waits for it, so that what
  -- nobody wants yet stays in the process's bounded mailbox.
  local listeners = {}

  local function topics()
    local list = {}
    for topic in next, listeners do
      list[#list + 1] = topic
    end
    return list
  end

  local function incoming(kind, topic, deliver)
    local object, tag
    local function done(ok, mail)
      tag = nil
      if ok and mail ~= nil then
        deliver(object, mail)
      end
    end
    object = channels.new(function()
      if not tag then
        tag = routines.request(done, "receive", { kind, false, topic or false, topic and {} or topics() })
      end
    end, function()
      local ok, mail = routines.perform("receive", { kind, 0, topic or false, topic and {} or topics() })
      if ok and mail ~= nil then
        deliver(object, mail)
      end
    end)
    local function is_asked()
      return tag ~= nil
    end
    -- Ask no more, so that the mail can be asked for anew.
    local function withdraw()
      if tag then
        routines.give_up(tag)
        tag = nil
      end
    end
    return object, is_asked, withdraw
  end

  local events, asked_for_events = incoming("events", nil, channels.push)
  local inbox, asked_for_messages, withdraw_inbox = incoming("messages", nil, channels.push)
  local subscribed = false

  -- The inbox asks for what nobody listens to; when that changes, it asks anew.
  local function ask_anew()
    if asked_for_messages() then
      withdraw_inbox()
      channels.pump(inbox)
    end
  end

  -- A channel of the payloads of a topic; with `message = true`, of its messages. Messages of a
  -- topic that nobody listens to come into the inbox.
  function process.listen(topic, settings)
    if type(topic) ~= "string" or topic == "" then
      return invalid("the first argument is a topic")
    elseif topic:sub(1, 1) == "@" then
      return invalid("topics that begin with @ belong to the system: " .. topic)
    elseif settings ~= nil and type(settings) ~= "table" then
      return invalid("the second argument is a table: {message = true}")
    elseif listeners[topic] then
      return nil, failure("ALREADY_EXISTS", "somebody listens to the topic already: " .. topic)
    end
    local whole = settings and settings.message == true
    local object, _, withdraw = incoming("messages", topic, function(object, message)
      channels.push(object, whole and message or message:payload():data())
    end)
    listeners[topic] = { channel = object, withdraw = withdraw }
    ask_anew()
    return object
  end

  -- Listen no longer; the channel is closed. Whether it was one of those.
  function process.unlisten(object)
    for topic, listener in next, listeners do
      if listener.channel == object then
        listeners[topic] = nil
        listener.withdraw()
        object:close()
        ask_anew()
        return true
      end
    end
    return false
  end

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
      mail, problem = perform("receive", { "all", nanoseconds, false, topics() })
    end
    if mail == nil then
      return nil, problem or failure("TIMEOUT", "nothing came in within the timeout")
    end
    return mail
  end

  return process
end
