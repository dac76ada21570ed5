"use strict";
// The page is whole without this: it adds filters by name, and opens what a link leads to.
for (const list of document.querySelectorAll(".filterable")) {
  const search = list.querySelector(":scope > .filters > input[type=search]");
  const nothing = list.querySelector(":scope > .nothing");
  if (!search) continue;
  const items = Array.from(list.querySelectorAll(":scope > * > .item"), (item) => {
    const sought = item.querySelector(".sought") ?? item.querySelector(".name");
    return { item, name: sought.textContent.toLowerCase() };
  });
  search.hidden = items.length < 2;
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    for (const { item, name } of items) {
      item.hidden = !name.includes(wanted);
      found += item.hidden ? 0 : 1;
    }
    nothing.hidden = found > 0;
  });
}
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let place = target; place; place = place.parentElement) {
    if (place.tagName === "DETAILS") place.open = true;
  }
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();
