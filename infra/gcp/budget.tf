# Tells of money; it stops nothing.
resource "google_billing_budget" "this" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "automations in ${var.project}"

  budget_filter {
    # Google answers with the number, and an id would be changed in every plan.
    projects        = ["projects/${data.google_project.this.number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(var.budget.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [
      { percent = 0.5, basis = "CURRENT_SPEND" },
      { percent = 0.9, basis = "CURRENT_SPEND" },
      { percent = 1, basis = "CURRENT_SPEND" },
      { percent = 1, basis = "FORECASTED_SPEND" },
    ]

    content {
      threshold_percent = threshold_rules.value.percent
      spend_basis       = threshold_rules.value.basis
    }
  }

  # Who administers the billing account is mailed too, and a budget has at most five channels.
  all_updates_rule {
    monitoring_notification_channels = slice(
      [for channel in google_monitoring_notification_channel.email : channel.id], 0, min(5, length(toset(var.alert_emails)))
    )
    pubsub_topic   = var.budget.topic
    schema_version = "1.0"
  }

  depends_on = [google_project_service.this]
}
