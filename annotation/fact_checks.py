"""Whether what is stated about a climb goes together: seen in the body that was fitted with it."""

from annotation.known_facts import Facts

_SAME_HEIGHT_M = 0.025
"""A body whose wall and points agree with its height comes this close to it."""


def misfit(facts: Facts, *, height_m: float | None, n_contacts: int | None) -> str:
    """Say what of the stated wall and height does not go together; empty where nothing speaks against it.

    Parameters
    ----------
    facts : Facts
        What the body was fitted with.
    height_m : float or None
        Of the fitted body.
    n_contacts : int or None
        How often its hands and feet hold; None where that is not known.
    """
    if not facts.walls:
        return ""
    if n_contacts == 0:
        return (
            "No hand or foot of the fitted body reaches the wall where it is stated. "
            "Check the size of its rectangle and the climber's height."
        )
    stated_m = facts.climber.height_m
    if stated_m is None or height_m is None or abs(height_m - stated_m) <= _SAME_HEIGHT_M:
        return ""
    return (
        f"The fitted body is {100 * height_m:.0f} cm tall, not {100 * stated_m:.0f}: this height and this wall do not "
        "go together. Check the size of the rectangle and the height."
    )
