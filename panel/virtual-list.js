import { h, replace } from './dom.js';

/** Rows above and below the visible part, so that fast scrolling shows no gap. */
const margin = 10;

/**
 * A list of any length that keeps only the rows in sight in the page. Rows have one height, in pixels; arrow keys, Home,
 * End and Enter work. `row` makes the cells of an item, `onChoose` is told which one the person wants to see.
 */
export class VirtualList {
  #items = [];
  #chosen = -1;
  #row;
  #rowHeight;
  #onChoose;
  #canvas = h('div', { class: 'canvas' });
  element;

  constructor({ label, onChoose, row, rowHeight }) {
    this.#row = row;
    this.#rowHeight = rowHeight;
    this.#onChoose = onChoose;
    this.element = h(
      'div',
      {
        class: 'virtual-list',
        role: 'listbox',
        tabIndex: 0,
        'aria-label': label,
        onscroll: () => this.#draw(),
        onkeydown: (event) => this.#move(event),
      },
      this.#canvas,
    );
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  set items(items) {
    const kept = this.#items[this.#chosen]?.credentialId;
    this.#items = items;
    this.#chosen = kept === undefined ? -1 : items.findIndex(({ credentialId }) => credentialId === kept);
    this.#canvas.style.height = `${items.length * this.#rowHeight}px`;
    this.#draw();
  }

  #draw() {
    const { clientHeight, scrollTop } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - margin);
    const count = Math.ceil(clientHeight / this.#rowHeight) + 2 * margin;
    replace(
      this.#canvas,
      this.#items.slice(first, first + count).map((item, offset) => this.#line(item, first + offset)),
    );
  }

  #line(item, index) {
    const line = h(
      'div',
      {
        class: index === this.#chosen ? 'row chosen' : 'row',
        role: 'option',
        'aria-selected': String(index === this.#chosen),
        'aria-posinset': index + 1,
        'aria-setsize': this.#items.length,
        onclick: () => this.#choose(index),
      },
      this.#row(item),
    );
    line.style.top = `${index * this.#rowHeight}px`;
    line.style.height = `${this.#rowHeight}px`;
    return line;
  }

  #choose(index) {
    this.#chosen = index;
    const top = index * this.#rowHeight;
    const { clientHeight, scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + clientHeight)
      this.element.scrollTop = top + this.#rowHeight - clientHeight;
    this.#draw();
    this.#onChoose(this.#items[index]);
  }

  #move(event) {
    const last = this.#items.length - 1;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight) - 1);
    const steps = {
      ArrowDown: this.#chosen + 1,
      ArrowUp: this.#chosen - 1,
      PageDown: this.#chosen + page,
      PageUp: this.#chosen - page,
      Home: 0,
      End: last,
    };
    if (!(event.key in steps) || last < 0) return;
    event.preventDefault();
    this.#choose(Math.min(last, Math.max(0, steps[event.key])));
  }
}
