"""The routes, one module a resource; each takes what it reads from and returns a blueprint."""
