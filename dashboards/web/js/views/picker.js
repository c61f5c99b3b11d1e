// The site picker: the browser's own list, which every keyboard and screen reader knows.

const root = document.getElementById("picker");
const select = root.querySelector("select");

/** Calls back with the id of the site that the user picked. */
export function onPick(callback) {
  select.addEventListener("change", () => callback(select.value));
}

/** Lists the sites with the current one chosen, which need not exist yet. Options are touched only where they differ. */
export function showPicker(ids, current) {
  const all = current === "" || ids.includes(current) ? ids : [current, ...ids];
  root.hidden = all.length === 0;
  if (all.join() !== [...select.options].map((option) => option.value).join()) {
    select.replaceChildren(...all.map((id) => new Option(id, id)));
  }
  select.value = current;
}
