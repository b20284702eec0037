"""What a view can do wrong with a loop: one function for each text that the probe knows, and some that are no trouble. trouble_apps.py serves them."""
import asyncio
import threading

import aiohttp
from asgiref.sync import async_to_sync


class Elsewhere:
    """What an app made in loops other than the one that serves a request: it stays bound to them."""

    def __init__(self):
        self.closed, self.other = asyncio.new_event_loop(), asyncio.new_event_loop()
        self.closed.close()
        self.event = asyncio.Event()
        self.other.run_until_complete(self._bind())

    async def _bind(self):
        self.session = aiohttp.ClientSession()
        try:
            await asyncio.wait_for(self.event.wait(), 0.001)
        except asyncio.TimeoutError:
            pass    # nobody sets it; to have waited is what binds it


def _made_elsewhere():
    made = []
    thread = threading.Thread(target=lambda: made.append(Elsewhere()))     # uvicorn imports the app in its running loop
    thread.start()
    thread.join()
    return made[0]


elsewhere = _made_elsewhere()


async def closed():
    elsewhere.closed.call_soon(print)


async def attached():
    await elsewhere.other.create_future()


async def bound():
    await elsewhere.event.wait()


async def task():
    await elsewhere.session.get("http://127.0.0.1:9")


async def nested():
    asyncio.run(asyncio.sleep(0))


async def twice():
    asyncio.get_running_loop().run_until_complete(asyncio.sleep(0))


async def another():
    elsewhere.other.run_until_complete(asyncio.sleep(0))


async def thread():
    async_to_sync(asyncio.sleep)(0)


async def wrapped():
    try:
        await bound()
    except RuntimeError as error:
        raise OSError("no connection") from error


async def caught():
    try:
        await closed()
    except RuntimeError:
        pass    # the app answers all the same


async def innocent():
    raise RuntimeError("no loop had a part in it")


async def two():
    await asyncio.to_thread(lambda: asyncio.run(asyncio.sleep(0)))


async def nine():
    for _ in range(8):
        await two()


VIEWS = {view.__name__: view for view in (
    closed, attached, bound, task, nested, twice, another, thread, wrapped, caught, innocent, two, nine)}
