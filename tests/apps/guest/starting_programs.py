"""An app that starts programs, which tell their environment."""

import os, subprocess, sys
code = 'import os; print([it for it in os.environ if it.startswith("WERKZEUG")])'
def run(**more):
    return subprocess.check_output([sys.executable, '-c', code], text=True, **more)
def app(environ, start_response):
    start_response('200 OK', [])
    own = os.environ.get('WERKZEUG_RUN_MAIN'), 'WERKZEUG_RUN_MAIN' in os.environ
    given = run(env={**os.environ, 'MORE': '1'})
    popped = os.environ.pop('WERKZEUG_RUN_MAIN'), os.environ.get('WERKZEUG_RUN_MAIN')
    return [repr((own, run(), given, popped)).encode()]
