-- Puts the parts together. Called once per process with the parts, the functions that Python gives
-- (`bridge`) and what is known of the process; returns the function to run, and one that tells
-- where the script is.

return function(parts, bridge, options)
  local kernel = options
  kernel.bridge = bridge
  kernel.classes = parts.classes()
  kernel.wire = parts.wire(kernel.classes)
  kernel.routines = parts.routines(bridge)
  kernel.errors, kernel.failure, kernel.error_class =
    parts.errors(kernel.classes, kernel.routines.places)
  kernel.channel, kernel.channels = parts.channel(kernel.routines)
  kernel.time, kernel.duration =
    parts.time(kernel.routines, kernel.channels, kernel.classes, bridge, kernel.failure, parts.calendar())

  function kernel.not_found(message)
    return nil, kernel.failure("NOT_FOUND", message)
  end

  kernel.process = parts.process(kernel, parts.spawning)

  function kernel.routines.flush()
    kernel.routines.perform("flush", {})
  end

  local all = {
    process = kernel.process,
    time = kernel.time,
    errors = kernel.errors,
    channel = kernel.channel,
    funcs = parts.funcs(kernel),
    ctx = parts.ctx(kernel),
  }
  kernel.modules = {}
  for name in string.gmatch(options.granted, "%S+") do
    kernel.modules[name] = all[name]
  end
  kernel.libraries = kernel.wire.decode(options.encoded_libraries)

  local function whereabouts()
    return table.concat(kernel.routines.whereabouts(), "\n")
  end

  return parts.script(kernel), whereabouts
end
