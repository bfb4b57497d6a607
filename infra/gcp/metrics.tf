# What is measured and counted of the functions' log lines. A line's `message` names what happened; a measure is the
# number in one of its fields, and where no field is named the lines themselves are counted.
locals {
  # Both start at what is too little to matter, and end beyond the longest job and the dearest video.
  seconds = { scale = 0.1, growth_factor = 1.5, num_finite_buckets = 40 }
  dollars = { scale = 0.0001, growth_factor = 1.5, num_finite_buckets = 40 }
  factors = { scale = 0.01, growth_factor = 1.3, num_finite_buckets = 40 }

  metrics = {
    stage_wall_s = {
      description = "How long an attempt at a stage took."
      event       = "stage_ended"
      field       = "wall_s"
      labels      = ["stage", "outcome"]
      unit        = "s"
      buckets     = local.seconds
    }
    stage_queued_s = {
      description = "How long what a stage works on had waited when an attempt began."
      event       = "stage_ended"
      field       = "queued_s"
      labels      = ["stage"]
      unit        = "s"
      buckets     = local.seconds
    }
    stage_realtime_factor = {
      description = "How long an attempt at a stage took, in lengths of the video."
      event       = "stage_ended"
      field       = "realtime_factor"
      labels      = ["stage"]
      unit        = "1"
      buckets     = local.factors
    }
    stage_model_usd = {
      description = "What models cost for an attempt at a stage, at list price. Its sum is what is spent on models."
      event       = "stage_ended"
      field       = "model_usd"
      labels      = ["stage"]
      unit        = "{USD}"
      buckets     = local.dollars
    }
    video_ready_s = {
      description = "How long a video took from the beginning of its run to its end."
      event       = "video_settled"
      field       = "ready_s"
      labels      = ["status"]
      unit        = "s"
      buckets     = local.seconds
    }
    video_cpu_s = {
      description = "Processor time that a video took."
      event       = "video_settled"
      field       = "cpu_s"
      labels      = ["status"]
      unit        = "s"
      buckets     = local.seconds
    }
    video_model_usd = {
      description = "What models cost for a video, at list price."
      event       = "video_settled"
      field       = "model_usd"
      labels      = ["status"]
      unit        = "{USD}"
      buckets     = local.dollars
    }
    api_wall_s = {
      description = "How long the API took to begin its answer; a stream of events goes on after that."
      event       = "request"
      field       = "wall_s"
      labels      = ["method"]
      unit        = "s"
      buckets     = { scale = 0.001, growth_factor = 1.5, num_finite_buckets = 32 }
    }
    stage_attempts = {
      description = "Attempts at stages that ended."
      event       = "stage_ended"
      labels      = ["stage", "outcome", "code"]
    }
    videos_settled = {
      description = "Videos that are ready, or failed."
      event       = "video_settled"
      labels      = ["status", "code"]
    }
    videos_redriven = {
      description = "Times that sweep sent the event again that a video waits for."
      event       = "redriven"
      labels      = ["status"]
    }
    deliveries_refused = {
      description = "Deliveries that no function understands; they end in the dead letters."
      event       = "delivery_refused"
      labels      = ["code"]
    }
    deliveries_put_off = {
      description = "Deliveries that a function asked to get again later."
      event       = "delivery_put_off"
      labels      = ["code"]
    }
    sweep_failures = {
      description = "Things that sweep could not put right this time."
      event       = "sweep_failed"
      labels      = ["step"]
    }
  }

  # Functions run as services, and transcode as a job too.
  writers = ["cloud_run_revision", "cloud_run_job"]
}

resource "google_logging_metric" "this" {
  for_each = local.metrics

  name        = each.key
  description = each.value.description
  filter = join(" AND ", concat(
    ["resource.type=(${join(" OR ", [for writer in local.writers : "\"${writer}\""])})"],
    ["jsonPayload.message=\"${each.value.event}\""],
    # A field may be null, as the length of a video that could not be read.
    [for field in [try(each.value.field, null)] : "jsonPayload.${field}>=0" if field != null],
  ))
  value_extractor  = try("EXTRACT(jsonPayload.${each.value.field})", null)
  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = can(each.value.field) ? "DISTRIBUTION" : "INT64"
    unit         = try(each.value.unit, "1")
    display_name = each.key

    dynamic "labels" {
      for_each = toset(each.value.labels)

      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.field) ? [each.value.buckets] : []

    content {
      exponential_buckets {
        scale              = bucket_options.value.scale
        growth_factor      = bucket_options.value.growth_factor
        num_finite_buckets = bucket_options.value.num_finite_buckets
      }
    }
  }

  depends_on = [google_project_service.this]
}
