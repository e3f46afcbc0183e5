import { readFile } from "node:fs/promises";
import type { Config } from "../../config/config.ts";
import type { Enrichment } from "../../pipeline/open-enrichment.ts";
import type { ConsumerRole } from "../../ports/consumer-events.ts";
import type { Events } from "../../ports/events.ts";
import type { Consumer } from "../../stream/consumer.ts";
import type { SchemaCheck } from "../../stream/read-log.ts";
import type { ReadMessage } from "../../stream/reading.ts";
import { createMask } from "../../telemetry/escape.ts";
import { tailReading, workerReading, type Streams } from "./streams.ts";

/** From one look at a document that Logstash has not indexed yet to the next. */
const LATE_WAITS_MS = [1000, 2000, 4000, 8000];

/** How a message becomes a record, by the fields and the schema that the settings name. */
export async function openReader({ logs, tail }: Config): Promise<ReadMessage> {
  const { createLogReader } = await import("../../stream/read-log.ts");
  const { levels, messageFields, levelFields } = logs;
  const { idField, indexTemplate, messageSchemaFile } = tail;
  const fields = {
    levels,
    idField,
    ...(messageFields === undefined ? {} : { messageFields }),
    ...(levelFields === undefined ? {} : { levelFields }),
    ...(indexTemplate === undefined ? {} : { indexTemplate }),
  };
  if (messageSchemaFile === undefined) return createLogReader(fields);
  return createLogReader(fields, await openSchema(messageSchemaFile));
}

async function openSchema(path: string): Promise<SchemaCheck> {
  const { createSchemaCheck } = await import("../../adapters/json-schema/schema-check.ts");
  return createSchemaCheck(JSON.parse(await readFile(path, "utf8")));
}

/** A tail reads logs, a worker reads references. Throws where the command has no stream: a mistake of ours. */
export async function openConsumerFor(
  role: ConsumerRole,
  { kafka: settings, tail, secrets }: Config,
  parts: Enrichment & { events: Events; streams: Streams | undefined; read: ReadMessage },
): Promise<Consumer> {
  const { openConsumer } = await import("../../stream/open-consumer.ts");
  const { streams } = parts;
  if (!settings || !streams) throw new Error("A command without a stream asked for a consumer");
  return openConsumer({
    ...parts,
    streams,
    role,
    reading: role === "tail" ? tailReading(settings) : workerReading(settings),
    mask: createMask(secrets),
    settings: {
      batchSize: tail.batchSize,
      batchTimeoutMs: tail.batchTimeoutMs,
      retryDelaysMs: role === "tail" ? LATE_WAITS_MS : [],
    },
  });
}
