import { LEVEL_FIELDS, SERVICE_FIELDS, TIMESTAMP_FIELDS } from "../document.ts";

/** Level fields of JSON logs in order: names first, numbers last. */
export const LEVEL_NAMES: readonly string[] = after(
  LEVEL_FIELDS,
  `severity.text severityText severity_text SeverityText levelname level_name lvl @l Level LogLevel
  logLevel log_level loglevel LEVEL @level LevelDisplayName Severity levelStr syslog.severity.name log.syslog.severity.name
  syslog_severity PRIORITY severityNumber severity_number SeverityNumber severity.number severity.code
  log.syslog.severity.code severityLevel levelno level_value label`,
);

export const TIME_NAMES: readonly string[] = after(
  TIMESTAMP_FIELDS,
  `time ts @t Timestamp date datetime asctime timeMillis instant _SOURCE_REALTIME_TIMESTAMP
  __REALTIME_TIMESTAMP timeUnixNano observedTimeUnixNano eventTime TimeCreated TimeGenerated created
  timestamp_ms t _time time_iso8601 time_local start_time StartUTC Time Date at`,
);

export const MESSAGE_NAMES: readonly string[] = after(
  [],
  `message msg short_message MESSAGE @m RenderedMessage renderedMessage event body.text body log text
  Message textPayload @mt MessageTemplate event.original error.message full_message err.message
  exception.message Content errorMessage Description @message eventMessage fields.message
  resultDescription properties.message _raw line error err exception`,
);

export const SERVICE_NAMES: readonly string[] = after(
  SERVICE_FIELDS,
  `logger name component logger_name loggerName SYSLOG_IDENTIFIER _COMM _SYSTEMD_UNIT SourceContext
  Properties.SourceContext Category log.logger channel ProviderName subsystem @module target cloud_RoleName _service _app facility
  Component Source`,
);

function after(first: readonly string[], listed: string): string[] {
  return [...new Set([...first, ...listed.split(/\s+/)])];
}
