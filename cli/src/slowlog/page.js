"use strict";
(() => {
  const table = document.getElementById("classes");
  const buttons = [...table.querySelectorAll("th button")];

  function sort(button, descending) {
    const heading = button.closest("th");
    const at = buttons.indexOf(button);
    const isText = heading.classList.contains("text");
    const key = (row) => (isText ? row.cells[at].dataset.value : Number(row.cells[at].dataset.value));
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, place) => ({ row, place, key: key(row) }));
    rows.sort((a, b) => {
      const order = isText ? a.key.localeCompare(b.key) : a.key - b.key;
      return (descending ? -order : order) || a.place - b.place;
    });
    body.append(...rows.map(({ row }) => row));
    buttons.forEach((other) => other.closest("th").removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const now = button.closest("th").getAttribute("aria-sort");
      const byName = button.dataset.column === "#" || button.dataset.column === "class";
      sort(button, now ? now === "ascending" : !byName);
    });
  }

  // A link may name the column: report.html#sort=count.
  const wanted = /^#sort=(.+)$/.exec(decodeURIComponent(location.hash));
  const named = wanted && buttons.find((button) => button.dataset.column === wanted[1]);
  if (named) sort(named, true);

  for (const icicle of document.querySelectorAll(".icicle")) {
    const slabs = JSON.parse(icicle.nextElementSibling.textContent);
    const rowHeight = 25;
    icicle.style.height = `${(1 + Math.max(...slabs.map((slab) => slab.depth))) * rowHeight}px`;
    for (const slab of slabs) {
      const box = document.createElement("div");
      box.className = slab.width < 0.02 ? "slab thin" : "slab";
      box.style.left = `${slab.left * 100}%`;
      box.style.width = `max(${slab.width * 100}%, 2px)`;
      box.style.top = `${slab.depth * rowHeight}px`;
      box.style.setProperty("--own", slab.own);
      const numbers = [slab.cost && `cost ${slab.cost}`, slab.rows && `${slab.rows} rows`, `own share ${(slab.own * 100).toFixed(1)} %`];
      box.title = `${slab.label}\n${numbers.filter(Boolean).join(", ")}`;
      box.textContent = slab.width < 0.02 ? "" : slab.label;
      icicle.append(box);
    }
  }

  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
})();
