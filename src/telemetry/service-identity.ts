import { hostname } from "node:os";
import type { ServiceIdentity } from "./logger.ts";

export function identityOf(
  service: { name: string; environment?: string },
  { version, pid }: { version: string; pid: number },
): ServiceIdentity {
  const host = hostname();
  // Several processes may run on one machine, and in a container each is process 1.
  return { ...service, version, host, pid, node: `${host}:${pid}` };
}

/** As OpenTelemetry resource attributes. */
export function resourceOf(
  { name, version, environment, node, host, pid }: ServiceIdentity,
  attributes: Readonly<Record<string, string>>,
): Record<string, string | number> {
  return {
    "host.name": host,
    "service.instance.id": node,
    ...attributes,
    "service.name": name,
    "service.version": version,
    "process.pid": pid,
    ...(environment === undefined ? {} : { "deployment.environment.name": environment }),
  };
}
