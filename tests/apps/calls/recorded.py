"""An app's `main` runs as a request, and what was recorded of its calls is told."""
import sys, warnings
from devtui.server.guest.clocks import clock
from devtui.server.output.request_context import request_id

told = []
if traces:
    from devtui.server.tracing import install, recorder
    install.install(told.append)
sys.path[:0] = [folder]
import app
vars(app).update(given)

if hasattr(app, "prepare"):
    app.prepare()
request_id.set("1-1")
if traces:
    recorder.begin_request("1-1", clock.perf_counter())
result = app.main()
calls, totals = recorder.end_request("1-1") if traces else ((), ())
answer = {
    "result": result,
    "told": told,
    "totals": {total.kind: total.count for total in totals},
    "calls": [
        {name: getattr(call, name) for name in call.__struct_fields__ if name != "stack"}
        | {"stack": [(frame.line, frame.function) for frame in call.stack]}
        for call in calls
    ],
}
