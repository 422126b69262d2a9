"""A synthetic climb with exact truth: the demo, and the yardstick for detection and fitting.

`choreography` decides which hand and foot goes where and when, `motion` makes the body follow, `scene` paints the
wall and the light, and `generate` writes the video and its truth. World: x to the climber's left along the wall,
y up, z into the wall, whose surface is at z = 0; the floor is at y = 0; metres.
"""
