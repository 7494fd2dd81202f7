"""Put questions that arrive together into one batch. No network, no web."""

import asyncio


class Full(Exception):
    """Too many questions are in the house."""


class Batcher:
    """Answers questions in batches, the earliest first.

    predict: takes a list of questions, returns a list of answers
    max_batch: how many questions it may get at once
    max_wait: seconds that the first of a batch waits for others
    capacity: how many may be inside, waiting or being answered
    """

    def __init__(self, predict, *, max_batch, max_wait, capacity):
        self.predict = predict
        self.max_batch, self.max_wait = max_batch, max_wait
        self.capacity = capacity
        self.waiting = asyncio.Queue()
        self.inside = self.accepted = self.answered = 0

    async def ask(self, question):
        """The answer, and the size of the batch that it came in."""
        if self.inside >= self.capacity:
            raise Full(f"{self.inside} questions are waiting. Try again later.")
        self.inside += 1
        self.accepted += 1
        answer = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait((question, answer))
        return await answer

    async def work(self):
        """Answer batch after batch, until this task is cancelled."""
        while True:
            batch = [await self.waiting.get()]
            if self.waiting.qsize() < self.max_batch - 1:
                await asyncio.sleep(self.max_wait)
            while len(batch) < self.max_batch and not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            await self.answer(batch)

    async def answer(self, batch):
        questions = [question for question, _ in batch]
        try:  # in a thread, so that new questions can come in meanwhile
            answers = await asyncio.to_thread(self.predict, questions)
        except Exception as error:  # for those who asked; the work goes on
            answers = [error] * len(batch)
        for (_, future), found in zip(batch, answers, strict=True):
            self.inside -= 1
            if future.cancelled():  # the one who asked has gone away
                continue
            if isinstance(found, Exception):
                future.set_exception(found)
            else:
                self.answered += 1
                future.set_result((found, len(batch)))
