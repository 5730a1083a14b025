"""People who edit together, without a browser: each has a copy of the document and a WebSocket to a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import httpx
from jupyter_ydoc import YNotebook, YUnicode
from pycrdt import (
    Decoder,
    Encoder,
    Map,
    TransactionEvent,
    YMessageType,
    YSyncMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from tests.hosts import Host

RAW = 2
FORMATS = {"notebook": "json", "file": "text"}


class Line:
    """A WebSocket to a room: what is sent leaves at once and in order, as in a browser; answers to "save" are kept."""

    def __init__(self, websocket: WebSocketClientConnection) -> None:
        self.websocket = websocket
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def send(self, message: bytes) -> None:
        """Send a message; what is typed while the connection is gone stays in the copy."""
        with contextlib.suppress(WebSocketClosedError):
            self.websocket.write_message(message, binary=True)

    async def read(self) -> bytes | None:
        """The next message of the engine, None at the end."""
        while True:
            message = await self.websocket.read_message()
            if message is None:
                return None
            assert isinstance(message, bytes)
            if message[0] != RAW:
                return message
            decoder = Decoder(message)
            decoder.read_var_uint()
            self.answers.put_nowait(json.loads(decoder.read_var_string()))


class Peer:
    """One person with a document open; keeps the copy while away, as a browser does."""

    def __init__(self, host: Host, path: str, kind: str = "notebook") -> None:
        self.host, self.path, self.kind = host, path, kind
        self.document: Any = YNotebook() if kind == "notebook" else YUnicode()
        self._task: asyncio.Task[None] | None = None
        self._leave = asyncio.Event()
        self._line: Line | None = None
        self._session = ""
        self._taking = False

    async def __aenter__(self) -> Peer:
        await self.join()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def join(self) -> None:
        """Connect, and return when both copies agree."""
        joined = asyncio.Event()
        self._leave = asyncio.Event()
        self._task = asyncio.create_task(self._stay(joined))
        waiting = asyncio.create_task(joined.wait())
        await asyncio.wait([waiting, self._task], timeout=60, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not joined.is_set():
            self._task.result()
            raise AssertionError(f"{self.path} was not synchronised")

    async def leave(self) -> None:
        """Close the connection; what was typed is sent first."""
        self._leave.set()
        if self._task is not None:
            await self._task

    async def save(self) -> str:
        """Ask for a save as Ctrl+S does; gives the server's answer."""
        assert self._line is not None
        encoder = Encoder()
        encoder.write_var_uint(RAW)
        encoder.write_var_string("save")
        encoder.write_var_uint(1)
        self._line.send(encoder.to_bytes())
        answer = await asyncio.wait_for(self._line.answers.get(), 60)
        return str(answer["status"])

    def sources(self) -> list[str]:
        return [str(cell["source"]) for cell in self.document.ycells]

    def type(self, place: int, text: str) -> None:
        """Type at the end of a cell."""
        source = self.document.ycells[place]["source"]
        source += text

    def put_output(self, place: int, output: dict[str, Any]) -> None:
        """Replace the outputs of a cell, as a run does."""
        outputs = self.document.ycells[place]["outputs"]
        with self.document.ydoc.transaction():
            outputs.clear()
            outputs.append(Map(output))

    async def until(self, true: Callable[[Peer], Any], seconds: float = 20) -> bool:
        """Wait until something is so in this copy."""
        return await until(lambda: true(self), seconds)

    async def _stay(self, joined: asyncio.Event) -> None:
        headers = {"Authorization": f"token {self.host.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=60, verify=False) as client:  # no TLS here: quicker
            body = {"format": FORMATS[self.kind], "type": self.kind}
            answer = await client.put(f"{self.host.base}/api/collaboration/session/{self.path}", json=body)
        session = answer.raise_for_status().json()
        room = f"{session['format']}:{session['type']}:{session['fileId']}"
        self._session = self._session or session["sessionId"]
        address = f"{self.host.base}/api/collaboration/room/{room}?sessionId={self._session}".replace("http", "ws", 1)
        websocket = await websocket_connect(HTTPRequest(address, headers=headers), max_message_size=2**30)
        self._line = line = Line(websocket)
        typed = self.document.ydoc.observe(self._send)
        reading = asyncio.create_task(self._read(line, joined))
        leaving = asyncio.create_task(self._leave.wait())
        try:
            line.send(create_sync_message(self.document.ydoc))
            await asyncio.wait([reading, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.document.ydoc.unobserve(typed)
            leaving.cancel()
            reading.cancel()
            websocket.close()
        if reading.done() and not reading.cancelled():
            reading.result()

    def _send(self, event: TransactionEvent) -> None:
        if self._line is not None and not self._taking:
            self._line.send(create_update_message(event.update))

    async def _read(self, line: Line, joined: asyncio.Event) -> None:
        while message := await line.read():
            if message[0] != YMessageType.SYNC:
                continue
            self._taking = True  # what others typed is not sent back to them
            try:
                reply = handle_sync_message(message[1:], self.document.ydoc)
            finally:
                self._taking = False
            if reply is not None:
                line.send(reply)
            if message[1] == YSyncMessageType.SYNC_STEP2:
                joined.set()


async def until(true: Callable[[], Any], seconds: float = 20) -> bool:
    """Wait until something is so; says whether it came to be."""
    for _ in range(int(seconds / 0.02)):
        if true():
            return True
        await asyncio.sleep(0.02)
    return bool(true())
