-- The module `time`: durations (whole nanoseconds), sleeping, and moments.

local type, error, next, tonumber = type, error, next, tonumber
local math_type, floor, tointeger = math.type, math.floor, math.tointeger
local gsub, find, match, sub, format = string.gsub, string.find, string.match, string.sub, string.format
local date = os.date

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

return function(routines, channels, classes, bridge, failure)
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

  -- Moments: `monotonic` is for differences, `unix` for the date, both in nanoseconds.
  local class
  class = classes.define("T", {
    unix = function(fields) return fields.unix // UNITS.SECOND end,
    unix_nano = function(fields) return fields.unix end,
    sub = function(fields, other) return fields.monotonic - class.fields(other).monotonic end,
    add = function(fields, nanoseconds)
      return class.make({
        monotonic = fields.monotonic + whole(nanoseconds),
        unix = fields.unix + whole(nanoseconds),
      })
    end,
  }, {
    __sub = function(fields, other) return fields.monotonic - class.fields(other).monotonic end,
    __lt = function(fields, other) return fields.monotonic < class.fields(other).monotonic end,
    __le = function(fields, other) return fields.monotonic <= class.fields(other).monotonic end,
    __eq = function(fields, other) return fields.monotonic == class.fields(other).monotonic end,
    __tostring = function(fields)
      local seconds, rest = fields.unix // UNITS.SECOND, fields.unix % UNITS.SECOND
      local fraction = gsub(format(".%09d", rest), "%.?0+$", "")
      return date("!%Y-%m-%dT%H:%M:%S", seconds) .. fraction .. "Z"
    end,
  })

  function time.now()
    return class.make({ monotonic = bridge.now(), unix = bridge.unix() })
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

  return time, duration
end
