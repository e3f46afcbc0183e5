/** Fields of OpenTelemetry's severity number, which counts where no field names the level. */
export const SEVERITY_NUMBER_FIELDS: readonly string[] = [
  "severityNumber",
  "severity_number",
  "SeverityNumber",
  "severity.number",
];

/**
 * Four numbers for each of six levels:
 * https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
 */
const NAMES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
const SAME: Readonly<Record<string, (typeof NAMES)[number]>> = {
  INFORMATION: "INFO",
  WARNING: "WARN",
  ERR: "ERROR",
  CRITICAL: "FATAL",
};

export function isSeverityNumber(field: string): boolean {
  return /(^|[._])severity[._]?number$/i.test(field);
}

/** The severity numbers of a level name or number; none where OpenTelemetry has no such level. */
export function severityNumbers(level: string): number[] {
  if (/^\d{1,2}$/.test(level)) return [Number(level)];
  const name = level.toUpperCase();
  const at = NAMES.findIndex((one) => one === (SAME[name] ?? name));
  return at === -1 ? [] : [1, 2, 3, 4].map((step) => 4 * at + step);
}

/** The level name of a number from 1 to 24; any other value unchanged. */
export function severityName(value: string): string {
  const number = /^\d{1,2}(\.0+)?$/.test(value) ? Number(value) : 0;
  return NAMES[Math.ceil(number / 4) - 1] ?? value;
}
