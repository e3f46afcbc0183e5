import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { whileAsked } from "../../../src/http/while-asked.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";

test("a request that is over leaves nothing on the signal of the process", () => {
  const { signals } = createManualStop();
  for (let i = 0; i < 20; i++) {
    const raw = new ServerResponse(new IncomingMessage(new Socket()));
    const { requested } = whileAsked(signals, { raw });
    assert.equal(requested.aborted, false);
    raw.emit("close");
    assert.ok(requested.aborted, "the caller is gone");
  }
  assert.equal(getEventListeners(signals.requested, "abort").length, 0);
});
