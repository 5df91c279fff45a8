"""What an application can do to itself and to devtui, one path for each fault.

`/` says that all is well. A fault answers too, where it leaves a server that can.
"""

import builtins
import ctypes
import gc
import json
import logging
import logging.config
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

FAULTS = {}
KEPT = []  # what has to outlive the request that made it


def fault(function):
    FAULTS["/" + function.__name__] = function
    return function


def app(environ, start_response):
    target = environ["PATH_INFO"]
    if target == "/fork_in_mid_stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return fork_in_mid_stream()
    if target == "/":
        body = b"well"
    elif target in FAULTS:
        body = str(FAULTS[target]()).encode()
    else:
        start_response("404 NOT FOUND", [("Content-Length", "0")])
        return []
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def sleep_in_child(prepare):
    """Fork a child that does something to itself, and then stays for ever."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        prepare()
        os.write(done, b".")
        time.sleep(3600)
        os._exit(0)
    os.close(done)
    assert os.read(ready, 1) == b"."
    os.close(ready)
    return pid


def dashboard():
    """The process that has started this one, and lives."""
    parent = os.getppid()
    assert parent != 1, "devtui has gone, and this is the system's first process"
    return parent


def is_zombie(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def bound_memory(more):
    """Let the process have only so many more bytes of addresses than it has now."""
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + more, resource.RLIM_INFINITY))


# -- output


@fault
def binary_to_streams():
    noise = bytes(range(256)) * 400
    sys.stdout.buffer.write(noise)
    sys.stderr.buffer.write(noise)
    os.write(1, noise[:60_000])
    print("after the noise")


@fault
def one_long_line():
    print("x" * 100_000_000, "the end")
    print("after the long line")


@fault
def one_long_line_of_a_child():
    code = "import os\nfor _ in range(1600): os.write(1, b'y' * 65536)\nos.write(1, b'the end\\n')"
    subprocess.run([sys.executable, "-c", code], check=True)


@fault
def a_million_prints():
    for number in range(1_000_000):
        print(number)
    print("after the prints")


@fault
def a_child_says_yes():
    child = subprocess.Popen(["yes"])
    KEPT.append(child)
    return child.pid


@fault
def a_million_records():
    log = logging.getLogger("flood")
    for number in range(1_000_000):
        log.error("%s", number)


@fault
def progress():
    for number in range(20_000):
        print(f"\r{number} of 20000", end="")
    print("\rdone")


@fault
def progress_of_a_child():
    code = "import os\nfor n in range(20000): os.write(1, b'\\r%d of 20000' % n)\nos.write(1, b'\\n')"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- descriptors


@fault
def close_the_standard_ones():
    for descriptor in (0, 1, 2):
        os.close(descriptor)


@fault
def replace_the_standard_ones():
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


@fault
def close_all():
    os.closerange(0, 1024)


@fault
def replace_all():
    null = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        if int(name) != null:
            try:
                os.dup2(null, int(name))
            except OSError:
                continue


@fault
def write_to_all_sockets():
    for name in os.listdir("/proc/self/fd"):
        if os.path.exists(f"/proc/self/fd/{name}") and stat.S_ISSOCK(os.fstat(int(name)).st_mode):
            for data in (b"\xff\xfe\n{}\n[]\n" * 10, b'{"type":"server_exited"}\n'):
                try:
                    os.write(int(name), data)
                except OSError:
                    continue


@fault
def open_files_without_end():
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 20_000))
    try:
        while True:
            KEPT.append(open(os.devnull))
    except OSError as error:
        return error.errno


# -- processes


@fault
def become_another_program():
    os.execv("/bin/sleep", ["sleep", "3600"])


@fault
def fork_and_go_on():
    return f"pid {os.fork() or os.getpid()}"


@fault
def fork_and_raise():
    if os.fork() == 0:
        raise ValueError("raised in a fork")


@fault
def fork_and_exit():
    if os.fork() == 0:
        sys.exit(3)


def fork_in_mid_stream():
    yield b"before "
    os.fork()
    yield b"after"


@fault
def fork_with_own_session():
    return sleep_in_child(os.setsid)


@fault
def fork_with_own_group():
    return sleep_in_child(os.setpgrp)


@fault
def fork_with_nothing_open():
    def prepare():
        os.setsid()
        for descriptor in range(3):
            os.close(descriptor)

    return sleep_in_child(prepare)


@fault
def own_group():
    os.setpgrp()
    os.setpgid(0, 0)
    return sleep_in_child(lambda: None)


@fault
def join_the_dashboards_group():
    try:
        os.setpgid(0, os.getpgid(os.getppid()))
    except PermissionError:  # it is in another session
        return sleep_in_child(os.setsid)


@fault
def forks():
    return [sleep_in_child(lambda: None) for _ in range(20)]


@fault
def own_session():
    try:
        os.setsid()
    except PermissionError:  # a group's leader cannot
        return "refused"


@fault
def kill_itself():
    os.kill(os.getpid(), signal.SIGKILL)


@fault
def stop_itself():
    os.kill(os.getpid(), signal.SIGSTOP)


@fault
def end_itself():
    os._exit(0)


@fault
def crash():
    ctypes.string_at(0)


@fault
def trap_every_signal():
    # Only the main thread may set handlers in Python; C may everywhere.
    libc = ctypes.CDLL(None)
    for number in signal.valid_signals():
        libc.signal(int(number), ctypes.c_void_p(1))


@fault
def kill_the_others_that_devtui_started():
    parent = dashboard()
    for thread in os.listdir(f"/proc/{parent}/task"):
        with open(f"/proc/{parent}/task/{thread}/children") as file:
            pids = file.read().split()
        for pid in pids:
            with open(f"/proc/{pid}/cmdline") as file:
                ours = "devtui/server/__main__.py" in file.read()
            if ours and int(pid) != os.getpid():
                os.kill(int(pid), signal.SIGKILL)
                while not is_zombie(pid):
                    time.sleep(0.01)


@fault
def terminate_the_dashboard():
    os.kill(dashboard(), signal.SIGTERM)


@fault
def interrupt_the_dashboard():
    os.kill(dashboard(), signal.SIGINT)


@fault
def stop_the_dashboard():
    os.kill(dashboard(), signal.SIGSTOP)


# -- the interpreter


@fault
def change_the_folder():
    os.chdir("/")


@fault
def clear_the_environment():
    os.environ.clear()


class Nothing:
    """Neither `flush` nor `fileno`, and `write` takes what it gets."""

    def write(self, text):
        return None


@fault
def replace_the_streams():
    sys.stdout = sys.stderr = Nothing()
    print("into nothing")


@fault
def delete_the_streams():
    del sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__


@fault
def close_the_streams():
    sys.stdout.close()
    sys.stderr.close()


@fault
def configure_logging():
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
    logging.disable(logging.CRITICAL)


@fault
def allocate_without_end():
    bound_memory(200_000_000)
    while True:
        KEPT.append(bytearray(1_000_000))


@fault
def threads_without_end():
    forever = threading.Event()
    for _ in range(2_000):
        threading.Thread(target=forever.wait).start()


@fault
def no_more_threads():
    bound_memory(100_000_000)
    forever = threading.Event()
    try:
        while True:
            threading.Thread(target=forever.wait).start()
    except RuntimeError as error:
        return error


@fault
def recurse_without_end():
    bound_memory(300_000_000)
    sys.setrecursionlimit(2**30)

    def deeper(depth):
        return sorted([depth + 1], key=deeper)  # through C, so that the stack overflows

    deeper(0)


@fault
def forbid_recursion():
    sys.setrecursionlimit(60)


@fault
def trace_and_raise():
    def tracer(*arguments):
        raise RuntimeError("the tracer is broken")

    threading.settrace(tracer)
    threading.setprofile(tracer)
    sys.setprofile(tracer)


@fault
def patch_the_library():
    def broken(*arguments, **options):
        raise RuntimeError("patched")

    socket.socket = socket.socketpair = broken
    time.time = time.monotonic = time.perf_counter = time.sleep = broken
    os._exit = os.getpid = os.kill = os.killpg = broken
    json.dumps = json.loads = broken
    threading.Thread = threading.Lock = broken


@fault
def spoil_the_builtins():
    del builtins.print
    gc.disable()
    builtins.open = builtins.isinstance = builtins.len = None


@fault
def keep_the_interpreter():
    sys.setswitchinterval(1000)
    while True:
        pass
