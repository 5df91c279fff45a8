"""The session of an agent, by the current SDK. It follows mcp_session.py."""

import anyio, json, pathlib, sys
from mcp import Client, StdioServerParameters
from mcp.client.stdio import get_default_environment
async def main():
    python, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    names = {**get_default_environment(), "XDG_RUNTIME_DIR": sys.argv[3]}
    server = StdioServerParameters(
        command=python, args=["-m", "devtui", "ctl", "mcp"], cwd=folder, env=names)
    async with Client(server) as client:
        tools = await client.list_tools()
        print(client.session.protocol_version, len(tools.tools))
        async def call(name, **arguments):
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            return json.loads(result.content[0].text)
        await session(call, folder)
anyio.run(main)
