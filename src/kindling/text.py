"""Tokens, vocabularies, and batches of continuous text."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

PAD, UNKNOWN = "<pad>", "<unknown>"
"""The first two tokens of a vocabulary of words: what fills up a short sentence, and what stands for a rare word."""


def words(text: str) -> list[str]:
    """The words and the punctuation marks of a text, in lower case; an apostrophe stays inside its word.

    Examples:
        >>> words("It's bad, really bad!")
        ["it's", 'bad', ',', 'really', 'bad', '!']
    """
    return re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", text.lower())


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a text collection, and the number of each: its place in the list."""

    tokens: tuple[str, ...]

    @cached_property
    def ids(self) -> dict[str, int]:
        """The number of each token."""
        return {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]], *, least: int = 1, special: Sequence[str] = ()) -> "Vocabulary":
        """The tokens that occur at least so often, the most frequent first, after the special ones.

        Texts are sequences of tokens; a string is a sequence of characters. Equally frequent tokens stand in
        alphabetical order, so the same texts give the same numbers.

        Examples:
            >>> Vocabulary.of([["a", "cat"], ["a", "dog"]], special=[PAD, UNKNOWN]).tokens
            ('<pad>', '<unknown>', 'a', 'cat', 'dog')
        """
        counts = Counter(token for text in texts for token in text)
        kept = sorted((token for token, n in counts.items() if n >= least), key=lambda token: (-counts[token], token))
        return cls((*special, *(token for token in kept if token not in special)))

    def encode(self, tokens: Iterable[str]) -> Tensor:
        """The numbers of tokens, int64 [N]; a token that is not in the vocabulary becomes `<unknown>`.

        Raises:
            ValueError: a token is not in the vocabulary, and the vocabulary has no `<unknown>`.
        """
        tokens, unknown = list(tokens), self.ids.get(UNKNOWN)
        numbers = [self.ids.get(token, unknown) for token in tokens]
        if None in numbers:
            missing = tokens[numbers.index(None)]
            raise ValueError(f"{missing!r} is not one of the {len(self)} tokens, and {UNKNOWN} is not either.")
        return torch.tensor(numbers, dtype=torch.int64)

    def decode(self, ids: Iterable[int] | Tensor) -> list[str]:
        """The tokens of numbers."""
        return [self.tokens[int(i)] for i in ids]


def streams(ids: Tensor, batch_size: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut a long text into batches that continue each other: x and y int64 [batch_size, steps], y one step ahead.

    The text is laid out as `batch_size` rows; each batch holds the next `steps` columns, so that row i of a batch goes
    on where row i of the batch before it ended, and a recurrent network may carry its state from one to the next. A
    rest that fills no whole batch is left out.

    Raises:
        ValueError: the text is too short for one batch.

    Examples:
        >>> [x.tolist() for x, y in streams(torch.arange(9), batch_size=2, steps=2)]
        [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    """
    columns = (len(ids) - 1) // batch_size
    if columns < steps:
        raise ValueError(f"{len(ids)} tokens are too few for {batch_size} rows of {steps} steps and one more.")
    rows, ahead = (part[: batch_size * columns].view(batch_size, columns) for part in (ids, ids[1:]))
    for start in range(0, columns - steps + 1, steps):
        yield rows[:, start : start + steps], ahead[:, start : start + steps]
