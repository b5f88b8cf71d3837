-- The module `time`: durations (whole nanoseconds), sleeping, and moments.

local type, error, next, tonumber = type, error, next, tonumber
local math_type, floor, tointeger = math.type, math.floor, math.tointeger
local find, match, sub = string.find, string.match, string.sub
local setmetatable, max = setmetatable, math.max

local UNITS = {
  NANOSECOND = 1,
  MICROSECOND = 1000,
  MILLISECOND = 1000000,
  SECOND = 1000000000,
  MINUTE = 60000000000,
  HOUR = 3600000000000,
}
local SUFFIXES = {
  ns = UNITS.NANOSECOND,
  us = UNITS.MICROSECOND,
  ["µs"] = UNITS.MICROSECOND,
  ms = UNITS.MILLISECOND,
  s = UNITS.SECOND,
  m = UNITS.MINUTE,
  h = UNITS.HOUR,
}

return function(routines, channels, classes, bridge, failure, calendar)
  local time = {}
  for name, nanoseconds in next, UNITS do
    time[name] = nanoseconds
  end

  local function whole(number)
    return math_type(number) == "integer" and number or tointeger(floor(number + 0.5))
  end

  local function maker(unit)
    return function(amount)
      if type(amount) ~= "number" then
        error("a number is wanted, not " .. type(amount), 2)
      end
      local nanoseconds = whole(amount * unit)
      if not nanoseconds then
        error("the duration is out of range", 2)
      end
      return nanoseconds
    end
  end

  time.nanoseconds = maker(UNITS.NANOSECOND)
  time.microseconds = maker(UNITS.MICROSECOND)
  time.milliseconds = maker(UNITS.MILLISECOND)
  time.seconds = maker(UNITS.SECOND)
  time.minutes = maker(UNITS.MINUTE)
  time.hours = maker(UNITS.HOUR)

  -- A text such as "1h30m", "1.5s" or "250ms" in nanoseconds; nil, error for another.
  local function parse(text)
    local total, rest = 0, match(text, "^[+-]?(.*)$")
    if rest == "0" then
      return 0
    end
    repeat
      local from, to, number, suffix = find(rest, "^(%d+%.?%d*)([a-zµ]+)")
      local unit = from and SUFFIXES[suffix]
      if not unit then
        return nil, failure("INVALID", 'not a duration: "' .. text .. '"')
      end
      total = total + tonumber(number) * unit
      rest = sub(rest, to + 1)
    until rest == ""
    if match(text, "^-") then
      total = -total
    end
    return whole(total)
  end

  -- Nanoseconds of a number or a text; nil, error for anything else.
  local function duration(value)
    if type(value) == "number" then
      local nanoseconds = whole(value)
      if nanoseconds then
        return nanoseconds
      end
    elseif type(value) == "string" then
      return parse(value)
    end
    return nil, failure("INVALID", "a duration is a number of nanoseconds or a text like \"1.5s\"")
  end

  time.parse_duration = duration

  -- Moments: `monotonic` is for differences, if it is known; `unix` for the date; both in
  -- nanoseconds.
  local class
  local function difference(fields, other)
    local others = class.fields(other) or error("a time is wanted", 3)
    if fields.monotonic and others.monotonic then
      return fields.monotonic - others.monotonic
    end
    return fields.unix - others.unix
  end

  local function figure(name)
    return function(fields) return calendar.date(fields.unix)[name] end
  end

  class = classes.define("T", {
    unix = function(fields) return fields.unix // UNITS.SECOND end,
    unix_nano = function(fields) return fields.unix end,
    sub = difference,
    add = function(fields, value)
      local nanoseconds = duration(value)
      if not nanoseconds then
        error("a duration is wanted", 3)
      end
      return class.make({
        monotonic = fields.monotonic and fields.monotonic + nanoseconds,
        unix = fields.unix + nanoseconds,
      })
    end,
    before = function(fields, other) return difference(fields, other) < 0 end,
    after = function(fields, other) return difference(fields, other) > 0 end,
    equal = function(fields, other) return difference(fields, other) == 0 end,
    year = figure("year"), month = figure("month"), day = figure("day"), hour = figure("hour"),
    minute = figure("minute"), second = figure("second"), nanosecond = figure("nanosecond"),
    weekday = figure("weekday"),
    format = function(fields, layout)
      if type(layout) ~= "string" then
        error("a layout is a text, for example time.RFC3339", 3)
      end
      return calendar.format(fields.unix, layout)
    end,
  }, {
    __sub = difference,
    __lt = function(fields, other) return difference(fields, other) < 0 end,
    __le = function(fields, other) return difference(fields, other) <= 0 end,
    __eq = function(fields, other) return difference(fields, other) == 0 end,
    __tostring = function(fields)
      return calendar.format(fields.unix, calendar.layouts.RFC3339NANO)
    end,
  })
  for name, layout in next, calendar.layouts do
    time[name] = layout
  end

  function time.now()
    return class.make({ monotonic = bridge.now(), unix = bridge.unix() })
  end

  -- The moment of a date in UTC; what is left out is the least.
  function time.date(year, month, day, hour, minute, second, nanosecond)
    local figures = { year, month or 1, day or 1, hour or 0, minute or 0, second or 0, nanosecond or 0 }
    for index = 1, 7 do
      if math_type(figures[index]) ~= "integer" then
        error("a date consists of whole numbers", 2)
      end
    end
    local nanoseconds = calendar.nanoseconds(table.unpack(figures))
    if not nanoseconds then
      error("the date is out of range", 2)
    end
    return class.make({ unix = nanoseconds })
  end

  -- The moment so many seconds (and nanoseconds) after 1970.
  function time.unix(seconds, nanoseconds)
    nanoseconds = nanoseconds or 0
    if type(seconds) ~= "number" or math_type(nanoseconds) ~= "integer" then
      error("seconds and nanoseconds are numbers", 2)
    elseif seconds > 9.2e9 or seconds < -9.2e9 then
      error("the date is out of range", 2)
    end
    return class.make({ unix = maker(UNITS.SECOND)(seconds) + nanoseconds })
  end

  -- The moment that a text in one of Go's layouts says, or nil, error.
  function time.parse(layout, text)
    if type(layout) ~= "string" or type(text) ~= "string" then
      return nil, failure("INVALID", "time.parse takes a layout and a text")
    end
    local nanoseconds, problem = calendar.parse(layout, text)
    if not nanoseconds then
      return nil, failure("INVALID", problem)
    end
    return class.make({ unix = nanoseconds })
  end

  -- Wait. Returns true, or nil, error for what is no duration.
  function time.sleep(value)
    local nanoseconds, problem = duration(value)
    if not nanoseconds then
      return nil, problem
    end
    local ok, failed = routines.perform("sleep", { nanoseconds })
    if not ok then
      return nil, failed
    end
    return true
  end

  -- A channel that gets the present moment once, after a while.
  function time.after(value)
    local nanoseconds, problem = duration(value)
    if not nanoseconds then
      return nil, problem
    end
    local object = channels.new()
    routines.request(function() channels.push(object, time.now()) end, "sleep", { nanoseconds })
    return object
  end

  -- Timers: a channel that gets the moment once (or, for a ticker, again and again).
  local timers = setmetatable({}, { __mode = "k" })

  local function timer_of(object)
    return timers[object] or error("call it with a colon, on a timer", 3)
  end

  local function arm(timer)
    timer.tag = routines.request(function()
      timer.tag = nil
      if timer.every then
        -- One tick waits at most, as many as there may have been.
        if not channels.has_items(timer.channel) then
          channels.push(timer.channel, time.now())
        end
        timer.due = max(timer.due + timer.every, bridge.now())
        arm(timer)
      else
        channels.push(timer.channel, time.now())
      end
    end, "sleep_until", { timer.due })
  end

  local function disarm(timer)
    local was_armed = timer.tag ~= nil
    if was_armed then
      routines.give_up(timer.tag)
      timer.tag = nil
    end
    return was_armed
  end

  local function maker_of_timers(name, repeats)
    local methods = {}
    local metatable = { __index = methods, __metatable = false, __name = name }

    function methods.response(object)
      return timer_of(object).channel
    end

    methods.channel = methods.response

    -- Whether it would still have told.
    function methods.stop(object)
      return disarm(timer_of(object))
    end

    -- Begin anew, with another duration if one is given. Whether it was still going.
    function methods.reset(object, value)
      local timer = timer_of(object)
      local nanoseconds, problem = timer.duration, nil
      if value ~= nil then
        nanoseconds, problem = duration(value)
        if not nanoseconds then
          return nil, problem
        end
      end
      local was_armed = disarm(timer)
      timer.duration, timer.every = nanoseconds, repeats and nanoseconds
      timer.due = bridge.now() + max(nanoseconds, 0)
      arm(timer)
      return was_armed
    end

    return function(value)
      local nanoseconds, problem = duration(value)
      if not nanoseconds then
        return nil, problem
      elseif repeats and nanoseconds <= 0 then
        return nil, failure("INVALID", "a ticker needs a duration greater than 0")
      end
      local object = setmetatable({}, metatable)
      local timer = { channel = channels.new(), duration = nanoseconds }
      timer.every, timer.due = repeats and nanoseconds, bridge.now() + max(nanoseconds, 0)
      timers[object] = timer
      arm(timer)
      return object
    end
  end

  time.timer = maker_of_timers("timer", false)
  time.ticker = maker_of_timers("ticker", true)

  return time, duration
end
