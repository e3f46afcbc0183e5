/** Fields for text, level, time and service where no setting names one. */
export const MESSAGE_FIELDS: readonly string[] = [
  "message",
  "body",
  "body.text",
  "msg",
  "log",
  "short_message",
  "event.original",
  "error.message",
];
export const LEVEL_FIELDS: readonly string[] = [
  "level",
  "log.level",
  "severity",
  "severity.text",
  "severityText",
  "severity_text",
  "SeverityText",
];
export const TIMESTAMP_FIELDS: readonly string[] = ["@timestamp", "timestamp"];
export const SERVICE_FIELDS: readonly string[] = ["service.name", "service", "app"];
/**
 * Fields for the host, in their order: ECS, syslog and GELF, OpenTelemetry as its collector and Data Prepper write it (which has
 * `@` for the dots of an attribute), and nodes of Kubernetes. Pods are none: their names change with every rollout.
 */
export const HOST_FIELDS: readonly string[] = [
  "host.name",
  "host.hostname",
  "host",
  "hostname",
  "resource.attributes.host.name",
  "resource.attributes.host@name",
  "resource.host.name",
  "kubernetes.node.name",
  "kubernetes.host",
  "resource.attributes.k8s.node.name",
  "resource.attributes.k8s@node@name",
];
/** Fields for the version of the service, in their order: the same schemas, and the label that Kubernetes recommends. */
export const VERSION_FIELDS: readonly string[] = [
  "service.version",
  "resource.attributes.service.version",
  "resource.attributes.service@version",
  "resource.service.version",
  "app.version",
  "app_version",
  "kubernetes.labels.app_kubernetes_io/version",
  "kubernetes.labels.app.kubernetes.io/version",
  "version",
];
/** Fields for the type of an exception: ECS, and OpenTelemetry's attributes at the top and where its collectors put them. */
export const EXCEPTION_FIELDS: readonly string[] = [
  "error.type",
  "exception.type",
  "attributes.exception.type",
];

/** Reads a dotted path from a document whose keys may be nested, dotted, or both. */
export function readPath(source: unknown, path: string): unknown {
  if (Array.isArray(source)) return source.length === 1 ? readPath(source[0], path) : undefined;
  if (!isObject(source)) return undefined;
  if (Object.hasOwn(source, path)) return source[path];
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const outer = path.slice(0, dot);
    const inner = Object.hasOwn(source, outer) ? source[outer] : undefined;
    const value = inner === undefined ? undefined : readPath(inner, path.slice(dot + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The same, where `field.keyword` may name OpenSearch's sub-field of a text. */
export function readField(source: unknown, path: string): unknown {
  const value = readPath(source, path);
  return value === undefined && path.endsWith(SUB_FIELD)
    ? readPath(source, path.slice(0, -SUB_FIELD.length))
    : value;
}

const SUB_FIELD = ".keyword";

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field's value as one text: lists as lines, objects as JSON, nothing as "". */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(asText).filter(Boolean).join("\n");
  return JSON.stringify(value);
}
