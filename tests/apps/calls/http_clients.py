"""HTTP requests of each client, good ones and bad ones."""
import asyncio, http.client, socket, traceback, urllib.request
import httpx, requests, urllib3

def raised(action):
    try:
        action()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        return [type(error).__name__, [frame.name for frame in frames],
                any("devtui" in frame.filename for frame in frames)]

async def ask():
    async with httpx.AsyncClient() as client:
        return (await client.get(url + "/async")).text

def main():
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/post?api_key=geheim", b"body", {"X-One": "1"})
    response = connection.getresponse()
    answers = [response.status, response.read().decode(), sorted(vars(connection))]
    connection.request("GET", "/again")
    answers.append(connection.getresponse().read().decode())
    connection.close()
    answers.append(urllib.request.urlopen(url + "/urllib").read().decode())
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)
    answers.append(pool.request("GET", "/pool").data.decode())
    answers.append(urllib3.PoolManager().request("GET", url + "/redirect").data.decode())
    answers.append([one.status_code for one in requests.get(url + "/redirect").history])
    answers.append(requests.get(f"http://me:geheim@127.0.0.1:{port}/missing").status_code)
    answers.append(httpx.get(url + "/httpx").text)
    answers.append(asyncio.run(ask()))
    answers.append(asyncio.iscoroutinefunction(httpx.AsyncClient.send))
    nowhere = f"http://127.0.0.1:{closed}/"
    answers.append(raised(lambda: urllib.request.urlopen(nowhere)))
    answers.append(raised(lambda: requests.get(nowhere)))
    answers.append(raised(lambda: httpx.get(nowhere)))
    return answers
