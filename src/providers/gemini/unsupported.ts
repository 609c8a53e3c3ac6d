import { Fault } from '../../core/fault.ts'

/** A request may name any number of things; nobody reads more warnings than this. */
const mostWarnings = 20

/** What of one request Gemini cannot honour: gathered as warnings, or refused, as the operator chose. */
export class Unsupported {
  readonly #mode: 'drop' | 'reject'
  readonly #warnings: string[] = []
  #more = 0

  constructor(mode: 'drop' | 'reject') {
    this.#mode = mode
  }

  /**
   * @param param name of the field, as the client wrote it.
   * @param consequence what happened to it, as the end of a sentence that begins with its name.
   * @throws Fault `invalid_request` when nothing may be dropped.
   */
  note(param: string, consequence = 'was dropped, Gemini has no such parameter'): void {
    if (this.#mode === 'reject') {
      const message = `${param} cannot be honoured by Gemini. Leave it out, or let the proxy drop what a provider does not know.`
      throw new Fault('invalid_request', message, { param })
    }
    if (this.#warnings.length < mostWarnings) this.#warnings.push(`${printable(param)} ${consequence}`)
    else this.#more += 1
  }

  get warnings(): readonly string[] {
    return this.#more === 0 ? this.#warnings : [...this.#warnings, `${this.#more} more parameters were dropped`]
  }
}

/** A fault that names a field and the rule it breaks. */
export function invalid(param: string, rule: string): Fault {
  return new Fault('invalid_request', `${param} ${rule}`, { param })
}

/** Names come from clients and warnings go into a header. */
function printable(param: string): string {
  return param.slice(0, 100).replace(/[^\w.[\]-]/g, '?')
}
