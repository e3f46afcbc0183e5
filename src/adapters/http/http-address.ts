/** An address without user and password, which fetch refuses and messages must not show. */
export type HttpAddress = {
  /** Without credentials, query, fragment and trailing slash. */
  url: string;
  /** The Authorization header, where the address had credentials. */
  authorization?: string;
  /** Parts of the address that no message may show. */
  secrets: string[];
};

/** Separates the credentials from an address. Throws a TypeError where it is no URL. */
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
