"""Labels out of and into the project, in the formats of other tools."""
