locals {
  # Tasks of one execution that run at the same time.
  at_a_time = {
    for job, row in local.jobs : job => min(row.parallelism, try(var.instances[job].max, var.max_instances))
  }
}

# What takes longer than an event function has: the same code in the same image, as a job of the stage's name; and pieces
# of a long video, each of which is a task of an execution. Whoever starts one tells it what to do, how many tasks that
# is, and how long each may take.
resource "google_cloud_run_v2_job" "this" {
  for_each = local.jobs

  name                = each.key
  location            = var.region
  labels              = merge(local.labels, { function = each.key })
  deletion_protection = false # it keeps nothing

  template {
    parallelism = local.at_a_time[each.key]

    template {
      service_account       = google_service_account.function[each.key].email
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      timeout               = "${each.value.timeout_s}s"
      max_retries           = 3
      encryption_key        = var.kms_key

      containers {
        image   = var.images[each.value.image]
        command = ["python", "-m", "shared.adapters.job_task"]

        resources {
          limits = { cpu = tostring(each.value.cpu), memory = each.value.memory }
        }

        dynamic "env" {
          for_each = local.environment[each.key]
          content {
            name  = env.key
            value = env.value
          }
        }
        dynamic "env" {
          for_each = local.secret_environment[each.key]
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }

        volume_mounts {
          name       = "work"
          mount_path = local.disk_path
        }
      }

      volumes {
        name = "work"
        empty_dir {
          medium     = "DISK"
          size_limit = "${local.disks_gib[each.key]}Gi"
        }
      }
    }
  }

  # Its image is changed along with the traffic of the service of its stage, and gcloud notes who did it.
  lifecycle {
    ignore_changes = [template[0].template[0].containers[0].image, client, client_version]

    precondition {
      condition     = var.images != null
      error_message = "What runs needs the variable images, as a build says it."
    }
  }

  depends_on = [
    google_project_service.this,
    google_kms_crypto_key_iam_member.agent,
    google_secret_manager_secret_iam_member.function,
  ]
}
