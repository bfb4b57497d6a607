# What differs from the defaults; the build says which project and region. infra/README.md, "Environments".

# More than a new project is granted; ask for the quota first, or leave these out.
# disk_limit_gib = 100
# max_instances  = 50

# The console answers at once. Everything else may wait for an instance to start.
instances = {
  api = { min = 1, max = 20 }
}
