"""A module that is saved and imported twice within one second."""
import importlib, os, sys, time
folder = sys.argv[1]
sys.path.insert(0, folder)
def save(name, text, second):
    path = os.path.join(folder, name + ".py")
    with open(path, "w") as file:
        file.write(text)
    os.utime(path, (second, second))
def seen_after_two_saves(name, second):
    save(name, "VALUE = 1", second)
    assert importlib.import_module(name).VALUE == 1
    save(name, "VALUE = 2", second)
    del sys.modules[name]
    importlib.invalidate_caches()
    return importlib.import_module(name).VALUE
for attempt in range(10):
    time.sleep(1.02 - time.time() % 1)
    second = int(time.time())
    value = seen_after_two_saves(f"mod{attempt}", second)
    if int(time.time()) == second:
        print(value)
        break
