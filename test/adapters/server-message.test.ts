import assert from "node:assert/strict";
import { test } from "node:test";
import { messageIn, presentable } from "../../src/adapters/server-message.ts";

const BODIES: [string, unknown, string][] = [
  ["OpenAI", { error: { message: "no such model", code: "x" } }, "no such model"],
  ["vLLM", { object: "error", message: "bad", code: 400 }, "bad"],
  ["TEI", { error: "batch size 64 > 32", error_type: "Validation" }, "batch size 64 > 32"],
  ["FastAPI", { detail: "Not authenticated" }, "Not authenticated"],
  ["an unknown form", { reason: "the text itself" }, ""],
  ["no body", undefined, ""],
  ["a number", 5, ""],
];

for (const [server, body, message] of BODIES) {
  test(`finds what ${server} says`, () => assert.equal(messageIn(body), message));
}

test("FastAPI's echo of the input stays out", () => {
  const detail = [{ type: "string_type", loc: ["body"], msg: "not a string", input: "secret log" }];
  assert.equal(messageIn({ detail }), "not a string");
});

test("a page of a proxy is reduced to its words", () => {
  const page =
    "<html><head><style>b{}</style></head><body><h1>502 Bad Gateway</h1>\n</body></html>";
  assert.equal(presentable(messageIn(page), { secrets: [], texts: [] }), "502 Bad Gateway");
});

const NOTHING_SENT = { secrets: [], texts: [] };

test("keys and passwords are masked even where nobody named them", () => {
  const shown = presentable("sk-abc_DEF*123 Bearer eyJhbGciOi.x http://me:pw@host/", NOTHING_SENT);
  assert.equal(shown, "sk-*** Bearer *** http://***@host/");
});

test("a long message is cut at 300 characters", () => {
  const shown = presentable("x".repeat(5000), NOTHING_SENT);
  assert.equal(shown.length, 300);
  assert.ok(shown.endsWith("…"));
});

test("a message ends where it begins to repeat a text", () => {
  const texts = ["unrelated line here", "  Password of alice is 1234"];
  assert.equal(
    presentable('bad input "Password of alice is 1234"', { secrets: [], texts }),
    'bad input "…',
  );
});

test("a text of a word or less does not hide the message", () => {
  assert.equal(presentable("an error", { secrets: [], texts: ["error", ""] }), "an error");
});
