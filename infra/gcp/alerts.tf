# When a person is told. Each alert has a runbook in infra/README.md under "Alert: <its key>", which is mailed with it.
#
# Every condition is PromQL. A comparison of what does not exist is nothing, and nothing does not fire: an idle project
# is silent, except about sweep, which is never idle. Ratios ask for a number of cases too, so that one is no rate.
locals {
  # `grown(metric{matchers}[window])` stands for how much a metric of metrics.tf grew, in services and jobs together:
  # a query must say of which kind of resource it wants a metric that several kinds have. That comes first, and without
  # matchers a comma is left over, which each use takes away.
  grown = "/grown\\((\\w+)\\{([^}]*)\\}\\[(\\w+)\\]\\)/"
  increases = join(" or ", [
    for writer in local.writers :
    "increase(logging_googleapis_com:user_$${1}{monitored_resource=\"${writer}\",$${2}}[$${3}])"
  ])

  run_service = "monitored_resource=\"cloud_run_revision\""
  api_service = "${local.run_service},service_name=\"api\""

  # Most instances -> the functions that may have as many. What may have one only is at its limit whenever it works.
  functions_by_limit = {
    for function, service in google_cloud_run_v2_service.function :
    service.template[0].scaling[0].max_instance_count => function...
    if service.template[0].scaling[0].max_instance_count > 1
  }

  alerts = {
    dead-letters = {
      title    = "Messages lie in the dead letters"
      severity = "ERROR"
      query    = "max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=\"dead-letters\"}) > 0"
      for_s    = 0
    }
    videos-failing = {
      title    = "Videos fail"
      severity = "ERROR"
      query    = <<-EOT
        sum(grown(videos_settled{status="failed"}[1h])) / sum(grown(videos_settled{}[1h])) > ${var.alert_limits.failed_share}
          and sum(grown(videos_settled{status="failed"}[1h])) >= ${var.alert_limits.failed_videos}
      EOT
      for_s    = 0
    }
    messages-waiting = {
      title    = "Messages wait too long for a function"
      severity = "ERROR"
      query    = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\",subscription_id!=\"dead-letters\"}) > ${var.alert_limits.oldest_message_s}"
      for_s    = 300
    }
    videos-stuck = {
      title    = "Sweep keeps sending events again"
      severity = "ERROR"
      query    = "sum by (status) (grown(videos_redriven{}[1h])) >= ${var.alert_limits.redriven_per_hour}"
      for_s    = 0
    }
    sweep-failing = {
      title    = "Sweep can't put things right"
      severity = "ERROR"
      query    = "sum by (step) (grown(sweep_failures{}[30m])) >= 3"
      for_s    = 0
    }
    sweep-silent = {
      title    = "Sweep does not run"
      severity = "CRITICAL"
      query    = "absent_over_time(run_googleapis_com:request_count{${local.run_service},service_name=\"sweep\",response_code_class=\"2xx\"}[10m])"
      for_s    = 300
    }
    functions-failing = {
      # 503 is how a function puts a delivery off, and no failure.
      title    = "A function answers deliveries with 500"
      severity = "ERROR"
      query    = "sum by (service_name) (increase(run_googleapis_com:request_count{${local.run_service},service_name!=\"api\",response_code=\"500\"}[15m])) >= 5"
      for_s    = 0
    }
    jobs-failing = {
      title    = "Executions of a job fail"
      severity = "ERROR"
      query    = "sum by (job_name) (increase(run_googleapis_com:job_completed_execution_count{monitored_resource=\"cloud_run_job\",result=\"failed\"}[1h])) >= 3"
      for_s    = 0
    }
    api-failing = {
      title    = "The API answers with errors"
      severity = "CRITICAL"
      query    = <<-EOT
        sum(increase(run_googleapis_com:request_count{${local.api_service},response_code_class="5xx"}[10m])) / sum(increase(run_googleapis_com:request_count{${local.api_service}}[10m])) > 0.05
          and sum(increase(run_googleapis_com:request_count{${local.api_service},response_code_class="5xx"}[10m])) >= 10
      EOT
      for_s    = 0
    }
    api-slow = {
      title    = "The API is slow"
      severity = "WARNING"
      query    = <<-EOT
        histogram_quantile(0.95, sum by (le) (grown(api_wall_s_bucket{}[15m]))) > ${var.alert_limits.api_p95_s}
          and on () sum(grown(api_wall_s_count{}[15m])) >= 50
      EOT
      for_s    = 300
    }
    model-failing = {
      title    = "The model gives no answers"
      severity = "ERROR"
      query    = "sum by (code) (grown(stage_attempts{code=~\"model_.+\"}[30m])) >= 5"
      for_s    = 0
    }
    instances-near-limit = {
      title    = "A function has nearly as many instances as it may have"
      severity = "WARNING"
      query = join(" or ", [
        for limit, functions in local.functions_by_limit :
        "sum by (service_name) (run_googleapis_com:container_instance_count{${local.run_service},state=\"active\",service_name=~\"${join("|", functions)}\"}) >= ${0.9 * limit}"
      ])
      for_s = 900
    }
    quota-reached = {
      title    = "A Google API refuses requests for lack of quota"
      severity = "WARNING"
      query    = "sum by (service) (increase(serviceruntime_googleapis_com:api_request_count{monitored_resource=\"consumed_api\",response_code=\"429\"}[15m])) >= 10"
      for_s    = 300
    }
    model-spend = {
      title    = "More is spent on models than planned for a day"
      severity = "WARNING"
      query    = "sum(grown(stage_model_usd_sum{}[1d])) > ${var.alert_limits.model_usd_per_day}"
      for_s    = 0
    }
  }
}

locals {
  runbooks = {
    for name in keys(local.alerts) :
    name => try(trimspace(regex("(?s)\n### Alert: ${name}\n(.+?)\n##", file("${path.module}/../README.md"))[0]), "")
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  display_name          = each.value.title
  severity              = each.value.severity
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = local.labels

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query               = replace(replace(trimspace(each.value.query), local.grown, "(${local.increases})"), ",}", "}")
      duration            = "${each.value.for_s}s"
      evaluation_interval = "60s"
      # Google makes a metric when it is first written, and on an idle project none is yet.
      disable_metric_validation = true
    }
  }

  # One message when an incident begins, one when it ends: limits to their rate exist for conditions on log lines only.
  alert_strategy {
    auto_close           = "3600s"
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "automations: ${each.value.title}"
    content   = replace(local.runbooks[each.key], "](#", "](${coalesce(var.runbooks_url, "infra/README.md")}#")

    dynamic "links" {
      for_each = var.runbooks_url[*]

      content {
        display_name = "Runbook"
        url          = "${links.value}#alert-${each.key}"
      }
    }
  }

  lifecycle {
    precondition {
      condition     = local.runbooks[each.key] != ""
      error_message = "infra/README.md has no runbook under \"Alert: ${each.key}\"."
    }
  }

  depends_on = [google_logging_metric.this, google_project_service.this]
}
