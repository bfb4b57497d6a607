# A domain of one's own, behind Google's load balancer: Cloud Armor and the CDN work there, and nowhere else. Without
# var.domain there is none of this, and it costs nothing; with it, the API has no other way in.
locals {
  edge        = toset(var.domain[*])
  api_ingress = var.domain == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"

  # Host -> revision that it leads to. Before a release is served, it is tried at the second one.
  edge_hosts = merge([
    for domain in local.edge : { (domain) = null, "candidate.${domain}" = "candidate" }
  ]...)

  # What people say about videos, and search for, may be any text. So these rules only log what they would refuse until
  # somebody has looked at that: gcloud logging read 'jsonPayload.previewSecurityPolicy.outcome="DENY"'.
  waf_rules = ["sqli", "xss", "rce", "protocolattack", "scannerdetection"]
}

resource "google_compute_region_network_endpoint_group" "api" {
  for_each = local.edge_hosts

  name                  = each.value == null ? "api" : "api-${each.value}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.function["api"].name
    tag     = each.value
  }
}

resource "google_compute_backend_service" "api" {
  for_each = local.edge_hosts

  name                  = each.value == null ? "api" : "api-${each.value}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  security_policy       = google_compute_security_policy.api[var.domain].id

  # Only what the API itself calls public is kept: the console's files, whose names change with each release. Links to
  # media, and what they lead to, are private.
  enable_cdn = true
  cdn_policy {
    cache_mode = "USE_ORIGIN_HEADERS"
    cache_key_policy {
      include_host         = true
      include_protocol     = true
      include_query_string = true
    }
  }

  backend {
    group = google_compute_region_network_endpoint_group.api[each.key].id
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_security_policy" "api" {
  for_each = local.edge

  name = "api"
  type = "CLOUD_ARMOR"

  advanced_options_config {
    json_parsing = "STANDARD"
  }

  # The API counts by owner; this counts by address, before anybody is asked who they are.
  rule {
    priority    = 1000
    description = "Requests from one address"
    action      = "throttle"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.requests_per_minute_per_address
        interval_sec = 60
      }
    }
  }

  dynamic "rule" {
    for_each = local.waf_rules
    content {
      priority    = 100 + 10 * rule.key
      description = "Known attacks: ${rule.value}"
      action      = "deny(403)"
      preview     = !var.waf_enforced
      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.value}-v33-stable', {'sensitivity': 1})"
        }
      }
    }
  }

  rule {
    priority    = 2147483647
    description = "Anything else"
    action      = "allow"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_url_map" "api" {
  for_each = local.edge

  name            = "api"
  default_service = google_compute_backend_service.api[each.key].id

  host_rule {
    hosts        = ["candidate.${each.key}"]
    path_matcher = "candidate"
  }
  path_matcher {
    name            = "candidate"
    default_service = google_compute_backend_service.api["candidate.${each.key}"].id
  }
}

# A browser that somebody typed the name into comes without TLS.
resource "google_compute_url_map" "to_https" {
  for_each = local.edge

  name = "to-https"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.this]
}

# Google makes and renews it once both names lead to the address.
resource "google_compute_managed_ssl_certificate" "api" {
  for_each = local.edge

  name = "api"
  managed {
    domains = keys(local.edge_hosts)
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_ssl_policy" "api" {
  for_each = local.edge

  name            = "api"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.this]
}

resource "google_compute_target_https_proxy" "api" {
  for_each = local.edge

  name             = "api"
  url_map          = google_compute_url_map.api[each.key].id
  ssl_certificates = [google_compute_managed_ssl_certificate.api[each.key].id]
  ssl_policy       = google_compute_ssl_policy.api[each.key].id
}

resource "google_compute_target_http_proxy" "to_https" {
  for_each = local.edge

  name    = "to-https"
  url_map = google_compute_url_map.to_https[each.key].id
}

resource "google_compute_global_address" "api" {
  for_each = local.edge

  name       = "api"
  depends_on = [google_project_service.this]
}

resource "google_compute_global_forwarding_rule" "api" {
  for_each = merge([
    for domain in local.edge : {
      https = { port = "443", target = google_compute_target_https_proxy.api[domain].id, domain = domain }
      http  = { port = "80", target = google_compute_target_http_proxy.to_https[domain].id, domain = domain }
    }
  ]...)

  name                  = "api-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.api[each.value.domain].address
  port_range            = each.value.port
  target                = each.value.target
}
