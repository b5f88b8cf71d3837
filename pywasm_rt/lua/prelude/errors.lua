-- The module `errors`: errors with a kind, a message, whether to try again, and details.

local type, tostring, pairs, error = type, tostring, pairs, error

local KINDS = {
  NOT_FOUND = "NotFound",
  ALREADY_EXISTS = "AlreadyExists",
  INVALID = "Invalid",
  PERMISSION_DENIED = "PermissionDenied",
  UNAVAILABLE = "Unavailable",
  INTERNAL = "Internal",
  CANCELED = "Canceled",
  CONFLICT = "Conflict",
  TIMEOUT = "Timeout",
  RATE_LIMITED = "RateLimited",
  UNKNOWN = "Unknown",
}

return function(classes, traceback)
  local errors = {}
  local known = {}
  for name, kind in pairs(KINDS) do
    errors[name] = kind
    known[kind] = true
  end

  local function text(value)
    return type(value) == "string" and value or tostring(value)
  end

  local class
  class = classes.define("e", {
    kind = function(fields) return fields.kind end,
    message = function(fields) return fields.message end,
    retryable = function(fields) return fields.retryable end,
    details = function(fields) return fields.details end,
    stack = function(fields) return fields.stack end,
  }, {
    __tostring = function(fields) return fields.message end,
  })

  local function make(fields)
    fields.kind = known[fields.kind] and fields.kind or errors.UNKNOWN
    fields.message = text(fields.message or "")
    fields.retryable = fields.retryable == true
    return class.make(fields)
  end

  -- errors.new("text"), errors.new{message=, kind=, retryable=, details=} or errors.new(kind, text)
  function errors.new(first, second)
    local fields = { message = first, kind = errors.UNKNOWN }
    if type(first) == "table" and not classes.of(first) then
      local kind = first.kind
      if kind ~= nil and not known[kind] then
        error("unknown error kind: " .. tostring(kind), 2)
      end
      fields = {
        message = first.message,
        kind = kind,
        retryable = first.retryable,
        details = first.details,
      }
    elseif second ~= nil and known[first] then
      fields = { message = second, kind = first }
    end
    fields.stack = traceback()
    return make(fields)
  end

  -- An error that says more, of the same kind.
  function errors.wrap(cause, message)
    local fields = class.is(cause) and class.fields(cause) or { message = text(cause) }
    return make({
      message = text(message) .. ": " .. fields.message,
      kind = fields.kind,
      retryable = fields.retryable,
      details = fields.details,
      stack = fields.stack or traceback(),
    })
  end

  -- Whether a value is an error (of a kind).
  function errors.is(value, kind)
    return class.is(value) and (kind == nil or class.fields(value).kind == kind)
  end

  -- The places that an error was made at, innermost first.
  function errors.call_stack(value)
    return class.is(value) and class.fields(value).stack or {}
  end

  -- For the other modules: an error that `nil, err` is returned with.
  local function failure(kind, message)
    return make({ kind = errors[kind], message = message, stack = traceback() })
  end

  return errors, failure, class
end
