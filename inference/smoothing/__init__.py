"""Temporal smoothing of 2D keypoints: learned and classical smoothers, windows over whole clips, checkpoints.

May import `annotation`, numpy, scipy, torch, safetensors; never Qt. Central names: `clip.smooth_clip`,
`catalogue.open_smoother`, `checkpoints.load_checkpoint`.

Windows are (B, T, K, ...): B windows of T frames of K joints. Heatmap models take and give (B, T, K, 56, 56) maps that
sum to 255; coordinate models take and give (B, T, K, 2) points in units of the box round the window's points.
"""
