import assert from "node:assert/strict";
import { test } from "node:test";
import { httpAddress } from "../../../../src/adapters/http/http-address.ts";

test("takes user and password out of the address", () => {
  assert.deepEqual(httpAddress("https://me:p%40ss@host:8080/base/?x=1#y"), {
    url: "https://host:8080/base",
    authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    secrets: [Buffer.from("me:p@ss").toString("base64"), "p@ss"],
  });
});

test("leaves an address without credentials as it is, but for slashes at its end", () => {
  assert.deepEqual(httpAddress("http://localhost:11434/v1//"), {
    url: "http://localhost:11434/v1",
    secrets: [],
  });
});
