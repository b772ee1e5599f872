"use strict";
// What marks say when they are pointed at, tapped or reached by keyboard. The page reads whole without any of it.
(() => {
  const tip = document.getElementById("tip");
  const show = (text, left, top) => {
    tip.textContent = text;
    tip.hidden = false;
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = Math.max(8, Math.min(left - tip.offsetWidth / 2, room)) + "px";
    tip.style.top = (top - tip.offsetHeight - 14 > 0 ? top - tip.offsetHeight - 14 : top + 18) + "px";
  };
  const hide = () => { tip.hidden = true; };

  // The browser's own tooltip is for pages without script: its text moves to where only readers look.
  document.querySelectorAll(".mark").forEach((each) => {
    const title = each.querySelector("title");
    each.dataset.told = title.textContent;
    each.setAttribute("aria-label", title.textContent);
    title.remove();
  });
  // One stop for Tab a drawing; the arrow keys go from mark to mark.
  document.querySelectorAll(".plot > svg").forEach((drawing) => {
    const marks = Array.from(drawing.querySelectorAll(".mark"));
    marks.forEach((each, place) => each.setAttribute("tabindex", place ? "-1" : "0"));
    drawing.addEventListener("keydown", (event) => {
      const at = marks.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (at < 0 || !step || !marks[at + step]) return;
      event.preventDefault();
      marks[at].setAttribute("tabindex", "-1");
      marks[at + step].setAttribute("tabindex", "0");
      marks[at + step].focus();
    });
  });

  const told = (event) => event.target.closest && event.target.closest("[data-told]");
  // A finger taps and does not move.
  ["pointermove", "pointerdown"].forEach((kind) => document.addEventListener(kind, (event) => {
    const each = told(event);
    if (each) show(each.dataset.told, event.clientX, event.clientY);
    else if (!document.activeElement.dataset.told) hide();
  }));
  document.addEventListener("focusin", (event) => {
    const each = told(event);
    if (!each) return hide();
    const box = each.getBoundingClientRect();
    show(each.dataset.told, box.left + box.width / 2, Math.max(box.top, 0) + 4);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { passive: true });
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((each) => { each.open = true; });
  });
})();
