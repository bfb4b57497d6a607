# terraform apply -var-file=environments/staging.tfvars
project = "YOUR-STAGING-PROJECT"
region  = "europe-west1"

# It can be thrown away as a whole.
protected                    = false
weekly_backup_retention_days = 7
retention_days               = 30

max_instances = 2
