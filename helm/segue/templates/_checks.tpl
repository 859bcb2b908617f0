{{/* Variables that have a value of their own, by which the chart decides more than the variable. */}}
{{- define "segue.decided" -}}
DATABASE_URL: database.secretName
SEGUE_ACCELERATOR: gpu.enabled
SEGUE_ADMIN_KEY: apiKeys.adminSecretName
SEGUE_API_KEYS: apiKeys.mode
SEGUE_API_LAME_DUCK_MS: serverShutdownSec, which it follows from
SEGUE_DRAIN_MS: shutdownSec, or serverShutdownSec
SEGUE_NEWS_PROJECT: it to be set when the fleet is exported
SEGUE_RECEIPT_KEY: receipts.secretName
SEGUE_SCRATCH_DIR: nothing, for it is a volume of the pod's
{{- with (fromJson (include "segue.door" .)).by }}
SEGUE_API_PROXIES: {{ . }}.proxies
SEGUE_API_URL: {{ . }}.host
{{- end }}
{{- if .Values.infra.sourceBuckets }}
SEGUE_SOURCE_BUCKETS: sourceBuckets in the settings of infrastructure, which grants them
{{- end }}
{{- end }}

{{/*
Each variable that is given is known to somebody, and nobody else's to say. Of what the fleet's specification says only SEGUE_CONCURRENCY may be said otherwise: of all else (ports, names, the placement) others are
told, too.
*/}}
{{- define "segue.checkVariables" -}}
{{- $decided := fromYaml (include "segue.decided" .) -}}
{{- $given := list (dict "path" "env" "env" .Values.env "services" .Values.fleet.services) -}}
{{- range $service := .Values.fleet.services -}}
{{- $own := get $.Values.services $service.name | default dict -}}
{{- $given = append $given (dict "path" (printf "services.%s.env" $service.name) "env" ($own.env | default dict) "services" (list $service)) -}}
{{- end -}}
{{- range $each := $given -}}
{{- range $name, $_ := $each.env -}}
{{- if regexMatch "^(HTTPS?|NO|ALL|NO_GRPC|GRPC)_PROXY$" $name -}}
{{- fail (printf "%s.%s: Google's APIs are reached without a proxy, and what is known of sources and webhooks would not hold behind it; expected SEGUE_EGRESS_PROXY, which those two go through (docs/deploy.md)" $each.path $name) -}}
{{- end -}}
{{- $known := false -}}
{{- $said := false -}}
{{- range $each.services -}}{{- range .env -}}{{- if eq .name $name -}}
{{- $known = true -}}
{{- if not (kindIs "invalid" .value) }}{{ $said = ne $name "SEGUE_CONCURRENCY" }}{{ end -}}
{{- end -}}{{- end -}}{{- end -}}
{{- if not $known -}}
{{- fail (printf "%s.%s: expected a variable that %s reads (docs/configuration.md)" $each.path $name (eq $each.path "env" | ternary "a service of the fleet" "this service")) -}}
{{- else if hasKey $decided $name -}}
{{- fail (printf "%s.%s: the chart decides it; expected %s" $each.path $name (get $decided $name)) -}}
{{- else if $said -}}
{{- fail (printf "%s.%s: the fleet's specification says it; expected it to be set when the fleet is exported" $each.path $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Each service is somebody of its own, and whom infrastructure says. */}}
{{- define "segue.checkAccounts" -}}
{{- $taken := dict -}}
{{- range $service := .Values.fleet.services -}}
{{- $account := include "segue.account" (dict "root" $ "service" $service) -}}
{{- with get $taken $account -}}
{{- fail (printf "services.%s.serviceAccountName: %s is %s already, and what one may do the other may too; expected an account each" $service.name $account .) -}}
{{- end -}}
{{- $_ := set $taken $account $service.name -}}
{{- end -}}
{{- range $name, $own := .Values.services -}}
{{- if and $own.serviceAccountName $.Values.infra.release -}}
{{- fail (printf "services.%s.serviceAccountName: infrastructure says who may be what; expected clusterAccounts in its settings" $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.workloadIdentity.accounts -}}
{{- if not (has $name (values $taken)) -}}
{{- fail (printf "workloadIdentity.accounts.%s: expected a service of the fleet (%s)" $name (values $taken | sortAlpha | join ", ")) -}}
{{- end -}}
{{- if not $.Values.serviceAccounts.create -}}
{{- fail (printf "workloadIdentity.accounts.%s: this chart makes no accounts of the cluster (serviceAccounts.create); expected the annotation iam.gke.io/gcp-service-account on yours" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What is the fleet's own holds what others have submitted: a source may not be there, whoever names it. */}}
{{- define "segue.checkSourceBuckets" -}}
{{- $own := list -}}
{{- range .Values.fleet.buckets }}{{ $own = append $own .name }}{{ end -}}
{{- $given := dict "infra.sourceBuckets" (.Values.infra.sourceBuckets | default list | join ",") "env.SEGUE_SOURCE_BUCKETS" (get .Values.env "SEGUE_SOURCE_BUCKETS" | default "") -}}
{{- range $service, $values := .Values.services -}}
{{- $_ := set $given (printf "services.%s.env.SEGUE_SOURCE_BUCKETS" $service) (get ($values.env | default dict) "SEGUE_SOURCE_BUCKETS" | default "") -}}
{{- end -}}
{{- range $path, $buckets := $given -}}
{{- range splitList "," $buckets -}}
{{- if has (trim .) $own -}}
{{- fail (printf "%s: %s is the fleet's own, which no source may name; expected buckets of others" $path (trim .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Infrastructure is this fleet's, and has an account for each of its services: of any placement, but of no step that was added since. */}}
{{- define "segue.checkInfra" -}}
{{- $infra := .Values.infra -}}
{{- range $name := list "project" "prefix" "newsProject" -}}
{{- if and (hasKey $infra $name) (ne (get $infra $name) (get $.Values.fleet $name)) -}}
{{- fail (printf "infra.%s: infrastructure was made for %s, and the fleet says %s; expected both of one export" $name (get $infra $name) (get $.Values.fleet $name)) -}}
{{- end -}}
{{- end -}}
{{- with $infra.namespace -}}
{{- if ne . $.Release.Namespace -}}
{{- fail (printf "infra.namespace: infrastructure lets services of the namespace %s be who they are, and this is %s; expected the one that its settings say" . $.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $infra "accounts" -}}
{{- range .Values.fleet.services -}}
{{- if not (has .name $infra.accounts) -}}
{{- fail (printf "infra.accounts: infrastructure has no account for %s; expected `pulumi up` with this fleet, and its values, before" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "segue.checkIngress" -}}
{{- $ingress := .Values.ingress -}}
{{- $_ := required "ingress.className: expected gce for GKE's own, or another controller's class; with none whoever takes it up is told nothing of the API" $ingress.className -}}
{{- $_ = required "ingress.host: expected the API's name" $ingress.host -}}
{{- $isGce := eq $ingress.className "gce" -}}
{{- if and $ingress.managedCertificate (not $isGce) -}}
{{- fail "ingress.managedCertificate: only gce has those; expected ingress.tlsSecretName" -}}
{{- end -}}
{{- if not (or $ingress.tlsSecretName $ingress.managedCertificate) -}}
{{- fail "ingress.tlsSecretName: expected the secret with the API's certificate, or, with gce, ingress.managedCertificate" -}}
{{- end -}}
{{- if and $isGce (not (and $ingress.address $ingress.addressName)) -}}
{{- fail "ingress.address: expected a static address of Google's, and addressName: it stands behind each client's in X-Forwarded-For, and without it all clients are one to the API" -}}
{{- end -}}
{{- if not (or $isGce $ingress.proxies) -}}
{{- fail "ingress.proxies: expected the addresses that the controller's requests come from: without them all clients are one to the API" -}}
{{- end -}}
{{- end }}

{{- define "segue.checkGateway" -}}
{{- $gateway := .Values.gateway -}}
{{- $_ := required "gateway.className: expected the class that the Gateway is of: gke-l7-global-external-managed, say" $gateway.className -}}
{{- $_ = required "gateway.name: expected the Gateway that the API's route is attached to" $gateway.name -}}
{{- $_ = required "gateway.sectionName: expected the listener that has the API's certificate: without it the route would be that of one without TLS as well" $gateway.sectionName -}}
{{- $_ = required "gateway.host: expected the API's name" $gateway.host -}}
{{- if and (hasPrefix "gke-l7-" $gateway.className) (hasSuffix "-mc" $gateway.className) -}}
{{- fail (printf "gateway.className: %s is of several clusters, whose routes lead to a ServiceImport; expected a class of one" $gateway.className) -}}
{{- end -}}
{{- $door := fromJson (include "segue.door" .) -}}
{{- if and $door.global (not $gateway.address) -}}
{{- fail "gateway.address: expected the address of the Gateway: it stands behind each client's in X-Forwarded-For, and without it all clients are one to the API" -}}
{{- end -}}
{{- if not (or $door.global $gateway.proxies) -}}
{{- fail "gateway.proxies: expected the addresses that the Gateway's requests come from: without them all clients are one to the API" -}}
{{- end -}}
{{- end }}

{{/* How the API is reached from outside, if it is. */}}
{{- define "segue.checkDoor" -}}
{{- if and .Values.ingress.enabled .Values.gateway.enabled -}}
{{- fail "gateway.enabled: expected this or ingress.enabled: by both the API would have two names, and who its clients are would be known of one" -}}
{{- end -}}
{{- $door := fromJson (include "segue.door" .) -}}
{{- if $door.by -}}
{{- $serves := false -}}
{{- range .Values.fleet.services }}{{ range .ports }}{{ if eq .name "api" }}{{ $serves = true }}{{ end }}{{ end }}{{ end -}}
{{- if not $serves -}}
{{- fail (printf "%s.enabled: expected false, for no service of this release is reached from outside" $door.by) -}}
{{- end -}}
{{- if and (eq .Values.apiKeys.mode "off") (not $door.withoutKeys) -}}
{{- fail (printf "apiKeys.mode: off, behind %s: everybody may do everything; expected required, or %s.withoutKeys where something before it asks who they are" (eq $door.by "ingress" | ternary "an ingress" "a gateway") $door.by) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Rules are of a whole fleet: where steps are alone they would tell of servers that are in another release. */}}
{{- define "segue.checkAlerts" -}}
{{- $catalog := false -}}
{{- range .Values.fleet.services }}{{ if eq (.grants.database | default "") "write" }}{{ $catalog = true }}{{ end }}{{ end -}}
{{- if and (ne .Values.alerts.as "none") (not $catalog) -}}
{{- fail "alerts.as: expected none, for this release has no catalog: rules are of a whole fleet, and come with the release that has it" -}}
{{- end -}}
{{- end }}
