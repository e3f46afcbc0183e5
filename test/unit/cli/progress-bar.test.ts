import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { createProgressBar } from "../../../src/cli/progress-bar.ts";

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
