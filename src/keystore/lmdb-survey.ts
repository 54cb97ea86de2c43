import type { LeafPage, Meta, Tree } from './lmdb-pages.ts';
import { firstPage, pageHeaderLength, readOverflowHead, readPage } from './lmdb-pages.ts';

const mostUnwritten = 2 ** 20;

/** Pages of a data file, whole ones only. */
export interface PageSource {
  readonly pageSize: number;
  readonly pages: number;
  page(number: number): Buffer;
}

/**
 * Whether LMDB can follow everything that a snapshot points to: the pages of both trees, down to `levels` levels, lie
 * in the file, are of the right kind and age, belong to one place only, and none of them is on the free list.
 */
export function isSoundSnapshot(source: PageSource, meta: Meta, levels: number): boolean {
  // The file may be shorter than the last page says, as free pages at its end need not be written.
  if (meta.lastPage > source.pages + mostUnwritten) return false;
  const survey = new Survey(source, meta, levels);
  return (
    survey.isSoundTree(meta.mainTree, () => true) &&
    survey.isSoundTree(meta.freeTree, (leaf) => survey.free(leaf))
  );
}

class Survey {
  readonly #source: PageSource;
  readonly #meta: Meta;
  readonly #levels: number;
  /** Pages that have been found in use or free. */
  readonly #taken = new Set<number>();

  constructor(source: PageSource, meta: Meta, levels: number) {
    this.#source = source;
    this.#meta = meta;
    this.#levels = levels;
  }

  isSoundTree(tree: Tree, checkLeaf: (leaf: LeafPage) => boolean): boolean {
    let entries = 0;
    const checkAndCount = (leaf: LeafPage): boolean => {
      entries += leaf.values.length;
      return leaf.values.length > 0 && checkLeaf(leaf);
    };
    if (tree.root === undefined) return tree.entries === 0;
    const isSound = this.#isSoundPage(tree.root, 1, tree.depth, checkAndCount);
    return isSound && (tree.depth > this.#levels || entries === tree.entries);
  }

  /** Takes the pages that a leaf of the free list names: in each value a count, then page numbers, 8 bytes each. */
  free(leaf: LeafPage): boolean {
    return leaf.values.every((value) => {
      const list = value.kind === 'here' ? value.bytes : this.#overflow(value.page, value.length);
      if (list === undefined || list.length < 8) return false;
      const count = Number(list.readBigUInt64LE(0));
      if (8 + count * 8 > list.length) return false;
      for (let index = 1; index <= count; index += 1) {
        if (!this.#isFreeEntry(list.readBigInt64LE(index * 8), list, index, count)) return false;
      }
      return true;
    });
  }

  /** An entry may also be zero, or the negative length of the block of pages whose first number comes next. */
  #isFreeEntry(entry: bigint, list: Buffer, index: number, count: number): boolean {
    if (entry === 0n) return true;
    if (entry > 0n) {
      const before = index > 1 ? list.readBigInt64LE((index - 1) * 8) : 0n;
      return this.#take(Number(entry), before < 0n ? Number(-before) : 1);
    }
    return index < count && list.readBigInt64LE((index + 1) * 8) > 0n;
  }

  #isSoundPage(
    number: number,
    level: number,
    depth: number,
    checkLeaf: (leaf: LeafPage) => boolean,
  ): boolean {
    if (level > this.#levels) return true;
    if (number >= this.#source.pages || !this.#take(number)) return false;
    const page = readPage(this.#source.page(number), number);
    if (page === undefined || page.transaction > this.#meta.transaction) return false;
    if ((page.kind === 'leaf') !== (level === depth)) return false;
    if (page.kind === 'branch') {
      return (
        page.children.length > 0 &&
        page.children.every((child) => this.#isSoundPage(child, level + 1, depth, checkLeaf))
      );
    }
    return this.#hasSoundOverflows(page) && checkLeaf(page);
  }

  #hasSoundOverflows(leaf: LeafPage): boolean {
    return leaf.values.every(
      (value) => value.kind === 'here' || this.#takeOverflow(value.page, value.length),
    );
  }

  #takeOverflow(number: number, length: number): boolean {
    if (number >= this.#source.pages) return false;
    const head = readOverflowHead(this.#source.page(number), number);
    if (head === undefined || head.transaction > this.#meta.transaction) return false;
    const needed = Math.ceil((pageHeaderLength + length) / this.#source.pageSize);
    return head.pages >= needed && number + needed <= this.#source.pages && this.#take(number, head.pages);
  }

  #overflow(number: number, length: number): Buffer | undefined {
    const pages = Math.ceil((pageHeaderLength + length) / this.#source.pageSize);
    const parts = Array.from({ length: pages }, (_, index) => this.#source.page(number + index));
    return Buffer.concat(parts).subarray(pageHeaderLength, pageHeaderLength + length);
  }

  #take(first: number, count = 1): boolean {
    if (first < firstPage || first + count - 1 > this.#meta.lastPage) return false;
    for (let page = first; page < first + count; page += 1) {
      if (this.#taken.has(page)) return false;
      this.#taken.add(page);
    }
    return true;
  }
}
