import sys
if sys.version_info > (3,):
    import json
else:
    json = None
try:
    import nowhere
except ImportError:
    nowhere = None
finally:
    pass
z = 1
