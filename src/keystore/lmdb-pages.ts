/**
 * The page format of LMDB's data file as the lmdb package writes it on 64-bit machines, little-endian (its mdb.c,
 * structures MDB_page, MDB_meta, MDB_db and MDB_node).
 */
export interface Meta {
  readonly pageSize: number;
  readonly transaction: bigint;
  readonly lastPage: number;
  readonly freeTree: Tree;
  readonly mainTree: Tree;
}

export interface Tree {
  /** Undefined for an empty tree. */
  readonly root: number | undefined;
  /** Levels of pages. */
  readonly depth: number;
  readonly entries: number;
}

export type Page = BranchPage | LeafPage;

interface BranchPage {
  readonly kind: 'branch';
  readonly transaction: bigint;
  readonly children: readonly number[];
}

export interface LeafPage {
  readonly kind: 'leaf';
  readonly transaction: bigint;
  readonly values: readonly LeafValue[];
}

/** A value on the page itself, or the run of overflow pages that holds it. */
export type LeafValue =
  | { readonly kind: 'here'; readonly bytes: Buffer }
  | { readonly kind: 'overflow'; readonly page: number; readonly length: number };

export interface OverflowHead {
  readonly transaction: bigint;
  readonly pages: number;
}

export const pageHeaderLength = 24;
/** The first two pages are meta pages. */
export const firstPage = 2;

const magicNumber = 0xbeefc0de;
const dataVersion = 2;
const nodeHeaderLength = 8;
const noPage = 0xffff_ffff_ffff_ffffn;
const longestKey = 1978;
const deepestTree = 32;
/** Flags of a tree: keys are integers. The only one that is set, and for the free list only. */
const integerKeys = 8;

const at = {
  pageNumber: 0,
  pageTransaction: 8,
  pageFlags: 18,
  lower: 20,
  upper: 22,
  overflowPages: 20,
  magic: 24,
  version: 28,
  address: 32,
  mapSize: 40,
  freeTree: 48,
  mainTree: 96,
  lastPage: 144,
  transaction: 152,
} as const;
const inTree = { flags: 4, depth: 6, entries: 32, root: 40 } as const;
const inNode = { flags: 4, keyLength: 6 } as const;

const pageFlag = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;
/** Flag of a node: its value is on overflow pages. */
const bigData = 1;

/** Undefined for bytes that are no meta page as Fauxkey's databases have it. */
export function readMeta(page: Buffer): Meta | undefined {
  const isOfThisKind =
    page.readUInt16LE(at.pageFlags) === pageFlag.meta &&
    page.readUInt32LE(at.magic) === magicNumber &&
    (page.readUInt32LE(at.version) & 0xffff) === dataVersion &&
    page.readBigUInt64LE(at.address) === 0n &&
    page.readUInt16LE(at.freeTree + inTree.flags) === integerKeys &&
    page.readUInt16LE(at.mainTree + inTree.flags) === 0;
  const pageSize = page.readUInt32LE(at.freeTree);
  const isPageSize = pageSize >= 512 && pageSize <= 65536 && (pageSize & (pageSize - 1)) === 0;
  if (!isOfThisKind || !isPageSize) return undefined;
  const lastPage = Number(page.readBigUInt64LE(at.lastPage));
  const mapSize = Number(page.readBigUInt64LE(at.mapSize));
  const [freeTree, mainTree] = [readTree(page, at.freeTree), readTree(page, at.mainTree)];
  const isInMap = lastPage >= 1 && (lastPage + 1) * pageSize <= mapSize && mapSize <= 2 ** 46;
  if (!isInMap || freeTree === undefined || mainTree === undefined) return undefined;
  return { pageSize, transaction: page.readBigUInt64LE(at.transaction), lastPage, freeTree, mainTree };
}

/** Undefined for bytes that are no page of a tree with this number. */
export function readPage(page: Buffer, number: number): Page | undefined {
  if (Number(page.readBigUInt64LE(at.pageNumber)) !== number) return undefined;
  const flags = page.readUInt16LE(at.pageFlags);
  const transaction = page.readBigUInt64LE(at.pageTransaction);
  if (flags !== pageFlag.branch && flags !== pageFlag.leaf) return undefined;
  const isLeaf = flags === pageFlag.leaf;
  const nodes = readNodes(page, isLeaf);
  if (nodes === undefined) return undefined;
  if (isLeaf) return { kind: 'leaf', transaction, values: nodes.map((node) => readValue(page, node)) };
  return { kind: 'branch', transaction, children: nodes.map((node) => childOf(page, node)) };
}

export function readOverflowHead(page: Buffer, number: number): OverflowHead | undefined {
  const isOverflow = page.readUInt16LE(at.pageFlags) === pageFlag.overflow;
  if (!isOverflow || Number(page.readBigUInt64LE(at.pageNumber)) !== number) return undefined;
  return {
    transaction: page.readBigUInt64LE(at.pageTransaction),
    pages: page.readUInt32LE(at.overflowPages),
  };
}

function readTree(page: Buffer, offset: number): Tree | undefined {
  const depth = page.readUInt16LE(offset + inTree.depth);
  const root = page.readBigUInt64LE(offset + inTree.root);
  if (depth > deepestTree || (root === noPage) !== (depth === 0)) return undefined;
  const entries = Number(page.readBigUInt64LE(offset + inTree.entries));
  return { root: root === noPage ? undefined : Number(root), depth, entries };
}

/** Offsets of the nodes; undefined if they overlap, or reach out of the page's content. */
function readNodes(page: Buffer, isLeaf: boolean): number[] | undefined {
  const lower = page.readUInt16LE(at.lower);
  const upper = page.readUInt16LE(at.upper);
  const content = page.length - pageHeaderLength;
  if (lower > upper || upper > content || lower % 2 !== 0) return undefined;
  const nodes: number[] = [];
  for (let position = 0; position < lower; position += 2) {
    const offset = page.readUInt16LE(pageHeaderLength + position);
    if (offset < upper || offset + nodeHeaderLength > content) return undefined;
    nodes.push(pageHeaderLength + offset);
  }
  return isOneAfterTheOther(page, nodes, isLeaf) ? nodes : undefined;
}

function isOneAfterTheOther(page: Buffer, nodes: readonly number[], isLeaf: boolean): boolean {
  let free = pageHeaderLength;
  for (const node of [...nodes].sort((a, b) => a - b)) {
    if (node < free || page.readUInt16LE(node + inNode.keyLength) > longestKey) return false;
    free = isLeaf ? valueEnd(page, node) : keyEnd(page, node);
  }
  return free <= page.length;
}

function readValue(page: Buffer, node: number): LeafValue {
  const start = keyEnd(page, node);
  const length = page.readUInt32LE(node);
  if (!isBig(page, node)) return { kind: 'here', bytes: page.subarray(start, start + length) };
  return { kind: 'overflow', page: Number(page.readBigUInt64LE(start)), length };
}

function valueEnd(page: Buffer, node: number): number {
  // Other flags mark databases in the database and several values for a key; they are laid out like any value.
  return keyEnd(page, node) + (isBig(page, node) ? 8 : page.readUInt32LE(node));
}

function isBig(page: Buffer, node: number): boolean {
  return (page.readUInt16LE(node + inNode.flags) & bigData) !== 0;
}

function childOf(page: Buffer, node: number): number {
  return page.readUInt32LE(node) + page.readUInt16LE(node + inNode.flags) * 2 ** 32;
}

function keyEnd(page: Buffer, node: number): number {
  return node + nodeHeaderLength + page.readUInt16LE(node + inNode.keyLength);
}
