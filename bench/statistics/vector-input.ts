import { UsageError } from '../guardrails/usage-error.ts'

/** The input of one vector, read by name; a value that is missing or of another kind is the file's mistake. */
export class VectorInput {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name)
  }

  number(name: string): number {
    const value = this.#values[name]
    if (typeof value === 'number') return value
    throw new UsageError(`The input \`${name}\` must be a number.`)
  }

  boolean(name: string): boolean {
    const value = this.#values[name]
    if (typeof value === 'boolean') return value
    throw new UsageError(`The input \`${name}\` must be true or false.`)
  }

  numbers(name: string): readonly number[] {
    const value = this.#values[name]
    if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return value
    throw new UsageError(`The input \`${name}\` must be a list of numbers.`)
  }
}
