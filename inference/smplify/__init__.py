"""SMPLify as SPIN runs it inside its training loop: frame by frame, the baseline our fit is compared with.

May import `annotation`, torch and what prepares points in `inference.fitting`.
Central names: `inference.smplify.fit.fit_smplify`, `inference.smplify.prior.load_prior`,
`inference.smplify.losses.body_loss`.
"""
