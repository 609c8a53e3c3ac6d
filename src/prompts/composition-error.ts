import { Fault } from '../core/fault.ts'

export type CompositionCode =
  | 'partial_not_found'
  | 'partial_archived'
  | 'partial_not_usable'
  | 'partial_cycle'
  | 'partial_conflict'
  | 'partial_limit'

/** Why a version cannot be put together with its partials. */
export class CompositionError extends Error {
  readonly code: CompositionCode
  /** Leads into the body. */
  readonly path: readonly PropertyKey[]

  /** @param message a clause that follows the name of the field, with the way out. */
  constructor(code: CompositionCode, path: readonly PropertyKey[], message: string) {
    super(message)
    this.name = 'CompositionError'
    this.code = code
    this.path = path
  }
}

/** The name of a field for people: `version.messages[0].content`. `prefix`: of the field that holds the version; may be empty. */
export function fieldName(path: readonly PropertyKey[], prefix: string): string {
  let text = prefix
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
  }
  return text === '' ? 'version' : text.slice(0, 256)
}

export function faultOf({ code, path, message }: CompositionError, prefix: string): Fault {
  const param = fieldName(path, prefix)
  return new Fault('invalid_request', `\`${param}\` ${message}.`, { param, code })
}
