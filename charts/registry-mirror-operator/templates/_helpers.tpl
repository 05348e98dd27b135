{{- define "registry-mirror-operator.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Not made of the release's name: there is one operator in a cluster. */}}
{{- define "registry-mirror-operator.fullname" -}}
{{- .Values.fullnameOverride | default "registry-mirror-operator" | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "registry-mirror-operator.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "registry-mirror-operator.fullname" .) }}
{{- end }}

{{/*
A released chart knows the digest of its image. It counts for that repository only, since a copy elsewhere may have another digest, and is no value,
since a value could be carried over to the next version.
*/}}
{{- define "registry-mirror-operator.image" -}}
{{- $released := index .Chart.Annotations "registrymirror.io/image" | default "" }}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else if and (not .tag) (hasPrefix (printf "%s@" .repository) $released) }}
{{- $released }}
{{- else }}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "registry-mirror-operator.selector" -}}
app.kubernetes.io/name: {{ include "registry-mirror-operator.name" . }}
{{- end }}

{{- define "registry-mirror-operator.labels" -}}
{{ include "registry-mirror-operator.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "registry-mirror-operator.credentialsSecret" -}}
{{- if .Values.harbor.credentials.username -}}
{{ include "registry-mirror-operator.fullname" . }}-harbor
{{- else -}}
{{ required "Give harbor.credentials.existingSecret, or harbor.credentials.username and password." .Values.harbor.credentials.existingSecret }}
{{- end -}}
{{- end }}

{{- define "registry-mirror-operator.caSecret" -}}
{{- if .Values.harbor.ca.certificate -}}
{{ include "registry-mirror-operator.fullname" . }}-harbor-ca
{{- else -}}
{{ .Values.harbor.ca.existingSecret }}
{{- end -}}
{{- end }}

{{/* The operator's settings: workers -> WORKERS, requestTimeout -> REQUEST_TIMEOUT. */}}
{{- define "registry-mirror-operator.settings" -}}
HARBOR_URL: {{ .Values.harbor.url | quote }}
HARBOR_CREDENTIALS_SECRET: {{ include "registry-mirror-operator.credentialsSecret" . | quote }}
{{- with .Values.harbor.pullHost }}
HARBOR_PULL_HOST: {{ . | quote }}
{{- end }}
{{- with include "registry-mirror-operator.caSecret" . }}
HARBOR_CA_SECRET: {{ . | quote }}
{{- end }}
{{- if .Values.harbor.insecureSkipTlsVerify }}
HARBOR_INSECURE_SKIP_TLS_VERIFY: "true"
{{- end }}
{{- $engines := list }}
{{- if .Values.engines.clusterPolicy }}{{ $engines = append $engines "ClusterPolicy" }}{{ end }}
{{- if .Values.engines.mutatingPolicy }}{{ $engines = append $engines "MutatingPolicy" }}{{ end }}
{{- if .Values.engines.mutatingAdmissionPolicy }}{{ $engines = append $engines "MutatingAdmissionPolicy" }}{{ end }}
{{- if and $engines (lt (len $engines) 3) }}
AUTO_ENGINES: {{ join "," $engines | quote }}
{{- end }}
{{- range $key, $value := .Values.settings }}
{{ $key | snakecase | upper }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{/* The rights to write one kind of policy, where its engine is on. All kinds are read: the operator has to know what there is. */}}
{{- define "registry-mirror-operator.verbs" -}}
{{- if . }}[get, list, watch, create, patch, delete]{{ else }}[get, list, watch]{{ end }}
{{- end }}
