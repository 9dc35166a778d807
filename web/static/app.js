// Small comforts; every page works without them.
"use strict";

// The text editor's gutter: line numbers, with the findings at their lines.
for (const area of document.querySelectorAll(".editor-box textarea")) {
  const gutter = area.previousElementSibling;
  const marks = new Map(gutter.dataset.marks.split(",").filter(Boolean).map((each) => each.split(" ")));
  let drawn = 0;
  const draw = () => {
    const count = area.value.split("\n").length;
    if (count !== drawn) {
      gutter.replaceChildren(...Array.from({ length: count }, (_, at) => line(String(at + 1))));
      drawn = count;
    }
    gutter.scrollTop = area.scrollTop;
  };
  const line = (number) => {
    const shown = document.createElement(marks.has(number) ? "b" : "span");
    if (marks.has(number)) shown.className = marks.get(number);
    shown.textContent = (marks.has(number) ? "● " : "") + number + "\n";
    return shown;
  };
  area.addEventListener("input", () => { marks.clear(); drawn = 0; draw(); });
  area.addEventListener("scroll", draw);
  new ResizeObserver(() => { gutter.style.height = area.offsetHeight + "px"; }).observe(area);
  // Tab indents, unless Escape was pressed before: the keyboard must find its way out.
  let leaving = false;
  area.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !leaving && !event.shiftKey && area.selectionStart === area.selectionEnd) {
      event.preventDefault();
      area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    leaving = event.key === "Escape";
  });
  draw();
}

// A finding leads to its line in the text itself.
for (const link of document.querySelectorAll("[data-goto]")) {
  link.addEventListener("click", (event) => {
    const [part, number] = link.dataset.goto.split(":");
    const area = document.getElementById(part);
    if (!area || number === "0") return;
    event.preventDefault();
    const lines = area.value.split("\n");
    const start = lines.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[number - 1] || "").length);
    area.scrollTop = Math.max(0, (number - 4) * 20);
    area.scrollIntoView({ block: "center" });
  });
}

// A link into a closed part opens it.
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.closest("details")?.setAttribute("open", "");
};
addEventListener("hashchange", openTarget);
openTarget();

// On a phone the menu scrolls: the page that is open stands in view.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Menus close on Escape, on a click elsewhere, and when another opens.
const menus = [...document.querySelectorAll("details.menu")];
document.addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) if (menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
});

// One click sends a form once; a text that was typed is not lost by a slip.
let dirty = false;
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    dirty = false;
  });
  for (const area of form.querySelectorAll(".editor-box textarea")) area.addEventListener("input", () => { dirty = true; });
}
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
