"""The words of the field that the window uses, explained for people who annotate their first climb."""

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Absent", "A joint outside the picture, or that cannot be placed: it has no position in this frame."),
    ("Body", "A 3D model of the climber, fitted to the points of the whole clip."),
    (
        "Carried correction",
        "A label may move the predictions beside it too, the less the farther away. They stay predictions.",
    ),
    ("Climber", "One person followed through one clip; a clip can have several."),
    ("Clip", "One video file of the project."),
    ("Confidence", "How sure the detector is of a joint, 0 to 100 %. It may be sure and wrong."),
    ("Doubt", "A place where something looks wrong: a jump, a limb of another length, sides swapped."),
    ("Frame", "One picture of the video, counted from 0 in the order they are shown."),
    ("Interpolated", "Worked out between two keyframes, because nobody stated it for this frame."),
    ("Joint", "A named point of the skeleton, such as the left wrist."),
    ("Keyframe", "A frame with at least one label."),
    (
        "Key frame of the video file",
        "A picture that is stored whole, so that jumping to it is fast. No matter of labels.",
    ),
    ("Label", "What a person stated about one joint in one frame. No detector ever overwrites it."),
    ("Occluded", "A joint hidden behind something; its position is estimated."),
    ("Prediction", "What a detector found. It shows where nobody stated anything."),
    ("Project", "A folder with all labels, runs and the way back; the videos stay where they are."),
    ("Proxy", "A copy of the video that is fast to scrub. The exact frame follows when it rests."),
    ("Reviewed", "A frame that a person has looked at and found right."),
    ("Run", "One finished work of a detector or a fit. Nothing changes it; another can be used instead."),
    ("Skeleton", "The joints there are, and which are connected."),
    ("Suggested keyframe", "A frame in which a straight line between keyframes would leave the climber."),
    ("Swap", "A stretch in which the detector took left for right. One key exchanges them in all its frames."),
    ("Span", "A range in which labels are interpolated however far apart they are."),
    ("Stride", "How many frames lie between two keyframes when every so many frames one is made."),
)
