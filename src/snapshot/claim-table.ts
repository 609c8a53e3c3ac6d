import { ShardedMap, type ShardedMapDraft } from './sharded-map.ts'

/** How the values of one table are named. */
export interface Naming<Value> {
  /** Tells one thing from another, for as long as it lives. */
  id(value: Value): string
  /** The names it answers to. The first is its own; the others are aliases. */
  names(value: Value): readonly string[]
}

/**
 * Who answers to which name. Two things may want one name (for the moment of a move, or because the database and a file
 * both know it): then its owner goes before those who only have it as an alias, and among equals the smaller id. The others
 * wait, and take over when the holder lets go. So the table depends only on what is in it, never on the order it came in.
 */
export interface ClaimTable<Value> {
  readonly held: ShardedMap<Value>
  readonly waiting: ReadonlyMap<string, readonly Value[]>
}

export function emptyClaimTable<Value>(): ClaimTable<Value> {
  return { held: ShardedMap.empty(), waiting: new Map() }
}

/** The next `ClaimTable` while it is being made. Used by one writer, and not after `finish`. */
export class ClaimTableDraft<Value> {
  readonly #naming: Naming<Value>
  readonly #held: ShardedMapDraft<Value>
  #waiting: ReadonlyMap<string, readonly Value[]>

  constructor(table: ClaimTable<Value>, naming: Naming<Value>) {
    this.#naming = naming
    this.#held = table.held.draft()
    this.#waiting = table.waiting
  }

  /** The holder of a name. */
  get(name: string): Value | undefined {
    return this.#held.get(name)
  }

  /** Puts `next` in the place of `before` (the same id), which may be undefined. */
  put(before: Value | undefined, next: Value): void {
    const names = this.#naming.names(next)
    if (before !== undefined) {
      for (const name of this.#naming.names(before)) if (!names.includes(name)) this.#release(name, before)
    }
    for (const name of names) this.#claim(name, next)
  }

  remove(value: Value): void {
    for (const name of this.#naming.names(value)) this.#release(name, value)
  }

  finish(): ClaimTable<Value> {
    return { held: this.#held.finish(), waiting: this.#waiting }
  }

  #claim(name: string, value: Value): void {
    const holder = this.#held.get(name)
    if (holder === undefined || this.#same(holder, value)) return this.#held.set(name, value)
    this.#settle(name, [...this.#others(name, value), value])
  }

  #release(name: string, value: Value): void {
    this.#settle(name, this.#others(name, value))
  }

  #settle(name: string, claimants: Value[]): void {
    claimants.sort((left, right) => this.#rank(name, left, right))
    const [holder, ...waiting] = claimants
    if (holder === undefined) this.#held.delete(name)
    else this.#held.set(name, holder)
    if (waiting.length === 0 && !this.#waiting.has(name)) return
    const next = new Map(this.#waiting)
    if (waiting.length === 0) next.delete(name)
    else next.set(name, waiting)
    this.#waiting = next
  }

  /** All claimants of a name but this one. */
  #others(name: string, value: Value): Value[] {
    const holder = this.#held.get(name)
    const claimants = holder === undefined ? [] : [holder, ...(this.#waiting.get(name) ?? [])]
    return claimants.filter((claimant) => !this.#same(claimant, value))
  }

  #rank(name: string, left: Value, right: Value): number {
    const owned = Number(this.#naming.names(right)[0] === name) - Number(this.#naming.names(left)[0] === name)
    if (owned !== 0) return owned
    return this.#naming.id(left) < this.#naming.id(right) ? -1 : 1
  }

  #same(left: Value, right: Value): boolean {
    return this.#naming.id(left) === this.#naming.id(right)
  }
}
