"""An app whose log handler looks for the caller in the frames."""

import inspect, logging, traceback
class Intercept(logging.Handler):
    def emit(self, record):
        frame, depth = inspect.currentframe(), 0
        while depth == 0 or frame.f_code.co_filename == logging.__file__:
            frame, depth = frame.f_back, depth + 1
        stack.extend(entry.filename for entry in traceback.extract_stack())
        found.append(f'{frame.f_globals["__name__"]}:{frame.f_code.co_name}')
found, stack = [], []
logging.basicConfig(handlers=[Intercept()], level='INFO')
def app(environ, start_response):
    logging.getLogger('x').info('hello')
    start_response('200 OK', [])
    ours = [name for name in stack if 'devtui/server/output' in name]
    return [repr((found, ours)).encode()]
