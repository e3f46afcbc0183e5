import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { createProgressBar } from "../../../src/cli/progress-bar.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";

/** A terminal that keeps what is written to it. */
function terminal() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  // What a bar asks of a terminal beyond writing to it.
  const terminalPart = { isTTY: true, columns: 120, rows: 24, cursorTo: () => true };
  const moves = { moveCursor: () => true, clearLine: () => true };
  return { stream: Object.assign(stream, terminalPart, moves), text: () => text };
}

test("the bar shows done, rate, time left and cost, and gives the cursor back", () => {
  const { stream, text } = terminal();
  {
    using bar = createProgressBar(stream);
    bar.update({ done: 50, total: 200, recordsPerSecond: 12.34, secondsLeft: 200, costUsd: 0.5 });
  }
  assert.match(text(), /50\/200 · 12\.3\/s · 3 min 20 s left · \$0\.50/);
  assert.ok(text().lastIndexOf("\u001b[?25h") > text().lastIndexOf("\u001b[?25l"));
});

test("the bar says nothing of a cost that nobody knows", () => {
  const { stream, text } = terminal();
  {
    using bar = createProgressBar(stream);
    bar.update({ done: 50, total: 200, recordsPerSecond: 12.34, secondsLeft: 200, costUsd: null });
  }
  assert.match(text(), /3 min 20 s left/);
  assert.doesNotMatch(text(), /cost|·\s*$/);
});

test("a bar that never moved writes nothing", () => {
  const { stream, text } = terminal();
  createProgressBar(stream)[Symbol.dispose]();
  assert.equal(text(), "");
});

for (const isOver of [false, true])
  test(`the bar says what a run waits for, since when and until when${isOver ? ", and no longer once it goes on" : ""}`, () => {
    const { stream, text } = terminal();
    const { events, told } = recordEvents();
    const since = new Date("2026-01-02T03:04:05Z");
    const fault = new Fault("outage", "openai: connection refused\u0007");
    const waiting = { fault, since, until: new Date("2026-01-02T03:14:05Z") };
    {
      using bar = createProgressBar(stream);
      const followed = bar.follow(events);
      const progress = { total: 200, recordsPerSecond: 12, secondsLeft: 20, costUsd: null };
      followed.drainProgress({ ...progress, done: 50 });
      followed.drainWaiting(waiting);
      if (isOver) followed.drainResumed({ since });
    }
    // It is drawn a last time when it ends.
    const last = text().slice(text().lastIndexOf("50/200"));
    assert.equal(
      last.includes(
        "waiting since 03:04:05 UTC, until 03:14:05 UTC at the latest: openai: connection refused",
      ),
      !isOver,
      last,
    );
    assert.ok(!text().includes("\u0007"));
    assert.equal(told.drainProgress.length, 0);
    assert.deepEqual(told.drainWaiting, [waiting]);
    assert.deepEqual(told.drainResumed, isOver ? [{ since }] : []);
  });
