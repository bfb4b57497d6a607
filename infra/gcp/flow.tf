# The flow as the functions know it. Nothing about topics or functions is written a second time here; what follows from
# a row is derived as shared/domain/topology.py derives it, and a test compares the two.
locals {
  flow = jsondecode(file("${path.module}/../../shared/pipeline.json"))

  functions = merge(
    { for row in local.flow.stages : row.stage => row },
    { for row in concat(local.flow.listeners, local.flow.services) : row.function => row },
  )
  tasks    = { for row in local.flow.tasks : row.task => row }
  programs = merge(local.functions, local.tasks) # all that runs

  # Job -> what it gets: stages, as far as one may take too long for a function, and what their work is divided into.
  jobs = merge(
    {
      for row in local.flow.stages :
      row.stage => merge(row, { timeout_s = row.job_timeout_s, parallelism = 1 }) if can(row.job_timeout_s)
    },
    local.tasks,
  )

  sweep_topic       = "sweep-due"
  dead_letter_topic = "dead-letters"

  labels = { app = "automations" }

  announcements = concat(
    [local.flow.registered_topic],
    local.flow.stages[*].emits,
    [local.flow.corrected_topic],
    [local.flow.failed_topic, local.flow.deleted_topic],
  )
  listened_to = {
    for row in local.flow.listeners :
    row.function => concat(row.consumes, try(row.announcements, false) ? local.announcements : [])
  }
  topics = toset(concat(
    [local.flow.stages[0].consumes],
    local.announcements,
    flatten(local.flow.listeners[*].consumes),
    [local.sweep_topic, local.dead_letter_topic],
  ))

  # Seconds that a request may take. A function that a message starts needs some beyond its work: to begin, to download,
  # to commit, to publish. Pub/Sub waits for no push longer than 600 s.
  answer_s           = 60
  max_ack_deadline_s = 600
  request_s = {
    for function, row in local.functions : function => (
      function == "api" ? row.timeout_s : min(row.timeout_s + local.answer_s, local.max_ack_deadline_s)
    )
  }

  # What is refused comes back after this long, and then ever later.
  min_backoff_s = 10
  max_backoff_s = 600

  subscriptions = {
    for one in concat(
      [for row in local.flow.stages : {
        function     = row.stage
        topic        = row.consumes
        max_attempts = max(5, row.max_attempts)
      }],
      flatten([for function, topics in local.listened_to : [for topic in topics : {
        function     = function
        topic        = topic
        max_attempts = 5
      }]]),
      [{ function = "sweep", topic = local.sweep_topic, max_attempts = 5 }],
    ) :
    "${one.function}.${one.topic}" => merge(one, {
      ack_deadline_s = local.request_s[one.function]
    })
  }
}
