import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Connection } from "@opensearch-project/opensearch";
import * as errors from "@opensearch-project/opensearch/lib/errors.js";

/** The answer exceeds its limit. As a RequestAbortedError the client neither retries it nor marks the node as dead. */
export class AnswerTooLarge extends errors.RequestAbortedError {
  /** A lower bound: reading stopped here. */
  readonly bytes: number;

  constructor(bytes: number, allowed: number) {
    super(`an answer of ${bytes} bytes or more, where ${allowed} are allowed`);
    this.bytes = bytes;
  }
}

/** A request parameter that the transport passes to the connection unchanged. */
export type Bounded = { maxAnswerBytes?: number };

type Answered = Parameters<Connection["request"]>[1];

/** A connection that stops reading an answer at its request's limit. */
export function boundAnswers(Base: typeof Connection): typeof Connection {
  return class extends Base {
    override request(
      params: Parameters<Connection["request"]>[0] & Bounded,
      callback: Answered,
    ): ReturnType<Connection["request"]> {
      const { maxAnswerBytes: allowed, ...rest } = params;
      if (allowed === undefined) return super.request(rest, callback);
      return super.request(rest, (error, response) => {
        if (error !== null || response === null) callback(error, response);
        else within(response, allowed, callback);
      });
    }
  };
}

function within(response: IncomingMessage, allowed: number, callback: Answered): void {
  const length = response.headers["content-length"];
  if (length === undefined) {
    gather(response, allowed, callback);
    return;
  }
  const bytes = Number(length);
  if (bytes <= allowed) callback(null, response);
  else {
    response.destroy();
    callback(new AnswerTooLarge(bytes, allowed), null);
  }
}

/** Without a Content-Length (some proxies drop it) the bytes are counted as they arrive. */
function gather(response: IncomingMessage, allowed: number, callback: Answered): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  const end = (error: Error | null, whole: IncomingMessage | null) => {
    if (ended) return;
    ended = true;
    callback(error, whole);
  };
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= allowed) chunks.push(chunk);
    else {
      end(new AnswerTooLarge(bytes, allowed), null);
      response.destroy();
    }
  });
  response.on("error", (error) => {
    end(new errors.ConnectionError(error.message), null);
  });
  response.on("end", () => {
    end(null, replayed(response, Buffer.concat(chunks)));
  });
}

/** A response with the same status and headers whose body is the bytes read. */
function replayed({ statusCode, headers }: IncomingMessage, body: Buffer): IncomingMessage {
  const again = Readable.from([body], { objectMode: false });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a response the transport reads these two, and the stream itself
  return Object.assign(again, { statusCode, headers }) as unknown as IncomingMessage;
}
