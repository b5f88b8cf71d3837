-- Dates: moments from and to texts in the layouts of Go, which show how 2006-01-02 15:04:05 is
-- written. All dates are in UTC.

local type, tonumber, next, setmetatable = type, tonumber, next, setmetatable
local sub, find, match, rep, format, gsub = string.sub, string.find, string.match, string.rep, string.format, string.gsub
local lower = string.lower

local MONTHS = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December",
}
local DAYS = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }
local SECONDS_A_DAY, BILLION = 86400, 1000000000
local LEAST_YEAR, MOST_YEAR = 1678, 2261

local LAYOUTS = {
  RFC3339 = "2006-01-02T15:04:05Z07:00",
  RFC3339NANO = "2006-01-02T15:04:05.999999999Z07:00",
  RFC1123 = "Mon, 02 Jan 2006 15:04:05 MST",
  RFC822 = "02 Jan 06 15:04 MST",
  KITCHEN = "3:04PM",
  DATE_TIME = "2006-01-02 15:04:05",
  DATE_ONLY = "2006-01-02",
  TIME_ONLY = "15:04:05",
}

-- The pieces of layouts, the longer ones before those that they begin with.
local PIECES = {
  "January", "Monday", "2006", "Z07:00", "-07:00", "-0700", "Jan", "Mon", "MST", "01", "02", "03",
  "04", "05", "06", "15", "PM", "_2", "1", "2", "3", "4", "5",
}

