{{/* The labels by which a service's pods are found. They never change. */}}
{{- define "segue.selector" -}}
app.kubernetes.io/name: segue
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service.name }}
{{- end }}

{{- define "segue.labels" -}}
{{ include "segue.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
segue.dev/placement: {{ .root.Values.fleet.placement }}
{{- end }}

{{- define "segue.fullname" -}}
{{ printf "%s-%s" .root.Release.Name .service.name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
A service's account in the cluster: who may be its account at Google goes by that name. Infrastructure says which release it was made for, and which accounts somebody else makes; steps in a release of their own are who they would be in that one.
*/}}
{{- define "segue.account" -}}
{{- $own := (fromJson (include "segue.own" .)).serviceAccountName -}}
{{- $told := get (.root.Values.infra.clusterAccounts | default dict) .service.name -}}
{{ $own | default $told | default (printf "%s-%s" (.root.Values.infra.release | default .root.Release.Name) .service.name | trunc 63 | trimSuffix "-") }}
{{- end }}

{{/*
The account of Google that a service's account in the cluster stands for; nothing where it stands for none: it is who it is there (`workloadIdentity.direct`), but for those with the database, which Cloud SQL lets in as accounts alone.
*/}}
{{- define "segue.googleAccount" -}}
{{- $identity := .root.Values.workloadIdentity -}}
{{- $given := get $identity.accounts .service.name -}}
{{- if $given -}}
{{ $given }}
{{- else if and $identity.project (or (not $identity.direct) .service.grants.database) -}}
{{- $account := printf "%s-%s" .root.Values.fleet.prefix .service.name -}}
{{- if or (lt (len $account) 6) (gt (len $account) 30) -}}
{{- fail (printf "workloadIdentity: Google's accounts are called by 6 to 30 characters; %s is %d: expected another SEGUE_PREFIX, or a shorter name of the service" $account (len $account)) -}}
{{- end -}}
{{ printf "%s@%s.iam.gserviceaccount.com" $account $identity.project }}
{{- end -}}
{{- end }}

{{/* Of the cluster, where no other release is called so. */}}
{{- define "segue.serverPriority" -}}
{{ .Values.serverPriority.className | default (.Values.serverPriority.create | ternary (printf "%s-%s-servers" .Release.Namespace .Release.Name) "") }}
{{- end }}

{{/*
What a worker takes, as JSON: of so many attempts at once as SEGUE_CONCURRENCY says of it, each with a thread for each step, and cores; `services.NAME.memoryMiB` goes before it. Given: root, service.
*/}}
{{- define "segue.resources" -}}
{{- $service := .service -}}
{{- $own := fromJson (include "segue.own" .) -}}
{{- $cores := $service.resources.cores -}}
{{- $memory := int $service.resources.memoryMiB -}}
{{- $scratch := int ($service.resources.scratchMiB | default 0) -}}
{{- if $service.concurrency -}}
{{- $said := include "segue.value" (dict "root" .root "service" $service "own" $own "name" "SEGUE_CONCURRENCY" "value" (int $service.concurrency)) -}}
{{- if not (regexMatch "^[1-9][0-9]{0,2}$" $said) -}}
{{- fail (printf "SEGUE_CONCURRENCY of %s: expected a whole number from 1, got %q" $service.name $said) -}}
{{- end -}}
{{- $more := sub (int $said) (int $service.concurrency) -}}
{{- range $service.steps -}}
{{- $memory = add $memory (mul $more (int .attempt.memoryMiB)) -}}
{{- $scratch = add $scratch (mul $more (int (.attempt.scratchMiB | default 0))) -}}
{{- end -}}
{{- $cores = mulf (divf $cores $service.concurrency) (float64 $said) -}}
{{- end -}}
{{- toJson (dict "cores" $cores "memoryMiB" (int ($own.memoryMiB | default $memory)) "scratchMiB" (max 0 $scratch)) -}}
{{- end }}

{{- define "segue.healthPort" -}}
{{- range .ports }}{{ if eq .name "health" }}{{ .port }}{{ end }}{{ end -}}
{{- end }}

{{/* The port of a URL. */}}
{{- define "segue.portOf" -}}
{{- $url := urlParse . -}}
{{ regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") }}
{{- end }}

{{/*
The image of a service: that for GPUs where its pods run on one, the fleet's otherwise; of another release where the values say so of that service alone. Given: root, service.
*/}}
{{- define "segue.imageOf" -}}
{{- $name := "image" -}}
{{- $is := .root.Values.image -}}
{{- if include "segue.onGpu" . }}{{ $name = "gpu.image" }}{{ $is = .root.Values.gpu.image }}{{ end -}}
{{- $own := (fromJson (include "segue.own" .)).image | default dict -}}
{{- if or $own.tag $own.digest -}}
{{- $is = dict "repository" $is.repository "tag" $own.tag "digest" $own.digest -}}
{{- end -}}
{{- toJson (dict "is" $is "name" $name) -}}
{{- end }}

{{- define "segue.image" -}}
{{- $of := fromJson (include "segue.imageOf" .) -}}
{{- $repository := required (printf "%s.repository: expected the repository of the image of %s" $of.name .service.name) $of.is.repository -}}
{{- if $of.is.digest -}}
{{ printf "%s@%s" $repository $of.is.digest }}
{{- else -}}
{{ printf "%s:%s" $repository (required (printf "%s.tag: expected a tag, or %s.digest" $of.name $of.name) $of.is.tag) }}
{{- end -}}
{{- end }}

{{- define "segue.imageVersion" -}}
{{- $of := fromJson (include "segue.imageOf" .) -}}
{{ $of.is.digest | default $of.is.tag }}
{{- end }}

{{/* What is said of one service in the values; nothing where none is. */}}
{{- define "segue.own" -}}
{{ toJson (get .root.Values.services .service.name | default dict) }}
{{- end }}

{{/* Whether a service's pods run on a GPU. */}}
{{- define "segue.onGpu" -}}
{{- if and .root.Values.gpu.enabled (eq (.service.resources.accelerator | default "") "gpu") }}true{{ end -}}
{{- end }}

{{/* Whether the number of a service's workers follows what waits for them. */}}
{{- define "segue.byBacklog" -}}
{{- $own := get .root.Values.services .service.name | default dict -}}
{{- if and (ne .root.Values.autoscaling.by "none") (eq .service.scaling.by.measure "backlog") (not (hasKey $own "replicas")) }}true{{ end -}}
{{- end }}

{{/* The most of a service that its autoscaler makes: what the service says, else `most`; never fewer than there are to be at least. Given: service, most. */}}
{{- define "segue.maxReplicas" -}}
{{- max (int .service.scaling.minReplicas) (int (.service.scaling.maxReplicas | default .most)) -}}
{{- end }}

{{/* How fast the number of workers follows: upwards at once. */}}
{{- define "segue.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
# Faster, and the number swings: what is too few lets work pile up, for which too many are asked (segue simulate).
scaleDown:
  stabilizationWindowSeconds: 120
  policies:
    - { type: Percent, value: 20, periodSeconds: 60 }
{{- end }}

{{/* Seconds from SIGTERM to SIGKILL. Servers are on nodes that are not preempted, and have the time that those who ask them need. */}}
{{- define "segue.graceSec" -}}
{{- eq .service.runs "server" | ternary .root.Values.serverShutdownSec .root.Values.shutdownSec | int -}}
{{- end }}

{{/* Seconds from SIGTERM in which a process goes on; what it does after that takes as long as ever. */}}
{{- define "segue.drainSec" -}}
{{- $after := sub (int .service.shutdown.graceSec) (int .service.shutdown.drainSec) -}}
{{- max 1 (sub (int (include "segue.graceSec" .)) $after) -}}
{{- end }}

{{/*
Seconds for which the API goes on taking requests after SIGTERM. A balancer takes an instance out once it was unwell twice, 5 s apart, and its proxies hear of that some seconds later: 30 s are enough, and less than
half of the drain is left to it by the API itself, which keeps 2 s for its end.
*/}}
{{- define "segue.lameDuckSec" -}}
{{- min 30 (div (sub (int (include "segue.drainSec" .)) 2) 2) | max 0 -}}
{{- end }}

{{/* Whether a service asks for URLs of others: of sources, or of webhooks. */}}
{{- define "segue.goesOut" -}}
{{- range .service.env }}{{ if has .name (list "SEGUE_SOURCE_TIMEOUT_MS" "SEGUE_WEBHOOKS") }}true{{ end }}{{ end -}}
{{- end }}

{{/*
How the API is reached from outside, as JSON: `by` (an ingress or a gateway; nothing where it is not reached), its values, whether its balancer is `google`'s, which needs to be told what others ask pods for, and
whether it is the one of the whole world (`global`), whose proxies and checks come from the same two ranges and which stands behind its clients with an address of its own.
*/}}
{{- define "segue.door" -}}
{{- $door := dict "by" "" "google" false "global" false -}}
{{- if .Values.ingress.enabled -}}
{{- $class := .Values.ingress.className -}}
{{- $door = merge (dict "by" "ingress" "google" (has $class (list "gce" "gce-internal")) "global" (eq $class "gce")) .Values.ingress -}}
{{- else if .Values.gateway.enabled -}}
{{- $class := .Values.gateway.className -}}
{{- $global := has $class (list "gke-l7-global-external-managed" "gke-l7-gxlb") -}}
{{- $door = merge (dict "by" "gateway" "google" (hasPrefix "gke-l7-" $class) "global" $global) .Values.gateway -}}
{{- end -}}
{{- toJson $door -}}
{{- end }}

{{/* Ranges from which requests come from outside, as JSON. */}}
{{- define "segue.balancers" -}}
{{- $door := fromJson (include "segue.door" .) -}}
{{- $ranges := list -}}
{{- if $door.google }}{{ $ranges = list "35.191.0.0/16" "130.211.0.0/22" }}{{ end -}}
{{- range $door.proxies }}{{ $ranges = append $ranges (contains "/" . | ternary . (printf "%s/%s" . (contains ":" . | ternary "128" "32"))) }}{{ end -}}
{{- toJson $ranges -}}
{{- end }}

{{/*
A variable of a service: what the values say of that service, then (of how much is fetched at once, which the catalog reckons with) of `fetch`, then of all, then what the fleet says, then what follows from the chart.
Given: root, service, own, name, value.
*/}}
{{- define "segue.value" -}}
{{- $door := fromJson (include "segue.door" .root) -}}
{{- $own := .own.env | default dict -}}
{{- $ofFetch := get (get .root.Values.services "fetch" | default dict) "env" | default dict -}}
{{- if hasKey $own .name }}{{ get $own .name }}
{{- else if and (hasPrefix "SEGUE_FETCHES_" .name) (hasKey $ofFetch .name) }}{{ get $ofFetch .name }}
{{- else if hasKey .root.Values.env .name }}{{ get .root.Values.env .name }}
{{- else if eq .name "SEGUE_DRAIN_MS" }}{{ printf "%s000" (include "segue.drainSec" .) }}
{{- else if eq .name "SEGUE_API_KEYS" }}{{ .root.Values.apiKeys.mode }}
{{- else if eq .name "SEGUE_API_LAME_DUCK_MS" }}{{ mul (include "segue.lameDuckSec" . | int) 1000 }}
{{- else if and (eq .name "SEGUE_API_URL") $door.by }}https://{{ $door.host }}
{{- else if and (eq .name "SEGUE_API_PROXIES") $door.by }}
{{- append (fromJsonArray (include "segue.balancers" .root)) ($door.global | ternary $door.address "") | compact | join "," }}
{{- else if and (eq .name "SEGUE_SOURCE_BUCKETS") .root.Values.infra.sourceBuckets }}{{ join "," .root.Values.infra.sourceBuckets }}
{{- else if eq .name "SEGUE_SCRATCH_DIR" }}/scratch
{{- else if eq .name "SEGUE_ACCELERATOR" }}{{ if include "segue.onGpu" . }}gpu{{ end }}
{{- else if not (kindIs "invalid" .value) }}{{ .value }}
{{- end -}}
{{- end }}
