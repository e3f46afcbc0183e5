// @ts-check
import { setClock, tellTimes } from "./times.js";

document.documentElement.classList.add("scripted");

const now = document.querySelector("[data-now]")?.getAttribute("data-now");
if (now) setClock(now);
// What was done is told once, not at each reload.
const address = new URL(location.href);
if (address.searchParams.has("did")) {
  address.searchParams.delete("did");
  history.replaceState(null, "", address);
}
// Fields that are left blank need not stand in the address.
document.querySelector(".errors-form")?.addEventListener("submit", ({ target }) => {
  if (!(target instanceof HTMLFormElement)) return;
  for (const field of target.querySelectorAll("input, select")) {
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
      field.disabled = field.value.trim() === "";
    }
  }
});
// The fields that were left out above are needed again on the way back to this page.
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll(".errors-form :disabled")) {
    field.removeAttribute("disabled");
  }
});
tellTimes();
setInterval(tellTimes, 1000);
