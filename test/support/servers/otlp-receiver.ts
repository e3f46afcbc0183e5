import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { allOf, fieldsIn, hexOf, numberOf, textOf } from "../asserts/protobuf.ts";

type Attributes = Record<string, string | number | boolean>;

/** As it came over the wire. */
export type ReceivedSpan = {
  traceId: string;
  spanId: string;
  /** "" for a root. */
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: "internal" | "server" | "client" | "producer" | "consumer";
  attributes: Attributes;
  links: { traceId: string; spanId: string }[];
  events: number;
  status: { failed: boolean; message: string };
  /** Nanoseconds. */
  took: number;
  resource: Attributes;
};

export type OtlpReceiver = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  spans: ReceivedSpan[];
  requests: { path: string; headers: IncomingHttpHeaders }[];
  /** What it answers from now on; default: 200. */
  answer(status: number): void;
  /** From now on it answers nothing. */
  hang(): void;
};

const KINDS = ["internal", "internal", "server", "client", "producer", "consumer"] as const;

/** A collector of OTLP over HTTP with protobuf on loopback; it goes with the test. */
export async function startOtlpReceiver(t: Pick<TestContext, "after">): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: OtlpReceiver["requests"] = [];
  let status = 200;
  let hangs = false;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    requests.push({ path: request.url ?? "", headers: request.headers });
    if (hangs) return;
    if (status === 200) spans.push(...spansIn(body));
    response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    requests,
    answer: (given) => void (status = given),
    hang: () => void (hangs = true),
  };
}

/** ExportTraceServiceRequest of opentelemetry-proto's collector/trace/v1. */
function spansIn(body: Buffer): ReceivedSpan[] {
  return allOf(fieldsIn(body), 1).flatMap((ofResource) => {
    const fields = fieldsIn(ofResource);
    const resource = attributesIn(allOf(fields, 1).flatMap((one) => allOf(fieldsIn(one), 1)));
    const scopes = allOf(fields, 2).map(fieldsIn);
    return scopes.flatMap((scope) => allOf(scope, 2).map((span) => readSpan(span, resource)));
  });
}

function readSpan(bytes: Buffer, resource: Attributes): ReceivedSpan {
  const fields = fieldsIn(bytes);
  const status = allOf(fields, 15).flatMap(fieldsIn);
  return {
    traceId: hexOf(fields, 1),
    spanId: hexOf(fields, 2),
    traceState: textOf(fields, 3),
    parentSpanId: hexOf(fields, 4),
    name: textOf(fields, 5),
    kind: KINDS[Number(numberOf(fields, 6))] ?? "internal",
    attributes: attributesIn(allOf(fields, 9)),
    links: allOf(fields, 13).map((link) => {
      const linked = fieldsIn(link);
      return { traceId: hexOf(linked, 1), spanId: hexOf(linked, 2) };
    }),
    events: allOf(fields, 11).length,
    status: { failed: numberOf(status, 3) === 2n, message: textOf(status, 2) },
    took: Number(numberOf(fields, 8) - numberOf(fields, 7)),
    resource,
  };
}

function attributesIn(pairs: readonly Buffer[]): Attributes {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = fieldsIn(pair);
      return [textOf(fields, 1), valueIn(allOf(fields, 2).at(-1) ?? Buffer.alloc(0))];
    }),
  );
}

/** An AnyValue: text, yes or no, whole number, number. */
function valueIn(bytes: Buffer): string | number | boolean {
  const [field] = fieldsIn(bytes);
  if (!field) return "";
  const { number, value } = field;
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  if (number === 2) return value === 1n;
  if (number === 3) return Number(BigInt.asIntN(64, value));
  const double = Buffer.alloc(8);
  double.writeBigUInt64LE(value);
  return double.readDoubleLE();
}
