/** An address that fetch takes and messages may show: it refuses one that has a user and password in it. */
export type HttpAddress = {
  /** Without credentials, query, fragment and trailing slash. */
  url: string;
  /** The value of an Authorization header, where the address had credentials. */
  authorization?: string;
  /** The parts of the address that no message may show. */
  secrets: string[];
};

/** Takes the credentials out of an address. Throws a TypeError where it is no URL. */
export function httpAddress(address: string): HttpAddress {
  const url = new URL(address);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const shown = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  if (user === "" && password === "") return { url: shown, secrets: [] };
  const token = Buffer.from(`${user}:${password}`).toString("base64");
  return {
    url: shown,
    authorization: `Basic ${token}`,
    secrets: [token, password].filter((secret) => secret !== ""),
  };
}
