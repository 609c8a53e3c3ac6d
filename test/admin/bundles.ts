import type { Answer } from './subject.ts'

/** What tests of import and export send and read. */
export interface Row {
  readonly slug: string
  readonly action: string
  readonly problems: readonly string[]
}
export const rowsOf = ({ json }: Answer): readonly Row[] => json['prompts'] as readonly Row[]

export const version = (content: string, further: Record<string, unknown> = {}) => ({
  model: 'mock/echo',
  messages: [{ role: 'user', content }],
  ...further,
})
export const bundle = (...prompts: readonly Record<string, unknown>[]) => ({ format: 'promptbox/1', prompts })
export const greet = {
  slug: 'greet',
  name: 'Greet',
  tags: ['hello'],
  aliases: ['pmpt_1'],
  labels: { production: 2, staging: 1 },
  versions: [version('Hello', { semver: '1.0.0' }), version('Hi', { parent_version: 1, change_note: 'shorter' })],
}
