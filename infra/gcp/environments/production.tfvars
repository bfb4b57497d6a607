# What differs from the defaults; the build says which project and region. infra/README.md, "Environments".

# More than a new project is granted; ask for the quota first, or leave these out.
# disk_limit_gib = 100
# max_instances  = 50

# As much as new projects are granted in a region, which is counted when a service is deployed: 20 vCPUs and 40 GiB
# (infra/cost/limits.json). Four transcodes take 16 and 32, five clips 20 and 20.
instances = {
  api       = { max = 20 } # with min = 1 as well, the console answers at once, and one instance is always paid for
  transcode = { max = 4 }
  clip      = { max = 5 }
}

# Who is told when something is wrong, where the runbooks are read, and what a month may cost.
# alert_emails    = ["ops@example.com"]
# runbooks_url    = "https://git.example.com/automations/blob/main/infra/README.md"
# billing_account = "012345-6789AB-CDEF01"
# budget          = { amount = 500 }
