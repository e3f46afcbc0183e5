{{/* The rules for where the settings lead, each once. */}}
{{- define "log-vectorizer.egress" -}}
{{- $settings := merge (dict) (include "log-vectorizer.settings" . | fromYaml) (.Values.secrets | default dict) -}}
{{- $outside := .Values.networkPolicy.outside -}}
{{- $rules := list -}}
{{- $addresses := list -}}
{{- if $settings.OPENSEARCH_URL -}}
{{- $addresses = concat $addresses (splitList "," $settings.OPENSEARCH_URL) -}}
{{- else -}}
{{- $addresses = append $addresses (printf "http://%s:%s" ($settings.OPENSEARCH_HOST | default "localhost") ($settings.OPENSEARCH_PORT | default "9200")) -}}
{{- end -}}
{{- range $addresses -}}
{{- $rules = append $rules (include "log-vectorizer.egressTo" (dict "address" . "outside" $outside)) -}}
{{- end -}}
{{- $provider := $settings.EMBEDDING_PROVIDER | default (ternary "ai-service" "openai" (hasKey $settings "AI_SERVICE_URL")) -}}
{{- if eq $provider "ai-service" -}}
{{- $rules = append $rules (include "log-vectorizer.egressTo" (dict "address" $settings.AI_SERVICE_URL "outside" $outside)) -}}
{{- else if and (eq $provider "openai") $settings.OPENAI_BASE_URL -}}
{{- $rules = append $rules (include "log-vectorizer.egressTo" (dict "address" $settings.OPENAI_BASE_URL "outside" $outside)) -}}
{{- else if eq $provider "openai" -}}
{{- $rules = append $rules (include "log-vectorizer.egressTo" (dict "address" "https://api.openai.com" "outside" $outside "public" true)) -}}
{{- end -}}
{{- range compact (splitList "," ($settings.KAFKA_BOOTSTRAP_SERVERS | default "")) -}}
{{- $rules = append $rules (include "log-vectorizer.egressTo" (dict "address" . "outside" $outside)) -}}
{{- end -}}
{{- range list "OTEL_EXPORTER_OTLP_ENDPOINT" "ALERT_SLACK_WEBHOOK_URL" "ALERT_WEBHOOK_URL" "ALERT_SMTP_URL" -}}
{{- with get $settings . -}}
{{- $rules = append $rules (include "log-vectorizer.egressTo" (dict "address" . "outside" $outside)) -}}
{{- end -}}
{{- end -}}
{{- if $settings.OPENSEARCH_AWS_REGION -}}
{{- $rules = concat $rules (list (include "log-vectorizer.egressTo" (dict "address" "https://sts.amazonaws.com" "outside" $outside)) (include "log-vectorizer.egressToAws" .)) -}}
{{- end -}}
{{- range $i, $rule := uniq $rules }}
{{ $rule }}
{{- end -}}
{{- end -}}

{{/*
The rule for one address: a URL, or a broker as host:port. Takes address, outside, and public: whether it is never within a
private network.
*/}}
{{- define "log-vectorizer.egressTo" -}}
{{- $form := "^(?:([A-Za-z]+)://)?(?:[^@]*@)?(\\[[0-9A-Fa-f:]+\\]|[^:/?#]+)(?::([0-9]+))?(?:[/?#].*)?$" -}}
{{- $address := trim .address -}}
{{- if not (regexMatch $form $address) }}{{ fail "networkPolicy: an address of the settings has no host that can be read; see deploy/helm/log-vectorizer/values.yaml" }}{{ end -}}
{{- $scheme := regexReplaceAll $form $address "${1}" | lower -}}
{{- $host := regexReplaceAll $form $address "${2}" | lower | trimSuffix "." -}}
{{- $port := regexReplaceAll $form $address "${3}" | default (get (dict "https" "443" "http" "80" "smtp" "587" "smtps" "465") $scheme) | default "9092" -}}
- to:
    {{- if regexMatch "^[0-9.]+$" $host }}
    - ipBlock:
        cidr: {{ $host }}/32
    {{- else if hasPrefix "[" $host }}
    - ipBlock:
        cidr: {{ $host | trimPrefix "[" | trimSuffix "]" }}/128
    {{- else if regexMatch "^[^.]+\\.[^.]+\\.svc(\\..*)?$" $host }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ index (splitList "." $host) 1 }}
    {{- else if not (contains "." $host) }}
    - podSelector: {}
    {{- else }}
    {{- range .outside }}
    - ipBlock:
        cidr: {{ . | quote }}
        {{- if eq . "0.0.0.0/0" }}
        except: {{ ternary "[10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]" "[169.254.0.0/16]" (hasKey $ "public") }}
        {{- else if eq . "::/0" }}
        except: {{ ternary "[fc00::/7, fe80::/10]" "[fe80::/10]" (hasKey $ "public") }}
        {{- end }}
    {{- end }}
    {{- end }}
  ports:
    - protocol: TCP
      port: {{ $port }}
{{- end -}}

{{/* Who a pod is for AWS: by the node, or by the agent of Pod Identity. */}}
{{- define "log-vectorizer.egressToAws" -}}
- to:
    - ipBlock:
        cidr: 169.254.169.254/32
    - ipBlock:
        cidr: 169.254.170.23/32
  ports:
    - protocol: TCP
      port: 80
{{- end -}}
