/**
 * The page format of LMDB's data file as the lmdb package writes it on 64-bit machines, little-endian (its mdb.c,
 * structures MDB_page, MDB_meta, MDB_db and MDB_node).
 */
export interface Meta {
  readonly pageSize: number;
  readonly transaction: bigint;
  /** Root pages of the free list and of the data; undefined for an empty tree. */
  readonly roots: readonly (number | undefined)[];
}

export interface PageSource {
  readonly pageSize: number;
  /** How many whole pages the file has. */
  readonly pages: number;
  page(number: number): Buffer;
}

const magicNumber = 0xbeefc0de;
const dataVersion = 2;
const pageHeaderLength = 24;
const nodeHeaderLength = 8;
const noPage = 0xffff_ffff_ffff_ffffn;

const at = {
  pageNumber: 0,
  pageFlags: 18,
  lower: 20,
  upper: 22,
  overflowPages: 20,
  magic: 24,
  version: 28,
  freeTree: 48,
  mainTree: 96,
  transaction: 152,
} as const;
const rootInTree = 40;

const pageFlag = { branch: 1, leaf: 2, overflow: 4 } as const;
/** Of the value: it is on overflow pages. */
const bigData = 1;

/** Undefined for bytes that are no meta page of this format. */
export function readMeta(page: Buffer): Meta | undefined {
  if (page.readUInt32LE(at.magic) !== magicNumber) return undefined;
  if ((page.readUInt32LE(at.version) & 0xffff) !== dataVersion) return undefined;
  const pageSize = page.readUInt32LE(at.freeTree);
  const isPageSize = pageSize >= 512 && pageSize <= 65536 && (pageSize & (pageSize - 1)) === 0;
  if (!isPageSize) return undefined;
  const roots = [at.freeTree, at.mainTree].map((tree) => rootPage(page.readBigUInt64LE(tree + rootInTree)));
  return { pageSize, transaction: page.readBigUInt64LE(at.transaction), roots };
}

/** Whether all pages of a tree, down to `depth` levels, lie in the file and hold what LMDB will follow blindly. */
export function isSoundTree(source: PageSource, root: number | undefined, depth: number): boolean {
  // Pages of a tree have one parent each: more visits than pages are a loop.
  const budget = { left: source.pages };
  return root === undefined || isSoundPage(source, root, depth, budget);
}

function rootPage(number: bigint): number | undefined {
  return number === noPage ? undefined : Number(number);
}

function isSoundPage(source: PageSource, number: number, depth: number, budget: { left: number }): boolean {
  if (depth === 0) return true;
  budget.left -= 1;
  if (budget.left < 0 || number >= source.pages) return false;
  const page = source.page(number);
  const flags = page.readUInt16LE(at.pageFlags);
  if (Number(page.readBigUInt64LE(at.pageNumber)) !== number) return false;
  if (flags !== pageFlag.branch && flags !== pageFlag.leaf) return false;
  const nodes = readNodes(page);
  if (nodes === undefined) return false;
  return flags === pageFlag.leaf
    ? nodes.every((node) => isSoundLeafNode(source, page, node))
    : nodes.length > 0 && nodes.every((node) => isSoundPage(source, childOf(page, node), depth - 1, budget));
}

/** Offsets of the nodes; undefined if one of them, with its key, reaches out of the page. */
function readNodes(page: Buffer): number[] | undefined {
  const lower = page.readUInt16LE(at.lower);
  const upper = page.readUInt16LE(at.upper);
  const content = page.length - pageHeaderLength;
  if (lower > upper || upper > content || lower % 2 !== 0) return undefined;
  const nodes: number[] = [];
  for (let position = 0; position < lower; position += 2) {
    const offset = page.readUInt16LE(pageHeaderLength + position);
    if (offset < upper || offset + nodeHeaderLength > content) return undefined;
    const node = pageHeaderLength + offset;
    if (keyEnd(page, node) > page.length) return undefined;
    nodes.push(node);
  }
  return nodes;
}

function isSoundLeafNode(source: PageSource, page: Buffer, node: number): boolean {
  const length = page.readUInt32LE(node);
  const data = keyEnd(page, node);
  const flags = page.readUInt16LE(node + 4);
  if (flags === 0) return data + length <= page.length;
  // Databases in the database and several values for one key are nothing that Fauxkey writes, and safe to open.
  if (flags !== bigData) return data + Math.min(length, 1) <= page.length;
  if (data + 8 > page.length) return false;
  const first = Number(page.readBigUInt64LE(data));
  if (first >= source.pages) return false;
  const head = source.page(first);
  const pages = head.readUInt32LE(at.overflowPages);
  const isOverflow = (head.readUInt16LE(at.pageFlags) & pageFlag.overflow) !== 0;
  return isOverflow && first + pages <= source.pages && pageHeaderLength + length <= pages * source.pageSize;
}

function childOf(page: Buffer, node: number): number {
  return page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32;
}

function keyEnd(page: Buffer, node: number): number {
  return node + nodeHeaderLength + page.readUInt16LE(node + 6);
}
