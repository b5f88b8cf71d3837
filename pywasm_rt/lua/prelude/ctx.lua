-- The module `ctx`: what whoever started this process has put into its context.

local type, next, sub = type, next, string.sub

return function(kernel)
  local ctx = {}
  local values = kernel.wire.decode(kernel.encoded_context)

  -- A value, or nil, error if the context has none of that name.
  function ctx.get(name)
    if type(name) ~= "string" then
      return kernel.invalid("the argument is the name of a value")
    end
    local value = values[name]
    if value == nil then
      return kernel.not_found("the context has no " .. name)
    end
    return value
  end

  -- All values by name.
  function ctx.all()
    local all = {}
    for name, value in next, values do
      if sub(name, 1, 1) ~= "@" then
        all[name] = value
      end
    end
    return all
  end

  return ctx
end
