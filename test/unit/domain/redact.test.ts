import assert from "node:assert/strict";
import { test } from "node:test";
import { redact } from "../../../src/domain/redact.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

const JWT =
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
const KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----`;

/** Made up here from two halves, so that no scanner of repositories takes them for real ones. */
const join = (...parts: string[]) => parts.join("");

const MASKED: [string, string, string][] = [
  ["a private key", `load failed: ${KEY} at line 3`, "load failed: *** at line 3"],
  ["two private keys", `${KEY} and ${KEY}.`, "*** and ***."],
  ["a private key that was cut off", "key -----BEGIN PRIVATE KEY-----\nMIIE", "key ***"],
  [
    "a password in a URL",
    "connect postgres://app:s3cr3t@db:5432/x",
    "connect postgres://app:***@db:5432/x",
  ],
  ["a password in a URL without a user", "redis://:hunter2@cache/0", "redis://:***@cache/0"],
  ["a bearer token", "sent Bearer abc123def456 to api", "sent Bearer *** to api"],
  [
    "an authorization header",
    "Authorization: Basic dXNlcjpwYXNz failed",
    "Authorization: Basic *** failed",
  ],
  [
    "an authorization in JSON",
    '{"authorization":"Bearer abcd.efgh"}',
    '{"authorization":"Bearer ***"}',
  ],
  ["a cookie", "GET / Cookie: sid=abc; theme=dark\nnext line", "GET / Cookie: ***\nnext line"],
  ["a cookie being set", "set-cookie: sid=abc; HttpOnly", "set-cookie: ***"],
  ["password=", "login failed password=hunter2, retry", "login failed password=***, retry"],
  ["a longer name", "DB_PASSWORD: 'a b c' was refused", "DB_PASSWORD: '***' was refused"],
  [
    "a password in JSON",
    '{"user":"a","password":"x y","n":1}',
    '{"user":"a","password":"***","n":1}',
  ],
  [
    "pwd in a connection string",
    "Server=db;Uid=app;Pwd=abc;Timeout=5",
    "Server=db;Uid=app;Pwd=***;Timeout=5",
  ],
  ["a token by name", "refresh_token=9f8e7d6c5b4a expired", "refresh_token=*** expired"],
  ["an API key by name", "api-key: 12345678abcdef", "api-key: ***"],
  ["an AWS key id", join("denied for ", "AKIA", "IOSFODNN7EXAMPLE", "."), "denied for ***."],
  [
    "a GitHub token",
    join("clone with gh", "p_", "a".repeat(36), " failed"),
    "clone with *** failed",
  ],
  ["an OpenAI key", join("key s", "k-", "Ab1".repeat(10), " was refused"), "key *** was refused"],
  ["a Slack token", join("xo", "xb-1234567890-abcdefghij"), "***"],
  ["a JWT", `token ${JWT} is expired`, "token *** is expired"],
];

for (const [what, text, expected] of MASKED) {
  test(`masks ${what}`, () => {
    assert.equal(redact(text, "secrets"), expected);
    assert.equal(redact(text, "off"), text);
    assert.equal(redact(redact(text, "secrets"), "secrets"), expected, "a second time too");
  });
}

const KEPT = [
  "Unexpected token } in JSON at position 14",
  "invalid token: expected string",
  "bearer token expired",
  "bearer authentication is not configured",
  "could not find key: user",
  "primary key violation on orders_pkey",
  "HTTP 503 from https://api.example.com:8443/v1/orders?id=42",
  "java.lang.IllegalStateException: session is closed",
  "node-17.eu-central-1.compute.internal is unreachable",
  "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
  "com.example.payment.service.impl.PaymentServiceImpl.charge",
];

for (const text of KEPT) {
  test(`leaves alone: ${text}`, () => {
    assert.equal(redact(text, "secrets"), text);
  });
}

test("personal data only where that is asked for", () => {
  const text =
    "mail to ann.lee+x@mail.example.org, card 4111 1111 1111 1111, order 4111111111111112";
  assert.equal(redact(text, "secrets"), text);
  assert.equal(redact(text, "pii"), "mail to ***, card ***, order 4111111111111112");
});

const HOSTILE: [string, string][] = [
  ["letters", "a"],
  ["dots", "a."],
  ["JWT heads", "eyJ-"],
  ["key names", "password"],
  ["key names with signs", "token=:"],
  ["URLs", "a://b:"],
  ["at signs", "a@a."],
  ["digits", "4 "],
  ["begun keys", "-----BEGIN PRIVATE KEY-----"],
  ["cookies", "cookie:"],
  ["authorizations", "authorization: bearer "],
  ["quotes", 'password="'],
];

for (const [what, unit] of HOSTILE) {
  test(`takes time in proportion to a text of nothing but ${what}`, () => {
    assertLinear((text) => redact(text, "pii"), unit);
  });
}
