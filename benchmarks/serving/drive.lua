-- wrk's script: sends prepared bodies in turn and checks the labels of every answer.
--
-- wrk runs one thread a connection here, each with an environment of its own, so that the answer in
-- response() is that to the last request(). DRIVE_FOLDER holds 0.body, 1.body, ... and expected.txt, a line
-- each with the labels in order. DRIVE_PACE, when set, is the time between a connection's requests in
-- milliseconds: then a refused client comes back as late as an answered one.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]])

local folder = os.getenv("DRIVE_FOLDER")
local pattern = os.getenv("DRIVE_PATTERN")
local checked = os.getenv("DRIVE_CHECKED") == "1"
local pace = tonumber(os.getenv("DRIVE_PACE") or "")
local bodies, expected, threads = {}, {}, {}
local turn, sent_at, due = 0, 0, 0
local moment = ffi.new("moment")

local function milliseconds()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
end

local function labels_of(body)
  local found = {}
  for label in string.gmatch(body, pattern) do
    found[#found + 1] = label
  end
  return table.concat(found, ",")
end

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

function init(_)
  for line in io.lines(folder .. "/expected.txt") do
    local file = assert(io.open(folder .. "/" .. #expected .. ".body", "rb"))
    bodies[#bodies + 1] = wrk.format("POST", nil, nil, file:read("*a"))
    file:close()
    expected[#expected + 1] = line
  end
  turn = number % #bodies
  answered, wrong, other, statuses, times, refusals = 0, 0, 0, {}, {}, {}
end

if pace then
  function delay()
    local now = milliseconds()
    if due == 0 then
      math.randomseed(number)
      due = now + math.random() * pace
    end
    local wait = due - now
    due = math.max(due, now) + pace
    return math.max(wait, 0)
  end
end

function request()
  turn = turn % #bodies + 1
  sent_at = milliseconds()
  return bodies[turn]
end

-- Counts of times in steps of one percent: small to hand over, fine enough for a percentile.
local function count(histogram, taken)
  local step = math.floor(math.log(math.max(taken, 0.001) * 1000) * 100)
  histogram[step] = (histogram[step] or 0) + 1
end

function response(status, _, body)
  if status == 200 then
    answered = answered + 1
    count(times, milliseconds() - sent_at)
    if checked and labels_of(body) ~= expected[turn] then
      wrong = wrong + 1
    end
  else
    other = other + 1
    statuses[status] = (statuses[status] or 0) + 1
    count(refusals, milliseconds() - sent_at)
  end
end

local function sum(name)
  local total = 0
  for _, thread in ipairs(threads) do
    total = total + thread:get(name)
  end
  return total
end

local function merged(name)
  local all, parts = {}, {}
  for _, thread in ipairs(threads) do
    for key, value in pairs(thread:get(name)) do
      all[key] = (all[key] or 0) + value
    end
  end
  for key, value in pairs(all) do
    parts[#parts + 1] = string.format('"%d":%d', key, value)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function done(summary, _, _)
  local errors = summary.errors
  print(string.format(
    'RESULT {"seconds":%.6f,"answered":%d,"wrong":%d,"socket_errors":%d,"timeouts":%d,'
      .. '"statuses":%s,"times":%s,"refusals":%s}',
    summary.duration / 1e6, sum("answered"), sum("wrong"), errors.connect + errors.read + errors.write,
    errors.timeout, merged("statuses"), merged("times"), merged("refusals")))
end
