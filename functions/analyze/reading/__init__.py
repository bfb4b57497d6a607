"""Reading what stands in pictures: when it is worth while, and how long each line stands there."""
