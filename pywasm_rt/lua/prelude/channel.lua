-- The module `channel`: values passed between routines, and select.
--
-- One who waits is a `waiter`: a routine and the cases it waits for. It stands in the line of every
-- channel of its cases, and the first channel that can serve it takes it out of all of them.

local type, error, setmetatable, next = type, error, setmetatable, next
local math_type, huge = math.type, math.huge
local insert, remove = table.insert, table.remove

return function(routines)
  local channel = {}
  local methods = {}
  local metatable = { __index = methods, __metatable = false, __name = "channel" }
  local states = setmetatable({}, { __mode = "k" })

  local function state_of(object)
    local state = states[object]
    if not state then
      error("this takes a channel", 3)
    end
    return state
  end

  local function make(size, pump, look)
    local object = setmetatable({}, metatable)
    states[object] = {
      object = object,
      size = size,
      items = {},
      closed = false,
      receivers = {},
      senders = {},
      pump = pump,
      look = look,
    }
    return object
  end

  -- Take a waiter out of every line it stands in.
  local function leave(waiter)
    for _, case in next, waiter.cases do
      local line = case.sends and case.state.senders or case.state.receivers
      for index = #line, 1, -1 do
        if line[index].waiter == waiter then
          remove(line, index)
        end
      end
    end
  end

  local function serve(entry, value, ok)
    local waiter = entry.waiter
    leave(waiter)
    routines.wake(waiter.routine, waiter.number, entry.case, value, ok)
  end

  -- Receive if that is possible now: whether it was, the value, whether the channel is open.
  local function try_receive(state)
    if #state.items > 0 then
      local item = remove(state.items, 1)
      local sender = state.senders[1]
      if sender then
        insert(state.items, { value = sender.case.value })
        serve(sender, nil, true)
      end
      return true, item.value, true
    end
    local sender = state.senders[1]
    if sender then
      serve(sender, nil, true)
      return true, sender.case.value, true
    end
    return state.closed, nil, false
  end

  local function try_send(state, value)
    if state.closed then
      error("send on a closed channel", 3)
    end
    local receiver = state.receivers[1]
    if receiver then
      serve(receiver, value, true)
      return true
    end
    if #state.items < state.size then
      insert(state.items, { value = value })
      return true
    end
    return false
  end

  local function attempt(case)
    if case.sends then
      return try_send(case.state, case.value), nil, true
    end
    return try_receive(case.state)
  end

  -- Wait for one of the cases: which, the value, whether the channel is open.
  local function wait(cases)
    local routine, number = routines.prepare()
    local waiter = { routine = routine, number = number, cases = cases }
    for _, case in next, cases do
      insert(case.sends and case.state.senders or case.state.receivers, { waiter = waiter, case = case })
      if case.state.pump and not case.sends then
        case.state.pump()
      end
    end
    local case, value, ok = routines.block()
    if case.sends and not ok then
      error("send on a closed channel", 3)
    end
    return case, value, ok
  end

  -- A channel that holds up to `size` values that nobody has received.
  function channel.new(size)
    size = size or 0
    if math_type(size) ~= "integer" or size < 0 then
      error("channel.new takes a size of at least 0", 2)
    end
    return make(size)
  end

  function methods.send(object, value)
    local case = { state = state_of(object), sends = true, value = value }
    if not attempt(case) then
      wait({ case })
    end
    return true
  end

  function methods.receive(object)
    local case = { state = state_of(object) }
    local done, value, ok = attempt(case)
    if not done then
      local _
      _, value, ok = wait({ case })
    end
    return value, ok
  end

  function methods.close(object)
    local state = state_of(object)
    state.closed = true
    while state.receivers[1] do
      serve(state.receivers[1], nil, false)
    end
    while state.senders[1] do
      serve(state.senders[1], nil, false)
    end
  end

  function methods.case_send(object, value)
    return { state = state_of(object), sends = true, value = value }
  end

  function methods.case_receive(object)
    return { state = state_of(object) }
  end

  -- Wait until one of several cases can go on, and do it.
  --
  -- `cases` is a list of `c:case_receive()` and `c:case_send(v)`; `default = true` means not to
  -- wait. The result has `channel`, `value` and `ok`, or `default` and `ok`.
  function channel.select(cases)
    if type(cases) ~= "table" then
      error("channel.select takes a table of cases", 2)
    end
    local list = {}
    for index = 1, #cases do
      local case = cases[index]
      if type(case) ~= "table" or not case.state or states[case.state.object] ~= case.state then
        error("case " .. index .. " is not made by case_receive or case_send", 2)
      end
      -- A copy, since the same case may be given again while this one still stands in line.
      list[index] = { state = case.state, sends = case.sends, value = case.value }
      local done, value, ok = attempt(list[index])
      if done then
        return { channel = case.state.object, value = value, ok = ok }
      end
    end
    if cases.default then
      -- What comes from outside is asked for only now.
      for _, case in next, list do
        if case.state.look and not case.sends then
          case.state.look()
          local done, value, ok = try_receive(case.state)
          if done then
            return { channel = case.state.object, value = value, ok = ok }
          end
        end
      end
      return { default = true, ok = true }
    end
    if #list == 0 then
      error("channel.select of nothing never ends", 2)
    end
    local case, value, ok = wait(list)
    return { channel = case.state.object, value = value, ok = ok }
  end

  -- For the other modules.

  local inner = {}

  -- A channel without end; `pump` is called whenever somebody waits for a value, `look` when
  -- somebody wants to know whether there is one.
  function inner.new(pump, look)
    return make(huge, pump, look)
  end

  function inner.push(object, value)
    try_send(states[object], value)
  end

  function inner.has_items(object)
    return #states[object].items > 0
  end

  -- Ask for a value, if somebody waits for one.
  function inner.pump(object)
    local state = states[object]
    if state.pump and #state.receivers > 0 then
      state.pump()
    end
  end

  function inner.take(object)
    local done, value = try_receive(states[object])
    return done, value
  end

  return channel, inner
end
