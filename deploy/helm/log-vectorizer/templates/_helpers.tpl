{{/* RELEASE, or RELEASE-log-vectorizer where the release is named otherwise. */}}
{{- define "log-vectorizer.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "log-vectorizer.selector" -}}
app.kubernetes.io/name: log-vectorizer
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "log-vectorizer.labels" -}}
{{ include "log-vectorizer.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "log-vectorizer.secret" -}}
{{ .Values.existingSecret | default (include "log-vectorizer.fullname" .) }}
{{- end -}}

{{/* All settings as YAML: the defaults of a container, what the mode wants, and over both what the user says. */}}
{{- define "log-vectorizer.settings" -}}
{{- $all := dict "HTTP_HOST" "0.0.0.0" "HTTP_PORT" "9464" -}}
{{- if eq .Values.mode "kafka" -}}
{{- $all = merge (dict "BACKFILL_MODE" "kafka") .Values.kafkaSettings $all -}}
{{- end -}}
{{- merge (dict) .Values.settings $all | toYaml -}}
{{- end -}}

{{/* The pod of one component. Takes root, component, command, and persistent: whether its state is a volume of the StatefulSet. */}}
{{- define "log-vectorizer.pod" -}}
{{- $fullname := include "log-vectorizer.fullname" .root -}}
metadata:
  annotations:
    # Pods with other settings are other pods: a change of the settings restarts them.
    checksum/settings: {{ include "log-vectorizer.settings" .root | sha256sum }}
    {{- with .root.Values.secrets }}
    checksum/secrets: {{ toYaml . | sha256sum }}
    {{- end }}
  labels:
    {{- include "log-vectorizer.selector" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  serviceAccountName: {{ $fullname }}
  automountServiceAccountToken: false
  # A service named opensearch or kafka would bring variables that look like settings.
  enableServiceLinks: false
  # The program itself ends within 8 s.
  terminationGracePeriodSeconds: 15
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    # The user node of the image.
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- if ne .component "scheduler" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "log-vectorizer.selector" .root | nindent 10 }}
          app.kubernetes.io/component: {{ .component }}
  {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: log-vectorizer
      {{- with .root.Values.image }}
      image: {{ if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.root.Chart.AppVersion }}{{ end }}
      {{- end }}
      {{- with .root.Values.image.pullPolicy }}
      imagePullPolicy: {{ . }}
      {{- end }}
      args: [{{ .command }}]
      envFrom:
        - configMapRef:
            name: {{ $fullname }}
        # Without it the container says which settings are missing, and ends; a required one would keep it from starting.
        - secretRef:
            name: {{ include "log-vectorizer.secret" .root }}
            optional: true
      ports:
        - name: http
          containerPort: {{ index (include "log-vectorizer.settings" .root | fromYaml) "HTTP_PORT" | int }}
      startupProbe:
        httpGet:
          path: /health
          port: http
        periodSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet:
          path: /health
          port: http
        periodSeconds: 20
        timeoutSeconds: 5
      # Whether OpenSearch, the embedder and Kafka are there too.
      readinessProbe:
        httpGet:
          path: /ready
          port: http
        periodSeconds: 15
        timeoutSeconds: 10
        failureThreshold: 2
      resources:
        {{- toYaml .root.Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: state
          mountPath: /var/lib/log-vectorizer
        - name: tmp
          mountPath: /tmp
        - name: ca
          mountPath: /etc/log-vectorizer/ca
          readOnly: true
  volumes:
    {{- if not .persistent }}
    - name: state
      emptyDir:
        sizeLimit: 256Mi
    {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    - name: ca
      secret:
        secretName: {{ .root.Values.caSecret | default (printf "%s-ca" $fullname) }}
        optional: true
{{- end -}}
