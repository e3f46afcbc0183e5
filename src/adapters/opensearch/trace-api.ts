import type { Tracer } from "../../ports/tracer.ts";
import type { Api, Request } from "./api.ts";

/** The API with a span per request, by OpenTelemetry's conventions for databases. */
export function traceApi(api: Api, tracer: Tracer): Api {
  const server = serverAttributes(api.url);
  return {
    ...api,
    send(request, answer, signal) {
      const operation = operationOf(request);
      const attributes = {
        "db.system.name": "opensearch",
        "db.operation.name": operation,
        "http.request.method": request.method,
        ...server,
      };
      return tracer.span(operation, { kind: "client", inner: true, attributes }, () =>
        api.send(request, answer, signal),
      );
    },
  };
}

/** With several nodes it is unknown which one answers. */
function serverAttributes(urls: string) {
  const url = URL.parse(urls);
  if (url === null || urls.includes(",")) return {};
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return { "server.address": url.hostname, "server.port": Number(port) };
}

/** `bulk` of `/_bulk`, `mapping` of `/logs-1/_mapping`; other path parts have too many values. */
function operationOf({ path }: Request): string {
  if (path === "/") return "info";
  const named = path.split(/[/?]/).find((part) => /^_[a-z_]+$/.test(part));
  return named?.slice(1) ?? "index";
}
