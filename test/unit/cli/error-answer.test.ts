import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../../src/cli/error-answer.ts";
import { EXIT } from "../../../src/cli/exit-code.ts";
import { ConfigError } from "../../../src/config/problems.ts";

const usage = () => ({ message: "usage", hint: "" });

test("a release that fails does not hide the error that came before it", async () => {
  const released: string[] = [];
  const failing = async () => {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => void released.push("first opened"));
    stack.defer(() => {
      throw new Error("the socket was gone");
    });
    throw new ConfigError([{ name: "HTTP_PORT", sentence: "is taken" }]);
  };
  const error: unknown = await failing().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { code, kind, message } = explain(error, usage);
  assert.equal(code, EXIT.usage);
  assert.equal(kind, "configuration");
  assert.match(message, /HTTP_PORT/);
  assert.deepEqual(released, ["first opened"]);
});
