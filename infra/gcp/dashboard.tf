# One page that says how the videos are doing, and what carries them.
locals {
  columns = 48
  width   = 16
  height  = 14

  # Title, unit, and what is drawn: what a line is called -> its query, written as in alerts.tf.
  charts = [
    {
      title = "Time to ready"
      unit  = "s"
      lines = {
        "half of the videos" = "histogram_quantile(0.5, sum by (le) (grown(video_ready_s_bucket{status=\"ready\"}[1h])))"
        "95 of 100"          = "histogram_quantile(0.95, sum by (le) (grown(video_ready_s_bucket{status=\"ready\"}[1h])))"
      }
    },
    {
      title = "Videos in an hour"
      unit  = "1"
      lines = { "$${labels.status}" = "sum by (status) (grown(videos_settled{}[1h]))" }
    },
    {
      title = "Failures in an hour, by code"
      unit  = "1"
      lines = { "$${labels.code}" = "sum by (code) (grown(videos_settled{status=\"failed\"}[1h]))" }
    },
    {
      title = "Waiting for a stage, 95 of 100"
      unit  = "s"
      lines = { "$${labels.stage}" = "histogram_quantile(0.95, sum by (le, stage) (grown(stage_queued_s_bucket{}[15m])))" }
    },
    {
      title = "Attempt at a stage, 95 of 100"
      unit  = "s"
      lines = { "$${labels.stage}" = "histogram_quantile(0.95, sum by (le, stage) (grown(stage_wall_s_bucket{outcome=\"succeeded\"}[15m])))" }
    },
    {
      title = "Realtime factor of a stage, half of the attempts"
      unit  = "1"
      lines = { "$${labels.stage}" = "histogram_quantile(0.5, sum by (le, stage) (grown(stage_realtime_factor_bucket{}[15m])))" }
    },
    {
      title = "Attempts in 15 minutes that did not succeed"
      unit  = "1"
      lines = { "$${labels.stage} $${labels.outcome} $${labels.code}" = "sum by (stage, outcome, code) (grown(stage_attempts{outcome!=\"succeeded\"}[15m]))" }
    },
    {
      title = "Messages waiting"
      unit  = "1"
      lines = { "$${labels.subscription_id}" = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\"})" }
    },
    {
      title = "Oldest message of a subscription"
      unit  = "s"
      lines = { "$${labels.subscription_id}" = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\"})" }
    },
    {
      title = "Dead letters"
      unit  = "1"
      lines = { "waiting" = "max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=\"dead-letters\"})" }
    },
    {
      title = "Deliveries in 15 minutes, refused or put off"
      unit  = "1"
      lines = {
        "refused $${labels.code}" = "sum by (code) (grown(deliveries_refused{}[15m]))"
        "put off $${labels.code}" = "sum by (code) (grown(deliveries_put_off{}[15m]))"
      }
    },
    {
      title = "Put right by sweep in an hour, or not"
      unit  = "1"
      lines = {
        "sent again, $${labels.status}" = "sum by (status) (grown(videos_redriven{}[1h]))"
        "failed, $${labels.step}"       = "sum by (step) (grown(sweep_failures{}[1h]))"
      }
    },
    {
      title = "Instances"
      unit  = "1"
      lines = { "$${labels.service_name}" = "sum by (service_name) (run_googleapis_com:container_instance_count{${local.run_service}})" }
    },
    {
      title = "Executions of jobs that ended in an hour"
      unit  = "1"
      lines = { "$${labels.job_name} $${labels.result}" = "sum by (job_name, result) (increase(run_googleapis_com:job_completed_execution_count{monitored_resource=\"cloud_run_job\"}[1h]))" }
    },
    {
      title = "Documents in a second"
      unit  = "1/s"
      lines = {
        for operation in ["read", "write", "delete"] :
        operation => "sum(rate(firestore_googleapis_com:document_${operation}_ops_count{monitored_resource=\"firestore.googleapis.com/Database\"}[5m]))"
      }
    },
    {
      title = "API: requests in a second"
      unit  = "1/s"
      lines = { "$${labels.response_code_class}" = "sum by (response_code_class) (rate(run_googleapis_com:request_count{${local.api_service}}[5m]))" }
    },
    {
      title = "API: time to answer"
      unit  = "s"
      lines = {
        "half of the requests" = "histogram_quantile(0.5, sum by (le) (grown(api_wall_s_bucket{}[15m])))"
        "95 of 100"            = "histogram_quantile(0.95, sum by (le) (grown(api_wall_s_bucket{}[15m])))"
      }
    },
    {
      title = "Spent on models in a day, in US dollars"
      unit  = "1"
      lines = { "$${labels.stage}" = "sum by (stage) (grown(stage_model_usd_sum{}[1d]))" }
    },
    {
      title = "Spent on models for a video, in US dollars, a day's mean"
      unit  = "1"
      lines = { "$${labels.status}" = "sum by (status) (grown(video_model_usd_sum{}[1d])) / sum by (status) (grown(video_model_usd_count{}[1d]))" }
    },
    {
      title = "Processor time for a video, a day's mean"
      unit  = "s"
      lines = { "$${labels.status}" = "sum by (status) (grown(video_cpu_s_sum{}[1d])) / sum by (status) (grown(video_cpu_s_count{}[1d]))" }
    },
  ]
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = "automations"
    mosaicLayout = {
      columns = local.columns
      tiles = [for number, chart in local.charts : {
        xPos   = number % (local.columns / local.width) * local.width
        yPos   = floor(number / (local.columns / local.width)) * local.height
        width  = local.width
        height = local.height
        widget = {
          title = chart.title
          xyChart = {
            yAxis = { scale = "LINEAR" }
            dataSets = [for name, query in chart.lines : {
              plotType       = "LINE"
              targetAxis     = "Y1"
              legendTemplate = name
              timeSeriesQuery = {
                prometheusQuery = replace(replace(query, local.grown, "(${local.increases})"), ",}", "}")
                unitOverride    = chart.unit
              }
            }]
          }
        }
      }]
    }
  })

  depends_on = [google_logging_metric.this]
}
