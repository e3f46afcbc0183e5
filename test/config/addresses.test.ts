import assert from "node:assert/strict";
import { test } from "node:test";
import { httpUrl, httpUrls, userInfo } from "../../src/config/addresses.ts";

const admin = { username: "admin", password: "Admin123!@#" };

const GOOD: [text: string, addresses: unknown][] = [
  ["http://a", { urls: ["http://a"], auth: undefined }],
  ["HTTPS://A:9200/", { urls: ["https://a:9200"], auth: undefined }],
  ["https://proxy/os/", { urls: ["https://proxy/os"], auth: undefined }],
  ["http://a:1, http://b:2 ,http://a:1/", { urls: ["http://a:1", "http://b:2"], auth: undefined }],
  ["http://[::1]:9200", { urls: ["http://[::1]:9200"], auth: undefined }],
  ["https://admin:Admin123!%40%23@a", { urls: ["https://a"], auth: admin }],
  [
    "https://admin:Admin123!%40%23@a,https://admin:Admin123%21%40%23@b",
    { urls: ["https://a", "https://b"], auth: admin },
  ],
];

for (const [text, addresses] of GOOD) {
  test(`${text} is read into addresses and the user apart`, () => {
    assert.deepEqual(httpUrls.schema.safeParse(text).data, addresses);
  });
}

const BAD_ONES = [
  "",
  "a:9200",
  "ftp://a",
  "http://",
  "http://a:99999",
  "http:a",
  "http://a b",
  "http://a?x=1",
  "http://a#x",
  "http://user@a",
  "http://:pw@a",
  "http://u:%zz@a",
  "http://u:12/3@a",
  "http://a\n",
  "http://a\u0000",
];

for (const text of BAD_ONES) {
  test(`${JSON.stringify(text)} is refused alone and among several`, () => {
    assert.equal(httpUrl.schema.safeParse(text).success, false);
    assert.equal(httpUrls.schema.safeParse(`http://ok,${text}`).success, false);
  });
}

for (const text of [
  "http://u:p@a,http://u:q@b",
  "http://u:p@a,http://b",
  "http://a,http://u:p@b",
]) {
  test(`${text} is refused: whose password would go where?`, () => {
    assert.equal(httpUrls.schema.safeParse(text).success, false);
  });
}

test("one address keeps its path and loses the slash at its end", () => {
  assert.equal(httpUrl.schema.parse("http://localhost:11434/v1//"), "http://localhost:11434/v1");
});

test("the user of an address is unescaped", () => {
  assert.deepEqual(userInfo("https://admin:Admin123!%40%23@a/v1"), admin);
  assert.equal(userInfo("https://a"), undefined);
  assert.equal(userInfo("nonsense"), undefined);
});
