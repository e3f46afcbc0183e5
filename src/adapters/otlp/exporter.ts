import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPExporterBase, OTLPExporterError } from "@opentelemetry/otlp-exporter-base";
import { createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import {
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";

export type ExporterSettings = {
  /** Where the collector takes traces, whole. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Spans were lost; once, until some go through again. `problem`: half a sentence. */
  lost(problem: string): void;
  back(): void;
};

type Exporter = SpanExporter & {
  /** Lets that much of the work end, for a moment; what is under way then is dropped. Never throws. */
  lastChance(ending: () => Promise<void>): Promise<void>;
};

/** For one request, its tries included. */
const TIMEOUT_MS = 10_000;
const AT_ONCE = 4;
/** As long as a stop waits; what still hangs then may hold the ended process for another second. */
const LAST_CHANCE_MS = 800;

/** OpenTelemetry's exporter over HTTP with protobuf, which takes nothing from the environment by itself. */
export function createExporter({ url, headers, lost, back }: ExporterSettings): Exporter {
  const Agent = url.startsWith("https:") ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const exporter = new OTLPExporterBase<ReadableSpan[]>(
    createOtlpHttpExportDelegate(
      {
        url,
        headers: async () => ({ ...headers, "Content-Type": "application/x-protobuf" }),
        timeoutMillis: TIMEOUT_MS,
        concurrencyLimit: AT_ONCE,
        compression: "none",
        agentFactory: () => agent,
      },
      ProtobufTraceSerializer,
      "otlp_http_span_exporter",
      TraceExporterMetricsHelper,
      undefined,
    ),
  );
  let failing = false;
  const note = (error: unknown) => {
    const was = failing;
    failing = error !== undefined;
    if (failing && !was) lost(problemOf(error));
    if (was && !failing) back();
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const ok = result.code === ExportResultCode.SUCCESS;
        note(ok ? undefined : (result.error ?? new Error("no reason given")));
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    async lastChance(ending) {
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, LAST_CHANCE_MS);
      // What goes wrong has been told.
      await Promise.race([ending().catch(() => undefined), over]);
      clearTimeout(timer);
      agent.destroy();
    },
  };
}

/** Without what the collector said: it may quote what it was sent. */
function problemOf(error: unknown): string {
  if (error instanceof OTLPExporterError && error.code !== undefined) {
    return `it answered ${error.code}`;
  }
  if (!(error instanceof Error)) return "for no known reason";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code ?? error.message;
}
