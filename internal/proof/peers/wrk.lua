-- What wrk knows at its end, in lines that can be read back. Microseconds.
function done(summary, latency, _)
  local e = summary.errors
  print("proof requests " .. string.format("%d", summary.requests))
  print("proof status " .. string.format("%d", e.status))
  print("proof broken " .. string.format("%d", e.connect + e.read + e.write))
  for _, p in ipairs({50, 90, 95, 99}) do
    print("proof p" .. p .. " " .. string.format("%d", latency:percentile(p)))
  end
end
