{{/* Variables that have a value of their own, by which the chart decides more than the variable. */}}
{{- define "segue.decided" -}}
DATABASE_URL: database.secretName
SEGUE_ACCELERATOR: gpu.enabled
SEGUE_ADMIN_KEY: apiKeys.adminSecretName
SEGUE_API_KEYS: apiKeys.mode
SEGUE_API_LAME_DUCK_MS: serverShutdownSec, which it follows from
SEGUE_DRAIN_MS: shutdownSec, or serverShutdownSec
SEGUE_NEWS_PROJECT: it to be set when the fleet is exported
SEGUE_SCRATCH_DIR: nothing, for it is a volume of the pod's
{{- if .Values.ingress.enabled }}
SEGUE_API_PROXIES: ingress.proxies
SEGUE_API_URL: ingress.host
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

{{/* Infrastructure is this fleet's, and has an account for each of its services: of any placement, but of no step that was added since. */}}
{{- define "segue.checkInfra" -}}
{{- $infra := .Values.infra -}}
{{- range $name := list "project" "prefix" "newsProject" -}}
{{- if and (hasKey $infra $name) (ne (get $infra $name) (get $.Values.fleet $name)) -}}
{{- fail (printf "infra.%s: infrastructure was made for %s, and the fleet says %s; expected both of one export" $name (get $infra $name) (get $.Values.fleet $name)) -}}
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
{{- if and (eq .Values.apiKeys.mode "off") (not $ingress.withoutKeys) -}}
{{- fail "apiKeys.mode: off, behind an ingress: everybody may do everything; expected required, or ingress.withoutKeys where something before it asks who they are" -}}
{{- end -}}
{{- end }}
