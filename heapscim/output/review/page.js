"use strict";
// Shows the tables. Texts come from the page's own JSON and enter the page as text alone, never as markup.
const FIRST = 40, MORE = 80;
const review = JSON.parse(document.getElementById("review").textContent);
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function folded(text) {
  const plain = /^[\x20-\x7e]*$/.test(text) ? text : text.normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.toLowerCase();
}

// Cells share their texts, so each text is looked at once for a word, and not once for each row.
let searchable = null;
function textsWith(word) {
  searchable ??= review.texts.map(folded);
  return Uint8Array.from(searchable, (text) => (text.includes(word) ? 1 : 0));
}

function cellOf(name, label, numbers) {
  const cell = element(name, { "data-label": label, role: name === "th" ? "rowheader" : "cell" });
  for (let at = 0; at < numbers.length; at += 3) {
    const [text, note, run] = numbers.slice(at, at + 3).map((number) => review.texts[number]);
    const line = element("div", { class: "line" }, element("bdi", {}, text));
    if (note) line.append(" ", element("bdi", { class: "note" }, note));
    if (run) line.append(" ", element("bdi", { class: "note run" }, `run ${run}`));
    cell.append(line);
  }
  if (name === "th") cell.setAttribute("scope", "row");
  return cell;
}

class List {
  constructor(table) {
    this.table = table;
    this.section = document.getElementById(table.id);
    this.sorted = table.rows;
    this.found = table.rows;
    this.shown = 0;
    this.chosen = new Map();
    this.words = [];
    this.build();
    this.show();
  }

  build() {
    const { id, noun, columns, filters } = this.table;
    this.search = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    this.search.addEventListener("input", () => {
      this.words = folded(this.search.value).split(/\s+/).filter(Boolean);
      this.filter();
    });
    this.count = element("p", { class: "count", role: "status" });
    const tools = element("div", { class: "tools" }, element("label", {}, `Search ${noun}`, this.search));
    for (const column of filters) tools.append(this.choice(column));
    tools.append(this.switch(), this.count);
    this.heads = columns.map((name, column) => {
      const button = element("button", { type: "button" }, name);
      button.addEventListener("click", () => this.sort(column));
      return element("th", { scope: "col", role: "columnheader" }, button);
    });
    this.body = element("tbody", { role: "rowgroup" });
    this.whole = element(
      "table",
      { class: `wide ${id}`, role: "table", "aria-labelledby": `${id}-title` },
      element("colgroup", {}, ...columns.map(() => element("col"))),
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...this.heads)),
      this.body,
    );
    // The button is for those who don't scroll; whoever does finds the rows in place before they reach it.
    this.rest = element("button", { type: "button", class: "more" });
    this.rest.addEventListener("click", () => this.more(MORE));
    this.section.append(tools, this.whole, this.rest);
    this.watcher = new IntersectionObserver(
      (seen) => seen.some((entry) => entry.isIntersecting) && this.more(MORE),
      { rootMargin: "1200px" },
    );
  }

  choice(column) {
    const texts = new Set(this.table.rows.map((row) => review.texts[row[column][0]]));
    const select = element("select", {}, element("option", { value: "" }, "all"));
    for (const text of [...texts].filter(Boolean).sort(collator.compare)) select.append(element("option", {}, text));
    select.addEventListener("change", () => {
      this.chosen.set(column, select.selectedIndex ? select.value : null);
      this.filter();
    });
    return element("label", {}, this.table.columns[column], select);
  }

  switch() {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => this.section.classList.toggle("runs", box.checked));
    return element("label", { class: "switch" }, box, "Show runs");
  }

  sort(column) {
    const head = this.heads[column];
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of this.heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = (row) => (row[column].length ? review.texts[row[column][0]] : "");
    const ranks = new Map([...new Set(this.table.rows.map(key))].sort(collator.compare).map((text, rank) => [text, rank]));
    const sign = descending ? -1 : 1;
    this.sorted = [...this.table.rows].sort((one, other) => sign * (ranks.get(key(one)) - ranks.get(key(other))));
    this.filter();
  }

  filter() {
    const chosen = [...this.chosen].filter(([, text]) => text !== null);
    const matches = this.words.map(textsWith);
    this.found = this.sorted.filter(
      (row) =>
        chosen.every(([column, text]) => review.texts[row[column][0]] === text) &&
        matches.every((match) => row.some((cell) => cell.some((number) => match[number]))),
    );
    this.show();
  }

  show() {
    this.shown = 0;
    this.body.replaceChildren();
    const [found, every] = [this.found, this.table.rows].map((rows) => rows.length.toLocaleString("en"));
    this.count.textContent = found === every ? `${every} ${this.table.noun}` : `${found} of ${every} ${this.table.noun}`;
    this.whole.setAttribute("aria-rowcount", String(this.found.length + 1));
    this.more(FIRST);
  }

  more(number) {
    const rows = this.found.slice(this.shown, this.shown + number).map((row, place) => {
      const cells = row.map((numbers, column) => cellOf(column ? "td" : "th", this.table.columns[column], numbers));
      return element("tr", { role: "row", "aria-rowindex": String(this.shown + place + 2) }, ...cells);
    });
    this.shown += rows.length;
    this.body.append(...rows);
    const left = this.found.length - this.shown;
    this.rest.textContent = `Show more (${left.toLocaleString("en")} left)`;
    this.rest.hidden = left === 0;
    this.watcher.unobserve(this.rest); // an observer tells each state once, and the next rows may not push it out of sight
    if (left) this.watcher.observe(this.rest);
  }
}

// The page is painted before the first table is built; each table is built in a task of its own.
const lists = [];
const build = (place) => {
  if (place === review.tables.length) {
    document.documentElement.dataset.ready = "yes";
    return;
  }
  lists.push(new List(review.tables[place]));
  setTimeout(build, 0, place + 1);
};
requestAnimationFrame(() => setTimeout(build, 0, 0));
// Paper can't be scrolled: it gets every row that the search leaves.
addEventListener("beforeprint", () => lists.forEach((list) => list.more(Infinity)));
