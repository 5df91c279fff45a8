"""Another user's attempt to list and open the descriptors of processes."""

import os, sys
for pid in sys.argv[1:]:
    try:
        print('listed', os.listdir(f'/proc/{pid}/fd'))
    except PermissionError: pass
    for fd in range(64):
        try:
            os.open(f'/proc/{pid}/fd/{fd}', os.O_RDWR | os.O_NONBLOCK)
            print('opened', pid, fd)
        except (PermissionError, FileNotFoundError): pass
