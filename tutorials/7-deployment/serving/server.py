"""Serve a network that names digits, from a file that torch.export wrote.

python server.py digits.pt2 --max-batch 32 --max-wait 2 --capacity 64
"""

import argparse
import asyncio
import signal
import socket
import sys
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from batching import Batcher, Full
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from network import load
from pydantic import BaseModel, Field

Pixel = Annotated[int, Field(ge=0, le=255)]


class Image(BaseModel):
    pixels: Annotated[list[Pixel], Field(min_length=784, max_length=784)]


class Answer(BaseModel):
    digit: int
    probability: float
    batch: int  # how many images were answered together


def make_app(batcher):
    @asynccontextmanager
    async def lifespan(app):
        work = asyncio.create_task(batcher.work())
        yield  # until the server stops; it waits for open requests first
        work.cancel()
        counts = f"accepted {batcher.accepted}, answered {batcher.answered}"
        print(counts, flush=True)

    app = FastAPI(title="digits", lifespan=lifespan)

    @app.exception_handler(RequestValidationError)
    async def refuse(request, error):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "body"
        wanted = '{"pixels": [...]}, with 784 integers from 0 to 255'
        said = f"{place}: {first['msg']}. Send {wanted}."
        return JSONResponse({"detail": said}, status_code=422)

    @app.get("/health")
    async def health():
        return {"inside": batcher.inside, "answered": batcher.answered}

    @app.post("/classify")
    async def classify(image: Image) -> Answer:
        try:
            found, batch = await batcher.ask(bytes(image.pixels))
        except Full as problem:
            later = {"Retry-After": "1"}  # seconds
            raise HTTPException(503, str(problem), later) from None
        digit, probability = found
        return Answer(digit=digit, probability=probability, batch=batch)

    return app


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("program", help="a file of torch.export.save")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--max-batch", type=int, default=32)
    parser.add_argument("--max-wait", type=float, default=2, help="in ms")
    parser.add_argument("--capacity", type=int, default=64)
    return parser.parse_args()


def main():
    options = arguments()
    batcher = Batcher(
        load(options.program),
        max_batch=options.max_batch,
        max_wait=options.max_wait / 1000,
        capacity=options.capacity,
    )
    listener = socket.create_server(("127.0.0.1", options.port))
    # an answer is short: send it at once, and do not wait for more
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"listening on port {listener.getsockname()[1]}", flush=True)
    # uvicorn finishes its work on SIGTERM, and then passes the signal on
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config = uvicorn.Config(make_app(batcher), log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError as error:
        sys.exit(f"server.py: there is no file {error.filename}.")
    except KeyboardInterrupt:  # Ctrl+C, after the work is finished
        pass
