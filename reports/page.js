// Copies code, sorts and filters tables. Everything on the page can be read without it.
"use strict";

const WORDS = document.body.dataset; // in the language of the page

for (const block of document.querySelectorAll(".code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = WORDS.copy;
  button.addEventListener("click", async () => {
    const code = block.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = WORDS.copied;
    } catch {
      // A page opened from disk may not reach the clipboard: select the text, so that the keyboard copies it.
      getSelection().selectAllChildren(code);
      button.textContent = WORDS.selected;
    }
    setTimeout(() => { button.textContent = WORDS.copy; }, 1500);
  });
  block.append(button);
}

const UNITS = { million: 1e6, billion: 1e9, trillion: 1e12, 만: 1e4, 억: 1e8, 조: 1e12 };

function sortKey(cell) {
  const text = cell ? cell.textContent.trim() : "";
  const found = /^[<×]?\s*(-?[\d,.]+(?:e-?\d+)?)\s*(million|billion|trillion|[만억조])?/.exec(text);
  if (!found) return text.toLowerCase();
  return Number(found[1].replaceAll(",", "")) * (UNITS[found[2]] || 1);
}

function inOrder(first, second) {
  if (typeof first === typeof second) return first < second ? -1 : Number(first > second);
  return typeof first === "number" ? -1 : 1;
}

for (const table of document.querySelectorAll("table:has(thead)")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [sortKey(row.cells[column]), row]);
      rows.sort((a, b) => (down ? -1 : 1) * inOrder(a[0], b[0]));
      body.append(...rows.map(([, row]) => row));
    });
  });
  if (body.rows.length <= 12) continue;
  const input = document.createElement("input");
  input.type = "search";
  input.className = "filter";
  input.placeholder = WORDS.filter;
  input.setAttribute("aria-label", WORDS.filter);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  table.closest(".scroll").before(input);
}
