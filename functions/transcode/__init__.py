"""The transcode function."""
