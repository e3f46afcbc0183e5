import { hostname } from "node:os";
import type { ServiceIdentity } from "./logger.ts";

/** Who this process is, to those who gather logs and traces of many. */
export function identityOf(
  service: { name: string; environment?: string },
  { version, pid }: { version: string; pid: number },
): ServiceIdentity {
  const host = hostname();
  // Several run on one machine, and in containers each is process 1.
  return { ...service, version, host, pid, node: `${host}:${pid}` };
}

/** The same by the names of OpenTelemetry's resources. */
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
