-- Routines: the coroutines that a script consists of, and the loop that runs them.
--
-- A routine that must wait yields BLOCK, through all the script's own coroutines it may be in, and
-- goes on when somebody makes it ready. When no routine is ready, the loop hands the operations
-- that were asked for to Python and is resumed with their outcomes.
--
-- The loader has put checkpoints into loops and functions (see checkpoints.py): after every so many
-- iterations and calls, the script asks Python whether to go on, to give way to other processes, or
-- to stop. It is stopped by an error that no handler of the script catches: pcall and its like are
-- wrapped.

local raw_create, raw_resume, raw_yield = coroutine.create, coroutine.resume, coroutine.yield
local raw_status, raw_running, raw_close = coroutine.status, coroutine.running, coroutine.close
local raw_isyieldable = coroutine.isyieldable
local raw_pcall, raw_xpcall, raw_error = pcall, xpcall, error
local pack, unpack, type = table.pack, table.unpack, type
local setmetatable, rawequal, sub, getinfo = setmetatable, rawequal, string.sub, debug.getinfo

local OUT_OF_MEMORY = "not enough memory"
local MOST_FRAMES = 32

return function(bridge)
  local routines = {}
  local BLOCK, GIVE_WAY, STOPPED = {}, {}, setmetatable({}, {
    __tostring = function() return "stopped" end,
    __metatable = false,
  })
  local stopped, stopped_at = false, nil
  local spent, countdown = false, 1
  -- The script's own coroutines: whether whoever resumed one can wait (false: it is inside a sort
  -- order or the like), nil for other threads.
  local script_threads = setmetatable({}, { __mode = "k" })
  local ready, first, last = {}, 1, 0
  local current, main
  local waits = 0
  local outbox, pending, pending_count, last_tag = { n = 0 }, {}, 0, 0

  -- Where a thread (the running one for nil) is in the script's files, innermost first, as
  -- "name:line".
  local function places(thread)
    local found, level = {}, 0
    while #found < MOST_FRAMES do
      local info
      if thread then
        info = getinfo(thread, level, "Sl")
      else
        info = getinfo(level + 1, "Sl")
      end
      if not info then
        break
      end
      if sub(info.source, 1, 1) == "@" and info.currentline > 0 then
        found[#found + 1] = sub(info.source, 2) .. ":" .. info.currentline
      end
      level = level + 1
    end
    return found
  end

  routines.places = places

  -- Where the main routine waits, or where the script was stopped.
  function routines.whereabouts()
    return stopped_at or (main and places(main.thread)) or {}
  end

  -- Memory may run out at any allocation, in here too. So whatever can fail comes first, and the
  -- state changes only after it.
  local function make_ready(routine, ...)
    local answer = pack(...)
    ready[last + 1] = routine
    last = last + 1
    routine.answer = answer
  end

  local function can_wait()
    return raw_isyieldable() and script_threads[raw_running()] ~= false
  end

  routines.can_wait = can_wait

  -- Called by the script after each countdown; the next countdown is returned. Python answers
  -- with it, or with 0 for stop, or with less than 0 for giving way first.
  local function checkpoint()
    local answer = bridge.tick(countdown)
    if answer == 0 then
      stopped = true
      stopped_at = stopped_at or places()
      raw_error(STOPPED, 0)
    elseif answer < 0 then
      answer = -answer
      if can_wait() then
        spent = true
        raw_yield(GIVE_WAY)
      end
    end
    countdown = answer
    return answer
  end

  routines.checkpoint = checkpoint

  -- Begin to wait: a number to give to wake. Raises an error where waiting is not possible.
  function routines.prepare()
    if not can_wait() then
      raw_error("cannot wait inside a metamethod, a sort order or a gsub replacement", 3)
    end
    waits = waits + 1
    current.waits = waits
    return current, waits
  end

  -- Wait until wake is called with the routine and number of prepare; what wake was given is
  -- returned.
  function routines.block()
    return raw_yield(BLOCK)
  end

  -- Let a routine go on, if it still waits for what had this number.
  local function wake(routine, number, ...)
    if routine.waits == number then
      make_ready(routine, ...)
      routine.waits = 0
    end
  end

  routines.wake = wake

  function routines.start(body, ...)
    local routine = { thread = raw_create(body), answer = false, waits = 0 }
    make_ready(routine, ...)
    return routine
  end

  -- Ask for an operation; `done(ok, value)` is called with its outcome, outside of any routine.
  function routines.request(done, kind, arguments)
    local tag = last_tag + 1
    local operation = { tag, kind, arguments }
    pending[tag] = done
    outbox[outbox.n + 1] = operation
    outbox.n = outbox.n + 1
    pending_count = pending_count + 1
    last_tag = tag
    return tag
  end

  local function nothing() end

  -- Wait no longer for an operation; its `done` is not called.
  function routines.give_up(tag)
    if pending[tag] then
      routines.request(nothing, "give_up", { tag })
      pending[tag] = nil
      pending_count = pending_count - 1
    end
  end

  -- Ask for an operation and wait for its outcome: ok, value.
  function routines.perform(kind, arguments)
    local routine, number = routines.prepare()
    routines.request(function(ok, value) wake(routine, number, ok, value) end, kind, arguments)
    return raw_yield(BLOCK)
  end

  -- The functions that scripts get in place of Lua's own.

  local function check(ok, ...)
    if not ok then
      if stopped then
        raw_error(STOPPED, 0)
      elseif rawequal(..., OUT_OF_MEMORY) then
        -- A script that goes on at its limit is very slow: every allocation cleans up in vain. So
        -- it is asked more often whether it may.
        checkpoint()
      end
    end
    return ok, ...
  end

  function routines.pcall(body, ...)
    return check(raw_pcall(body, ...))
  end

  function routines.xpcall(body, handler, ...)
    -- What stops the script is not the handler's business.
    return check(raw_xpcall(body, function(problem)
      if stopped then
        return problem
      end
      return handler(problem)
    end, ...))
  end

  local function pass_through(thread, results)
    while rawequal(results[2], BLOCK) or rawequal(results[2], GIVE_WAY) do
      results = pack(raw_resume(thread, raw_yield(results[2])))
    end
    if not results[1] and stopped then
      raw_error(STOPPED, 0)
    end
    return unpack(results, 1, results.n)
  end

  local safe = {}
  routines.coroutine = safe

  function safe.create(body)
    if type(body) ~= "function" then
      raw_error("coroutine.create takes a function", 2)
    end
    local thread = raw_create(body)
    script_threads[thread] = true
    return thread
  end

  function safe.resume(thread, ...)
    if script_threads[thread] == nil then
      raw_error("coroutine.resume takes a coroutine of the script", 2)
    end
    script_threads[thread] = can_wait()
    return pass_through(thread, pack(raw_resume(thread, ...)))
  end

  local function deliver(thread, ok, ...)
    if ok then
      return ...
    end
    raw_close(thread)
    raw_error(..., 0)
  end

  function safe.wrap(body)
    local thread = safe.create(body)
    return function(...)
      return deliver(thread, safe.resume(thread, ...))
    end
  end

  function safe.yield(...)
    if script_threads[raw_running()] == nil then
      raw_error("attempt to yield from outside a coroutine", 2)
    end
    return raw_yield(...)
  end

  function safe.isyieldable()
    return raw_isyieldable() and script_threads[raw_running()] ~= nil
  end

  function safe.running()
    local thread = raw_running()
    return thread, script_threads[thread] == nil
  end

  function safe.close(thread)
    if script_threads[thread] == nil then
      raw_error("coroutine.close takes a coroutine of the script", 2)
    end
    return check(raw_close(thread))
  end

  safe.status = raw_status

  -- Run a function beside the others; it ends with the process at the latest.
  function safe.spawn(body, ...)
    if type(body) ~= "function" then
      raw_error("coroutine.spawn takes a function", 2)
    end
    routines.start(body, ...)
  end

  -- The loop.

  -- Let a routine run until it waits. The outcome, if it has ended.
  local function run(routine)
    current = routine
    local answer = routine.answer
    routine.answer = false
    local results = pack(raw_resume(routine.thread, unpack(answer, 1, answer.n)))
    current = nil
    if not results[1] then
      results.places = places(routine.thread)
      return results
    elseif raw_status(routine.thread) == "dead" then
      return results
    elseif rawequal(results[2], GIVE_WAY) then
      make_ready(routine)
    end
    return nil
  end

  local function next_ready()
    if first > last then
      first, last = 1, 0
      return nil
    end
    local routine = ready[first]
    ready[first] = nil
    first = first + 1
    return routine
  end

  local function take_outcomes(outcomes)
    for index = 1, #outcomes do
      local tag, ok, value = outcomes[index][1], outcomes[index][2], outcomes[index][3]
      local done = pending[tag]
      if done then
        pending[tag] = nil
        pending_count = pending_count - 1
        done(ok, value)
      end
    end
  end

  local function take_outbox()
    local operations, empty = outbox, { n = 0 }
    outbox = empty
    return operations
  end

  -- Run `body(...)` as the main routine to its end. `exchange(spent, operations)` goes to Python
  -- and comes back with outcomes. Returns what pcall would have, and `stopped`.
  function routines.loop(exchange, body, ...)
    main = routines.start(body, ...)
    while true do
      local routine = next_ready()
      if routine then
        local results = run(routine)
        if results and (routine == main or not results[1]) then
          return results, stopped
        end
        if spent then
          spent = false
          take_outcomes(exchange(true, take_outbox()))
        end
      elseif pending_count == 0 then
        local results = { false, "deadlock: the script waits, and nothing can wake it", n = 2 }
        results.places = places(main.thread)
        return results, stopped
      else
        take_outcomes(exchange(false, take_outbox()))
      end
    end
  end

  return routines
end
