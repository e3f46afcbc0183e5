import type { TestContext } from "node:test";
import type { Overview } from "../../../../src/status/overview/overview.ts";
import { setUpHttp, type HttpOptions } from "../http-setup.ts";
import { overview, SET_ASIDE } from "./page-states.ts";

type Options = HttpOptions & { show?: Overview };

/** The page on a port of its own, over what `show` says; the features behind it are the real ones, in memory. */
export async function servePage(
  t: Pick<TestContext, "after">,
  { show = overview(), parts = {}, ...rest }: Options = {},
) {
  let shown = show;
  const set = await setUpHttp(t, {
    ...rest,
    parts: {
      overview: () => Promise.resolve({ ...shown }),
      ...parts,
    },
  });
  const { quarantine } = set.httpParts;
  quarantine.list = () => Promise.resolve(SET_ASIDE);
  const url = await set.app.listen({ port: 0, host: "127.0.0.1" });
  return {
    ...set,
    url,
    /** Shown within the next two seconds of the test's clock, which pass at once. */
    async show(next: Overview) {
      shown = next;
      await set.clock.advance(2000);
    },
  };
}
