import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/config.ts";
import { sourcesOf } from "./sources-of.ts";

const GOOD = "5f2e1c9a7b3d4860aa17c3e9d2b4f6081a2b3c4d5e6f7081";

function warningsOf(env: Record<string, string>, serves = true): string[] {
  const all = { EMBEDDING_PROVIDER: "local", ...env };
  return loadConfig(sourcesOf(all), { needsEmbedder: false, serves }).warnings;
}

const CASES: [string, Record<string, string>, RegExp[]][] = [
  ["a good token on loopback", { HTTP_TOKEN: GOOD }, []],
  ["no token on loopback", {}, []],
  ["HTTP off", { HTTP_PORT: "0", HTTP_TOKEN: "0123456789abcdef" }, []],
  [
    "a short token",
    { HTTP_TOKEN: "x7Gk2mQp9ZrT4vLs" },
    [/HTTP_TOKEN has fewer than 22 characters.*openssl rand -hex 24$/],
  ],
  [
    "one of few characters",
    { HTTP_TOKEN: "abababababababababababab" },
    [/only 2 different characters/],
  ],
  ["an example's", { HTTP_TOKEN: "change-me-change-me-change-me" }, [/looks like an example's/]],
  [
    "plain words, reached from elsewhere",
    { HTTP_TOKEN: "my-password-my-password", HTTP_HOST: "0.0.0.0" },
    [/next major version on it is refused/, /plain HTTP.*TLS.*TRUSTED_PROXIES/],
  ],
  [
    "a good one, reached from elsewhere",
    { HTTP_TOKEN: GOOD, HTTP_HOST: "0.0.0.0" },
    [/plain HTTP/],
  ],
  [
    "behind a proxy that is named",
    { HTTP_TOKEN: GOOD, HTTP_HOST: "0.0.0.0", TRUSTED_PROXIES: "10.0.0.0/8" },
    [],
  ],
];
for (const [what, env, expected] of CASES) {
  test(`the warning about the page's reachability: ${what}`, () => {
    const warnings = warningsOf(env);
    assert.equal(warnings.length, expected.length, warnings.join("\n"));
    for (const [i, words] of expected.entries()) assert.match(warnings[i] ?? "", words);
    assert.doesNotMatch(warnings.join(), new RegExp(env["HTTP_TOKEN"] ?? "no token"));
  });
}

test("a command that serves no HTTP gives no warning about it", () => {
  assert.deepEqual(warningsOf({ HTTP_TOKEN: "0123456789abcdef" }, false), []);
});

for (const [given, reason] of [
  ["proxy.example", /neither an address nor a network/],
  ["10.0.0.0/33", /a number from 1 to 32/],
  ["10.0.0.0/0", /a number from 1 to 32/],
  ["::1/129", /a number from 1 to 128/],
  [",", /TRUSTED_PROXIES/],
] as const) {
  test(`a proxy like ${given} is refused`, () => {
    assert.throws(
      () => warningsOf({ TRUSTED_PROXIES: given }),
      (error) => {
        assert.match(String(error), reason);
        return true;
      },
    );
  });
}
