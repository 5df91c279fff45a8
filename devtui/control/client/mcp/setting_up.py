"""What `devtui ctl mcp --print-config` prints, and the text that teaches an agent the verbs."""

from __future__ import annotations

import json
import os
import shlex
import sys


def command() -> list[str]:
    """Return how this devtui is started: editors do not activate its environment."""
    program = os.path.abspath(sys.argv[0])
    if os.path.basename(program) == "devtui" and os.access(program, os.X_OK):
        return [program, "ctl", "mcp"]
    return [sys.executable, "-m", "devtui", "ctl", "mcp"]


def config() -> str:
    """Return the lines that editors and agents need."""
    program, *arguments = command()
    server = {"command": program, "args": arguments}
    common = json.dumps({"mcpServers": {"devtui": server}}, indent=2)
    code = json.dumps({"servers": {"devtui": {"type": "stdio", **server}}}, indent=2)
    toml = f"[mcp_servers.devtui]\ncommand = {json.dumps(program)}\nargs = {json.dumps(arguments)}"
    typed = shlex.join([program, *arguments])
    return f"""\
Start the agent in the project's folder: the tools talk to the devtui of that folder.

Claude Code, typed once:
claude mcp add devtui -- {typed}

Claude Code (.mcp.json), Cursor (.cursor/mcp.json) and most others:
{common}

VS Code (.vscode/mcp.json):
{code}

Codex (~/.codex/config.toml):
{toml}
"""


SKILL = """\
---
name: devtui
description: Use the running devtui (development server) of a Python web project, to see the effect
  of an edit, send requests, read errors with local variables, and evaluate code in their frames.
---

# devtui

devtui serves the project's web application and reloads it when a file is saved. Do not start
another server, and do not guess its port: ask.

    devtui ctl status          # url, state, generation, last error; exit status 3: none runs here

If none runs, start one in the background, where APP is what `flask --app` takes:

    devtui APP --plain

## After each edit

    G=$(devtui ctl status --field generation)
    # edit files
    devtui ctl wait --since $G

`wait` returns when the newest save is served or has failed, or at once if nothing changed. Exit
status 1 means that the app does not load; the error is in the output. Do not sleep instead.

To edit several files as one reload: `devtui ctl hold`, edit, `devtui ctl release`.

## Try it

    devtui ctl send GET '/search?q=a'
    devtui ctl send POST /login --data 'name=ada'
    echo '{"name": "ada"}' | devtui ctl send POST /api/users --data - --header 'Accept: text/html'

The output has the response, what was logged, errors with frames and variables, and the request's
id. A long body is in the file that `path` names. Exit status 1: a 5xx, or no response.

## Find out why

    devtui ctl errors                           # repeated ones are counted
    devtui ctl errors last                      # frames and local variables
    echo 'len(rows)' | devtui ctl eval last     # code from stdin, in the frame that failed
    devtui ctl logs --filter level:error
    devtui ctl requests --filter '5xx >200ms'
    devtui ctl request last                     # headers, bodies, log, errors, calls
    devtui ctl stack last                       # where a hanging request stands
    devtui ctl replay last                      # again, with the differences
    devtui ctl calls --repeats                  # statements that a request repeats (N+1)
    devtui ctl routes

The output is JSON. Secrets are masked; add --reveal only if you need one. After a reload, frames of
older errors cannot be evaluated: send the request again. `devtui ctl VERB --help` has more.
"""
