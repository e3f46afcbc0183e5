import assert from "node:assert/strict";
import { test } from "node:test";
import { presentable, readServerMessage } from "../../../../src/adapters/http/server-message.ts";

const BODIES: [string, unknown, string, string?][] = [
  ["OpenAI", { error: { message: "no such model", code: "x" } }, "no such model", "x"],
  ["vLLM", { object: "error", message: "bad", type: "BadRequestError", code: 400 }, "bad"],
  ["TEI", { message: "batch size 64 > 32", code: 422, type: "Validation" }, "batch size 64 > 32"],
  ["TEI's own route", { error: "too long", error_type: "Validation" }, "too long"],
  ["Google", [{ error: { code: 429, message: "slow", status: "RESOURCE_EXHAUSTED" } }], "slow"],
  ["FastAPI", { detail: "Not authenticated" }, "Not authenticated"],
  ["a service that details", { detail: { code: "full", message: "no money" } }, "no money", "full"],
  ["a service that nests", { detail: { error: "no money" } }, "no money"],
  ["problem+json", { type: "about:blank", title: "T", detail: "the detail" }, "the detail"],
  ["AWS", { Message: "User is not authorized" }, "User is not authorized"],
  ["a list", { error: ["one", "two"] }, "one; two"],
  ["an unknown form", { reason: "the text itself" }, ""],
  ["no body", undefined, ""],
  ["a number", 5, ""],
];

for (const [server, body, message, code] of BODIES) {
  test(`finds what ${server} says`, () => {
    const said = readServerMessage(body);
    assert.equal(said.message, message);
    assert.equal(said.code, code);
  });
}

test("the type of an error is found beside its message, whatever it is called", () => {
  assert.equal(readServerMessage({ error: { message: "", type: "tokens" } }).type, "tokens");
  assert.equal(readServerMessage({ error: "x", error_type: "Overloaded" }).type, "Overloaded");
  assert.equal(readServerMessage([{ error: { status: "INTERNAL" } }]).type, "INTERNAL");
  assert.equal(readServerMessage({ error: { param: "dimensions" } }).param, "dimensions");
});

test("FastAPI's echo of the input stays out", () => {
  const detail = [{ type: "string_type", loc: ["body"], msg: "not a string", input: "secret log" }];
  assert.equal(readServerMessage({ detail }).message, "not a string");
});

test("a page of a proxy is reduced to its words", () => {
  const page =
    "<html><head><style>b{}</style></head><body><h1>502 Bad Gateway</h1>\n</body></html>";
  assert.equal(
    presentable(readServerMessage(page).message, { secrets: [], texts: [] }),
    "502 Bad Gateway",
  );
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

test("a quote out of the middle of a text is found too, with all that stands before it there", () => {
  const texts = ["job 17 failed: user=alice card=4111-1111-1111-1111 was declined by the bank"];
  const quotes = ["user=alice card=4111-1111-1111", "card=4111-1111-1111-1111 was declined"];
  for (const quote of quotes) {
    const shown = presentable(`token limit near '${quote}'`, { secrets: [], texts });
    assert.equal(shown, "token limit near '…");
  }
});

test("a text is known whatever escapes and line ends it is quoted with", () => {
  const texts = ['{"user":"bob",\n"pin":"1234"}', "C:\\new\\table is locked", "Über\nUmwege"];
  for (const text of texts) {
    for (const quote of [text, JSON.stringify(text), JSON.stringify(JSON.stringify(text))]) {
      const shown = presentable(`cannot take ${quote}`, { secrets: [], texts });
      assert.match(shown, /^cannot take ["\\{]*…$/);
    }
  }
});

const SEQUENCES: [string, string][] = [
  ["a colour", "\u001b[31mred\u001b[0m"],
  ["a window title", "\u001b]0;owned\u0007red"],
  ["a link", "\u001b]8;;http://evil\u001b\\red\u001b]8;;\u001b\\"],
  ["a cleared screen", "\u001b[2J\u001b[1;1Hred"],
  ["an 8-bit sequence", "\u009b31mred".replace("31m", "")],
  ["a backspace and a bell", "r\u0008e\u0007d"],
  ["text turned round", "\u202ered\u202c"],
  ["nothing that is seen", "r\u200be\ufeffd\u0000"],
];

for (const [what, message] of SEQUENCES) {
  test(`${what} does not reach a terminal`, () => {
    assert.equal(presentable(message, NOTHING_SENT), "red");
  });
}

test("a secret that is torn apart by a colour is still masked", () => {
  const shown = presentable("key hunt\u001b[1mer22!", { secrets: ["hunter22"], texts: [] });
  assert.equal(shown, "key ***!");
});
