// Without this the page has all it says; with it, a mark under the pointer or the focus tells its line below the
// picture, the parting is in sight from the start, and what is folded is open on paper.
for (const figure of document.querySelectorAll("figure")) {
  const readout = figure.querySelector(".readout");
  const scroll = figure.querySelector(".scroll");
  readout.textContent = "Point at a mark, or step through them with Tab: its lines of the log are told here.";
  readout.hidden = false;
  let shown = null;
  const show = (event) => {
    const link = event.target.closest("a");
    const title = link && link.querySelector("title");
    if (!title || link === shown) return;
    if (shown) shown.classList.remove("shown");
    shown = link;
    shown.classList.add("shown");
    readout.textContent = title.textContent;
  };
  figure.addEventListener("pointerover", show);
  figure.addEventListener("focusin", show);
  const parting = figure.querySelector("line.parting");
  if (parting) scroll.scrollLeft = Number(parting.getAttribute("x1")) - scroll.clientWidth / 2;
}
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
});
