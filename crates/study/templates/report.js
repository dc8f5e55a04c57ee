const dialog = document.getElementById("zoom");
const stage = document.getElementById("zoomed");
let home = null;
document.querySelectorAll("a.enlarge").forEach((link) => link.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  home = link;
  link.style.minHeight = link.offsetHeight + "px";
  stage.replaceChildren(...link.childNodes);
  dialog.showModal();
}));
dialog.addEventListener("close", () => {
  home.replaceChildren(...stage.childNodes);
  home.style.minHeight = "";
  home.focus({ preventScroll: true });
});
stage.addEventListener("click", () => dialog.close());
