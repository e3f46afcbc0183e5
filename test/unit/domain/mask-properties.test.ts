import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { redact } from "../../../src/domain/redact.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";
import { readMaskCorpus } from "../../support/mask-corpus.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const { runs = 400, seed = 17 } = propertyRuns() ?? {};
const PARAMETERS = { numRuns: runs, seed };

/** Parts of lines that mean something to the masks, in any order. */
const FRAGMENTS =
  `password token secret api_key passwd 비밀번호 パスワード --password mysql curl -u -p Authorization: Bearer Basic Cookie:
a=b value name is to null hunter2 abcDEF123456 *** user db 5432 postgres:// @ MIIE eyJabcdefgh.abcdefgh 4111111111111111
a@b.co +821012345678 &quot; %22 \\" \\n = : " ' { } [ ] ( ) < > / , ; & | 「 ｐ $ % #`.split(/\s+/);
const fragments = fc
  .array(
    fc.constantFrom(...FRAGMENTS, " ", "\n", "\t", "\u001b[31m", "-----BEGIN PRIVATE KEY-----"),
    {
      maxLength: 24,
    },
  )
  .map((parts) => parts.join(""));
const corpus = fc.constantFrom(
  ...(["secrets", "harmless", "personal", "impersonal"] as const).flatMap((kind) =>
    readMaskCorpus(kind).map(({ text }) => text),
  ),
);
/** A line of the corpus with something else in its midst. */
const changed = fc
  .tuple(corpus, fc.nat(), fragments)
  .map(
    ([text, at, part]) =>
      text.slice(0, at % (text.length + 1)) + part + text.slice(at % (text.length + 1)),
  );
const anything = fc.oneof(fragments, changed, fc.string({ unit: "binary", maxLength: 200 }));

test("masks whatever the text is, and in proportion to it", () => {
  fc.assert(
    fc.property(anything, (text) => {
      const masked = redact(text, "pii");
      assert.ok(masked.length <= text.length + 3 * text.length);
      assert.equal(redact(text, "off"), text);
    }),
    PARAMETERS,
  );
});

/** What a person or a program would take for a password: letters and digits, a sign perhaps. */
const planted = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9!#%+*~^]{6,18}[A-Za-z0-9]$/)
  .filter((secret) => /\d/.test(secret) && /[A-Za-z]{2}/.test(secret) && !secret.includes("***"));

const NAMES = [
  "password",
  "DB_PASSWORD",
  "userPassword",
  "client_secret",
  "clientSecret",
  "db-passwd",
  "smtpPass",
  "encryption_key",
  "비밀번호",
  "パスワード",
  "密码",
  "Passwort",
  "contraseña",
  "ｐａｓｓｗｏｒｄ",
  "pаsswоrd",
];
const SHAPES: ((name: string, secret: string) => string)[] = [
  (name, secret) => `${name}=${secret}`,
  (name, secret) => `${name} = ${secret}`,
  (name, secret) => `${name}: ${secret}`,
  (name, secret) => `${name} := "${secret}"`,
  (name, secret) => `"${name}" => '${secret}'`,
  (name, secret) => `{"a":1,"${name}":"${secret}","b":2}`,
  (name, secret) => JSON.stringify({ log: JSON.stringify({ [name]: secret }) }),
  (name, secret) =>
    JSON.stringify({ log: JSON.stringify({ m: JSON.stringify({ [name]: secret }) }) }),
  (name, secret) => `<${name}>${secret}</${name}>`,
  (name, secret) => `{'${name}': u'${secret}'}`,
  (name, secret) => `--${name} ${secret}`,
  (name, secret) => `--${name}=${secret}`,
  (name, secret) => `?x=1&${name}=${encodeURIComponent(secret)}&y=2`,
  (name, secret) => `\u001b[36m${name}\u001b[0m=\u001b[33m${secret}\u001b[0m`,
  (name, secret) => `${name}: |\n  ${secret}\n`,
  (name, secret) => `User{a=1, ${name}=${secret}}`,
  (name, secret) => `Server=db;${name}=${secret};Timeout=5`,
  (_, secret) => `postgres://app:${secret}@db:5432/x`,
  (_, secret) => `Authorization: Bearer ${secret}`,
];

test("a planted secret never comes through, whatever stands before and behind it", () => {
  const noise = fc.string({ maxLength: 30 }).filter((text) => !/["'`\\<{[(]/.test(text));
  fc.assert(
    fc.property(
      noise,
      noise,
      planted,
      fc.constantFrom(...NAMES),
      fc.constantFrom(...SHAPES),
      (before, behind, secret, name, shape) => {
        const text = `${before} ${shape(name, secret)} ${behind}`;
        assert.ok(!redact(text, "secrets").includes(secret), text);
      },
    ),
    PARAMETERS,
  );
});

const HOSTILE = [
  "4 ",
  "1-",
  "token='",
  "token=a,",
  "password=a;b",
  "secret ",
  "pass ",
  "API key",
  "password is ",
  "password for a: ",
  "<password ",
  "password:\n",
  'name="password" ',
  '"value":"',
  "password: |\n ",
  "{{",
  "((",
  ")))",
  "password=)))",
  "\\",
  '\\"',
  "\\u0022",
  "&quot;",
  "%22",
  "\u001b[",
  "ｐ",
  "a\u0301",
  "비밀번호",
  "비밀번호:",
  "mysql -p",
  "curl -u ",
  "IDENTIFIED BY ",
  "set password for ",
  "into a (password) values (",
  "'a',",
  "Authorization: Digest ",
  "Bearer a1a1a1a1a",
  "Basic YTph",
  "$2a$10$",
  "{SSHA}",
  "1:AA",
  "sk-",
  "eyJaaaaaaaaa.",
  "SG.aaaaaaaaaaaaaaaaaaaaa",
  "NRAKa",
  "://a:a@",
  "a:a@1.1.1.1",
  "thin a/",
  "DE89",
  "+1 ",
  "phone: 1",
  " at a dot ",
  "PuTTY-User-Key-File Private-Lines: 1\n",
  "-----END PRIVATE KEY-----",
  "://a:a@b password=c1 ",
  "app:x1@tcp(",
  "%5Bpassword%5D=x1",
  "password: |\n  a\n b\n",
  's:8:"password";s:1:"',
  'curl -u a:"',
  "인증번호 [",
  '"Cookie: a=b ',
];

for (const unit of HOSTILE) {
  test(`takes time in proportion to a text of nothing but ${JSON.stringify(unit)}`, () => {
    assertLinear((text) => redact(text, "pii"), unit, 4000);
  });
}
