# What differs from the defaults; the build says which project and region. infra/README.md, "Environments".

# It can be thrown away as a whole.
protected                    = false
weekly_backup_retention_days = 7
retention_days               = 30

max_instances = 2
