"""The session of an agent, by the SDK of 2025. It follows mcp_session.py."""

import anyio, json, pathlib, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import get_default_environment, stdio_client
async def main():
    python, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    names = {**get_default_environment(), "XDG_RUNTIME_DIR": sys.argv[3]}
    server = StdioServerParameters(
        command=python, args=["-m", "devtui", "ctl", "mcp"], cwd=folder, env=names)
    async with stdio_client(server) as streams, ClientSession(*streams) as client:
        about = await client.initialize()
        print(about.protocolVersion, len((await client.list_tools()).tools))
        async def call(name, **arguments):
            result = await client.call_tool(name, arguments)
            assert not result.isError, result
            return json.loads(result.content[0].text)
        await session(call, folder)
anyio.run(main)
