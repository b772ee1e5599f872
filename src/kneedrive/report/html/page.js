"use strict";
// Hover, keyboard and tabs. The page reads whole without any of it.
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
  const adopt = (each) => {
    const title = each.querySelector("title");
    each.dataset.told = title.textContent;
    if (each.classList.contains("mark")) each.setAttribute("aria-label", title.textContent);
    title.remove();
  };

  const drawings = (drawing) => {
    const marks = Array.from(drawing.querySelectorAll(".mark"));
    marks.forEach((each, place) => each.setAttribute("tabindex", place ? "-1" : "0"));
    drawing.addEventListener("keydown", (event) => {
      const at = marks.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const next = { Home: 0, End: marks.length - 1 }[event.key] ?? (step === undefined ? -1 : at + step);
      if (event.key === "Escape") hide();
      if (at < 0 || next < 0 || next >= marks.length) return;
      event.preventDefault();
      marks[at].setAttribute("tabindex", "-1");
      marks[next].setAttribute("tabindex", "0");
      marks[next].focus();
    });
  };

  // Dots of the map lie close together and are small: the nearest one is meant, further off for a finger.
  const nearest = (event) => {
    const map = event.pointerType && event.target.closest && event.target.closest(".plot.map");
    if (!map) return null;
    let found = null;
    let reach = event.pointerType === "touch" ? 22 : 10;
    map.querySelectorAll(".mark").forEach((each) => {
      const box = each.lastElementChild.getBoundingClientRect();
      const off = Math.hypot(box.left + box.width / 2 - event.clientX, box.top + box.height / 2 - event.clientY);
      if (off <= reach) [found, reach] = [each, off];
    });
    return found;
  };
  const told = (event) => nearest(event) || (event.target.closest && event.target.closest("[data-told]"));
  document.querySelectorAll(".mark, .reading").forEach(adopt);
  document.querySelectorAll(".plot svg[role=group]").forEach(drawings);
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

  const tabs = (group, number) => {
    const panels = Array.from(group.children);
    if (panels.length < 2) return;
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    const buttons = panels.map((panel, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "tab");
      button.id = `tab-${number}-${place}`;
      button.textContent = panel.querySelector("figcaption").textContent;
      panel.id = `panel-${number}-${place}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      button.setAttribute("aria-controls", panel.id);
      button.addEventListener("click", () => choose(place));
      list.append(button);
      return button;
    });
    const choose = (chosen) => {
      hide();
      buttons.forEach((button, place) => {
        button.setAttribute("aria-selected", String(place === chosen));
        button.setAttribute("tabindex", place === chosen ? "0" : "-1");
        panels[place].classList.toggle("behind", place !== chosen);
      });
    };
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
    });
    group.prepend(list);
    group.classList.add("tabbed");
    choose(0);
  };
  document.querySelectorAll(".tabs").forEach(tabs);

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((each) => { each.open = true; });
  });
})();