return function()
  local calendar = { layouts = LAYOUTS }

  -- Days from 1970-01-01 to a date of the Gregorian calendar; months may be out of 1 .. 12.
  local function days_from(year, month, day)
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    if month <= 2 then
      year = year - 1
    end
    local era = year // 400
    local year_of_era = year - era * 400
    local day_of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
    local day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146097 + day_of_era - 719468
  end

  -- Nanoseconds since 1970 of a date; every figure may be out of its range.
  -- nil beyond what 64 bits of nanoseconds hold.
  function calendar.nanoseconds(year, month, day, hour, minute, second, nanosecond)
    if year < LEAST_YEAR or year > MOST_YEAR then
      return nil
    end
    local days = days_from(year, month, day)
    return ((days * 24 + hour) * 60 + minute) * 60 * BILLION + second * BILLION + nanosecond
  end

  -- The date of nanoseconds since 1970.
  function calendar.date(nanoseconds)
    local seconds = nanoseconds // BILLION
    local days, rest = seconds // SECONDS_A_DAY, seconds % SECONDS_A_DAY
    local shifted = days + 719468
    local era = shifted // 146097
    local day_of_era = shifted - era * 146097
    local year_of_era =
      (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    local index = (5 * day_of_year + 2) // 153
    local month = index < 10 and index + 3 or index - 9
    return {
      year = year_of_era + era * 400 + (month <= 2 and 1 or 0),
      month = month,
      day = day_of_year - (153 * index + 2) // 5 + 1,
      hour = rest // 3600,
      minute = rest % 3600 // 60,
      second = rest % 60,
      nanosecond = nanoseconds % BILLION,
      weekday = (days + 4) % 7,
    }
  end

  -- A layout as a list of pieces; what is none of Go's is itself.
  local function pieces_of(layout)
    local list, at = {}, 1
    while at <= #layout do
      local fraction = match(layout, "^[.,]0+", at) or match(layout, "^[.,]9+", at)
      local found = fraction and not find(layout, "^%d", at + #fraction) and fraction
      for _, piece in next, PIECES do
        if not found and sub(layout, at, at + #piece - 1) == piece then
          found = piece
        end
      end
      if found then
        list[#list + 1] = { known = found }
        at = at + #found
      else
        list[#list + 1] = { text = sub(layout, at, at) }
        at = at + 1
      end
    end
    return list
  end

  local FORMS = {
    ["2006"] = function(it) return format("%04d", it.year) end,
    ["06"] = function(it) return format("%02d", it.year % 100) end,
    January = function(it) return MONTHS[it.month] end,
    Jan = function(it) return sub(MONTHS[it.month], 1, 3) end,
    Monday = function(it) return DAYS[it.weekday + 1] end,
    Mon = function(it) return sub(DAYS[it.weekday + 1], 1, 3) end,
    ["01"] = function(it) return format("%02d", it.month) end,
    ["02"] = function(it) return format("%02d", it.day) end,
    ["_2"] = function(it) return format("%2d", it.day) end,
    ["15"] = function(it) return format("%02d", it.hour) end,
    ["03"] = function(it) return format("%02d", (it.hour + 11) % 12 + 1) end,
    ["04"] = function(it) return format("%02d", it.minute) end,
    ["05"] = function(it) return format("%02d", it.second) end,
    ["1"] = function(it) return format("%d", it.month) end,
    ["2"] = function(it) return format("%d", it.day) end,
    ["3"] = function(it) return format("%d", (it.hour + 11) % 12 + 1) end,
    ["4"] = function(it) return format("%d", it.minute) end,
    ["5"] = function(it) return format("%d", it.second) end,
    PM = function(it) return it.hour < 12 and "AM" or "PM" end,
    MST = function() return "UTC" end,
    ["Z07:00"] = function() return "Z" end,
    ["-07:00"] = function() return "+00:00" end,
    ["-0700"] = function() return "+0000" end,
  }

  function calendar.format(nanoseconds, layout)
    local it, out = calendar.date(nanoseconds), {}
    for _, piece in next, pieces_of(layout) do
      local known = piece.known
      if not known then
        out[#out + 1] = piece.text
      elseif FORMS[known] then
        out[#out + 1] = FORMS[known](it)
      else
        local digits = sub(format("%09d", it.nanosecond), 1, #known - 1)
        if sub(known, 2, 2) == "9" then
          digits = gsub(digits, "0+$", "")
        end
        out[#out + 1] = digits == "" and "" or sub(known, 1, 1) .. digits
      end
    end
    return table.concat(out)
  end

  local function named(names, length)
    return function(text, at)
      for index, name in next, names do
        local wanted = length and sub(name, 1, length) or name
        if lower(sub(text, at, at + #wanted - 1)) == lower(wanted) then
          return index, at + #wanted
        end
      end
    end
  end

  local function number(pattern)
    return function(text, at)
      local digits = match(text, pattern, at)
      if digits then
        return tonumber(digits), at + #digits
      end
    end
  end

  local two, some = number("^%d%d"), number("^%d%d?")

  local function zone(text, at)
    if sub(text, at, at) == "Z" then
      return 0, at + 1
    end
    local sign, hours, minutes = match(text, "^([+-])(%d%d):?(%d%d)", at)
    if sign then
      local length = sub(text, at + 3, at + 3) == ":" and 6 or 5
      return (sign == "-" and -1 or 1) * (tonumber(hours) * 60 + tonumber(minutes)), at + length
    end
  end

  local READERS = {
    ["2006"] = { "year", number("^%d%d%d%d") },
    ["06"] = { "short_year", two },
    January = { "month", named(MONTHS) },
    Jan = { "month", named(MONTHS, 3) },
    Monday = { "weekday", named(DAYS) },
    Mon = { "weekday", named(DAYS, 3) },
    ["01"] = { "month", two }, ["1"] = { "month", some },
    ["02"] = { "day", two }, ["2"] = { "day", some },
    ["_2"] = { "day", function(text, at)
      local spaces, digits = match(text, "^( ?)(%d%d?)", at)
      if digits then
        return tonumber(digits), at + #spaces + #digits
      end
    end },
    ["15"] = { "hour", two }, ["03"] = { "hour", two }, ["3"] = { "hour", some },
    ["04"] = { "minute", two }, ["4"] = { "minute", some },
    ["05"] = { "second", two }, ["5"] = { "second", some },
    PM = { "half", named({ "AM", "PM" }) },
    MST = { "zone_name", function(text, at)
      local name = match(text, "^%u+", at)
      if name == "UTC" or name == "GMT" then
        return 0, at + #name
      end
    end },
    ["Z07:00"] = { "zone", zone }, ["-07:00"] = { "zone", zone }, ["-0700"] = { "zone", zone },
  }

  local function read_fraction(text, at, wanted)
    local mark, digits = match(text, "^([.,])(%d+)", at)
    local optional = sub(wanted, 2, 2) == "9"
    if not mark then
      return optional and 0 or nil, at
    elseif not optional and #digits ~= #wanted - 1 or #digits > 9 then
      return nil
    end
    return tonumber(digits .. rep("0", 9 - #digits)), at + 1 + #digits
  end

  local function days_in(year, month)
    return days_from(year, month + 1, 1) - days_from(year, month, 1)
  end

  -- Nanoseconds since 1970 of a text in a layout, or nil and what is wrong.
  function calendar.parse(layout, text)
    local it = { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, nanosecond = 0 }
    local at = 1
    for _, piece in next, pieces_of(layout) do
      local known, value = piece.known, nil
      local begin = at
      if not known then
        value, at = true, at + 1
        if sub(text, begin, begin) ~= piece.text then
          value = nil
        end
      elseif READERS[known] then
        value, at = READERS[known][2](text, at)
        it[READERS[known][1]] = value
      else
        value, at = read_fraction(text, at, known)
        it.nanosecond = value
      end
      if value == nil then
        return nil, format("%q does not fit the layout %q at %q", text, layout, sub(text, begin))
      end
      -- Go takes a fraction after the seconds, whether or not the layout has one.
      if (known == "05" or known == "5") and find(text, "^[.,]%d", at) then
        local rest = match(layout, "0?5([.,][09])")
        if not rest then
          it.nanosecond, at = read_fraction(text, at, ".9")
        end
      end
    end
    if at <= #text then
      return nil, format("%q does not end where the layout %q does", text, layout)
    end
    if it.short_year then
      it.year = it.short_year + (it.short_year >= 69 and 1900 or 2000)
    end
    if it.half then
      it.hour = it.hour % 12 + (it.half == 2 and 12 or 0)
    end
    if it.month < 1 or it.month > 12 or it.day < 1 or it.day > days_in(it.year, it.month)
      or it.hour > 23 or it.minute > 59 or it.second > 59 then
      return nil, format("%q is no date", text)
    end
    local minute = it.minute - (it.zone or 0)
    local nanoseconds =
      calendar.nanoseconds(it.year, it.month, it.day, it.hour, minute, it.second, it.nanosecond)
    if not nanoseconds then
      return nil, format("%q is not within the years %d to %d", text, LEAST_YEAR, MOST_YEAR)
    end
    return nanoseconds
  end

  return calendar
end
