"""What holds the port that it is given. Other lines follow."""

import os, signal, socket, subprocess, sys, time
port = int(sys.argv[1])
def hold(ip, *, v6_only=None, share=False, listen=True):
    s = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if v6_only is not None:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
    if share:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind((ip, port))
    if listen:
        s.listen()
    return s
def stay():
    print("ready", flush=True)
    while True:
        signal.pause()
