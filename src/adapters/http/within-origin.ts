const MAX_REDIRECTS = 3;
/** Redirects that repeat the request; others would turn it into a GET without the texts. */
const SAME_AGAIN = new Set([307, 308]);

/**
 * Follows redirects within the same origin (for example a missing slash), because texts and keys are for no other
 * server. Other redirects are returned unchanged.
 */
export function withinOrigin(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    let address = new URL(input instanceof Request ? input.url : input);
    for (let redirects = 0; ; redirects += 1) {
      const response = await fetch(address.href, { ...init, redirect: "manual" });
      const location = response.headers.get("location");
      if (!SAME_AGAIN.has(response.status) || location === null) return response;
      const next = URL.parse(location, address.href);
      if (next?.origin !== address.origin || redirects === MAX_REDIRECTS) return response;
      await response.body?.cancel();
      address = next;
    }
  };
}
