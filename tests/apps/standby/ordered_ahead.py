"""A generation that is ordered to get ready before it loads."""

import queue, types
from devtui.events import Load, LoadSoon, Preload
from devtui.server.main import Generation
load = Load(app='app', folder='', host='', port=0, url='', debug=True, reload=True,
    debugger=False, threaded=True, cert=None, key=None, env_file=None, load_dotenv=True,
    first=False)
done = []
process = Generation.__new__(Generation)
process._has_to_load, process._orders = False, queue.SimpleQueue()
process._head_start = None
process._output = types.SimpleNamespace(look_for_colours=lambda environment: None)
process._start = types.SimpleNamespace(environment={})
process._loading = types.SimpleNamespace(importing_ahead='',
    warm=lambda order, interrupted: done.append(['warm', interrupted()]),
    look=lambda: done.append('look'))
process._obey(Preload(load=load, roots=(), search_path=''), None)
process._obey(LoadSoon(), None)
process._obey(load, 7)
answer = [process._next_load() == load and process._given == (load, 7), done]
