# Who calls: one account a function, one for what pushes to them, one for what builds and deploys. Nobody has a key.
resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "fn-${each.key}"
  display_name = "Automations: ${each.key}"
}

resource "google_service_account" "pusher" {
  account_id   = "pusher"
  display_name = "Automations: push subscriptions"
}

resource "google_service_account" "deployer" {
  account_id   = "deployer"
  display_name = "Automations: builds and deploys"
}
