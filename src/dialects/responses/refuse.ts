import { Fault } from '../../core/fault.ts'

/** What a request over chat cannot mean: a 400 that names the field, the rule and the fix. */
export function refuse(param: string, message: string): Fault {
  return new Fault('invalid_request', message, { param })
}

/** Warnings of one request, each once. */
export class Warnings {
  readonly #seen = new Set<string>()

  add(warning: string): void {
    this.#seen.add(warning)
  }

  /** Warnings travel in a header: bounded, printable ASCII, and nothing that separates. */
  dropped(field: string): void {
    const safe = field.slice(0, 96).replace(/[^\x20-\x7e]|[,;`]/g, '?')
    this.add(`\`${safe}\` has no meaning for this provider and was dropped`)
  }

  list(): readonly string[] {
    return [...this.#seen]
  }
}
