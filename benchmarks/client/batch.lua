-- wrk: send one prepared batch over and over.
local file = assert(io.open(os.getenv("BATCH_FILE"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = os.getenv("BATCH_TYPE")
file:close()
