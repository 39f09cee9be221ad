/* What rests on a stretch of a text lights up with it, whichever of the two is looked at. */
"use strict";

function lightUp(ids, on) {
  for (const place of document.querySelectorAll("[data-of]")) {
    const lit = on && place.dataset.of.split(" ").some((id) => ids.includes(id));
    place.classList.toggle("lit", lit);
  }
}
for (const [begin, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
  document.addEventListener(begin, (event) => {
    const place = event.target.closest?.("[data-of]");
    if (place) lightUp(place.dataset.of.split(" "), true);
  });
  document.addEventListener(end, (event) => {
    if (event.target.closest?.("[data-of]")) lightUp([], false);
  });
}
