import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import type { ImportNote } from './imported.ts'

/** Collects what happens to the parts of one file. */
export class NoteBook {
  readonly path: string
  readonly notes: ImportNote[] = []

  constructor(path: string) {
    this.path = path
  }

  add(severity: ImportNote['severity'], field: string, message: string): void {
    const isThere = this.notes.some(
      (note) => note.field === field && note.message === message && note.severity === severity,
    )
    if (!isThere) this.notes.push({ path: this.path, field, message, severity })
  }
}

/**
 * An object of another system, read member by member. What nobody took is reported by `rest`, so nothing is lost without a
 * word: a field that the other system adds next year shows up as dropped.
 */
export class Fields {
  readonly book: NoteBook
  /** Where the object stands in its file; empty: it is the file. */
  readonly place: string
  readonly #object: JsonObject
  readonly #open: Set<string>

  constructor(object: JsonObject, place: string, book: NoteBook) {
    this.book = book
    this.place = place
    this.#object = object
    this.#open = new Set(Object.keys(object))
  }

  /** Name of a member, for a note. */
  at(name: string): string {
    return this.place === '' ? name : `${this.place}.${name}`
  }

  /** Is it there, and more than null? Says nothing about who takes it. */
  has(name: string): boolean {
    return this.#peek(name) !== undefined
  }

  /** The member; undefined when it is absent or null. From now on it counts as carried over. */
  take(name: string): JsonValue | undefined {
    const value = this.#peek(name)
    this.#open.delete(name)
    return value
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'a text', (value): value is string => typeof value === 'string')
  }

  /** A text that says something. */
  line(name: string): string | undefined {
    const text = this.text(name)?.trim()
    return text === '' ? undefined : text
  }

  number(name: string): number | undefined {
    return this.#typed(name, 'a number', (value): value is number => typeof value === 'number')
  }

  /** An object, to be read member by member in turn. */
  object(name: string): Fields | undefined {
    const value = this.plain(name)
    return value === undefined ? undefined : new Fields(value, this.at(name), this.book)
  }

  /** An object that is carried over as it is. */
  plain(name: string): JsonObject | undefined {
    return this.#typed(name, 'an object', isJsonObject)
  }

  list(name: string): readonly JsonValue[] | undefined {
    return this.#typed(name, 'a list', (value): value is readonly JsonValue[] => Array.isArray(value))
  }

  /** The texts of a list; what is no text is reported. */
  texts(name: string): readonly string[] | undefined {
    return this.list(name)?.flatMap((item, index) => {
      if (typeof item === 'string') return [item]
      this.book.add('dropped', `${this.at(name)}[${index}]`, 'It should be a text, and is none.')
      return []
    })
  }

  /** The objects of a list, each to be read in turn; what is no object is reported. */
  objects(name: string): readonly Fields[] | undefined {
    const items = this.list(name)
    return items === undefined ? undefined : objectsOf(items, this.at(name), this.book)
  }

  /** The members that are objects, each to be read in turn; what is none is reported. */
  members(): readonly (readonly [string, Fields])[] {
    return [...this.#open].flatMap((name) => {
      const fields = this.object(name)
      return fields === undefined ? [] : [[name, fields] as const]
    })
  }

  /** These are not carried over, for this reason. Absent ones are no matter. */
  drop(names: readonly string[], why: string): void {
    for (const name of names) if (this.take(name) !== undefined) this.book.add('dropped', this.at(name), why)
  }

  /** Identifiers, dates and the like: they belong to the other system, and stay there. */
  leave(...names: readonly string[]): void {
    for (const name of names) {
      if (this.take(name) !== undefined)
        this.book.add('info', this.at(name), 'It belongs to the other system, and stays there.')
    }
  }

  /** All that is left says nothing: the whole object is reported elsewhere. */
  close(): void {
    this.#open.clear()
  }

  /** Reports all that nobody took. To be called last. */
  rest(why = 'Promptbox has nothing like it.'): void {
    for (const name of this.#open) if (this.has(name)) this.book.add('dropped', this.at(name), why)
    this.#open.clear()
  }

  #peek(name: string): JsonValue | undefined {
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
    return value === null ? undefined : value
  }

  #typed<Value extends JsonValue>(
    name: string,
    what: string,
    is: (value: JsonValue) => value is Value,
  ): Value | undefined {
    const value = this.take(name)
    if (value === undefined || is(value)) return value
    this.book.add('dropped', this.at(name), `It should be ${what}, and is none.`)
    return undefined
  }
}

/** The objects of a list, each to be read in turn; what is no object is reported. */
export function objectsOf(items: readonly JsonValue[], place: string, book: NoteBook): readonly Fields[] {
  return items.flatMap((item, index) => {
    if (isJsonObject(item)) return [new Fields(item, `${place}[${index}]`, book)]
    book.add('dropped', `${place}[${index}]`, 'It should be an object, and is none.')
    return []
  })
}
