import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { KEY, type RecordedAnswer, TEXT } from "./recorded-answer.ts";

/** Serves one answer to every request, on loopback; hands back its address. */
export async function serveAnswer(
  t: TestContext,
  { status, headers = {}, body }: Pick<RecordedAnswer, "status" | "headers" | "body">,
): Promise<string> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": type, ...headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

/** The fault that a call ends in. */
export async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const error: unknown = await call.then(
    () => assert.fail("no fault"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Fault, String(error));
  return error;
}

/** What nobody may read in a message: the key, pieces of the text, control characters. */
export function assertPresentable(message: string): void {
  assert.ok(!message.includes(KEY), message);
  for (let at = 0; at + 12 <= TEXT.length; at += 4) {
    assert.ok(!message.includes(TEXT.slice(at, at + 12)), message);
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
  assert.ok(message.length <= 700, `${message.length} characters`);
}
