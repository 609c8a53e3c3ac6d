import { Fault } from '../../core/fault.ts'

/** What a mapped request could not keep of the client's: collected for the answer's head, or refused. */
export class Notes {
  readonly warnings: string[] = []
  readonly #policy: 'drop' | 'reject'
  readonly #said = new Set<string>()

  /** @param policy of a parameter that cannot be honoured: dropped with a warning, or a 400 naming it. */
  constructor(policy: 'drop' | 'reject') {
    this.#policy = policy
  }

  /**
   * A parameter that cannot be honoured as it was sent.
   * @param what happens to it when it is not refused, as the end of a sentence: "dropped, Anthropic has no equivalent".
   * @throws Fault `invalid_request` when such parameters are to be refused.
   */
  unsupported(param: string, what: string): void {
    if (this.#policy === 'reject') {
      throw new Fault(
        'invalid_request',
        `The field \`${param}\` cannot be honoured by this model (otherwise: ${what}). Leave it out, or let unsupported parameters be dropped.`,
        { param, code: 'unsupported_parameter' },
      )
    }
    this.remark(`${param} ${what}`)
  }

  /** Something was changed that no policy asks to refuse. Said once. */
  remark(sentence: string): void {
    if (this.#said.has(sentence)) return
    this.#said.add(sentence)
    this.warnings.push(sentence)
  }
}

/** A 400 that names the field. */
export function badField(param: string, message: string): Fault {
  return new Fault('invalid_request', message, { param })
}
