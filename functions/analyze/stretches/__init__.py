"""Parts of a video in which something about its pictures holds, found while they stream by."""
