# What differs from the defaults; the build says which project and region. infra/README.md, "Environments".

# More than a new project is granted; ask for the quota first, or leave these out.
# disk_limit_gib = 100
# max_instances  = 50

# The console answers at once. Everything else may wait for an instance to start.
instances = {
  api = { min = 1, max = 20 }
}

# Who is told when something is wrong, where the runbooks are read, and what a month may cost.
# alert_emails    = ["ops@example.com"]
# runbooks_url    = "https://git.example.com/automations/blob/main/infra/README.md"
# billing_account = "012345-6789AB-CDEF01"
# budget          = { amount = 500 }
