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
  /** The collector's full URL for traces. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Called once when spans are lost, until some are exported again. `problem`: half a sentence. */
  lost(problem: string): void;
  back(): void;
};

type Exporter = SpanExporter & {
  /** Waits briefly for pending exports and drops the rest. Never throws. */
  lastChance(ending: () => Promise<void>): Promise<void>;
};

/** For one export, retries included. */
const TIMEOUT_MS = 10_000;
const AT_ONCE = 4;
/** How long a stop waits; open sockets may hold the process for another second. */
const LAST_CHANCE_MS = 800;

/** OpenTelemetry's OTLP exporter (HTTP, protobuf), without its environment variables. */
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
      // Failures were reported above.
      await Promise.race([ending().catch(() => undefined), over]);
      clearTimeout(timer);
      agent.destroy();
    },
  };
}

/** Without the collector's text, which may quote the spans. */
function problemOf(error: unknown): string {
  if (error instanceof OTLPExporterError && error.code !== undefined) {
    return `it answered ${error.code}`;
  }
  if (!(error instanceof Error)) return "for no known reason";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code ?? error.message;
}
