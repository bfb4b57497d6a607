locals {
  # A disk that a function works on. An empty project has few: docs.cloud.google.com/run/docs/configuring/services/ephemeral-disk
  disk_path = "/work"
  disks_gib = {
    for function, row in local.programs :
    function => min(tonumber(trimsuffix(row.disk, "Gi")), var.disk_limit_gib) if can(row.disk)
  }
}

resource "google_cloud_run_v2_service" "function" {
  for_each = local.functions

  name                = each.key
  location            = var.region
  labels              = merge(local.labels, { function = each.key })
  deletion_protection = false # it keeps nothing
  ingress             = each.key == "api" ? local.api_ingress : "INGRESS_TRAFFIC_INTERNAL_ONLY"

  # A minimum of the revisions' own would also keep candidates, and the one to go back to, running and paid for.
  scaling {
    min_instance_count = try(var.instances[each.key].min, 0)
  }

  template {
    service_account                  = google_service_account.function[each.key].email
    labels                           = merge(local.labels, { function = each.key, release = var.release })
    timeout                          = "${local.request_s[each.key]}s"
    max_instance_request_concurrency = try(each.value.concurrency, 1)
    encryption_key                   = var.kms_key

    # The second generation has disks and all of Linux, which FFmpeg's sandbox asks for; the first starts faster.
    execution_environment = "EXECUTION_ENVIRONMENT_GEN${contains(keys(local.disks_gib), each.key) ? 2 : 1}"

    scaling {
      max_instance_count = try(var.instances[each.key].max, var.max_instances)
    }

    containers {
      image = var.images[each.value.image]

      resources {
        limits            = { cpu = tostring(each.value.cpu), memory = each.value.memory }
        cpu_idle          = true # paid for only while there are requests
        startup_cpu_boost = true
      }

      # gunicorn's port is open before the function is there; answering this builds it.
      startup_probe {
        http_get {
          path = "/alive"
        }
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60
      }

      dynamic "env" {
        for_each = merge(local.environment[each.key], {
          FUNCTION_TARGET = each.key
          FUNCTION_SOURCE = "functions/${each.key}/main.py"
          THREADS         = tostring(try(each.value.concurrency, 1))
        })
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

      dynamic "volume_mounts" {
        for_each = contains(keys(local.disks_gib), each.key) ? [local.disk_path] : []
        content {
          name       = "work"
          mount_path = volume_mounts.value
        }
      }
    }

    dynamic "volumes" {
      for_each = contains(keys(local.disks_gib), each.key) ? [local.disks_gib[each.key]] : []
      content {
        name = "work"
        empty_dir {
          medium     = "DISK"
          size_limit = "${volumes.value}Gi"
        }
      }
    }
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  # Once it is there, a deployment decides which revision is used, and gcloud notes who it was.
  lifecycle {
    ignore_changes = [traffic, client, client_version]

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
