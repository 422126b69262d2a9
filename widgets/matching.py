"""How well a text answers what a person types: words, parts of words, or a few letters of them in order."""

_CLOSE_ENOUGH = 1 / 3
"""Share that the letters have of the stretch they are scattered over; with less, anything would be found."""
_WHOLE, _START, _INSIDE, _SCATTERED = 4.0, 3.0, 2.0, 1.0


def match(query: str, text: str) -> float | None:
    """Return how well a text answers a query, higher is better; None if it does not.

    Every word of the query has to be found: as a word, the start of one, a part of one, or else as letters in order
    of which the first begins a word (``nkf`` finds "Next keyframe"). Without a query everything answers equally.
    """
    text = text.casefold()
    total = 0.0
    for word in query.casefold().split():
        score = _score(word, text)
        if score is None:
            return None
        total += score
    return total


def _score(word: str, text: str) -> float | None:
    best: float | None = None
    at = text.find(word)
    while at >= 0:
        kind = _INSIDE
        if _begins_word(text, at):
            end = at + len(word)
            kind = _WHOLE if end == len(text) or not text[end].isalnum() else _START
        score = kind - at / (len(text) + 1) / 2
        best = score if best is None else max(best, score)
        at = text.find(word, at + 1)
    return _scattered(word, text) if best is None else best


def _scattered(word: str, text: str) -> float | None:
    """Letters in order, the first at the start of a word; the closer together, the better."""
    best: float | None = None
    for start in (at for at in range(len(text)) if text[at] == word[0] and _begins_word(text, at)):
        at = start
        for letter in word[1:]:
            at = text.find(letter, at + 1)
            if at < 0:
                break
        else:
            score = _SCATTERED * len(word) / (at - start + 1)
            if score >= _CLOSE_ENOUGH:
                best = score if best is None else max(best, score)
    return best


def _begins_word(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()
