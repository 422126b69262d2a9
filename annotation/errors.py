"""Errors a person reads: what happened and what to do next."""


class BetascopeError(Exception):
    """Base of all errors meant for the user; the message says what happened and what to do."""


class VideoError(BetascopeError):
    """A video that cannot be opened or decoded."""


class ProjectError(BetascopeError):
    """A project folder that cannot be opened, read or written."""


class ProjectBusyError(ProjectError):
    """The project is being edited by another window or command."""


class BodyFileError(BetascopeError):
    """A body file that is not what it should be."""


class JobError(BetascopeError):
    """A job that cannot be carried out, for a reason the user can act on."""


class ModelFileError(BetascopeError):
    """Weights or a model card that are not what they should be."""


class MissingWeightsError(BetascopeError):
    """A learned model without weights to use; the message says which command trains them."""
