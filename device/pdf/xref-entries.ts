// The entries of one cross-reference section, up to millions of them: a map while they are few, columns of numbers once
// they are many, so that a vast section costs seventeen bytes an entry.

/** Where an object is (ISO 32000-1, tables 18 and 21). */
export type XrefEntry =
  | { readonly kind: 'free' }
  | { readonly kind: 'plain'; readonly offset: number; readonly generation: number }
  | { readonly kind: 'packed'; readonly stream: number; readonly index: number }

/** By object number, in the order of the numbers where there are many. */
export interface XrefEntries extends Iterable<[number, XrefEntry]> {
  readonly size: number
  get(number: number): XrefEntry | undefined
  keys(): Iterable<number>
}

export interface XrefEntryList {
  readonly size: number
  /** Of two entries for one object in one section the first counts, as for the sections themselves. */
  add(number: number, place: XrefEntry): void
  finish(): XrefEntries
}

const manyEntries = 50_000
const free: XrefEntry = Object.freeze({ kind: 'free' })
const kinds = ['free', 'plain', 'packed'] as const

/** An empty list that takes entries in any order. */
export function createEntryList(): XrefEntryList {
  let columns = columnsOf(64)
  let size = 0
  return {
    get size() {
      return size
    },
    add: (number, place) => {
      if (size === columns.numbers.length) columns = grown(columns)
      columns.numbers[size] = number
      columns.kinds[size] = kinds.indexOf(place.kind)
      columns.seconds[size] = place.kind === 'plain' ? place.offset : place.kind === 'packed' ? place.stream : 0
      columns.thirds[size] = place.kind === 'plain' ? place.generation : place.kind === 'packed' ? place.index : 0
      size++
    },
    finish: () => (size <= manyEntries ? mapOf(columns, size) : sorted(columns, size)),
  }
}

interface Columns {
  readonly numbers: Int32Array
  readonly kinds: Uint8Array
  /** Offset, or object stream. */
  readonly seconds: Float64Array
  /** Generation, or index. */
  readonly thirds: Int32Array
}

function columnsOf(length: number): Columns {
  return {
    numbers: new Int32Array(length),
    kinds: new Uint8Array(length),
    seconds: new Float64Array(length),
    thirds: new Int32Array(length),
  }
}

function grown(columns: Columns): Columns {
  const larger = columnsOf(columns.numbers.length * 2)
  larger.numbers.set(columns.numbers)
  larger.kinds.set(columns.kinds)
  larger.seconds.set(columns.seconds)
  larger.thirds.set(columns.thirds)
  return larger
}

function placeAt({ kinds: types, seconds, thirds }: Columns, at: number): XrefEntry {
  const [second = 0, third = 0] = [seconds[at], thirds[at]]
  if (types[at] === 1) return { kind: 'plain', offset: second, generation: third }
  return types[at] === 2 ? { kind: 'packed', stream: second, index: third } : free
}

function mapOf(columns: Columns, size: number): XrefEntries {
  const entries = new Map<number, XrefEntry>()
  for (let at = 0; at < size; at++) {
    const number = columns.numbers[at] ?? 0
    if (!entries.has(number)) entries.set(number, placeAt(columns, at))
  }
  return entries
}

function sorted(columns: Columns, size: number): XrefEntries {
  const order = orderOf(columns.numbers, size)
  const number = (rank: number) => columns.numbers[order[rank] ?? 0] ?? 0

  function get(wanted: number): XrefEntry | undefined {
    let low = 0
    for (let high = order.length - 1; low < high; ) {
      const middle = (low + high) >> 1
      if (number(middle) < wanted) low = middle + 1
      else high = middle
    }
    return number(low) === wanted ? placeAt(columns, order[low] ?? 0) : undefined
  }

  function* keys(): Generator<number> {
    for (let rank = 0; rank < order.length; rank++) yield number(rank)
  }

  function* all(): Generator<[number, XrefEntry]> {
    for (let rank = 0; rank < order.length; rank++) yield [number(rank), placeAt(columns, order[rank] ?? 0)]
  }

  return Object.freeze({ size: order.length, get, keys, [Symbol.iterator]: all })
}

/** Rows by object number, each number once and by its first row. */
function orderOf(numbers: Int32Array, size: number): Int32Array {
  const rows = Int32Array.from({ length: size }, (_, row) => row)
  if (rows.every(row => row === 0 || (numbers[row - 1] ?? 0) < (numbers[row] ?? 0))) return rows
  rows.sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0) || a - b)
  let kept = 0
  for (const row of rows) {
    if (kept === 0 || numbers[row] !== numbers[rows[kept - 1] ?? 0]) rows[kept++] = row
  }
  return rows.subarray(0, kept)
}
